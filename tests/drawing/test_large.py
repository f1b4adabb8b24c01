"""Pictures of many: how long they take, and that names keep apart there too."""

import time

import numpy as np

from api.drawing.composition import compose
from api.drawing.layout.component import SignedEdges
from api.drawing.layout.layout import layout
from api.drawing.network import DrawnActor, DrawnNetwork, DrawnTie
from api.drawing.svg import svg
from models import ActorKind, RelationKind


def many(actors: int, relations: int) -> DrawnNetwork:
    draws = np.random.default_rng(7)
    first = draws.integers(0, actors, relations)
    second = (first + draws.integers(1, actors, relations)) % actors
    same = first % 3 == second % 3
    positions = layout(SignedEdges.of(first, second, np.where(same, 1, -1)), [f"a{n}" for n in range(actors)])
    kinds = [*ActorKind]
    nodes = [DrawnActor(f"Actor number {n}", kinds[n % 9], *positions[n].tolist()) for n in range(actors)]
    signs = np.where(same, RelationKind.ALLIANCE, RelationKind.OPPOSITION).tolist()
    return DrawnNetwork(
        nodes, [DrawnTie(int(s), int(t), RelationKind(k)) for s, t, k in zip(first, second, signs, strict=True)]
    )


def test_names_of_hundreds_keep_apart() -> None:
    picture = compose(many(300, 700))
    left, top, right, bottom = np.array([(p.left, p.top, p.right, p.bottom) for p in picture.places]).T
    meets = (left[:, None] < right) & (left < right[:, None]) & (top[:, None] < bottom) & (top < bottom[:, None])
    assert meets.sum() == len(left)  # each with itself
    assert np.mean([place.led for place in picture.places]) < 0.1


def test_the_largest_network_there_is_takes_seconds() -> None:
    network = many(1_500, 10_000)
    began = time.thread_time()
    picture = svg(network)
    assert time.thread_time() - began < 60
    assert len(picture) < 10_000_000
