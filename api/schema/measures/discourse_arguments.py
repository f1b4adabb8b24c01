"""Arguments of a discourse network: which stances to select, and how they become ties. ADR 0017."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import strawberry

from api import limits
from api.analysis.discourse.discourse import Mode, Normalization, Qualifier, Transformation
from api.analysis.discourse.duplicates import Duplicates
from api.analysis.discourse.windows import Window, WindowKernel
from api.dataset.stance_events import EventColumns
from api.dataset.stance_filters import Exclusion
from api.errors import BadArgument
from api.graphql.fields import argument, enum_type, input_type
from api.schema.measures.arguments import (
    PERIOD_ARGUMENT,
    PROJECT_ARGUMENT,
    check_range,
    days_of,
    parse_refs,
    project_key,
)
from api.schema.measures.consensus import ConsensusMethod
from api.schema.periods import PeriodStep

MAX_WINDOW = limits.WINDOW.maximum
"""Periods in a window."""


class DiscourseRows(StrEnum):
    """What the rows of a discourse network are."""

    ACTOR = "ACTOR"
    TARGET = "TARGET"


enum_type(
    Mode,
    name="DiscourseMode",
    ONE_MODE="Actors with actors, by the targets they have in common; or targets with targets, by the actors.",
    TWO_MODE="Actors with targets, or targets with actors.",
)
enum_type(
    DiscourseRows,
    ACTOR="Actors that hold stances; the columns are the targets of their stances.",
    TARGET="Actors and topics that stances are towards; the columns are the holders of these stances.",
)
enum_type(
    Qualifier,
    name="DiscourseQualifier",
    IGNORE="Support and opposition count the same.",
    CONGRUENCE="In ONE_MODE: how often two rows support, or both oppose, the same column.",
    CONFLICT="In ONE_MODE: how often one row supports what the other opposes.",
    SUBTRACT="In ONE_MODE congruence minus conflict, in TWO_MODE support minus opposition.",
    COMBINE="In TWO_MODE a code: 0 none, 1 support, 2 opposition, 3 both.",
)
enum_type(
    Normalization,
    name="DiscourseNormalization",
    NONE="No normalization.",
    AVERAGE="In ONE_MODE: divided by the mean number of stances of the two rows.",
    JACCARD="In ONE_MODE: divided by the sum of what only the first has, what only the second has, and what both have.",
    COSINE="In ONE_MODE: divided by the product of the numbers of stances of the two rows.",
    ACTIVITY="In TWO_MODE: divided by the number of stances of the row.",
    PROMINENCE="In TWO_MODE: divided by the number of stances of the column.",
)
enum_type(
    Duplicates,
    name="DiscourseDuplicates",
    INCLUDE="Each stance counts.",
    DOCUMENT="Equal stances in one document count once.",
    WEEK="Equal stances in one week of ISO 8601, such as 2021-W05, count once.",
    MONTH="Equal stances in one month, such as 2021-01, count once.",
    YEAR="Equal stances in one year count once.",
    ACROSS_RANGE="Equal stances count once.",
)
enum_type(
    WindowKernel,
    UNIFORM="1/2 throughout the window.",
    TRIANGULAR="1 - |u|, for u from -1 to 1 across the window.",
    EPANECHNIKOV="3/4 (1 - u²).",
    GAUSSIAN="The normal density at u, which also counts stances outside the window.",
)


@input_type
class DiscourseWindow:
    """A window that moves over time, period by period."""

    size: int
    """Width in periods, 1 to 1,000. It extends half of that, rounded down, to either side of the middle period."""
    unit: PeriodStep
    """The length of a period."""
    kernel: WindowKernel | None
    """How stances are weighted by their distance from the middle (default: each counts as 1)."""


@input_type
class DiscourseExclusion:
    """Excludes the stances that match any of the lists."""

    holders: list[strawberry.ID] | None
    """Stances held by one of these actors."""
    targets: list[strawberry.ID] | None
    """Stances towards one of these actors or topics."""
    documents: list[strawberry.ID] | None
    """Stances in statements of one of these documents."""
    annotators: list[strawberry.ID] | None
    """Stances recorded by one of these annotators."""
    invert: bool = strawberry.field(default=False)
    """Inverts the exclusion: selects only the stances that match all of these lists, and excludes the others."""


# ---------------------------------------------------------------- parsing


@dataclass(frozen=True, slots=True)
class DiscourseOptions:
    """Which stances to select, and how to make a network of them; days as in `date.toordinal`."""

    transformation: Transformation
    rows: DiscourseRows
    duplicates: Duplicates
    consensus: ConsensusMethod | None
    first_day: int | None
    last_day: int | None
    window: Window | None
    exclude: tuple[Exclusion, ...]
    isolates: bool

    @property
    def columns(self) -> EventColumns:
        """The columns to read."""
        by_document = self.duplicates is Duplicates.DOCUMENT or any(e.documents is not None for e in self.exclude)
        return EventColumns(documents=by_document, units=self.consensus is not None)


def parse_options(arguments: Mapping[str, Any]) -> DiscourseOptions:
    """Return the options of a request.

    :raises BadArgument: if an argument is invalid.
    """
    mode, qualifier = Mode(str(arguments["mode"])), Qualifier(str(arguments["qualifier"]))
    normalization = Normalization(str(arguments["normalization"]))
    error = Transformation.error(mode, qualifier, normalization)
    if error is not None:
        raise BadArgument(*error)
    first_day, last_day = days_of(arguments.get("period"))
    consensus = arguments.get("consensus")
    options = DiscourseOptions(
        transformation=Transformation(mode, qualifier, normalization),
        rows=DiscourseRows(str(arguments["rows"])),
        duplicates=Duplicates(str(arguments["duplicates"])),
        consensus=None if consensus is None else ConsensusMethod(str(consensus)),
        first_day=first_day,
        last_day=last_day,
        window=_parse_window(arguments.get("window"), qualifier),
        exclude=tuple(_parse_exclusion(*item) for item in enumerate(arguments.get("exclude") or [])),
        isolates=bool(arguments["isolates"]),
    )
    if options.consensus is not None and any(exclusion.annotators is not None for exclusion in options.exclude):
        message = "a consensus is made of the stances of all annotators: omit consensus, or annotators"
        raise BadArgument("exclude.annotators", message)
    return options


def _parse_window(arguments: Mapping[str, Any] | None, qualifier: Qualifier) -> Window | None:
    if arguments is None:
        return None
    kernel = arguments.get("kernel")
    check_range("window.size", arguments["size"], 1, MAX_WINDOW)
    if kernel is not None and qualifier is Qualifier.COMBINE:
        raise BadArgument("window.kernel", "cannot be used with COMBINE, whose weights are codes: omit kernel")
    step = PeriodStep(str(arguments["unit"]))
    return Window(arguments["size"], step, None if kernel is None else WindowKernel(str(kernel)))


_EXCLUDED = {
    "holders": ("Actor",),
    "targets": ("Actor", "Topic"),
    "documents": ("Document",),
    "annotators": ("Annotator",),
}


def _parse_exclusion(place: int, arguments: Mapping[str, Any]) -> Exclusion:
    lists = {key: parse_refs(arguments.get(key), f"exclude[{place}].{key}", *t) for key, t in _EXCLUDED.items()}
    return Exclusion(**lists, invert=bool(arguments.get("invert")))


def check_arguments(arguments: Mapping[str, Any]) -> None:
    """Check the arguments of a request.

    :raises BadArgument: if an argument is invalid.
    """
    project_key(arguments)
    parse_options(arguments)


ARGUMENTS = [
    argument("mode", Mode, "Which nodes are tied to which.", Mode.ONE_MODE),
    argument("rows", DiscourseRows, "What the rows are.", DiscourseRows.ACTOR),
    argument("qualifier", Qualifier, "How support and opposition count.", Qualifier.IGNORE),
    argument("normalization", Normalization, "What weights are divided by.", Normalization.NONE),
    argument(
        "duplicates",
        Duplicates,
        "Within which unit the stances of one holder towards one target with one label count once: the earliest"
        " one counts.",
        Duplicates.INCLUDE,
    ),
    PERIOD_ARGUMENT,
    PROJECT_ARGUMENT,
    argument(
        "consensus",
        ConsensusMethod | None,
        "Counts one stance for each holder, target and statement, with the consensus of annotators as its label"
        " (default: each annotator's stance counts).",
    ),
    argument("window", DiscourseWindow | None, "Returns a series of networks, in a window that moves over time."),
    argument("exclude", list[DiscourseExclusion] | None, "Excludes the stances that any of these excludes."),
    argument(
        "isolates",
        bool,
        "Whether to include a row or a column for every holder and target of a stance in the project, even if none"
        " of its stances counts.",
        False,
    ),
]
"""The arguments of the field."""
