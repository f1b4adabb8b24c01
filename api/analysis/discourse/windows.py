"""Windows that move over time, period by period, and how much what lies in one counts.

A window of size w has a dated period as its middle and reaches half = w // 2 periods to both sides: three months are
the month before, the month and the month after. With a kernel (Leifeld's *Discourse Network Analyzer* 3, there "kernel
smoothing") what lies d periods from the middle counts by its density at u = 2d / w; without one it counts as 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from api.analysis.arrays import Floats, Integers
from api.analysis.discourse.periods import PeriodStep
from api.numeric import np


class Kernel(StrEnum):
    """How what lies in a window counts by its distance from the middle (Silverman 1986, table 3.1)."""

    UNIFORM = "UNIFORM"
    TRIANGULAR = "TRIANGULAR"
    EPANECHNIKOV = "EPANECHNIKOV"
    GAUSSIAN = "GAUSSIAN"


@dataclass(frozen=True, slots=True)
class Window:
    """How wide a window is, in periods, and how it weighs."""

    size: int
    unit: PeriodStep
    kernel: Kernel | None = None

    @property
    def half(self) -> int:
        """How many periods it reaches to either side of its middle."""
        return self.size // 2

    def middles(self, first: int, last: int) -> range:
        """The places of the middles of all windows that lie whole within the periods from `first` to `last`."""
        return range(first + self.half, last - self.half + 1)

    def weights(self, places: Integers, middle: int) -> Floats:
        """How much what lies in the periods at `places` counts in the window around `middle`; 0 for nothing.

        Only the Gaussian kernel reaches beyond the window.
        """
        distance = np.abs(places - middle)
        inside = (distance <= self.half).astype(np.float64)
        if self.kernel is None:
            return inside
        u = 2.0 * distance / self.size
        if self.kernel is Kernel.GAUSSIAN:
            gaussian: Floats = np.exp(-0.5 * u**2) / np.sqrt(2.0 * np.pi)
            return gaussian
        density = {
            Kernel.UNIFORM: np.full(len(u), 0.5),
            Kernel.TRIANGULAR: 1.0 - u,
            Kernel.EPANECHNIKOV: 0.75 * (1.0 - u**2),
        }
        weights: Floats = np.maximum(density[self.kernel], 0.0) * inside
        return weights
