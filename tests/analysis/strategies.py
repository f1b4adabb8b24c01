"""Made-up ratings: few units, annotators and values, so that all that can go wrong is common."""

from hypothesis import strategies as st

from api.analysis.agreement.levels import Level
from tests.analysis.definitions import Matrix

LEVELS = st.sampled_from(Level)


@st.composite
def matrices(draw: st.DrawFn, missing: bool = True, most_values: int = 7) -> Matrix:
    """Up to nine units of up to five annotators, on a part of the signed scale."""
    scale = draw(st.lists(st.integers(-3, 3), min_size=1, max_size=most_values, unique=True))
    annotators = draw(st.integers(1 if missing else 2, 5))
    value: st.SearchStrategy[int | None] = st.sampled_from(scale)
    row = st.lists(value | st.none() if missing else value, min_size=annotators, max_size=annotators)
    return draw(st.lists(row, min_size=1, max_size=9))
