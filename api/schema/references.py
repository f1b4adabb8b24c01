"""Lazy references to the types of the nouns, since types refer to each other in cycles and imports must not."""

from typing import TYPE_CHECKING, Annotated, TypeAlias

import strawberry

if TYPE_CHECKING:
    from api.schema.actors import Actor
    from api.schema.adjudications import Adjudication
    from api.schema.annotators import Annotator
    from api.schema.assignments import Assignment
    from api.schema.codebooks import Codebook
    from api.schema.documents import Document
    from api.schema.members import ProjectMember
    from api.schema.memberships import Membership
    from api.schema.projects import Project
    from api.schema.relations import Relation
    from api.schema.revisions import Revision
    from api.schema.stances import Stance
    from api.schema.statements import Statement
    from api.schema.topics import Topic

ActorRef: TypeAlias = Annotated["Actor", strawberry.lazy("api.schema.actors")]
AdjudicationRef: TypeAlias = Annotated["Adjudication", strawberry.lazy("api.schema.adjudications")]
AnnotatorRef: TypeAlias = Annotated["Annotator", strawberry.lazy("api.schema.annotators")]
AssignmentRef: TypeAlias = Annotated["Assignment", strawberry.lazy("api.schema.assignments")]
CodebookRef: TypeAlias = Annotated["Codebook", strawberry.lazy("api.schema.codebooks")]
DocumentRef: TypeAlias = Annotated["Document", strawberry.lazy("api.schema.documents")]
MembershipRef: TypeAlias = Annotated["Membership", strawberry.lazy("api.schema.memberships")]
ProjectMemberRef: TypeAlias = Annotated["ProjectMember", strawberry.lazy("api.schema.members")]
ProjectRef: TypeAlias = Annotated["Project", strawberry.lazy("api.schema.projects")]
RelationRef: TypeAlias = Annotated["Relation", strawberry.lazy("api.schema.relations")]
RevisionRef: TypeAlias = Annotated["Revision", strawberry.lazy("api.schema.revisions")]
StanceRef: TypeAlias = Annotated["Stance", strawberry.lazy("api.schema.stances")]
StatementRef: TypeAlias = Annotated["Statement", strawberry.lazy("api.schema.statements")]
TopicRef: TypeAlias = Annotated["Topic", strawberry.lazy("api.schema.topics")]
