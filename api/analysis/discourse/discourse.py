"""Discourse networks: who shares positions with whom, or takes which towards what.

The transformations are those of Discourse Network Analyzer (Leifeld 2017; its manual, chapter on exporting networks).
Stances are counted in an array `x` of shape (2, rows, columns): how often row i supports column j, and opposes it.
A one-mode network ties rows by the columns they have in common; a two-mode network ties rows to columns.
"""

from dataclasses import dataclass
from enum import StrEnum

from api.analysis.arrays import Floats, Integers
from api.numeric import np

SUPPORT, OPPOSITION = 0, 1
"""The places of the two signs in the first axis of `x`: a table each, as a product of matrices wants them."""


class Mode(StrEnum):
    """What a network ties to what."""

    ONE_MODE = "ONE_MODE"
    TWO_MODE = "TWO_MODE"


class Qualifier(StrEnum):
    """What becomes of support and opposition when stances are made into a weight."""

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
"""Those that make sense in each mode."""
NORMALIZATIONS = {
    Mode.ONE_MODE: (Normalization.NONE, Normalization.AVERAGE, Normalization.JACCARD, Normalization.COSINE),
    Mode.TWO_MODE: (Normalization.NONE, Normalization.ACTIVITY, Normalization.PROMINENCE),
}
"""Those that make sense in each mode; with COMBINE, whose weights are codes, NONE alone does."""


@dataclass(frozen=True, slots=True)
class Transformation:
    """How counts become weights.

    Raises:
        ValueError: for a combination that makes no sense, saying which argument is at fault.
    """

    mode: Mode
    qualifier: Qualifier
    normalization: Normalization

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        refused = self.refusal(self.mode, self.qualifier, self.normalization)
        if refused is not None:
            raise ValueError(": ".join(refused))

    @staticmethod
    def refusal(mode: Mode, qualifier: Qualifier, normalization: Normalization) -> tuple[str, str] | None:
        """The argument at fault, and what is wrong and would be right; None where nothing is wrong."""
        if qualifier not in QUALIFIERS[mode]:
            return "qualifier", f"{qualifier} makes no sense in {mode}: there it is {_listed(QUALIFIERS[mode])}"
        if normalization not in NORMALIZATIONS[mode]:
            known = _listed(NORMALIZATIONS[mode])
            return "normalization", f"{normalization} makes no sense in {mode}: there it is {known}"
        if qualifier is Qualifier.COMBINE and normalization is not Normalization.NONE:
            return (
                "normalization",
                f"{normalization} makes no sense with COMBINE, whose weights are codes: ask for NONE",
            )
        return None

    def weights(self, x: Floats) -> Floats:
        """The matrix: shape (rows, rows) with a diagonal of zeros in ONE_MODE, (rows, columns) in TWO_MODE."""
        return _one_mode(x, self) if self.mode is Mode.ONE_MODE else _two_mode(x, self)


def counted(row: Integers, column: Integers, sign: Integers, weight: Floats | None, shape: tuple[int, int]) -> Floats:
    """The array `x`, each stance counting as 1 or by its weight; `sign` is `SUPPORT` or `OPPOSITION`."""
    rows, columns = shape
    cells = np.bincount((sign * rows + row) * columns + column, weight, minlength=2 * rows * columns)
    return cells.astype(np.float64).reshape(2, rows, columns)


def firsts(*same: Integers) -> Integers:
    """The places of what is no duplicate: nothing before it is the same in each of the arrays."""
    if not len(same[0]):
        return np.zeros(0, dtype=np.int64)
    key = np.zeros(len(same[0]), dtype=np.int64)
    for values in same:
        _, code = np.unique(values, return_inverse=True)
        _, key = np.unique(key * (code.max() + 1) + code, return_inverse=True)
    places: Integers = np.sort(np.unique(key, return_index=True)[1]).astype(np.int64)
    return places


def tied(matrix: Floats, mode: Mode) -> tuple[Integers, Integers, Floats]:
    """Row, column and weight of each cell that is not 0: in ONE_MODE of each pair once, the lower row first.

    The heaviest come first, whatever their sign; then by row and column.
    """
    row, column = np.nonzero(np.triu(matrix, 1) if mode is Mode.ONE_MODE else matrix)
    weight = matrix[row, column]
    order = np.lexsort((column, row, -np.abs(weight)))
    return row[order], column[order], weight[order]


def _one_mode(x: Floats, asked: Transformation) -> Floats:
    support, opposition = x[SUPPORT], x[OPPOSITION]
    weights = _shared(support, opposition, asked.qualifier)
    weights = _divided(weights, _one_mode_norm(x, asked.normalization))
    np.fill_diagonal(weights, 0.0)
    return weights


def _shared(support: Floats, opposition: Floats, qualifier: Qualifier) -> Floats:
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


def _two_mode(x: Floats, asked: Transformation) -> Floats:
    support, opposition = x[SUPPORT], x[OPPOSITION]
    if asked.qualifier is Qualifier.COMBINE:
        codes: Floats = (support > 0) + 2.0 * (opposition > 0)
        return codes
    both: Floats = support + opposition
    weights: Floats = both if asked.qualifier is Qualifier.IGNORE else support - opposition
    if asked.normalization is Normalization.ACTIVITY:
        return _divided(weights, both.sum(axis=1, keepdims=True))
    if asked.normalization is Normalization.PROMINENCE:
        return _divided(weights, both.sum(axis=0, keepdims=True))
    return weights


def _divided(weights: Floats, norm: Floats) -> Floats:
    """0 where there is nothing to divide by: then there is nothing to divide either."""
    norm = np.broadcast_to(norm, weights.shape)
    return np.divide(weights, norm, out=np.zeros_like(weights), where=norm > 0)


def _listed(names: tuple[StrEnum, ...]) -> str:
    *others, last = names
    return f"{', '.join(others)} or {last}"
