"""Types of arrays, and checks of their content."""

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


def codes(values: npt.ArrayLike, name: str) -> Integers:
    """Return a one-dimensional array of whole numbers.

    Raises:
        ValueError: if the values have another shape or type.
    """
    array = np.asarray(values)
    if array.ndim != 1:
        raise ValueError(f"{name}: not a flat array")
    if array.size and not np.issubdtype(array.dtype, np.integer):
        raise ValueError(f"{name}: not whole numbers")
    return array.astype(np.int64)


def indices(values: npt.ArrayLike, name: str) -> Integers:
    """Return a one-dimensional array of indices.

    Raises:
        ValueError: if an index is negative, or as for `codes`.
    """
    array = codes(values, name)
    if (array < 0).any():
        raise ValueError(f"{name}: an index is negative")
    return array


def count_of_indices(values: Integers) -> int:
    """Return the largest index plus 1; 0 if there are no indices."""
    return int(np.max(values, initial=-1)) + 1
