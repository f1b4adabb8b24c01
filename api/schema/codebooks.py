"""The noun codebook: the versions of a project's annotation rules."""

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
    """The definition of a label in a version of a codebook."""

    label: StanceLabel
    """The label."""
    definition: str
    """When annotators use the label."""
    examples: list[str]
    """Example quotes for the label, with the reason."""


@object_type
class CodebookTarget:
    """A target that annotators judge in every statement."""

    target: StanceTarget
    """The target: an actor or a topic."""


@entity(models.Codebook)
class Codebook(Node):
    """A version of a project's codebook. A version never changes: changes are published as the next version."""

    project: ProjectRef = one(Row.project)
    """The project."""
    number: int
    """The number of the version, starting at 1."""
    guidelines: str
    """The annotation guidelines, in Markdown."""
    labels: list[CodebookLabel] = items(LabelRow.codebook, LabelRow.position)
    """The definitions of the labels."""
    targets: list[CodebookTarget] = items(
        TargetRow.codebook,
        TargetRow.position,
        target=UnionKey.among(TargetRow.target_actor, TargetRow.target_topic),
    )
    """The targets that annotators judge in every statement, in this order."""
    free_targets: bool
    """True if annotators may record stances towards other targets too."""
    published_by: AnnotatorRef | None = one(Row.annotator)
    """The annotator that published the version. Null if an operator did from the command line."""
    created_at: dt.datetime
    """Publication time."""
    history: Connection[RevisionRef] = history()
    """The changes of the codebook, newest first."""
