"""How well annotators agree."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import strawberry

from api.analysis.agreement.agreement import Dropped
from api.analysis.agreement.figures import Undefined
from api.analysis.agreement.levels import Level, Weighting
from api.dataset.request import ComputeRequest
from api.dataset.stance_units import StanceSelection
from api.graphql.fields import argument, computed, enum_type, object_type, paged
from api.graphql.nodes import Connection
from api.schema.measures.agreement_figures import AgreementAsked, agreement_in
from api.schema.references import ActorRef, AnnotatorRef, StatementRef
from api.schema.stances import StanceTarget
from api.schema.statements import STATEMENTS, StatementFilter
from models import StanceLabel

enum_type(
    Level,
    NOMINAL="The five labels, each as different from any other.",
    ORDINAL="The signed scale from -3 to +3, of which only the order counts.",
    INTERVAL="The signed scale from -3 to +3, with its distances.",
)
enum_type(
    Weighting,
    IDENTITY="1 for any two values that differ.",
    LINEAR="|i - j| / (q - 1) for the ranks i and j among q values (Cicchetti & Allison 1971).",
    ORDINAL="d(d + 1) / (q(q - 1)) with d = |i - j| (Gwet 2014).",
    QUADRATIC="((x - y) / (max - min))² for the values x and y (Fleiss & Cohen 1973).",
)
enum_type(
    Undefined,
    name="UndefinedReason",
    NO_PAIRS="No unit has two values.",
    ONE_CATEGORY="All values are the same: nothing varies, so that agreement cannot be told from chance.",
    UNEQUAL_RATINGS="Some units have more values than others.",
    NOT_NOMINAL="The figure is for labels alone, and knows neither order nor distance.",
    ONE_UNIT="Only one unit has two values: there is nothing to resample.",
    NO_RESAMPLES="No resample was asked for, or the figure is defined in none of them.",
)
enum_type(
    Dropped,
    name="DroppedReason",
    NO_VALUE="Nobody gave it a value at this level: UNCLEAR alone on the signed scale.",
    ONE_VALUE="Only one annotator gave it a value.",
)


@object_type
class AgreementFigure:
    """A figure with its interval: the middle 95% of what it is in resamples of the units, drawn with replacement."""

    value: float | None
    """The figure; null where it is undefined."""
    lower: float | None
    """The lower bound of the interval; null where there is none."""
    upper: float | None
    """The upper bound of the interval; null where there is none."""
    undefined_reason: Undefined | None
    """Why there is no value; null where there is one."""
    interval_undefined_reason: Undefined | None
    """Why there is no interval; null where there is one."""
    resamples_undefined: int
    """How many resamples were left out of the interval, since the figure is undefined in them."""


@object_type
class UnitsDropped:
    """How many units have no part in the figures, for one reason."""

    reason: Dropped
    """Why."""
    count: int
    """How many."""


@object_type
class AnnotatorPair:
    """Two annotators who read units in common."""

    first: AnnotatorRef
    """One of them."""
    second: AnnotatorRef
    """The other."""
    units: int
    """To how many units both gave a value."""
    percent_agreement: float
    """The share of these to which they gave the same."""
    cohen_kappa: float | None
    """
    Cohen's kappa: unweighted at NOMINAL, with linear weights at ORDINAL, quadratic ones at INTERVAL. At ORDINAL the
    ranks are those among the values of all annotators included, so it depends on who else is.
    """
    undefined_reason: Undefined | None
    """Why there is no kappa; null where there is one."""


@object_type
class ConfusionCell:
    """How often two values meet in a unit, by two annotators: each two annotators of a unit count once."""

    first: StanceLabel | None
    """One label; null at ORDINAL and INTERVAL."""
    second: StanceLabel | None
    """The other label, or the same; null at ORDINAL and INTERVAL."""
    first_value: int | None
    """One value of the signed scale; null at NOMINAL."""
    second_value: int | None
    """The other value, or the same; null at NOMINAL."""
    count: int
    """How often the two meet."""


@object_type
class LabelCount:
    """How many annotators gave a label to a unit."""

    label: StanceLabel
    """Which label."""
    count: int
    """How many."""


@object_type
class DisputedUnit:
    """A holder's stance towards a target in a statement, and how much annotators differ in it."""

    statement: StatementRef
    """What was read."""
    holder: ActorRef
    """Whose stance it is."""
    target: StanceTarget
    """What it is towards."""
    disagreement: float
    """The mean distance of two of its values: from 0, all the same, to 1, as far apart as values get."""
    values: int
    """How many annotators gave it a value."""
    votes: list[LabelCount]
    """The labels it was given, most often first."""


@object_type
class Agreement:
    """How well annotators agree on units: each a holder's stance towards a target in a statement.

    At NOMINAL a stance's value is its label. At ORDINAL and INTERVAL it lies on the signed scale from -3 to +3:
    OPPOSE is minus its intensity, NEUTRAL and MIXED are 0, SUPPORT is plus its intensity, 2 where none is given;
    UNCLEAR has no value there and counts as missing. Only stances that the caller sees count.
    """

    level: Level
    """What the values are taken to be."""
    resamples: int
    """How many resamples the intervals are made of."""
    seed: int
    """What their drawing began with: the same seed over the same stances gives the same intervals."""
    units: int
    """How many units have two values or more: what the figures rest on."""
    units_dropped: list[UnitsDropped]
    """How many units are left out, for each reason there may be."""
    annotators: int
    """How many annotators gave a value."""
    pairable_values: int
    """How many values the units that count have."""
    missing_values: int
    """How many stances have no value at this level."""
    judged_without_stance: int
    """How many times an annotator judged a statement without a stance: finished it with `nothingToRecord`.

    They have no part in the figures, and `targets` does not narrow them. Only of annotators whose stances the caller
    sees.
    """
    percent_agreement: AgreementFigure
    """The mean share of equal pairs of values in a unit."""
    krippendorff_alpha: AgreementFigure
    """Krippendorff's alpha, with the difference of the level."""
    gwet: AgreementFigure
    """Gwet's AC1 at NOMINAL, else AC2."""
    gwet_weighting: Weighting
    """The weights of Gwet's coefficient: IDENTITY makes it AC1."""
    fleiss_kappa: AgreementFigure
    """Fleiss' kappa: at NOMINAL, where all units have the same number of values."""
    confusion: list[ConfusionCell]
    """Which values meet how often: a cell for each two values that occur, in either order."""
    pairs: Connection[AnnotatorPair] = paged()
    """Each two annotators who read units in common."""
    disagreements: Connection[DisputedUnit] = paged()
    """The units with two values or more, most disagreement first, then those with more values."""


def _wanted(given: Mapping[str, Any]) -> AgreementAsked:
    stances = {name: given.get(name) for name in ("targets", "annotators")}
    statements = given.get("statement_filter") or {}
    chosen = StanceSelection(stances, statements, predicates=STATEMENTS.predicates)
    return AgreementAsked(chosen, Level(str(given["level"])), given["resamples"], given["seed"])


async def _agreement(asked: ComputeRequest) -> Mapping[UUID, Any]:
    wanted = _wanted(asked.arguments)
    return {key: await agreement_in(asked.measures, key, asked.viewer, wanted) for key in asked.keys}


AGREEMENT = computed(
    _agreement,
    [
        argument("statementFilter", StatementFilter | None, "Only units in statements that it lets through."),
        argument("targets", list[strawberry.ID] | None, "Only units towards one of these actors or topics."),
        argument("annotators", list[strawberry.ID] | None, "Only stances of these annotators."),
        argument("level", Level, "What the values of stances are taken to be.", Level.NOMINAL),
        argument("resamples", int, "How many resamples to make intervals of: 0, for none, to 10,000.", 1_000),
        argument("seed", int, "What the drawing of resamples begins with: 0 to 2,147,483,647.", 0),
    ],
    check=lambda given: _wanted(given).chosen.bound,
)
"""How well the annotators of a project agree."""
