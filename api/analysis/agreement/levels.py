"""How much of a stance's label and intensity a figure sees: names, an order, or distances."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from api.analysis.arrays import Floats, Integers
from api.numeric import np
from models.enums import StanceLabel

MOST_INTENSE = 3
"""The greatest intensity: the signed scale runs from minus this to plus this."""
USUAL_INTENSITY = 2
"""What a stance that has a direction and no intensity counts as."""

_DIRECTIONS: Mapping[str, int] = MappingProxyType(
    {StanceLabel.SUPPORT: 1, StanceLabel.OPPOSE: -1, StanceLabel.NEUTRAL: 0, StanceLabel.MIXED: 0}
)
_CODES: Mapping[str, int] = MappingProxyType({label: code for code, label in enumerate(StanceLabel)})


class Level(StrEnum):
    """The level of measurement (Stevens 1946): what the values of stances are taken to be."""

    NOMINAL = "NOMINAL"
    """The five labels, each as different from any other."""
    ORDINAL = "ORDINAL"
    """The signed scale from -3 to +3, of which only the order counts."""
    INTERVAL = "INTERVAL"
    """The signed scale from -3 to +3, with its distances."""


class Weighting(StrEnum):
    """How far apart two values are taken to be, from 0 (the same) to 1; i and j are ranks, x and y values."""

    IDENTITY = "IDENTITY"
    """1 for any two that differ."""
    LINEAR = "LINEAR"
    """|i - j| / (q - 1) (Cicchetti & Allison 1971)."""
    ORDINAL = "ORDINAL"
    """d(d + 1) / (q(q - 1)) with d = |i - j| (Gwet 2014)."""
    QUADRATIC = "QUADRATIC"
    """((x - y) / (max - min))^2 (Fleiss & Cohen 1973)."""


GWET_WEIGHTING: Mapping[Level, Weighting] = MappingProxyType(
    {Level.NOMINAL: Weighting.IDENTITY, Level.ORDINAL: Weighting.ORDINAL, Level.INTERVAL: Weighting.QUADRATIC}
)
"""The weights of Gwet's coefficient, and of the disagreement within a unit."""
COHEN_WEIGHTING: Mapping[Level, Weighting] = MappingProxyType(
    {Level.NOMINAL: Weighting.IDENTITY, Level.ORDINAL: Weighting.LINEAR, Level.INTERVAL: Weighting.QUADRATIC}
)
"""The weights of Cohen's kappa."""


def value_of(label: str, intensity: int | None, level: Level) -> int | None:
    """The value of a stance at a level; None where it has none there.

    At NOMINAL it is the label's place among the five, whatever the intensity. At ORDINAL and INTERVAL it is signed:
    SUPPORT plus and OPPOSE minus the intensity (2 where none is given), NEUTRAL and MIXED 0, UNCLEAR none.

    Raises:
        ValueError: for a label that is none of the five, or an intensity outside 1 to 3.
    """
    if label not in _CODES:
        raise ValueError(f"not a label: {label!r}")
    if intensity is not None and not 1 <= intensity <= MOST_INTENSE:
        raise ValueError(f"not an intensity: {intensity!r}")
    if level is Level.NOMINAL:
        return _CODES[label]
    direction = _DIRECTIONS.get(label)
    return None if direction is None else direction * (USUAL_INTENSITY if intensity is None else intensity)


def label_of(value: int) -> StanceLabel:
    """The label of a value at NOMINAL: what `value_of` was given.

    Raises:
        ValueError: for a value that is none of theirs.
    """
    for label, code in _CODES.items():
        if code == value:
            return StanceLabel(label)
    raise ValueError(f"not the value of a label: {value!r}")


def distances(scale: Integers, weighting: Weighting) -> Floats:
    """How far apart any two values are: 0 on the diagonal, at most 1.

    Args:
        scale: the values that occur, ascending, shape (K,).
        weighting: what makes two values differ more than two others.

    Returns:
        Shape (K, K), symmetrical; all 0 for a single value. One minus this are the agreement weights of the literature.
    """
    ranks = np.arange(len(scale))
    steps = np.abs(ranks[:, None] - ranks[None, :])
    match weighting:
        case Weighting.IDENTITY:
            raw = (steps > 0).astype(np.float64)
        case Weighting.LINEAR:
            raw = steps.astype(np.float64)
        case Weighting.ORDINAL:
            raw = steps * (steps + 1) / 2
        case Weighting.QUADRATIC:
            raw = (scale[:, None] - scale[None, :]).astype(np.float64) ** 2
    distance: Floats = raw / np.max(raw, initial=1.0)
    return distance
