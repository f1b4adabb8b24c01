"""All models, imported together: they refer to each other, and SQLAlchemy must know all of them to run a query."""

from models.actor import Actor, ActorAlias, ActorAttribute, ActorRedirect, ActorTrigram
from models.adjudication import Adjudication
from models.annotator import Annotator, Token
from models.assignment import Assignment
from models.base import UNDATED, Base, instant_text, new_id, now
from models.codebook import Codebook, CodebookLabel, CodebookTarget
from models.document import Document, DocumentAttribute
from models.membership import Membership
from models.project import Project, ProjectMember, ProjectStatement
from models.relation import Relation, RelationEvidence
from models.revision import Revision
from models.search import SearchEntry
from models.stance import Stance
from models.statement import Statement
from models.topic import Topic, TopicAttribute

__all__ = [
    "UNDATED",
    "Actor",
    "ActorAlias",
    "ActorAttribute",
    "ActorRedirect",
    "ActorTrigram",
    "Adjudication",
    "Annotator",
    "Assignment",
    "Base",
    "Codebook",
    "CodebookLabel",
    "CodebookTarget",
    "Document",
    "DocumentAttribute",
    "Membership",
    "Project",
    "ProjectMember",
    "ProjectStatement",
    "Relation",
    "RelationEvidence",
    "Revision",
    "SearchEntry",
    "Stance",
    "Statement",
    "Token",
    "Topic",
    "TopicAttribute",
    "instant_text",
    "new_id",
    "now",
]
