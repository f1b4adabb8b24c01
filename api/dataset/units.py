"""Units: what several annotators annotate, which is a holder's stance towards a target in a statement.

A unit is identified by a text of fixed width, its key.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Text, case, func, literal

from api.analysis.arrays import Keys
from api.dataset.columns import KEY, concat
from api.dataset.references import reference
from api.graphql.sql.dialects import Expression
from api.numeric import np
from models.base import Uid

UNIT_KEY = 3 * KEY + 1
"""Width of a unit's key: the keys of statement, holder and target, and A if the target is an actor, T if a topic."""


@dataclass(frozen=True, slots=True)
class Unit:
    """References to the rows that a unit consists of."""

    statement: Any
    holder: Any
    target: Any

    @classmethod
    def of(cls, key: bytes) -> Unit:
        """Return the unit with this key."""
        text = key.decode()
        statement, holder, target = (UUID(text[start : start + KEY]) for start in (0, KEY, 2 * KEY))
        kind = "Actor" if text.endswith("A") else "Topic"
        return cls(reference("Statement", statement), reference("Actor", holder), reference(kind, target))


def target_key(row: Any) -> Expression:
    """Return the key of the target of a stance or an adjudication."""
    return func.coalesce(row.target_actor_id, row.target_topic_id, type_=Uid())


def unit_key(row: Any) -> Expression:
    """Return the key of the unit that a stance or an adjudication belongs to. It sorts as its three keys do."""
    kind = case((row.target_actor_id.is_(None), literal("T", Text())), else_=literal("A", Text()))
    return concat(row.statement_id, row.holder_id, target_key(row), kind)


def unit_keys(keys: Sequence[bytes]) -> Keys:
    """Return keys of units as an array."""
    return np.array(keys, dtype=f"S{UNIT_KEY}")


def places_of_statement(keys: Keys, statement: UUID) -> range:
    """Return the indexes of the units of a statement among sorted `keys`."""
    first = str(statement).encode()
    start, end = np.searchsorted(keys, unit_keys([first, first + b"~"]))
    return range(int(start), int(end))
