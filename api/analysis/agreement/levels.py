"""Levels of measurement: whether a stance's label and intensity are names, an order, or distances."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from api.analysis.arrays import Floats, Integers
from api.numeric import np
from models.enums import StanceLabel

MAX_INTENSITY = 3
"""The maximum intensity: the signed scale extends from minus this to plus this."""
DEFAULT_INTENSITY = 2
"""The intensity of a stance that takes a side and has no intensity."""

_DIRECTIONS: Mapping[str, int] = MappingProxyType(
    {StanceLabel.SUPPORT: 1, StanceLabel.OPPOSE: -1, StanceLabel.NEUTRAL: 0, StanceLabel.MIXED: 0}
)
_CODES: Mapping[str, int] = MappingProxyType({label: code for code, label in enumerate(StanceLabel)})


class Level(StrEnum):
    """The level of measurement of the values of stances (Stevens 1946)."""

    NOMINAL = "NOMINAL"
    """The five labels, each as different from any other."""
    ORDINAL = "ORDINAL"
    """The signed scale from -3 to +3, of which only the order counts."""
    INTERVAL = "INTERVAL"
    """The signed scale from -3 to +3, with its distances."""


class Weighting(StrEnum):
    """The distance of two values, from 0 (the same) to 1; i and j are ranks, x and y values."""

    IDENTITY = "IDENTITY"
    """1 for any two values that differ."""
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
    """Return the value of a stance at a level; None if it has none.

    At NOMINAL it is the index of the label among the five, whatever the intensity. At ORDINAL and INTERVAL it is
    signed: SUPPORT is plus the intensity and OPPOSE minus the intensity (default 2), NEUTRAL and MIXED are 0, UNCLEAR
    has no value.

    Raises:
        ValueError: if the label is none of the five, or the intensity is not from 1 to 3.
    """
    if label not in _CODES:
        raise ValueError(f"not a label: {label!r}")
    if intensity is not None and not 1 <= intensity <= MAX_INTENSITY:
        raise ValueError(f"not an intensity: {intensity!r}")
    if level is Level.NOMINAL:
        return _CODES[label]
    direction = _DIRECTIONS.get(label)
    return None if direction is None else direction * (DEFAULT_INTENSITY if intensity is None else intensity)


def label_of(value: int) -> StanceLabel:
    """Return the label of a value at NOMINAL: the inverse of `value_of`.

    Raises:
        ValueError: if no label has the value.
    """
    for label, code in _CODES.items():
        if code == value:
            return StanceLabel(label)
    raise ValueError(f"not the value of a label: {value!r}")


def distances(scale: Integers, weighting: Weighting) -> Floats:
    """Return the distances of any two values: 0 on the diagonal, at most 1.

    Args:
        scale: the values that occur, ascending, shape (K,).
        weighting: how distances follow from values.

    Returns:
        Shape (K, K), symmetric; all 0 for a single value. The agreement weights of the literature are 1 minus these.
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
