"""The noun project: its GraphQL type."""

import datetime as dt

import models
from api.graphql.fields import Listing, entity, enum_type, field, many
from api.graphql.nodes import Connection, Node
from api.graphql.parts import ForeignKey, HasMany, ManyToMany, Ordering
from api.schema.adjudications import ADJUDICATIONS
from api.schema.assignments import ASSIGNMENTS
from api.schema.codebooks import VERSIONS
from api.schema.documents import DOCUMENTS
from api.schema.measures.agreement import AGREEMENT, Agreement
from api.schema.measures.consensus import OF_PROJECT, Consensus
from api.schema.measures.disagreements import DISAGREEMENTS, Disagreement
from api.schema.members import MEMBERS
from api.schema.progress import PROGRESS, ProjectProgress
from api.schema.references import (
    AdjudicationRef,
    AssignmentRef,
    CodebookRef,
    DocumentRef,
    ProjectMemberRef,
    RevisionRef,
    StanceRef,
    StatementRef,
)
from api.schema.revisions import history
from api.schema.stances import STANCES
from api.schema.statements import in_order_of
from models import Assignment, Codebook, ProjectMember, ProjectStatus, Stance
from models.base import table_of

enum_type(ProjectStatus, OPEN="Members may record stances.", CLOSED="Nothing in the project can change.")

PROJECTS = Listing(Ordering({"NAME": "sort_name"}, default="NAME"))
_CHOSEN = table_of(models.ProjectStatement)


@entity(models.Project)
class Project(Node):
    """An annotation project: statements, members and a codebook.

    If a project is `blind`, its annotators do not see each other's stances while it is open.
    """

    slug: str
    """A short name for URLs, unique among projects."""
    name: str
    """The name."""
    guidelines: str
    """The annotation guidelines, in Markdown: those of the current codebook, if there is one."""
    status: ProjectStatus
    """The status: open or closed."""
    blind: bool
    """True if annotators see only their own stances while the project is open. Curators see all."""
    public: bool
    """True if callers without a token see the stances while the project is open. Once it is closed, everyone does."""
    overlap: int
    """Number of annotators for each statement."""
    members: Connection[ProjectMemberRef] = many(ProjectMember.project, MEMBERS)
    """The members, in the order of joining. The default project has none: everyone may annotate in it."""
    statements: Connection[StatementRef] = many(
        ManyToMany(models.Statement, _CHOSEN, "project_id", "statement_id", order="position"), in_order_of("position")
    )
    """The statements to annotate (by default in the project's order: by document and position in the text)."""
    documents: Connection[DocumentRef] = many(
        ManyToMany(models.Document, _CHOSEN, "project_id", "document_id", often=True), DOCUMENTS
    )
    """The documents that contain the project's statements (by default the latest first)."""
    codebook: CodebookRef | None = field(ForeignKey("codebook_id", Codebook, nullable=True))
    """The current version of the codebook. Null if none was published."""
    codebook_versions: Connection[CodebookRef] = many(Codebook.project, VERSIONS)
    """All versions of the codebook, newest first."""
    stances_under_old_codebook: Connection[StanceRef] = many(
        HasMany.by(Stance.project, differs=(Stance.codebook_id, models.Project.codebook_id)), STANCES
    )
    """Stances to review: recorded under an earlier version of the codebook and not revised since."""
    progress: ProjectProgress = PROGRESS
    """The progress of the work."""
    assignments: Connection[AssignmentRef] = many(Assignment.project, ASSIGNMENTS)
    """The project's assignments that the caller may see, newest first."""
    agreement: Agreement = AGREEMENT
    """The agreement of the annotators, over the stances that the caller may see."""
    consensus: Connection[Consensus] = OF_PROJECT
    """The consensus of the annotators, over the stances that the caller may see, in the order of statements."""
    disagreements: Connection[Disagreement] = DISAGREEMENTS
    """The units in which annotators recorded different labels, in the order of statements."""
    adjudications: Connection[AdjudicationRef] = many(models.Adjudication.project, ADJUDICATIONS)
    """The decisions of curators, including superseded ones, in the order in which they were made."""
    created_at: dt.datetime
    """Creation time."""
    updated_at: dt.datetime
    """Time of the last change."""
    version: int
    """Version of the project: starts at 1 and increases by 1 with each change."""
    history: Connection[RevisionRef] = history()
    """The changes of the project, newest first."""
