"""Measures of signed networks: published figures, definitions written out, and laws."""

import time
from collections import Counter
from itertools import combinations, product

import networkx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from api.analysis.arrays import Integers
from api.analysis.networks.balance import IndexValue, NetworkUndefined, triangle_index, walk_index
from api.analysis.networks.blocs import find_blocs
from api.analysis.networks.centrality import degrees, eigenvector, pn_index
from api.analysis.networks.directed_triads import directed_census
from api.analysis.networks.frustrated_cycles import frustrated_cycles
from api.analysis.networks.frustration import frustration
from api.analysis.networks.kernel import Kernel, WeightedComponent
from api.analysis.networks.signed_network import SignedNetwork, SignRule
from api.analysis.networks.triangles import triad_counts, triangle_census, triangles
from tests.analysis.signed_data import (
    TRIBES,
    Tie,
    by_pair,
    case,
    network_of,
    networks,
    out_of_place,
    reference,
    tribes,
)

published = pytest.mark.skipif(not TRIBES.is_dir(), reason=f"{TRIBES.name} is not there (STANCEGRAPH_TEST_DATA)")
patient = settings(deadline=None)
SECONDS = 20.0


# ---------------------------------------------------------------- published


@published
def test_the_tribes_are_as_published() -> None:
    names, ties = tribes()
    network, printed = network_of(len(names), ties), reference()["tribes"]["published"]
    found = triad_counts(network)
    assert {"+++": found.ppp, "++-": found.ppn, "+--": found.pnn, "---": found.nnn} == reference()["tribes"][
        "recomputed_here"
    ]["triangles"]
    assert triangle_index(found).value == pytest.approx(printed["balance_score_triangles"], abs=5e-8)
    assert walk_index(network).value == pytest.approx(printed["balance_score_walk"], abs=5e-8)
    tension = frustration(network, SECONDS)
    assert (tension.count, tension.exact) == (printed["frustration_exact"], True)
    assert tension.camps.tolist() == printed["frustration_exact_partition"]
    assert tension.index(network.ties) == pytest.approx(printed["balance_score_frustration"], abs=5e-8)


@published
def test_the_blocs_of_the_tribes_are_as_published() -> None:
    names, ties = tribes()
    printed = reference()["tribes"]["published"]["signed_blockmodel_k3_alpha0.5"]
    found = find_blocs(network_of(len(names), ties), 3, 0.5)
    assert found.criterion == printed["criterion"]
    assert len(found.inconsistent) == reference()["tribes"]["recomputed_here"]["k3_violations"]
    same = [[a == b for b in printed["membership"]] for a in printed["membership"]]
    assert (found.bloc[:, None] == found.bloc).tolist() == same


@published
def test_triangles_are_listed_with_their_positive_ties() -> None:
    one = case("K4 listing")
    network = network_of(4, [(a - 1, b - 1, sign) for a, b, sign in one["edges"]])
    listed = []
    for ties in np.concatenate(list(triangles(network))):
        nodes = sorted({*network.first[ties].tolist(), *network.second[ties].tolist()})
        listed.append([*(node + 1 for node in nodes), int((network.sign[ties] == 1).sum())])
    assert sorted(listed) == one["triangles_V1_V2_V3_P"]


@published
def test_degrees_are_as_published() -> None:
    one = case("K4 degrees")
    found = degrees(network_of(4, [(a - 1, b - 1, sign) for a, b, sign in one["edges"]]))
    assert (found.positive.tolist(), found.negative.tolist()) == (one["degree_pos"], one["degree_neg"])


def complete(size: int, negative: set[tuple[int, int]]) -> SignedNetwork:
    return network_of(size, [(*pair, -1 if pair in negative else 1) for pair in combinations(range(size), 2)])


@published
def test_centrality_is_as_published() -> None:
    one, values = case("K5 one negative edge 1-2"), eigenvector(complete(5, {(0, 1)})).values
    assert values is not None
    assert values.tolist() == pytest.approx(one["eigenvector_unscaled"], abs=5e-9)
    assert (values / values.max()).tolist() == pytest.approx(one["eigenvector_scaled"], abs=5e-9)
    values = pn_index(complete(5, set())).values
    assert values is not None
    assert values.tolist() == pytest.approx(case("K5 all positive")["pn_index"])


@published
def test_what_is_all_friends_is_balanced() -> None:
    one, network = case("K5 all positive"), complete(5, set())
    assert triangle_index(triad_counts(network)).value == one["balance_triangles"]
    assert walk_index(network).value == one["balance_walk"]
    assert frustration(network, 0).index(network.ties) == one["balance_frustration"]


@published
def test_triangles_with_ambivalent_ties_are_as_published() -> None:
    one = case("complex triangles K4")
    signs = [{"P": 1, "N": -1, "A": 0}[letter] for letter in one["edge_types_in_order_12_13_14_23_24_34"]]
    ties: list[Tie] = [(*pair, sign) for pair, sign in zip(combinations(range(4), 2), signs, strict=True)]
    assert triangle_census(network_of(4, ties)) == one["counts"]


@published
def test_directed_triads_are_as_published() -> None:
    source, target = np.array([(a, b) for a, b in product(range(5), repeat=2) if a != b]).T
    assert directed_census(5, source, target, np.full(20, -1)) == case("directed K5 all negative")["triad_census"]


@patient
@given(st.integers(3, 7), st.data())
def test_without_signs_triads_are_those_of_networkx(size: int, data: st.DataObject) -> None:
    pairs = [(a, b) for a, b in product(range(size), repeat=2) if a != b]
    signs = data.draw(st.lists(st.sampled_from([0, 0, 1, -1]), min_size=len(pairs), max_size=len(pairs)))
    arcs = [(*pair, sign) for pair, sign in zip(pairs, signs, strict=True) if sign]
    source, target, sign = np.array(arcs, dtype=np.int64).reshape(-1, 3).T
    counted: Counter[str] = Counter()
    for kind, number in (directed_census(size, source, target, sign) or {}).items():
        counted[kind.split("-")[0]] += number
    graph = networkx.DiGraph([arc[:2] for arc in arcs])
    graph.add_nodes_from(range(size))
    assert dict(counted) == {kind: number for kind, number in networkx.triadic_census(graph).items() if number}


def test_a_star_has_no_triangles_and_no_index() -> None:
    star = network_of(5, [(0, other, 1) for other in range(1, 5)])
    assert triangle_index(triad_counts(star)) == IndexValue(None, NetworkUndefined.NO_TRIANGLES)
    assert frustration(star, 0).exact


# ---------------------------------------------------------------- undefined


@pytest.mark.parametrize("ties", [[], [(0, 1, 0)]], ids=["no tie", "an ambivalent one alone"])
def test_without_ties_nothing_is_defined(ties: list[Tie]) -> None:
    network = network_of(2, ties)
    for found in (walk_index(network), pn_index(network), eigenvector(network)):
        assert found.undefined_reason is NetworkUndefined.NO_TIES
    assert frustration(network, 1).index(network.unambiguous.ties) is None
    assert frustration(network, 1).camps.tolist() == [-1, -1]
    assert find_blocs(network, 3).number == 0


def test_two_enemies_have_no_pn_index() -> None:
    """I - A / 2 is ((1, 1), (1, 1)) there."""
    found = pn_index(network_of(2, [(0, 1, -1)]))
    assert (found.values, found.undefined_reason) == (None, NetworkUndefined.SINGULAR)


def test_without_a_single_largest_eigenvalue_there_is_no_eigenvector() -> None:
    found = eigenvector(network_of(2, [(0, 1, 1)]))  # 1 and -1
    assert (found.values, found.undefined_reason) == (None, NetworkUndefined.NO_DOMINANT)


def test_too_many_who_hang_together_have_no_walk_index() -> None:
    path = network_of(3_000, [(node, node + 1, 1) for node in range(2_999)])
    assert walk_index(path).undefined_reason is NetworkUndefined.TOO_LARGE
    assert pn_index(path).undefined_reason is NetworkUndefined.TOO_LARGE
    assert frustration(path, 0).exact


# ---------------------------------------------------------------- folding


@patient
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.booleans()), max_size=12))
def test_both_directions_are_taken_together(ties: list[tuple[int, int, bool]]) -> None:
    ties = [tie for tie in ties if tie[0] != tie[1]]
    columns = [list(column) for column in zip(*ties, strict=True)] or [[], [], []]
    plus = np.array(columns[2], dtype=int)
    for sign_rule in SignRule:
        network = SignedNetwork.of(5, columns[0], columns[1], plus, 1 - plus, sign_rule)
        counts = Counter((min(a, b), max(a, b), sign) for a, b, sign in ties)
        for (one, other), sign in by_pair(network).items():
            friendly, hostile = counts[one, other, True], counts[one, other, False]
            both = (friendly > 0) - (hostile > 0)
            assert sign == (both if sign_rule is SignRule.ANY else np.sign(friendly - hostile))
        assert len(by_pair(network)) == len({pair[:2] for pair in counts})


@pytest.mark.parametrize("ends", [([0], [2]), ([1], [1]), ([0, 1], [1])], ids=["out of range", "itself", "lengths"])
def test_what_is_no_tie_is_refused(ends: tuple[list[int], list[int]]) -> None:
    with pytest.raises(ValueError, match="ties"):
        SignedNetwork.of(2, *ends, [1], [0])


# ---------------------------------------------------------------- by definition


@patient
@given(networks())
def test_triangles_by_definition(network: SignedNetwork) -> None:
    signs, letters = by_pair(network), {1: "P", -1: "N", 0: "A"}
    counted: Counter[str] = Counter()
    for a, b, c in combinations(range(network.size), 3):
        sides = [signs.get(pair) for pair in ((a, b), (a, c), (b, c))]
        if None not in sides:
            counted["".join(sorted((letters[s] for s in sides if s is not None), key="PNA".index))] += 1
    assert {kind: number for kind, number in triangle_census(network).items() if number} == dict(counted)


@patient
@given(networks())
def test_the_walk_index_by_definition(network: SignedNetwork) -> None:
    tied = network.unambiguous.tied
    if not len(tied):
        return
    matrix = network.unambiguous.matrix(network.unambiguous.sign).toarray()[np.ix_(tied, tied)]
    expected = np.trace(expm(matrix)) / np.trace(expm(np.abs(matrix)))
    assert walk_index(network).value == pytest.approx(expected)


@patient
@given(networks())
def test_frustration_by_trying_all_camps(network: SignedNetwork) -> None:
    found = frustration(network, SECONDS)
    fewest = min(sum(out_of_place(network, [0, *sides])) for sides in product((0, 1), repeat=network.size - 1))
    assert (found.count, found.lower_bound) == (fewest, fewest)
    ties = network.unambiguous
    against = {(int(ties.first[at]), int(ties.second[at])) for at in found.frustrated}
    camps = found.camps
    assert against == {
        pair for pair, sign in by_pair(ties).items() if (camps[pair[0]] == camps[pair[1]]) != (sign == 1)
    }


@patient
@given(networks(most=6), st.integers(1, 3), st.sampled_from([0.0, 0.25, 0.5, 0.9]))
def test_blocs_by_trying_all_partitions(network: SignedNetwork, most: int, alpha: float) -> None:
    found = find_blocs(network, most, alpha)
    tried = [out_of_place(network, groups) for groups in product(range(most), repeat=network.size)]
    assert found.criterion == pytest.approx(min(2 * (alpha * n + (1 - alpha) * p) for n, p in tried))
    assert found.number <= most
    assert len(found.inconsistent) == sum(out_of_place(network, found.bloc.tolist()))


@patient
@given(networks())
def test_the_pn_index_by_definition(network: SignedNetwork) -> None:
    values = pn_index(network).values
    if values is None:
        return
    tied, ties = network.unambiguous.tied, network.unambiguous
    matrix = ties.matrix(np.where(ties.sign > 0, 1, -2)).toarray()[np.ix_(tied, tied)]
    solved = np.linalg.solve(np.eye(len(tied)) - matrix / (2 * len(tied) - 2), np.ones(len(tied)))
    assert values[tied].tolist() == pytest.approx(solved.tolist())
    assert np.isnan(np.delete(values, tied)).all()


# ---------------------------------------------------------------- laws


@patient
@given(networks(), st.data())
def test_who_changes_all_sides_changes_no_balance(network: SignedNetwork, data: st.DataObject) -> None:
    """Switching (Zaslavsky 1982): to turn all ties of some nodes turns each triangle twice or not at all."""
    turned = np.array(data.draw(st.lists(st.sampled_from([1, -1]), min_size=network.size, max_size=network.size)))
    signs = network.sign * turned[network.first] * turned[network.second]
    ties = [(int(a), int(b), int(s)) for a, b, s in zip(network.first, network.second, signs, strict=True)]
    other = network_of(network.size, ties)
    assert triangle_index(triad_counts(other)) == triangle_index(triad_counts(network))
    assert frustration(other, SECONDS).count == frustration(network, SECONDS).count
    before, after = walk_index(network).value, walk_index(other).value
    assert after == (None if before is None else pytest.approx(before))


@patient
@given(networks())
def test_what_is_balanced_is_so_by_every_measure(network: SignedNetwork) -> None:
    walks = walk_index(network).value
    if walks is not None:
        assert (frustration(network, SECONDS).count == 0) == (walks == pytest.approx(1.0))


@patient
@given(networks(most=7))
def test_what_is_taken_off_decides_itself(network: SignedNetwork) -> None:
    """Whatever the sides of what is left, the best for the rest is found, and counted."""
    kernel = Kernel.of(network.unambiguous)
    for sides in product((1, -1), repeat=len(kernel.neighbours)):
        known = dict(zip(kernel.neighbours, sides, strict=True))
        every = kernel.sides(known)
        inside = sum(
            abs(weight)
            for one, ties in kernel.neighbours.items()
            for other, weight in ties.items()
            if one < other and weight * known[one] * known[other] < 0
        )
        groups = [every[node] for node in range(network.size)]
        assert sum(out_of_place(network, groups)) == inside + kernel.constant


@patient
@given(networks())
def test_frustrated_cycles_bound_it_and_are_frustrated(network: SignedNetwork) -> None:
    """Each row holds a cycle with an odd number of negative ties, and no camps go below the bound."""
    kernel = Kernel.of(network.unambiguous)
    for nodes in kernel.components():
        part = WeightedComponent.of(nodes, kernel.neighbours)
        found = frustrated_cycles(part, np.empty((0, 3), dtype=np.int64), time.monotonic() + SECONDS)
        sides = [np.array(each) for each in product((1, -1), repeat=len(nodes))]
        assert found.lower_bound <= min(part.frustration(each) for each in sides)
        for row in found.rows.toarray():
            assert all((row * np.abs(part.weight) * against(part, each)).sum() > 0 for each in sides)


def against(part: WeightedComponent, sides: Integers) -> Integers:
    """1 of each tie that runs against these sides."""
    return (part.weight * sides[part.first] * sides[part.second] < 0).astype(np.int64)


def test_what_has_few_triangles_is_bounded_by_longer_cycles() -> None:
    """A ring of which one tie is negative, with chords that leave no triangle."""
    ring = [(node, (node + 1) % 12, -1 if node == 0 else 1) for node in range(12)]
    chords = [(node, node + 5, 1) for node in range(0, 7, 2)]
    found = frustration(network_of(12, [*ring, *chords]), SECONDS)
    assert (found.count, found.exact) == (1, True)


def test_where_time_does_not_allow_it_the_bounds_are_honest() -> None:
    chance = np.random.default_rng(1)
    pairs = list(combinations(range(40), 2))
    ties: list[Tie] = [(*pair, int(chance.choice([-1, 1]))) for pair in pairs if chance.random() < 0.4]
    network = network_of(40, ties)
    quick = frustration(network, 0)
    assert not quick.exact
    assert 0 < quick.lower_bound < quick.count
    assert quick.count == sum(out_of_place(network, quick.camps.tolist()))
    again = frustration(network, 0)
    assert (again.camps.tolist(), again.lower_bound) == (quick.camps.tolist(), quick.lower_bound)
