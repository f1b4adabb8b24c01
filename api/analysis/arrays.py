"""The kinds of array that figures are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.numeric import np, npt

if TYPE_CHECKING:
    Integers = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]
    Booleans = npt.NDArray[np.bool_]
    Days = npt.NDArray[np.datetime64]
    Keys = npt.NDArray[np.bytes_]
    RowKeys = npt.NDArray[Any]
    Records = npt.NDArray[Any]
else:  # only annotations use these names: importing numpy would slow the start down
    Integers = Floats = Booleans = Days = Keys = RowKeys = Records = Any


def codes(given: npt.ArrayLike, name: str) -> Integers:
    """A flat array of whole numbers, as the analysis counts them.

    Raises:
        ValueError: where it is not flat, or holds something else.
    """
    array = np.asarray(given)
    if array.ndim != 1:
        raise ValueError(f"{name}: not a flat array")
    if array.size and not np.issubdtype(array.dtype, np.integer):
        raise ValueError(f"{name}: not whole numbers")
    return array.astype(np.int64)


def indices(given: npt.ArrayLike, name: str) -> Integers:
    """Codes that count from 0.

    Raises:
        ValueError: where one is negative, or as for `codes`.
    """
    array = codes(given, name)
    if (array < 0).any():
        raise ValueError(f"{name}: an index is negative")
    return array


def count_of_indices(given: Integers) -> int:
    """How many there are of what indices count from 0, as far as they say: the greatest and one; 0 without any."""
    return int(np.max(given, initial=-1)) + 1
