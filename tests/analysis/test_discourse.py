"""Discourse networks: the definitions, pair by pair, for every combination that makes sense; and the manual's laws."""

import datetime as dt
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.analysis.arrays import Floats, Integers
from api.analysis.discourse.discourse import (
    NORMALIZATIONS,
    QUALIFIERS,
    Mode,
    Normalization,
    Qualifier,
    Transformation,
    count_stances,
    first_places,
    sorted_edges,
)
from api.analysis.discourse.duplicates import Duplicates, deduplicate
from api.analysis.discourse.periods import PeriodStep
from api.analysis.discourse.windows import Window, WindowKernel
from tests.analysis.discourse_oracle import Network, Said
from tests.analysis.discourse_oracle import once as once_plainly

HOLDERS, TARGETS, DOCUMENTS = "abcd", "xyz", "12"
DAYS = [dt.date(2020, 12, 28) + dt.timedelta(days=n) for n in (0, 3, 4, 10, 40, 370)]
SAID = st.builds(
    Said,
    st.sampled_from(HOLDERS),
    st.sampled_from(TARGETS),
    st.booleans(),
    st.sampled_from(DOCUMENTS),
    st.sampled_from([None, *DAYS]),
    st.integers(0, 99),
)
DATED = SAID.filter(lambda said: said.day is not None)
STANCES = st.lists(DATED, max_size=14)
COMBINATIONS = [
    (mode, qualifier, normalization)
    for mode in Mode
    for qualifier in Qualifier
    for normalization in Normalization
    if Transformation.error(mode, qualifier, normalization) is None
]
FEW = settings(max_examples=30, deadline=None)
WINDOWS = st.builds(Window, st.integers(1, 9), st.just(PeriodStep.DAY), st.sampled_from([None, *WindowKernel]))


def arrays(stances: list[Said]) -> tuple[Integers, Integers, Integers]:
    return (
        np.array([HOLDERS.index(s.holder) for s in stances], dtype=np.int64),
        np.array([TARGETS.index(s.target) for s in stances], dtype=np.int64),
        np.array([0 if s.support else 1 for s in stances], dtype=np.int64),
    )


def weights(stances: list[Said], how: tuple[Mode, Qualifier, Normalization], weight: Floats | None = None) -> Floats:
    row, column, sign = arrays(stances)
    x = count_stances(row, column, sign, weight, (len(HOLDERS), len(TARGETS)))
    return Transformation(*how).weights(x)


def counting(stances: list[Said], duplicates: Duplicates) -> list[Said]:
    """Those that count, after all of them were put in the order of time."""
    stances.sort(key=lambda s: s.day or dt.date.min)
    day = np.array([(s.day or dt.date.min).toordinal() for s in stances], dtype=np.int64)
    document = np.array([int(s.document) for s in stances], dtype=np.int64)
    return [stances[at] for at in deduplicate(arrays(stances), day, document, duplicates).tolist()]


def plainly(network: Network, how: tuple[Mode, Qualifier, Normalization]) -> Floats:
    found = network.matrix(*how)
    others = HOLDERS if how[0] is Mode.ONE_MODE else TARGETS
    return np.array([[found[row, column] for column in others] for row in HOLDERS])


def test_there_are_as_many_combinations_as_make_sense() -> None:
    assert len(COMBINATIONS) == 4 * 4 + 2 * 3 + 1


@pytest.mark.parametrize("how", COMBINATIONS, ids="-".join)
@FEW
@given(stances=STANCES)
def test_each_combination_is_its_definition(how: tuple[Mode, Qualifier, Normalization], stances: list[Said]) -> None:
    assert np.allclose(weights(stances, how), plainly(Network(stances, HOLDERS, TARGETS), how), rtol=1e-12)


@pytest.mark.parametrize("how", [c for c in COMBINATIONS if c[1] is not Qualifier.COMBINE], ids="-".join)
@FEW
@given(stances=STANCES, window=WINDOWS, middle=st.integers(-3, 14))
def test_weighted_stances_are_as_so_many(
    how: tuple[Mode, Qualifier, Normalization], stances: list[Said], window: Window, middle: int
) -> None:
    places = np.array([(s.day - DAYS[0]).days for s in stances if s.day], dtype=np.int64)
    given_ = window.weights(places, middle)
    network = Network(
        stances,
        HOLDERS,
        TARGETS,
        weigh=lambda s: kernel(window, abs((s.day - DAYS[0]).days - middle)),  # type: ignore[operator]
    )
    found = weights(stances, how, np.sqrt(given_) if how[0] is Mode.ONE_MODE else given_)
    assert np.allclose(found, plainly(network, how), rtol=1e-9, atol=1e-12)


def kernel(window: Window, distance: int) -> float:
    """The density at 2d / w, written out."""
    if window.kernel is WindowKernel.GAUSSIAN:
        return math.exp(-((2 * distance / window.size) ** 2) / 2) / math.sqrt(2 * math.pi)
    if distance > window.size // 2:
        return 0.0
    u = 2 * distance / window.size
    return {
        None: 1.0,
        WindowKernel.UNIFORM: 0.5,
        WindowKernel.TRIANGULAR: 1 - u,
        WindowKernel.EPANECHNIKOV: 0.75 * (1 - u * u),
    }[window.kernel]


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("qualifier", Qualifier)
@pytest.mark.parametrize("normalization", Normalization)
def test_what_makes_no_sense_is_refused_with_what_does(
    mode: Mode, qualifier: Qualifier, normalization: Normalization
) -> None:
    refused = Transformation.error(mode, qualifier, normalization)
    if (mode, qualifier, normalization) in COMBINATIONS:
        assert Transformation(mode, qualifier, normalization)
        return
    assert refused is not None
    argument, message = refused
    right: tuple[str, ...] = QUALIFIERS[mode] if argument == "qualifier" else NORMALIZATIONS[mode]
    assert any(name in message for name in right)
    with pytest.raises(ValueError, match=argument):
        Transformation(mode, qualifier, normalization)


# ---------------------------------------------------------------- laws


@given(STANCES)
def test_ignore_is_congruence_and_conflict_and_subtract_their_difference(stances: list[Said]) -> None:
    ignore, congruence, conflict, subtract = (
        weights(stances, (Mode.ONE_MODE, qualifier, Normalization.NONE)) for qualifier in QUALIFIERS[Mode.ONE_MODE]
    )
    assert (ignore == congruence + conflict).all()
    assert (subtract == congruence - conflict).all()


@pytest.mark.parametrize("how", [c for c in COMBINATIONS if c[0] is Mode.ONE_MODE], ids="-".join)
@FEW
@given(stances=STANCES, window=WINDOWS)
def test_one_mode_is_symmetrical_and_has_no_loops(
    how: tuple[Mode, Qualifier, Normalization], stances: list[Said], window: Window
) -> None:
    places = np.array([(s.day - DAYS[0]).days for s in stances if s.day], dtype=np.int64)
    for weight in (None, window.weights(places, 2)):
        matrix = weights(stances, how, weight)
        assert (matrix == matrix.T).all()
        assert not matrix.diagonal().any()
        assert np.isfinite(matrix).all()


@given(STANCES)
def test_shares_of_activity_and_prominence_sum_to_one_or_to_nothing(stances: list[Said]) -> None:
    activity, prominence = (
        weights(stances, (Mode.TWO_MODE, Qualifier.IGNORE, n)) for n in NORMALIZATIONS[Mode.TWO_MODE][1:]
    )
    for sums in (activity.sum(axis=1), prominence.sum(axis=0)):
        assert all(math.isclose(total, 1) or total == 0 for total in sums.tolist())


@given(st.lists(SAID, max_size=14), st.sampled_from(Duplicates))
def test_what_counts_once_is_the_earliest_of_what_says_the_same(stances: list[Said], duplicates: Duplicates) -> None:
    assert counting(stances, duplicates) == once_plainly(stances, duplicates)


@given(st.lists(SAID, max_size=14), st.sampled_from(Duplicates))
def test_to_leave_out_duplicates_leaves_no_tie_out(stances: list[Said], duplicates: Duplicates) -> None:
    for qualifier in (Qualifier.IGNORE, Qualifier.COMBINE):
        how = (Mode.TWO_MODE, qualifier, Normalization.NONE)
        before, after = weights(stances, how), weights(counting(stances, duplicates), how)
        assert (after <= before).all()
        assert ((after > 0) == (before > 0)).all()


@given(st.lists(st.tuples(st.integers(-2, 2), st.integers(0, 3), st.integers(-9, 9)), max_size=40))
def test_the_first_of_each_is_no_duplicate(rows: list[tuple[int, int, int]]) -> None:
    columns = [np.array([row[n] for row in rows], dtype=np.int64) for n in range(3)]
    assert first_places(*columns).tolist() == [n for n, row in enumerate(rows) if row not in rows[:n]]


@pytest.mark.parametrize("mode", Mode)
@given(stances=STANCES)
def test_edges_are_the_cells_that_are_not_0(mode: Mode, stances: list[Said]) -> None:
    matrix = weights(stances, (mode, Qualifier.SUBTRACT, Normalization.NONE))
    row, column, weight = sorted_edges(matrix, mode)
    cells = {(r, c): matrix[r, c] for r, c in zip(*np.nonzero(matrix), strict=True) if mode is Mode.TWO_MODE or r < c}
    assert dict(zip(zip(row, column, strict=True), weight, strict=True)) == cells
    assert np.abs(weight).tolist() == sorted(np.abs(weight).tolist(), reverse=True)


@given(st.integers(1, 12), st.integers(-5, 5), st.integers(0, 30))
def test_windows_lie_whole_within_the_periods(size: int, first: int, length: int) -> None:
    window, last = Window(size, PeriodStep.DAY), first + length
    reach = [
        middle for middle in range(first - 5, last + 6) if first <= middle - size // 2 and middle + size // 2 <= last
    ]
    assert list(window.middles(first, last)) == reach
