"""How well the annotators of a project agree, as the graph shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

from api import limits
from api.analysis.agreement.agreement import Agreement, agreement
from api.analysis.agreement.bootstrap import Bootstrap
from api.analysis.agreement.disagreement import UnitDisagreements, confusion, unit_disagreements
from api.analysis.agreement.figures import Figure, Undefined
from api.analysis.agreement.levels import Level, Weighting, label_of
from api.analysis.agreement.pairs import AnnotatorPair, annotator_pairs
from api.dataset.datasets import Datasets
from api.dataset.decisions import LabelCount, label_counts
from api.dataset.stance_units import StanceSelection, StanceUnits
from api.dataset.units import Connection, Ordered, Unit
from api.errors import BadArgument
from api.graphql.parts import Ref
from api.numeric import np
from api.security.viewer import Viewer
from models import StanceLabel

MOST_RESAMPLES = limits.RESAMPLES.maximum
MOST_SEED = 2**31 - 1


@dataclass(frozen=True, slots=True)
class AgreementAsked:
    """Of what, and how, agreement is worked out."""

    chosen: StanceSelection
    level: Level
    resamples: int
    seed: int

    def __post_init__(self) -> None:
        """Refuse what cannot be done.

        :raises BadArgument: naming the argument.
        """
        for name, value, most in (("resamples", self.resamples, MOST_RESAMPLES), ("seed", self.seed, MOST_SEED)):
            if not 0 <= value <= most:
                raise BadArgument(name, f"must be from 0 to {most:,}, not {value:,}")


@dataclass(frozen=True, slots=True)
class ShownFigure:
    """A figure, its interval, or why there is none."""

    value: float | None
    lower: float | None
    upper: float | None
    undefined_reason: Undefined | None
    interval_undefined_reason: Undefined | None
    resamples_undefined: int

    @classmethod
    def of(cls, figure: Figure) -> "ShownFigure":
        """How a figure is shown."""
        reasons = (figure.undefined_reason, figure.interval_undefined_reason)
        return cls(figure.value, figure.lower, figure.upper, *reasons, figure.undefined_resamples)


@dataclass(frozen=True, slots=True)
class UnitsDropped:
    """How many units are left out for a reason."""

    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class ShownPair:
    """Two annotators beside each other."""

    first: Ref
    second: Ref
    units: int
    percent_agreement: float
    cohen_kappa: float | None
    undefined_reason: Undefined | None


@dataclass(frozen=True, slots=True)
class ConfusionCell:
    """How often two values meet."""

    first: StanceLabel | None
    second: StanceLabel | None
    first_value: int | None
    second_value: int | None
    count: int


@dataclass(frozen=True, slots=True)
class DisputedUnit:
    """A unit, and how much annotators differ in it."""

    statement: Ref
    holder: Ref
    target: Ref
    disagreement: float
    values: int
    votes: Sequence[LabelCount]


@dataclass(frozen=True, slots=True)
class ShownAgreement:
    """How well annotators agree."""

    level: Level
    resamples: int
    seed: int
    units: int
    units_dropped: Sequence[UnitsDropped]
    annotators: int
    pairable_values: int
    missing_values: int
    judged_without_stance: int
    percent_agreement: ShownFigure
    krippendorff_alpha: ShownFigure
    gwet: ShownFigure
    gwet_weighting: Weighting
    fleiss_kappa: ShownFigure
    confusion: Sequence[ConfusionCell]
    stances: StanceUnits
    pair_list: Sequence[AnnotatorPair]
    disputed: UnitDisagreements
    orders: Mapping[str, Ordered] = field(default_factory=dict)

    def pairs(self, first: int | None = None, after: str | None = None) -> Connection[ShownPair]:
        """A page of the pairs of annotators, by their keys."""
        ordered = Ordered("PAIR", tuple(np.array(ends, dtype=np.int64) for ends in self._ends()))
        return ordered.page(ordered.span(first, after), lambda at: _pair(self.pair_list[at], self.stances.annotators))

    def _ends(self) -> tuple[list[int], list[int]]:
        return [pair.first for pair in self.pair_list], [pair.second for pair in self.pair_list]

    def disagreements(self, first: int | None = None, after: str | None = None) -> Connection[DisputedUnit]:
        """A page of the units, most disagreement first."""
        disputed = self.disputed
        keys = self.stances.keys[disputed.unit]
        ordered = Ordered("DISAGREEMENT", (-disputed.disagreement, -disputed.values, keys))
        return ordered.page(ordered.span(first, after), lambda at: _disputed(self.stances, disputed, at))


async def agreement_in(measures: Datasets, project: UUID, viewer: Viewer, asked: AgreementAsked) -> ShownAgreement:
    """How well the annotators of a project agree, as far as `viewer` sees their stances."""
    stances = await measures.stances(project, viewer, asked.chosen)
    key = ("agreement", asked.level, asked.resamples, asked.seed)
    return await stances.derived.run(key, lambda: measures.compute(partial(_agreement, stances, asked)))


def _agreement(stances: StanceUnits, asked: AgreementAsked) -> ShownAgreement:
    ratings = stances.ratings(asked.level)
    found = agreement(ratings, asked.level, Bootstrap(asked.resamples, asked.seed))
    return ShownAgreement(
        level=asked.level,
        resamples=asked.resamples,
        seed=asked.seed,
        units=found.units,
        units_dropped=[UnitsDropped(reason, count) for reason, count in found.dropped.items()],
        annotators=found.annotators,
        pairable_values=found.pairable_values,
        missing_values=found.missing,
        judged_without_stance=stances.without_stance,
        **_figures(found),
        gwet_weighting=found.gwet_weighting,
        confusion=_cells(*_confused(ratings), asked.level),
        stances=stances,
        pair_list=sorted(annotator_pairs(ratings, asked.level), key=lambda pair: (pair.first, pair.second)),
        disputed=unit_disagreements(ratings, asked.level),
    )


def _figures(found: Agreement) -> dict[str, Any]:
    return {
        "percent_agreement": ShownFigure.of(found.percent_agreement),
        "krippendorff_alpha": ShownFigure.of(found.alpha),
        "gwet": ShownFigure.of(found.gwet),
        "fleiss_kappa": ShownFigure.of(found.fleiss_kappa),
    }


def _confused(ratings: Any) -> tuple[list[int], list[list[int]]]:
    found = confusion(ratings)
    # The table counts ordered pairs: on its diagonal each two annotators twice.
    times = found.pairs // (1 + np.eye(len(found.scale), dtype=np.int64))
    return found.scale.tolist(), times.tolist()


def _cells(scale: list[int], times: list[list[int]], level: Level) -> list[ConfusionCell]:
    nominal = level is Level.NOMINAL
    return [
        ConfusionCell(label_of(one), label_of(other), None, None, count)
        if nominal
        else ConfusionCell(None, None, one, other, count)
        for one, row in zip(scale, times, strict=True)
        for other, count in zip(scale, row, strict=True)
    ]


def _pair(pair: AnnotatorPair, annotators: Sequence[UUID]) -> ShownPair:
    first, second = (Ref("Annotator", annotators[at]) for at in (pair.first, pair.second))
    return ShownPair(first, second, pair.units, pair.percent_agreement, pair.kappa, pair.undefined_reason)


def _disputed(stances: StanceUnits, disputed: UnitDisagreements, at: int) -> DisputedUnit:
    place = int(disputed.unit[at])
    unit = Unit.of(stances.keys[place])
    return DisputedUnit(
        unit.statement,
        unit.holder,
        unit.target,
        float(disputed.disagreement[at]),
        int(disputed.values[at]),
        label_counts(stances, place),
    )
