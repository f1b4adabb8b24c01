"""The net of support and opposition, with its confidence interval."""

from dataclasses import dataclass
from enum import StrEnum
from math import sqrt
from statistics import NormalDist

_Z = NormalDist().inv_cdf(0.975)
"""Half the width of the central 95% of a normal distribution, in standard deviations: 1.96."""


class NetUndefined(StrEnum):
    """Why the net is undefined."""

    NO_STANCES = "NO_STANCES"
    NO_SIDES = "NO_SIDES"


@dataclass(frozen=True, slots=True)
class NetValue:
    """(s - o) / (s + o), from -1 (all oppose) to 1 (all support), with a 95% interval; or why it is undefined."""

    value: float | None
    lower: float | None
    upper: float | None
    undefined_reason: NetUndefined | None


def compute_net(support: int, opposition: int, others: int = 0) -> NetValue:
    """Return the net of these numbers of stances; `others` take no side.

    The interval is 2p - 1 for the bounds of Wilson's score interval (1927) of the share p of support.
    """
    n = support + opposition
    if n == 0:
        return NetValue(None, None, None, NetUndefined.NO_SIDES if others else NetUndefined.NO_STANCES)
    p, z2 = support / n, _Z * _Z
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z / (1 + z2 / n) * sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    # If all take the same side, p could be outside by rounding errors.
    lower, upper = max(0.0, min(p, middle - half)), min(1.0, max(p, middle + half))
    return NetValue((support - opposition) / n, 2 * lower - 1, 2 * upper - 1, None)
