"""The net of support and opposition, against Wilson's interval as scipy has it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from api.analysis.agreement.net import NetUndefined, compute_net

COUNTS = st.integers(0, 400)


@given(COUNTS, COUNTS)
def test_the_interval_is_wilsons(support: int, opposition: int) -> None:
    found = compute_net(support, opposition)
    if support + opposition == 0:
        assert found.value is None
        return
    interval = binomtest(support, support + opposition).proportion_ci(method="wilson")
    assert found.value == (support - opposition) / (support + opposition)
    assert found.lower == pytest.approx(2 * interval.low - 1, abs=1e-12)
    assert found.upper == pytest.approx(2 * interval.high - 1, abs=1e-12)
    assert found.lower is not None
    assert found.upper is not None
    assert -1 <= found.lower <= found.value <= found.upper <= 1


@given(COUNTS, COUNTS)
def test_to_turn_it_round_turns_the_net_round(support: int, opposition: int) -> None:
    one, other = compute_net(support, opposition), compute_net(opposition, support)
    if one.value is not None:
        assert other.value == -one.value
        assert other.lower == pytest.approx(-(one.upper or 0), abs=1e-12)


def test_of_nobody_who_takes_sides_there_is_none() -> None:
    assert compute_net(0, 0).undefined_reason is NetUndefined.NO_STANCES
    assert compute_net(0, 0, 3).undefined_reason is NetUndefined.NO_SIDES
    assert compute_net(0, 0, 3).lower is None
