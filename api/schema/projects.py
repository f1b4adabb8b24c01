"""Projects: bodies of annotation work."""

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

enum_type(ProjectStatus, OPEN="Stances may be recorded.", CLOSED="Nothing in it changes any more.")

PROJECTS = Listing(Ordering({"NAME": "sort_name"}, default="NAME"))
_CHOSEN = table_of(models.ProjectStatement)


@entity(models.Project)
class Project(Node):
    """A body of annotation work under one codebook.

    Where `blind`, an open project hides others' stances from its annotators.
    """

    slug: str
    """A short name for URLs, unique among projects."""
    name: str
    """What it is called."""
    guidelines: str
    """How its annotators are to read, in Markdown: those of its codebook, where it has one."""
    status: ProjectStatus
    """Whether stances may be recorded."""
    blind: bool
    """Whether annotators see only their own stances while the project is open; curators see all."""
    public: bool
    """Whether those without a token see its stances while it is open; once it is closed, everybody does."""
    overlap: int
    """How many annotators each statement is to have."""
    members: Connection[ProjectMemberRef] = many(ProjectMember.project, MEMBERS)
    """Who takes part, in the order they came; in the default project everybody does, and it has none."""
    statements: Connection[StatementRef] = many(
        ManyToMany(models.Statement, _CHOSEN, "project_id", "statement_id", order="position"), in_order_of("position")
    )
    """What is to be annotated; by default in the project's order: by documents, and as they stand in their texts."""
    documents: Connection[DocumentRef] = many(
        ManyToMany(models.Document, _CHOSEN, "project_id", "document_id", often=True), DOCUMENTS
    )
    """The documents that its statements stand in; by default the latest first."""
    codebook: CodebookRef | None = field(ForeignKey("codebook_id", Codebook, nullable=True))
    """What its annotators go by now; null where no codebook was ever published."""
    codebook_versions: Connection[CodebookRef] = many(Codebook.project, VERSIONS)
    """All versions of its codebook, the newest first."""
    stances_under_old_codebook: Connection[StanceRef] = many(
        HasMany.by(Stance.project, differs=(Stance.codebook_id, models.Project.codebook_id)), STANCES
    )
    """What to look at again: stances recorded in it before its present codebook, and not revised since."""
    progress: ProjectProgress = PROGRESS
    """How far the work is."""
    assignments: Connection[AssignmentRef] = many(Assignment.project, ASSIGNMENTS)
    """What was given to whom, of that the caller may see; the latest first."""
    agreement: Agreement = AGREEMENT
    """How well its annotators agree, over the stances that the caller sees."""
    consensus: Connection[Consensus] = OF_PROJECT
    """What its annotators say together, over the stances that the caller sees; by statement."""
    disagreements: Connection[Disagreement] = DISAGREEMENTS
    """Where its annotators gave different labels, by statement; where all say the same there is nothing to decide."""
    adjudications: Connection[AdjudicationRef] = many(models.Adjudication.project, ADJUDICATIONS)
    """What its curators decided, superseded decisions too, in the order they were made."""
    created_at: dt.datetime
    """When it was set up."""
    updated_at: dt.datetime
    """When it last changed."""
    version: int
    """How often it changed, counted from 1."""
    history: Connection[RevisionRef] = history()
    """What became of it, the latest change first."""
