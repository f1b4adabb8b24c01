"""Agreement: how well the annotators of a project agree. ADR 0010."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

import strawberry

from api import limits
from api.analysis.agreement.agreement import ExclusionReason, compute_agreement
from api.analysis.agreement.bootstrap import Bootstrap
from api.analysis.agreement.disagreement import UnitDisagreements, confusion, unit_disagreements
from api.analysis.agreement.estimates import Estimate, Undefined
from api.analysis.agreement.levels import Level, Weighting, label_of
from api.analysis.agreement.pairs import PairAgreement, annotator_pairs
from api.analysis.agreement.ratings import Ratings
from api.dataset.pager import Pager
from api.dataset.references import reference
from api.dataset.request import ComputeRequest
from api.dataset.stance_units import StanceSelection, StanceUnits
from api.dataset.units import Unit
from api.graphql.fields import argument, computed, enum_type, object_type, paged
from api.graphql.nodes import Connection
from api.numeric import np
from api.schema.measures.arguments import MAX_SEED, check_range
from api.schema.measures.label_count import LabelCount, label_counts
from api.schema.references import ActorRef, AnnotatorRef, StatementRef
from api.schema.stances import StanceTarget
from api.schema.statements import STATEMENTS, StatementFilter
from models import StanceLabel

MAX_RESAMPLES = limits.RESAMPLES.maximum

enum_type(
    Level,
    NOMINAL="The five labels, each as different from any other.",
    ORDINAL="The signed scale from -3 to +3; only the order of its values counts.",
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
    ONE_CATEGORY="All values are the same, so that agreement cannot be distinguished from chance.",
    UNEQUAL_RATINGS="Some units have more values than others.",
    NOT_NOMINAL="The measure is defined for labels alone: it knows neither order nor distance.",
    ONE_UNIT="Only one unit has two values: there is nothing to resample.",
    NO_RESAMPLES="No resamples were requested, or the measure is undefined in all of them.",
)
enum_type(
    ExclusionReason,
    name="UnitExclusionReason",
    NO_VALUE="No annotator gave the unit a value at this level: on the signed scale, UNCLEAR has no value.",
    ONE_VALUE="Only one annotator gave the unit a value.",
)


@object_type
class AgreementMeasure:
    """A measure of agreement with its 95% confidence interval, from a bootstrap that resamples units."""

    value: float | None
    """The value; null if it is undefined."""
    lower: float | None
    """The lower bound of the interval; null if there is none."""
    upper: float | None
    """The upper bound of the interval; null if there is none."""
    undefined_reason: Undefined | None
    """Why the value is undefined; null if it is defined."""
    interval_undefined_reason: Undefined | None
    """Why there is no interval; null if there is one."""
    undefined_resamples: int
    """Number of resamples that the interval leaves out, since the measure is undefined in them."""

    @classmethod
    def of(cls, estimate: Estimate) -> "AgreementMeasure":
        """Return the measure of an estimate."""
        return cls(
            value=estimate.value,
            lower=estimate.lower,
            upper=estimate.upper,
            undefined_reason=estimate.undefined_reason,
            interval_undefined_reason=estimate.interval_undefined_reason,
            undefined_resamples=estimate.undefined_resamples,
        )


@object_type
class ExcludedUnits:
    """Number of units that do not count, for one reason."""

    reason: ExclusionReason
    """The reason."""
    count: int
    """Number of units."""


@object_type
class AnnotatorPair:
    """Agreement of two annotators who annotated units in common."""

    first: AnnotatorRef
    """The first annotator."""
    second: AnnotatorRef
    """The second annotator."""
    units: int
    """Number of units to which both gave a value."""
    percent_agreement: float
    """Share of these units to which both gave the same value."""
    cohen_kappa: float | None
    """
    Cohen's kappa: unweighted at NOMINAL, with linear weights at ORDINAL, with quadratic weights at INTERVAL. At ORDINAL
    the ranks are those among the values of all included annotators, so kappa depends on who is included.
    """
    undefined_reason: Undefined | None
    """Why kappa is undefined; null if it is defined."""


@object_type
class ConfusionCell:
    """Number of times that two values were given to the same unit. Each two annotators of a unit count once."""

    first: StanceLabel | None
    """The first label; null at ORDINAL and INTERVAL."""
    second: StanceLabel | None
    """The second label, which may be the same; null at ORDINAL and INTERVAL."""
    first_value: int | None
    """The first value of the signed scale; null at NOMINAL."""
    second_value: int | None
    """The second value, which may be the same; null at NOMINAL."""
    count: int
    """Number of times that two annotators gave these two values to the same unit."""


@object_type
class DisputedUnit:
    """How much annotators differ on a unit: a holder's stance towards a target in a statement."""

    statement: StatementRef
    """The statement."""
    holder: ActorRef
    """The actor that holds the stance."""
    target: StanceTarget
    """The actor or topic that the stance is towards."""
    disagreement: float
    """Mean distance of two values of the unit: from 0, all the same, to 1, as far apart as values get."""
    values: int
    """Number of annotators that gave the unit a value."""
    votes: list[LabelCount]
    """The labels that annotators chose, most frequent first."""


@object_type
class Agreement:
    """How well annotators agree on units. A unit is a holder's stance towards a target in a statement.

    At NOMINAL a stance's value is its label. At ORDINAL and INTERVAL it lies on the signed scale from -3 to +3:
    OPPOSE is minus its intensity, NEUTRAL and MIXED are 0, SUPPORT is plus its intensity; a missing intensity counts as
    2. UNCLEAR has no value there and counts as missing. Only stances that the caller may see count.
    """

    level: Level
    """The level of measurement."""
    resamples: int
    """Number of resamples for the intervals."""
    seed: int
    """The seed of the resamples: the same seed and stances give the same intervals."""
    units: int
    """Number of units that count: those with two values or more."""
    excluded_units: list[ExcludedUnits]
    """Number of units that do not count, for each possible reason."""
    annotators: int
    """Number of annotators that gave a value."""
    pairable_values: int
    """Number of values of the units that count."""
    missing_values: int
    """Number of stances that have no value at this level."""
    judged_without_stance: int
    """Number of assignments that were finished with `nothingToRecord`: statements that were judged without a stance.

    They do not count in the measures, and `targets` does not filter them. Only annotators whose stances the caller may
    see are included.
    """
    percent_agreement: AgreementMeasure
    """Mean share of equal pairs of values in a unit."""
    krippendorff_alpha: AgreementMeasure
    """Krippendorff's alpha, with the difference function of the level."""
    gwet: AgreementMeasure
    """Gwet's AC1 at NOMINAL, else AC2."""
    gwet_weighting: Weighting
    """The weights of Gwet's coefficient; with IDENTITY it is AC1."""
    fleiss_kappa: AgreementMeasure
    """Fleiss' kappa: defined at NOMINAL if all units have the same number of values."""
    confusion: list[ConfusionCell]
    """The confusion matrix: a cell for each two values that occur, in either order."""
    stances: strawberry.Private[StanceUnits]
    annotator_pairs: strawberry.Private[Sequence[PairAgreement]]
    disputed: strawberry.Private[UnitDisagreements]

    @paged
    def pairs(self, first: int | None = None, after: str | None = None) -> Connection[AnnotatorPair]:
        """Lists the pairs of annotators who annotated units in common."""
        ends = [[pair.first for pair in self.annotator_pairs], [pair.second for pair in self.annotator_pairs]]
        pager = Pager("PAIR", tuple(np.array(end, dtype=np.int64) for end in ends))
        return pager.page(pager.span(first, after), lambda at: _pair(self.annotator_pairs[at], self.stances.annotators))

    @paged
    def disagreements(self, first: int | None = None, after: str | None = None) -> Connection[DisputedUnit]:
        """Lists the units with two values or more: most disagreement first, then most values first."""
        disputed = self.disputed
        pager = Pager("DISAGREEMENT", (-disputed.disagreement, -disputed.values, self.stances.keys[disputed.unit]))
        return pager.page(pager.span(first, after), lambda at: _disputed_unit(self.stances, disputed, at))


# ---------------------------------------------------------------- computation


@dataclass(frozen=True, slots=True)
class AgreementOptions:
    """Which stances count, and how agreement is measured."""

    selection: StanceSelection
    level: Level
    resamples: int
    seed: int

    @classmethod
    def parse(cls, arguments: Mapping[str, Any]) -> "AgreementOptions":
        """Return the options of a request.

        :raises BadArgument: if an argument is invalid.
        """
        check_range("resamples", arguments["resamples"], 0, MAX_RESAMPLES)
        check_range("seed", arguments["seed"], 0, MAX_SEED)
        stances = {name: arguments.get(name) for name in ("targets", "annotators")}
        statements = arguments.get("statement_filter") or {}
        selection = StanceSelection(stances, statements, predicates=STATEMENTS.predicates)
        return cls(selection, Level(str(arguments["level"])), arguments["resamples"], arguments["seed"])


async def _agreement(request: ComputeRequest) -> Mapping[UUID, Agreement]:
    options = AgreementOptions.parse(request.arguments)
    return {project: await _of_project(request, project, options) for project in request.keys}


async def _of_project(request: ComputeRequest, project: UUID, options: AgreementOptions) -> Agreement:
    stances = await request.datasets.stance_units(project, request.viewer, options.selection)
    key = ("agreement", options.level, options.resamples, options.seed)
    return await stances.derived.run(key, lambda: request.datasets.compute(partial(_computed, stances, options)))


def _computed(stances: StanceUnits, options: AgreementOptions) -> Agreement:
    ratings = stances.ratings(options.level)
    result = compute_agreement(ratings, options.level, Bootstrap(options.resamples, options.seed))
    return Agreement(
        level=options.level,
        resamples=options.resamples,
        seed=options.seed,
        units=result.units,
        excluded_units=[ExcludedUnits(reason=reason, count=count) for reason, count in result.excluded.items()],
        annotators=result.annotators,
        pairable_values=result.pairable_values,
        missing_values=result.missing,
        judged_without_stance=stances.judged_without_stance,
        percent_agreement=AgreementMeasure.of(result.percent_agreement),
        krippendorff_alpha=AgreementMeasure.of(result.alpha),
        gwet=AgreementMeasure.of(result.gwet),
        gwet_weighting=result.gwet_weighting,
        fleiss_kappa=AgreementMeasure.of(result.fleiss_kappa),
        confusion=_confusion_cells(ratings, options.level),
        stances=stances,
        annotator_pairs=sorted(annotator_pairs(ratings, options.level), key=lambda pair: (pair.first, pair.second)),
        disputed=unit_disagreements(ratings, options.level),
    )


def _confusion_cells(ratings: Ratings, level: Level) -> list[ConfusionCell]:
    table = confusion(ratings)
    # The table counts ordered pairs: on its diagonal each two annotators count twice.
    counts = table.pairs // (1 + np.eye(len(table.scale), dtype=np.int64))
    scale: list[int] = table.scale.tolist()
    return [
        _confusion_cell(first, second, count, level)
        for first, row in zip(scale, counts.tolist(), strict=True)
        for second, count in zip(scale, row, strict=True)
    ]


def _confusion_cell(first: int, second: int, count: int, level: Level) -> ConfusionCell:
    nominal = level is Level.NOMINAL
    return ConfusionCell(
        first=label_of(first) if nominal else None,
        second=label_of(second) if nominal else None,
        first_value=None if nominal else first,
        second_value=None if nominal else second,
        count=count,
    )


def _pair(pair: PairAgreement, annotators: Sequence[UUID]) -> AnnotatorPair:
    return AnnotatorPair(
        first=reference("Annotator", annotators[pair.first]),
        second=reference("Annotator", annotators[pair.second]),
        units=pair.units,
        percent_agreement=pair.percent_agreement,
        cohen_kappa=pair.kappa,
        undefined_reason=pair.undefined_reason,
    )


def _disputed_unit(stances: StanceUnits, disputed: UnitDisagreements, at: int) -> DisputedUnit:
    place = int(disputed.unit[at])
    unit = Unit.of(stances.keys[place])
    return DisputedUnit(
        statement=unit.statement,
        holder=unit.holder,
        target=unit.target,
        disagreement=float(disputed.disagreement[at]),
        values=int(disputed.values[at]),
        votes=label_counts(stances, place),
    )


AGREEMENT = computed(
    _agreement,
    [
        argument("statementFilter", StatementFilter | None, "Only units in statements that match this filter."),
        argument("targets", list[strawberry.ID] | None, "Only units whose target is one of these actors or topics."),
        argument("annotators", list[strawberry.ID] | None, "Only stances of these annotators."),
        argument("level", Level, "The level of measurement.", Level.NOMINAL),
        argument("resamples", int, "Number of resamples for the intervals: 0 (no intervals) to 10,000.", 1_000),
        argument("seed", int, "The seed of the resamples: 0 to 2,147,483,647.", 0),
    ],
    check=lambda arguments: AgreementOptions.parse(arguments).selection.bound,
)
"""How well the annotators of a project agree."""
