"""Windows that move over time, period by period, and the weights of the stances in them.

A window of size w has a period as its middle and extends w // 2 periods to either side: with a size of three months it
is the month before, the month, and the month after. With a kernel ("kernel smoothing" in Leifeld's *Discourse Network
Analyzer* 3) a stance d periods from the middle has the kernel's density at u = 2d / w as its weight; without a kernel
the weight is 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from api.analysis.arrays import Floats, Integers
from api.analysis.discourse.periods import PeriodStep
from api.numeric import np


class WindowKernel(StrEnum):
    """How stances are weighted by their distance from the middle of a window (Silverman 1986, table 3.1)."""

    UNIFORM = "UNIFORM"
    TRIANGULAR = "TRIANGULAR"
    EPANECHNIKOV = "EPANECHNIKOV"
    GAUSSIAN = "GAUSSIAN"


@dataclass(frozen=True, slots=True)
class Window:
    """The size of a window, in periods, and its kernel."""

    size: int
    unit: PeriodStep
    kernel: WindowKernel | None = None

    @property
    def half(self) -> int:
        """Number of periods on either side of the middle."""
        return self.size // 2

    def middles(self, first: int, last: int) -> range:
        """Return the indexes of the middles of all windows that are entirely within the periods `first` to `last`."""
        return range(first + self.half, last - self.half + 1)

    def weights(self, places: Integers, middle: int) -> Floats:
        """Return the weights of stances in the periods at `places` for the window around `middle`.

        Only the Gaussian kernel has weights above 0 outside the window.
        """
        distance = np.abs(places - middle)
        inside = (distance <= self.half).astype(np.float64)
        if self.kernel is None:
            return inside
        u = 2.0 * distance / self.size
        if self.kernel is WindowKernel.GAUSSIAN:
            gaussian: Floats = np.exp(-0.5 * u**2) / np.sqrt(2.0 * np.pi)
            return gaussian
        density = {
            WindowKernel.UNIFORM: np.full(len(u), 0.5),
            WindowKernel.TRIANGULAR: 1.0 - u,
            WindowKernel.EPANECHNIKOV: 0.75 * (1.0 - u**2),
        }
        weights: Floats = np.maximum(density[self.kernel], 0.0) * inside
        return weights
