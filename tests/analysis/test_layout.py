"""Layouts of signed networks: allies near, opponents apart, and everybody about where they were before."""

import csv
import time
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.analysis.arrays import Floats
from api.drawing.layout.component import SignedEdges
from api.drawing.layout.layout import layout
from tests.conftest import DATA


@dataclass(frozen=True)
class Drawn:
    """A network to lay out."""

    ties: SignedEdges
    names: tuple[str, ...]

    @property
    def lengths(self) -> Floats:
        return self.lengths_in(layout(self.ties, self.names))

    def lengths_in(self, positions: Floats) -> Floats:
        found: Floats = np.linalg.norm(positions[self.ties.first] - positions[self.ties.second], axis=1)
        return found


def of(names: list[str], ties: list[tuple[str, str, int]]) -> Drawn:
    at = {name: number for number, name in enumerate(names)}
    first, second, sign = ([at[s] for s, _, _ in ties], [at[t] for _, t, _ in ties], [x for *_, x in ties])
    return Drawn(SignedEdges.of(first, second, sign), tuple(names))


@st.composite
def networks(draw: st.DrawFn, most: int = 14) -> Drawn:
    size = draw(st.integers(1, most))
    node = st.integers(0, size - 1)
    drawn = draw(st.lists(st.tuples(node, node, st.sampled_from([1, -1])), max_size=3 * most))
    first, second, sign = ([tie[part] for tie in drawn] for part in range(3))
    names = draw(st.lists(st.text(max_size=4), min_size=size, max_size=size, unique=True))
    return Drawn(SignedEdges.of(first, second, sign), tuple(names))


def two_blocs(size: int, chance: float, seed: int = 1, blocs: int = 2) -> Drawn:
    """Allies within blocs, opponents between them, and one tie in twenty the other way."""
    draws = np.random.default_rng(seed)
    first, second = np.triu_indices(size, 1)
    there = draws.random(len(first)) < chance
    first, second = first[there], second[there]
    same = first % blocs == second % blocs
    sign = np.where(same ^ (draws.random(len(first)) < 0.05), 1, -1)
    return Drawn(SignedEdges.of(first, second, sign), tuple(f"n{number}" for number in range(size)))


def without(drawn: Drawn, gone: list[int]) -> Drawn:
    kept = np.setdiff1d(np.arange(len(drawn.ties.first)), gone)
    return Drawn(SignedEdges(drawn.ties.first[kept], drawn.ties.second[kept], drawn.ties.sign[kept]), drawn.names)


@given(networks())
def test_positions_lie_in_the_unit_square_and_are_the_same_each_time(drawn: Drawn) -> None:
    positions = layout(drawn.ties, drawn.names)
    assert positions.shape == (len(drawn.names), 2)
    assert np.isfinite(positions).all()
    assert positions.min() >= 0
    assert positions.max() <= 1
    assert np.array_equal(positions, layout(drawn.ties, drawn.names))


@given(networks())
def test_it_fills_the_square_and_no_two_nodes_lie_upon_each_other(drawn: Drawn) -> None:
    positions = layout(drawn.ties, drawn.names)
    if len(positions) == 1:
        assert positions.tolist() == [[0.5, 0.5]]
        return
    assert np.isclose(np.ptp(positions, axis=0).max(), 1)
    apart = np.linalg.norm(positions[:, None] - positions[None], axis=2)
    assert apart[np.triu_indices(len(positions), 1)].min() > 0.01


@pytest.mark.parametrize("size", [6, 20, 60, 400])
def test_allies_lie_nearer_than_opponents(size: int) -> None:
    drawn = two_blocs(size, min(1.0, 8 / size))
    lengths = drawn.lengths
    allied = drawn.ties.sign > 0
    assert lengths[allied].mean() * 1.8 < lengths[~allied].mean()


def test_an_enemys_enemy_lies_nearer_than_the_enemy() -> None:
    positions = layout(of(["a", "b", "c"], [("a", "b", -1), ("b", "c", -1)]).ties, "abc")
    assert np.linalg.norm(positions[0] - positions[2]) * 1.5 < np.linalg.norm(positions[0] - positions[1])


def test_parts_that_no_tie_connects_lie_beside_each_other() -> None:
    """Boxes around them do not meet."""
    triangles = [
        tie
        for part in "pqrstuvw"
        for tie in [(f"{part}1", f"{part}2", 1), (f"{part}2", f"{part}3", 1), (f"{part}3", f"{part}1", -1)]
    ]
    names = sorted({end for tie in triangles for end in tie[:2]})
    positions = layout(of(names, triangles).ties, names).reshape(-1, 3, 2)
    low, high = positions.min(axis=1), positions.max(axis=1)
    for one in range(len(low)):
        for other in range(one):
            assert ((high[one] < low[other]) | (high[other] < low[one])).any()


@settings(max_examples=30, deadline=None)
@given(networks(), st.data())
def test_a_node_is_the_same_whichever_number_it_has(drawn: Drawn, data: st.DataObject) -> None:
    """Ties that are told in another order, or the other way round, are the same ties."""
    order = np.array(data.draw(st.permutations(range(len(drawn.ties.first)))), dtype=np.int64)
    turned = SignedEdges(drawn.ties.second[order], drawn.ties.first[order], drawn.ties.sign[order])
    assert np.allclose(layout(turned, drawn.names), layout(drawn.ties, drawn.names), atol=1e-3)


# ---------------------------------------------------------------- from one date to the next


def moved(before: Floats, after: Floats) -> float:
    """How far a node moves on average, as a share of the picture's longer side."""
    return float(np.linalg.norm(before - after, axis=1).mean())


@pytest.mark.parametrize("size", [12, 40, 150])
def test_given_the_picture_before_nodes_hardly_move(size: int) -> None:
    drawn = two_blocs(size, 6 / size)
    before = layout(drawn.ties, drawn.names)
    assert moved(before, layout(drawn.ties, drawn.names, before, is_previous=True)) < 0.01
    draws = np.random.default_rng(2)
    for _ in range(3):
        fewer = without(drawn, draws.choice(len(drawn.ties.first), len(drawn.ties.first) // 10, replace=False).tolist())
        assert moved(before, layout(fewer.ties, fewer.names, before, is_previous=True)) < 0.03


@pytest.mark.parametrize("size", [12, 40, 150])
def test_dates_are_near_each_other_without_knowing_of_each_other(size: int) -> None:
    """Each follows the layout of all ties; on each date a fifth of these, drawn anew, are not in force."""
    drawn = two_blocs(size, 8 / size)
    anchor = layout(drawn.ties, drawn.names)
    draws = np.random.default_rng(3)
    number = len(drawn.ties.first)
    dates = [without(drawn, draws.choice(number, number // 5, replace=False).tolist()) for _ in range(4)]
    pictures = [layout(date.ties, date.names, anchor) for date in dates]
    alone = [layout(date.ties, date.names) for date in dates]
    following = [moved(one, other) for one, other in pairwise(pictures)]
    assert np.mean(following) < 0.06
    assert np.mean(following) < np.mean([moved(one, other) for one, other in pairwise(alone)])


def test_who_is_new_appears_beside_those_they_have_ties_with() -> None:
    drawn = two_blocs(20, 0.4)
    known = layout(drawn.ties, drawn.names)
    anchor = known.copy()
    anchor[7] = np.nan
    positions = layout(drawn.ties, drawn.names, anchor, is_previous=True)
    assert np.isfinite(positions).all()
    allies = drawn.ties.sign > 0
    with_7 = np.unique(
        np.concatenate(
            [drawn.ties.first[allies & (drawn.ties.second == 7)], drawn.ties.second[allies & (drawn.ties.first == 7)]]
        )
    )
    others = np.setdiff1d(np.arange(20), [*with_7, 7])
    to = np.linalg.norm(positions - positions[7], axis=1)
    assert to[with_7].mean() < to[others].mean()


def test_a_change_of_the_whole_moves_little() -> None:
    """Not only dates: a relation more or less does not turn the picture round."""
    drawn = tribes()
    before = layout(drawn.ties, drawn.names)
    moves = [moved(before, layout(without(drawn, [tie]).ties, drawn.names)) for tie in range(len(drawn.ties.first))]
    assert np.mean(moves) < 0.08


def tribes() -> Drawn:
    path = DATA / "signnet_tribes" / "tribes_edges.csv"
    if not path.exists():
        pytest.skip("the published data sets are not here")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = sorted({row[end] for row in rows for end in ("source", "target")})
    return of(names, [(row["source"], row["target"], int(row["sign"])) for row in rows])


# ---------------------------------------------------------------- what is refused, and how long it takes


def test_what_is_no_network_is_refused() -> None:
    with pytest.raises(ValueError, match="differ in length"):
        SignedEdges.of([0, 1], [1], [1])
    with pytest.raises(ValueError, match="neither 1 nor -1"):
        SignedEdges.of([0], [1], [0])
    with pytest.raises(ValueError, match="has no name"):
        layout(SignedEdges.of([0], [2], [1]), ["a", "b"])
    with pytest.raises(ValueError, match="another size"):
        layout(SignedEdges.of([0], [1], [1]), ["a", "b"], np.zeros((3, 2)))
    assert layout(SignedEdges.of([], [], []), []).shape == (0, 2)


def test_twenty_thousand_ties_take_seconds() -> None:
    draws = np.random.default_rng(5)
    first, second = draws.integers(0, 2_000, (2, 20_000))
    ties = SignedEdges.of(first, second, np.where(draws.random(20_000) < 0.5, 1, -1))
    began = time.thread_time()
    layout(ties, [str(number) for number in range(2_000)])
    assert time.thread_time() - began < 20
