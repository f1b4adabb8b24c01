"""Codebooks: what a project's annotators go by."""

import datetime as dt

import models
from api.graphql.fields import Listing, entity, items, object_type, one
from api.graphql.nodes import Connection, Node
from api.graphql.parts import Ordering, UnionKey
from api.schema.references import AnnotatorRef, ProjectRef, RevisionRef
from api.schema.revisions import history
from api.schema.stances import StanceTarget
from models import StanceLabel
from models.codebook import Codebook as Row
from models.codebook import CodebookLabel as LabelRow
from models.codebook import CodebookTarget as TargetRow

VERSIONS = Listing(Ordering({"NUMBER": "number"}, default="NUMBER", descending=True))


@object_type
class CodebookLabel:
    """What a label means in a version of a codebook."""

    label: StanceLabel
    """Which label."""
    definition: str
    """When it is to be given."""
    examples: list[str]
    """Words that it would be given to, and why."""


@object_type
class CodebookTarget:
    """What annotators are to judge stances towards."""

    target: StanceTarget
    """An actor or a topic."""


@entity(models.Codebook)
class Codebook(Node):
    """One version of a project's codebook. It never changes: what is to be otherwise is in the next version."""

    project: ProjectRef = one(Row.project)
    """Whose it is."""
    number: int
    """Which version, counted from 1."""
    guidelines: str
    """How annotators are to read, in Markdown."""
    labels: list[CodebookLabel] = items(LabelRow.codebook, LabelRow.position)
    """What each label means."""
    targets: list[CodebookTarget] = items(
        TargetRow.codebook,
        TargetRow.position,
        target=UnionKey.among(TargetRow.target_actor, TargetRow.target_topic),
    )
    """What is to be judged in every statement, in this order."""
    free_targets: bool
    """Whether stances may also be towards whatever else a statement speaks of."""
    published_by: AnnotatorRef | None = one(Row.annotator)
    """Who published it; null where that was done from the command line."""
    created_at: dt.datetime
    """When it was published."""
    history: Connection[RevisionRef] = history()
    """What became of it, the latest change first."""
