"""Signed networks for tests: published, made up, and measured by definitions written out pair by pair."""

import csv
import json
from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
from hypothesis import strategies as st

from api.analysis.networks.signed_network import SignedNetwork
from tests.conftest import DATA

TRIBES = DATA / "signnet_tribes"
Tie = tuple[int, int, int]
"""Two nodes and a sign: 1, -1, or 0 for both."""


def network_of(size: int, ties: Sequence[Tie]) -> SignedNetwork:
    """The network of these ties."""
    one, other, sign = np.array(ties, dtype=np.int64).reshape(-1, 3).T
    return SignedNetwork.of(size, one, other, (sign >= 0).astype(int), (sign <= 0).astype(int))


def tribes() -> tuple[list[str], list[Tie]]:
    """Read (1954): sixteen tribes of New Guinea, their names and ties."""
    with (TRIBES / "tribes_nodes.csv").open() as file:
        names = [row["name"] for row in csv.DictReader(file)]
    with (TRIBES / "tribes_edges.csv").open() as file:
        rows = list(csv.DictReader(file))
    return names, [(names.index(r["source"]), names.index(r["target"]), int(r["sign"])) for r in rows]


def reference() -> Any:
    """What is published of them, and cases of signnet's own tests."""
    return json.loads((TRIBES / "reference.json").read_text())


def case(name: str) -> Any:
    """A case of signnet's own tests."""
    (found,) = (one for one in reference()["unit_cases"] if one["name"] == name)
    return found


@st.composite
def networks(draw: st.DrawFn, most: int = 8) -> SignedNetwork:
    """Up to so many nodes, each pair tied in one of three ways or not at all."""
    size = draw(st.integers(2, most))
    pairs = list(combinations(range(size), 2))
    signs = draw(st.lists(st.sampled_from([None, None, 1, -1, 0]), min_size=len(pairs), max_size=len(pairs)))
    return network_of(size, [(*pair, sign) for pair, sign in zip(pairs, signs, strict=True) if sign is not None])


def by_pair(network: SignedNetwork) -> dict[tuple[int, int], int]:
    """The sign between each two nodes."""
    ends = zip(network.first.tolist(), network.second.tolist(), strict=True)
    return dict(zip(ends, network.sign.tolist(), strict=True))


def out_of_place(network: SignedNetwork, groups: Sequence[int]) -> tuple[int, int]:
    """How many negative ties are inside a group, and how many positive ones between groups."""
    signs = by_pair(network).items()
    inside = sum(sign == -1 and groups[a] == groups[b] for (a, b), sign in signs)
    between = sum(sign == 1 and groups[a] != groups[b] for (a, b), sign in signs)
    return inside, between
