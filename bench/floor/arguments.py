"""Turns the variables of each operation into the parameters of its hand-written statement."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from uuid_utils import uuid7

from bench.operations import Variables

Parameters = list[Any]
_TYPES = ("act", "stm", "doc", "top", "stn")


def _key(global_id: str | None) -> str | None:
    return None if global_id is None else global_id[4:]


def _after(cursor: str) -> Parameters:
    _, day, key = cursor.split(".")
    return [day, key]


def _keys_and_places(ids: Sequence[str]) -> Parameters:
    lists: dict[str, tuple[list[str], list[int]]] = {kind: ([], []) for kind in _TYPES}
    for place, global_id in enumerate(ids):
        keys, places = lists[global_id[:3]]
        keys.append(global_id[4:])
        places.append(place)
    return [each for pair in lists.values() for each in pair]


def _stance(given: Any) -> Parameters:
    target = given["target"]
    return [
        str(uuid7()),
        str(uuid7()),
        _key(given["statementId"]),
        _key(target.get("actorId")),
        _key(target.get("topicId")),
        given["label"],
        given["intensity"],
        given["confidence"],
        given["rationale"],
    ]


def _stances(given: Any) -> Parameters:
    return [list(column) for column in zip(*map(_stance, given["stances"]), strict=True)]


ARGUMENTS: Mapping[str, Callable[[Variables], Parameters]] = {
    "actor_page": lambda given: [given["slug"]],
    "statements": lambda given: _after(given["after"]),
    "network": lambda given: [given["day"]],
    "node": lambda given: [_key(given["id"])],
    "record_stance": lambda given: _stance(given["input"]),
    "first_page": lambda _: [],
    "deep_page": lambda given: _after(given["after"]),
    "total_count": lambda _: [],
    "nodes": lambda given: _keys_and_places(given["ids"]),
    "blind_actor_page": lambda given: [given["slug"]],
    "record_stances": lambda given: _stances(given["input"]),
}
"""All but `search`, whose parameters differ from database to database."""
