"""Transformations of stances into discourse networks.

They are those of Discourse Network Analyzer (Leifeld 2017; its manual, chapter on exporting networks). Stances are
counted in an array `x` of shape (2, rows, columns): how often row i supports column j, and how often it opposes it. A
one-mode network ties rows that have columns in common; a two-mode network ties rows to columns.
"""

from dataclasses import dataclass
from enum import StrEnum

from api.analysis.arrays import Floats, Integers
from api.numeric import np

SUPPORT, OPPOSITION = 0, 1
"""The indexes of the two signs on the first axis of `x`."""


class Mode(StrEnum):
    """Which nodes a network ties to which."""

    ONE_MODE = "ONE_MODE"
    TWO_MODE = "TWO_MODE"


class Qualifier(StrEnum):
    """How support and opposition count in a weight."""

    IGNORE = "IGNORE"
    CONGRUENCE = "CONGRUENCE"
    CONFLICT = "CONFLICT"
    SUBTRACT = "SUBTRACT"
    COMBINE = "COMBINE"


class Normalization(StrEnum):
    """What a weight is divided by."""

    NONE = "NONE"
    AVERAGE = "AVERAGE"
    JACCARD = "JACCARD"
    COSINE = "COSINE"
    ACTIVITY = "ACTIVITY"
    PROMINENCE = "PROMINENCE"


QUALIFIERS = {
    Mode.ONE_MODE: (Qualifier.IGNORE, Qualifier.CONGRUENCE, Qualifier.CONFLICT, Qualifier.SUBTRACT),
    Mode.TWO_MODE: (Qualifier.IGNORE, Qualifier.SUBTRACT, Qualifier.COMBINE),
}
"""The qualifiers that are defined in each mode."""
NORMALIZATIONS = {
    Mode.ONE_MODE: (Normalization.NONE, Normalization.AVERAGE, Normalization.JACCARD, Normalization.COSINE),
    Mode.TWO_MODE: (Normalization.NONE, Normalization.ACTIVITY, Normalization.PROMINENCE),
}
"""The normalizations that are defined in each mode; with COMBINE, whose weights are codes, only NONE is."""


@dataclass(frozen=True, slots=True)
class Transformation:
    """How counts become weights.

    Raises:
        ValueError: if the combination is not defined; the message names the argument.
    """

    mode: Mode
    qualifier: Qualifier
    normalization: Normalization

    def __post_init__(self) -> None:
        """Check the combination."""
        error = self.error(self.mode, self.qualifier, self.normalization)
        if error is not None:
            raise ValueError(": ".join(error))

    @staticmethod
    def error(mode: Mode, qualifier: Qualifier, normalization: Normalization) -> tuple[str, str] | None:
        """Return the name of the invalid argument and a message; None if the combination is defined."""
        if qualifier not in QUALIFIERS[mode]:
            return "qualifier", f"{qualifier} is not defined in {mode}: choose {_listed(QUALIFIERS[mode])}"
        if normalization not in NORMALIZATIONS[mode]:
            known = _listed(NORMALIZATIONS[mode])
            return "normalization", f"{normalization} is not defined in {mode}: choose {known}"
        if qualifier is Qualifier.COMBINE and normalization is not Normalization.NONE:
            return (
                "normalization",
                f"{normalization} is not defined with COMBINE, whose weights are codes: choose NONE",
            )
        return None

    def weights(self, x: Floats) -> Floats:
        """Return the weights: shape (rows, rows) with a diagonal of zeros in ONE_MODE, (rows, columns) in TWO_MODE."""
        return _one_mode(x, self) if self.mode is Mode.ONE_MODE else _two_mode(x, self)


def count_stances(
    row: Integers, column: Integers, sign: Integers, weight: Floats | None, shape: tuple[int, int]
) -> Floats:
    """Return the array `x`: each stance counts as 1 or by its weight; `sign` is `SUPPORT` or `OPPOSITION`."""
    rows, columns = shape
    cells = np.bincount((sign * rows + row) * columns + column, weight, minlength=2 * rows * columns)
    return cells.astype(np.float64).reshape(2, rows, columns)


def first_places(*columns: Integers) -> Integers:
    """Return the indexes of the first of the elements that are equal in all of the arrays."""
    if not len(columns[0]):
        return np.zeros(0, dtype=np.int64)
    key = np.zeros(len(columns[0]), dtype=np.int64)
    for values in columns:
        _, code = np.unique(values, return_inverse=True)
        _, key = np.unique(key * (code.max() + 1) + code, return_inverse=True)
    places: Integers = np.sort(np.unique(key, return_index=True)[1]).astype(np.int64)
    return places


def sorted_edges(matrix: Floats, mode: Mode) -> tuple[Integers, Integers, Floats]:
    """Return row, column and weight of each cell that is not 0: in ONE_MODE each pair once, with the lower row first.

    They are sorted by absolute weight, descending, then by row and column.
    """
    row, column = np.nonzero(np.triu(matrix, 1) if mode is Mode.ONE_MODE else matrix)
    weight = matrix[row, column]
    order = np.lexsort((column, row, -np.abs(weight)))
    return row[order], column[order], weight[order]


def _one_mode(x: Floats, transformation: Transformation) -> Floats:
    support, opposition = x[SUPPORT], x[OPPOSITION]
    weights = _common(support, opposition, transformation.qualifier)
    weights = _divided(weights, _one_mode_norm(x, transformation.normalization))
    np.fill_diagonal(weights, 0.0)
    return weights


def _common(support: Floats, opposition: Floats, qualifier: Qualifier) -> Floats:
    if qualifier is Qualifier.IGNORE:
        both = support + opposition
        alike: Floats = both @ both.T
        return alike
    same: Floats = support @ support.T + opposition @ opposition.T
    across: Floats = support @ opposition.T
    contrary: Floats = across + across.T
    if qualifier is Qualifier.SUBTRACT:
        return np.subtract(same, contrary)
    return same if qualifier is Qualifier.CONGRUENCE else contrary


def _one_mode_norm(x: Floats, normalization: Normalization) -> Floats:
    if normalization is Normalization.NONE:
        return np.ones((1, 1))
    if normalization is Normalization.JACCARD:
        flat = np.concatenate([x[SUPPORT], x[OPPOSITION]], axis=1)
        alone: Floats = flat @ (flat == 0).astype(np.float64).T
        together: Floats = flat @ flat.T
        return alone + alone.T + together
    total: Floats = x.sum(axis=(0, 2))
    one, other = total[:, None], total[None, :]
    return (one + other) / 2 if normalization is Normalization.AVERAGE else one * other


def _two_mode(x: Floats, transformation: Transformation) -> Floats:
    support, opposition = x[SUPPORT], x[OPPOSITION]
    if transformation.qualifier is Qualifier.COMBINE:
        codes: Floats = (support > 0) + 2.0 * (opposition > 0)
        return codes
    both: Floats = support + opposition
    weights: Floats = both if transformation.qualifier is Qualifier.IGNORE else support - opposition
    if transformation.normalization is Normalization.ACTIVITY:
        return _divided(weights, both.sum(axis=1, keepdims=True))
    if transformation.normalization is Normalization.PROMINENCE:
        return _divided(weights, both.sum(axis=0, keepdims=True))
    return weights


def _divided(weights: Floats, norm: Floats) -> Floats:
    """Return the quotient. If the denominator is 0, the weight is 0."""
    norm = np.broadcast_to(norm, weights.shape)
    return np.divide(weights, norm, out=np.zeros_like(weights), where=norm > 0)


def _listed(names: tuple[StrEnum, ...]) -> str:
    *others, last = names
    return f"{', '.join(others)} or {last}"
