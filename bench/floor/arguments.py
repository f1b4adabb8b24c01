"""Converts the variables of each operation to the parameters of its hand-written SQL statement."""

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


def _stance(variables: Any) -> Parameters:
    target = variables["target"]
    return [
        str(uuid7()),
        str(uuid7()),
        _key(variables["statementId"]),
        _key(target.get("actorId")),
        _key(target.get("topicId")),
        variables["label"],
        variables["intensity"],
        variables["confidence"],
        variables["rationale"],
    ]


def _stances(variables: Any) -> Parameters:
    return [list(column) for column in zip(*map(_stance, variables["stances"]), strict=True)]


ARGUMENTS: Mapping[str, Callable[[Variables], Parameters]] = {
    "actor_page": lambda variables: [variables["slug"]],
    "statements": lambda variables: _after(variables["after"]),
    "network": lambda variables: [variables["day"]],
    "node": lambda variables: [_key(variables["id"])],
    "record_stance": lambda variables: _stance(variables["input"]),
    "first_page": lambda _: [],
    "deep_page": lambda variables: _after(variables["after"]),
    "total_count": lambda _: [],
    "nodes": lambda variables: _keys_and_places(variables["ids"]),
    "blind_actor_page": lambda variables: [variables["slug"]],
    "record_stances": lambda variables: _stances(variables["input"]),
}
"""All operations but `search`, whose parameters depend on the database."""
