"""The net of support and opposition, and how sure it is."""

from dataclasses import dataclass
from enum import StrEnum
from math import sqrt
from statistics import NormalDist

_Z = NormalDist().inv_cdf(0.975)
"""Half of how wide the middle 95% of a normal distribution are, in standard deviations: 1.96."""


class NoNet(StrEnum):
    """Why there is no net."""

    NO_STANCES = "NO_STANCES"
    NO_SIDES = "NO_SIDES"


@dataclass(frozen=True, slots=True)
class Net:
    """(s - o) / (s + o): from -1, all oppose, to 1, all support; with a 95% interval, or why there is none."""

    value: float | None
    lower: float | None
    upper: float | None
    undefined_reason: NoNet | None


def net(support: int, opposition: int, others: int = 0) -> Net:
    """The net of so many stances; `others` take no side.

    The interval is Wilson's score interval (1927) for the share p of support among those that take sides, as 2p - 1.
    """
    n = support + opposition
    if n == 0:
        return Net(None, None, None, NoNet.NO_SIDES if others else NoNet.NO_STANCES)
    p, z2 = support / n, _Z * _Z
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z / (1 + z2 / n) * sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    # By rounding alone p itself could lie outside, where all take the same side.
    lower, upper = max(0.0, min(p, middle - half)), min(1.0, max(p, middle + half))
    return Net((support - opposition) / n, 2 * lower - 1, 2 * upper - 1, None)
