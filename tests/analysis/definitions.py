"""The figures as their definitions read, value by value: slow and obvious, to hold the fast ones against."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import permutations
from uuid import UUID

import numpy as np

from api.analysis.agreement.levels import Level
from api.analysis.agreement.ratings import Ratings
from api.dataset.stance_units import LABELS, StanceUnits
from models import StanceLabel

Matrix = Sequence[Sequence[int | None]]
"""A row for each unit, a column for each annotator; None where they gave no value."""
Distance = Callable[[int, int], Fraction]


def ratings_of(matrix: Matrix) -> Ratings:
    """The same as arrays, the last annotator first: who rated what comes in any order."""
    given = [(u, a, value) for u, row in enumerate(matrix) for a, value in enumerate(row) if value is not None]
    given.sort(key=lambda rating: -rating[1])
    unit, annotator, value = zip(*given, strict=True) if given else ((), (), ())
    return Ratings.of(unit, annotator, value, units=len(matrix))


def stance_units(
    unit: Sequence[int], annotator: Sequence[int], label: Sequence[str], intensity: Sequence[int]
) -> StanceUnits:
    """Stances as they are read from the database; an intensity of 0 is none."""
    places = [LABELS.index(StanceLabel(name)) for name in label]
    units, annotators = max(unit, default=-1) + 1, max(annotator, default=-1) + 1
    return StanceUnits(
        keys=np.array([str(number) for number in range(units)], dtype="S"),
        unit=np.array(unit, dtype=np.int64),
        annotator=np.array(annotator, dtype=np.int64),
        code=np.array([4 * place + own for place, own in zip(places, intensity, strict=True)], dtype=np.int64),
        annotators=[UUID(int=number) for number in range(annotators)],
        version=None,
        judged_without_stance=0,
    )


def rows(matrix: Matrix) -> list[list[int]]:
    """The values of each unit, by whomever."""
    return [[value for value in row if value is not None] for row in matrix]


def mean(numbers: Sequence[Fraction]) -> Fraction:
    return sum(numbers, Fraction(0)) / len(numbers)


def apart(unit: Sequence[int], distance: Distance) -> Fraction:
    """The mean distance of two values of a unit."""
    return mean([distance(a, b) for a, b in permutations(unit, 2)])


def equal(a: int, b: int) -> Fraction:
    return Fraction(a != b)


def gwet_distance(scale: Sequence[int], level: Level) -> Distance:
    """One less the weights of Gwet's handbook: identity, ordinal, quadratic."""
    width, most = max(scale[-1] - scale[0], 1), max(len(scale) * (len(scale) - 1), 1)

    def distance(a: int, b: int) -> Fraction:
        steps = abs(scale.index(a) - scale.index(b))
        by_level: Mapping[Level, Callable[[], Fraction]] = {
            Level.NOMINAL: lambda: equal(a, b),
            Level.ORDINAL: lambda: Fraction(steps * (steps + 1), most),
            Level.INTERVAL: lambda: Fraction((a - b) ** 2, width**2),
        }
        return by_level[level]()

    return distance


def cohen_distance(scale: Sequence[int], level: Level) -> Distance:
    """One less the weights of weighted kappa: none, linear in ranks, quadratic in values."""
    if level is Level.ORDINAL:
        return lambda a, b: Fraction(abs(scale.index(a) - scale.index(b)), max(len(scale) - 1, 1))
    return gwet_distance(scale, level)


def scale_of(matrix: Matrix) -> list[int]:
    return sorted({value for row in rows(matrix) for value in row})


def percent_agreement(matrix: Matrix) -> Fraction | None:
    paired = [row for row in rows(matrix) if len(row) > 1]
    return 1 - mean([apart(row, equal) for row in paired]) if paired else None


def gwet(matrix: Matrix, level: Level) -> Fraction | None:
    scale, given = scale_of(matrix), [row for row in rows(matrix) if row]
    paired = [row for row in given if len(row) > 1]
    if not paired or len(scale) < 2:
        return None
    distance = gwet_distance(scale, level)
    seen = 1 - mean([apart(row, distance) for row in paired])
    weights = sum((1 - distance(a, b) for a in scale for b in scale), Fraction(0))
    shares = [mean([Fraction(row.count(value), len(row)) for row in given]) for value in scale]
    expected = weights / (len(scale) * (len(scale) - 1)) * sum((share * (1 - share) for share in shares), Fraction(0))
    return (seen - expected) / (1 - expected)


def fleiss(matrix: Matrix) -> Fraction | None:
    paired = [row for row in rows(matrix) if len(row) > 1]
    values = [value for row in paired for value in row]
    if len(set(values)) < 2 or len({len(row) for row in paired}) > 1:
        return None
    seen = 1 - mean([apart(row, equal) for row in paired])
    expected = sum((Fraction(values.count(value), len(values)) ** 2 for value in set(values)), Fraction(0))
    return (seen - expected) / (1 - expected)


def cohen(first: Sequence[int], second: Sequence[int], distance: Distance) -> Fraction | None:
    """Kappa of two annotators' values for the same units."""
    seen = mean([distance(a, b) for a, b in zip(first, second, strict=True)])
    expected = mean([distance(a, b) for a in first for b in second])
    return None if expected == 0 else 1 - seen / expected
