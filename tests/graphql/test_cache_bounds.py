"""Caches are bounded by what they hold, not only by the number of entries."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from api.cache import BoundedCache
from tests.conftest import Api

PAGE = (
    "p%d: statements(first: %d) { edges { node { id quote { exact } stances(first: 5) { edges { node { id } } } } } }"
)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 20)), max_size=60), st.integers(1, 5), st.integers(0, 40))
def test_number_and_weight_stay_within_their_bounds(entries: list[tuple[int, int]], most: int, heaviest: int) -> None:
    kept: BoundedCache[int, int] = BoundedCache(most, heaviest)
    for key, weight in entries:
        kept.put(key, weight, weight)
        assert len(kept) <= most
        assert sum(kept.values()) <= heaviest


def test_large_documents_are_few(serve: Callable[..., Api]) -> None:
    """Of documents of 30 pages within pages, fewer are cached than of ordinary ones; all are answered."""
    api = serve(plan_cache_size="20")
    small = [f"{{ actors(first: {number}) {{ totalCount }} }}" for number in range(1, 21)]
    large = ["{ %s }" % " ".join(PAGE % (n, 1 + (n + number) % 9) for n in range(30)) for number in range(9)]
    for text in small:
        api(text)
    documents = api.execution._documents._documents
    assert len(documents) == 20
    for text in large:
        api(text)
    assert 1 <= len(documents) < 9
