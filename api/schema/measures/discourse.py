"""Discourse networks: who shares positions with whom, or takes which towards what."""

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any, Union
from uuid import UUID

import strawberry

from api.analysis.discourse.discourse import Mode, Normalization, Qualifier, Transformation
from api.analysis.discourse.duplicates import Duplicates
from api.analysis.discourse.periods import PeriodStep
from api.analysis.discourse.windows import Kernel, Window
from api.dataset.request import ComputeRequest
from api.errors import BadArgument
from api.graphql.fields import argument, computed, enum_type, input_type, object_type, paged
from api.graphql.nodes import Connection, DateRange
from api.graphql.parts import Ref
from api.graphql.sql.predicates import read_id
from api.schema.measures.consensus_figures import ConsensusMethod
from api.schema.measures.discourse_figures import DiscourseAsked, Exclusion, Rows, discourse_in
from api.schema.periods import Period
from api.schema.references import ActorRef, StatementRef, TopicRef
from models import StanceLabel

enum_type(
    Mode,
    name="DiscourseMode",
    ONE_MODE="Actors with actors, by the targets they have in common; or targets with targets, by the actors.",
    TWO_MODE="Actors with targets, or targets with actors.",
)
enum_type(
    Rows,
    name="DiscourseRows",
    ACTOR="Those who hold stances; the columns are what their stances are towards.",
    TARGET="What stances are towards: actors and topics; the columns are those who hold them.",
)
enum_type(
    Qualifier,
    name="DiscourseQualifier",
    IGNORE="Both alike: how often the same column is met, whatever the position.",
    CONGRUENCE="In ONE_MODE: how often two rows support, or both oppose, the same column.",
    CONFLICT="In ONE_MODE: how often one row supports what the other opposes.",
    SUBTRACT="In ONE_MODE congruence less conflict, in TWO_MODE support less opposition.",
    COMBINE="In TWO_MODE a code: 0 none, 1 support, 2 opposition, 3 both.",
)
enum_type(
    Normalization,
    name="DiscourseNormalization",
    NONE="Weights as they are.",
    AVERAGE="In ONE_MODE: by the mean of how many stances the two rows have.",
    JACCARD="In ONE_MODE: by what only the one has, what only the other has, and what both have.",
    COSINE="In ONE_MODE: by the product of how many stances the two rows have.",
    ACTIVITY="In TWO_MODE: by how many stances the row has.",
    PROMINENCE="In TWO_MODE: by how many stances the column has.",
)
enum_type(
    Duplicates,
    name="DiscourseDuplicates",
    INCLUDE="Each stance counts.",
    DOCUMENT="Stances that say the same in one document count once.",
    WEEK="Those that say the same in one week of ISO 8601, such as 2021-W05, count once.",
    MONTH="Those that say the same in one month, such as 2021-01, count once.",
    YEAR="Those that say the same in one year count once.",
    ACROSS_RANGE="Those that say the same count once.",
)
enum_type(
    Kernel,
    name="WindowKernel",
    UNIFORM="1/2 throughout the window.",
    TRIANGULAR="1 - |u|, for u from -1 to 1 across the window.",
    EPANECHNIKOV="3/4 (1 - u²).",
    GAUSSIAN="The normal density at u: reaches beyond the window.",
)

DiscourseNode = Annotated[
    Union[ActorRef, TopicRef],  # noqa: UP007 (lazy references cannot be joined by a bar)
    strawberry.union("DiscourseNode", description="A row or a column of a discourse network: an actor or a topic."),
]


@input_type
class DiscourseWindow:
    """A window that moves over time, one dated period at a time."""

    size: int
    """How many periods it is wide, 1 to 1,000: half of them, rounded down, to each side of the middle one."""
    unit: PeriodStep
    """What the periods are."""
    kernel: Kernel | None
    """How stances count by their distance from the middle; each as 1 where none is given."""


@input_type
class DiscourseExclusion:
    """Stances that are left out: those that meet one of the lists."""

    holders: list[strawberry.ID] | None
    """Held by one of these actors."""
    targets: list[strawberry.ID] | None
    """Towards one of these actors or topics."""
    documents: list[strawberry.ID] | None
    """Read in one of these documents."""
    annotators: list[strawberry.ID] | None
    """Recorded by one of these annotators."""
    invert: bool = strawberry.field(default=False)
    """Turns it round: left out is what does not meet each of the lists that are given."""


@object_type
class DiscourseEdge:
    """A tie of a discourse network."""

    row: DiscourseNode
    """The row; in ONE_MODE one end, the one that comes first."""
    column: DiscourseNode
    """The column; in ONE_MODE the other end."""
    weight: float
    """How strong it is; with SUBTRACT below 0 where opposition or conflict prevails."""
    statements: Connection[StatementRef] = paged()
    """The statements whose stances it is made of, the earliest first."""


@object_type
class DiscourseSlice:
    """The network in one window. Rows and columns are those of the whole network."""

    period: Period
    """The period in the middle of the window."""
    start: dt.date
    """The first day of the window."""
    end: dt.date
    """The last day of the window."""
    stances: int
    """How many stances count."""
    matrix: list[list[float]]
    """The weights, row by row; refused where there are more than 250,000."""
    edges: Connection[DiscourseEdge] = paged()
    """The ties that are not 0, the heaviest first; in ONE_MODE each pair once."""


@object_type
class LabelLeftOut:
    """How many stances take no side, and so have no part in the network."""

    label: StanceLabel
    """What they say instead."""
    count: int
    """How many there are."""


@object_type
class DiscourseNetwork:
    """A discourse network: stances made into ties, as Discourse Network Analyzer does.

    SUPPORT and OPPOSE count, as its agreement 1 and 0. NEUTRAL, MIXED and UNCLEAR take no side and are left out.
    """

    rows: list[DiscourseNode]
    """What the rows stand for: actors before topics, by id."""
    columns: list[DiscourseNode]
    """What the columns stand for: in ONE_MODE the same as the rows."""
    stances: int
    """How many stances count: duplicates that are left out are not among them."""
    left_out: list[LabelLeftOut]
    """How many of the stances chosen take no side."""
    undated: int
    """How many of those that count are of statements without a date: these are in no window."""
    matrix: list[list[float]]
    """The weights, row by row; refused where there are more than 250,000. In ONE_MODE the diagonal is 0."""
    edges: Connection[DiscourseEdge] = paged()
    """The ties that are not 0, the heaviest first whatever their sign; in ONE_MODE each pair once."""
    slices: list[DiscourseSlice]
    """With a window, the network in each that lies whole within the period, or within the days there are."""


# ---------------------------------------------------------------- what is asked


def project_named(given: Mapping[str, Any]) -> UUID | None:
    """The project that `projectId` names; None where it is left out."""
    named = given.get("project_id")
    return None if named is None else read_id(named, "projectId", "Project")[1]


def days_within(period: Mapping[str, Any] | None) -> tuple[int | None, int | None]:
    """The first and the last day of a range, as `date.toordinal` counts them; None where an end is open."""
    first, last = ((period or {}).get(end) for end in ("from", "to"))
    return (None if first is None else first.toordinal(), None if last is None else last.toordinal())


def refs(given: Any, argument: str, *type_names: str) -> tuple[Ref, ...] | None:
    """The rows that a list of ids names; None where there is no list.

    :raises BadArgument: for the first that is malformed or of another type.
    """
    if given is None:
        return None
    return tuple(Ref(*read_id(text, f"{argument}[{place}]", *type_names)) for place, text in enumerate(given))


def _asked(given: Mapping[str, Any]) -> DiscourseAsked:
    how = (Mode(str(given["mode"])), Qualifier(str(given["qualifier"])), Normalization(str(given["normalization"])))
    refused = Transformation.refusal(*how)
    if refused is not None:
        raise BadArgument(*refused)
    first, last = days_within(given.get("period"))
    consensus, exclude = given.get("consensus"), given.get("exclude") or []
    asked = DiscourseAsked(
        how=Transformation(*how),
        rows=Rows(str(given["rows"])),
        duplicates=Duplicates(str(given["duplicates"])),
        consensus=None if consensus is None else ConsensusMethod(str(consensus)),
        first_day=first,
        last_day=last,
        window=_window(given.get("window")),
        exclude=tuple(_exclusion(one, f"exclude[{place}]") for place, one in enumerate(exclude)),
        isolates=bool(given["isolates"]),
    )
    if asked.window is not None and asked.window.kernel is not None and how[1] is Qualifier.COMBINE:
        raise BadArgument("window.kernel", "makes no sense with COMBINE, whose weights are codes: leave it out")
    return asked


def _window(given: Mapping[str, Any] | None) -> Window | None:
    if given is None:
        return None
    kernel = given.get("kernel")
    return Window(given["size"], PeriodStep(str(given["unit"])), None if kernel is None else Kernel(str(kernel)))


_EXCLUDED = {
    "holders": ("Actor",),
    "targets": ("Actor", "Topic"),
    "documents": ("Document",),
    "annotators": ("Annotator",),
}


def _exclusion(given: Mapping[str, Any], name: str) -> Exclusion:
    lists = {key: refs(given.get(key), f"{name}.{key}", *types) for key, types in _EXCLUDED.items()}
    return Exclusion(**lists, invert=bool(given.get("invert")))


def _checked(given: Mapping[str, Any]) -> None:
    project_named(given)
    _asked(given)


async def _network(asked: ComputeRequest) -> Mapping[UUID, Any]:
    project = project_named(asked.arguments) or await asked.measures.default_project(asked.viewer)
    wanted = _asked(asked.arguments)
    return {
        key: None if project is None else await discourse_in(asked.measures, project, asked.viewer, wanted)
        for key in asked.keys
    }


PROJECT_ARGUMENT = argument(
    "projectId", strawberry.ID | None, "In which project's stances: the default one's where left out."
)
PERIOD_ARGUMENT = argument("period", DateRange | None, "Only stances of these days; undated ones are of none.")

DISCOURSE = computed(
    _network,
    [
        argument("mode", Mode, "What is tied to what.", Mode.ONE_MODE),
        argument("rows", Rows, "What the rows are.", Rows.ACTOR),
        argument("qualifier", Qualifier, "What becomes of support and opposition.", Qualifier.IGNORE),
        argument("normalization", Normalization, "What weights are divided by.", Normalization.NONE),
        argument(
            "duplicates",
            Duplicates,
            "Within what stances of one holder towards one target that say the same count once: the earliest does.",
            Duplicates.INCLUDE,
        ),
        PERIOD_ARGUMENT,
        PROJECT_ARGUMENT,
        argument(
            "consensus",
            ConsensusMethod | None,
            "One stance for each holder, target and statement, as the annotators say together; where left out, each"
            " annotator's stance counts.",
        ),
        argument("window", DiscourseWindow | None, "A series of networks, in a window that moves over time."),
        argument("exclude", list[DiscourseExclusion] | None, "What is left out: whatever one of these leaves out."),
        argument(
            "isolates",
            bool,
            "Whether whoever holds or receives any stance in the project has a row or a column, also without a stance"
            " that counts.",
            False,
        ),
    ],
    check=_checked,
)
"""The discourse network of a project's stances."""
