"""A series counts as it goes along what each of its networks, made anew, would count."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from api.analysis.networks.balance import NetworkUndefined, walk_index
from api.analysis.networks.frustration import frustration
from api.analysis.networks.network_series import MAX_SEARCHED, Spells, network_states
from api.analysis.networks.triangles import triad_counts

NODES, PERIODS = 6, 5
Row = tuple[int, int, bool, int, int]


def spells_of(rows: list[Row], nodes: int = NODES, periods: int = PERIODS) -> Spells:
    source, target, positive, first, last = np.array(rows, dtype=np.int64).reshape(-1, 5).T
    return Spells(nodes, periods, source, target, positive == 1, np.minimum(first, last), np.maximum(first, last))


ROWS = st.lists(
    st.tuples(
        st.integers(0, NODES - 1),
        st.integers(0, NODES - 1),
        st.booleans(),
        st.integers(0, PERIODS - 1),
        st.integers(0, PERIODS - 1),
    ),
    max_size=25,
)


@settings(deadline=None)
@given(ROWS)
def test_each_period_is_as_its_network_alone(rows: list[Row]) -> None:
    """Relations between a node and itself, such as within a group, are counted and make no tie."""
    spells = spells_of(rows)
    for period, found in enumerate(network_states(spells, walks=True, seconds=60)):
        network = spells.within(period)
        assert found.relations == ((spells.first <= period) & (spells.last >= period)).sum()
        assert found.actors == len(network.tied)
        assert (found.positive, found.negative, found.ambivalent) == tuple(
            (network.sign == sign).sum() for sign in (1, -1, 0)
        )
        assert found.triads == triad_counts(network)
        assert found.walk_index == walk_index(network)
        assert found.frustration is not None
        assert found.frustration.exact
        assert found.frustration.count == frustration(network, 60).count


def test_what_is_not_wanted_is_not_worked_out() -> None:
    (found,) = network_states(spells_of([(0, 1, True, 0, 0)], periods=1))
    assert (found.walk_index, found.frustration) == (None, None)


def test_what_is_too_large_is_told() -> None:
    """Each period has another network, of a path through all nodes."""
    nodes, periods = 2_400, 60
    rows: list[Row] = [(node, node + 1, True, 0, periods - 1) for node in range(nodes - 1)]
    rows += [(0, 2 + period, False, period, period) for period in range(periods)]
    found = network_states(spells_of(rows, nodes, periods), walks=True, seconds=1)
    assert nodes * periods > MAX_SEARCHED
    assert {one.frustration for one in found} == {None}
    assert {one.walk_index.undefined_reason for one in found if one.walk_index} == {NetworkUndefined.TOO_LARGE}
