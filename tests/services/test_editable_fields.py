"""Every writable field of a noun is in its commands, record, tables and network files, and survives undo and merging."""

import dataclasses
import datetime as dt
from typing import Any, cast

import pytest
from sqlalchemy import Date, Enum

from api.exchange import records
from api.exchange.formats.graphml import actor_values, relation_values
from api.exchange.formats.lib.record_tables import TABLES
from api.services import actors, relations, topics
from api.services.editable_fields import EditableFields
from api.services.revisions import parse_value, snapshot
from models import ActorKind, RelationForm, RelationKind
from models.base import table_of
from tests.feed.test_undo import done
from tests.services.conftest import World

NOUNS: dict[str, tuple[EditableFields, type[Any]]] = {
    "actors": (actors.FIELDS, records.Actor),
    "topics": (topics.FIELDS, records.Topic),
    "relations": (relations.FIELDS, records.Relation),
}
DERIVED = {"id", "version", "created_at", "updated_at", "sort_name", "statement_count"}
FIXED = {"relations": {"kind", "directed"}}
"""Columns that are set once: another sign makes another relation."""
NEW: dict[str, Any] = {
    "slug": "another",
    "name": "Another",
    "country_code": "TR",
    "wikidata_id": "Q77",
    "active_from": "2011-03-15",
    "active_to": "2012-01-01",
    "valid_from": "2011-03-15",
    "valid_to": "2012-01-01",
    "kind": "MEDIA",
    "form": "SANCTIONS",
    "status": "DISPUTED",
}
"""Values for columns that do not take any text."""


@pytest.mark.parametrize("noun", NOUNS)
def test_every_column_is_in_the_table(noun: str) -> None:
    """A column of the model is derived, a foreign key, or writable by the commands."""
    fields, _ = NOUNS[noun]
    columns = {c.key for c in table_of(fields.model).c if not c.foreign_keys and c.computed is None} - DERIVED
    assert set(fields.created) == columns
    assert set(fields.updated) == columns - FIXED.get(noun, set())
    commands = {child.field for child in fields.children.values()}
    for command in (fields.create, fields.update):
        assert commands <= {field.name for field in dataclasses.fields(command)}


@pytest.mark.parametrize("noun", NOUNS)
def test_every_field_is_exchanged(noun: str) -> None:
    """Records, CSV tables and network files have all writable columns, under the same names."""
    fields, record = NOUNS[noun]
    assert set(fields.created) <= {field.name for field in dataclasses.fields(record)}
    assert set(fields.created) <= {column.name for column in TABLES[noun].columns}
    in_networks = {
        "actors": actor_values(records.Actor("a", "A", ActorKind.STATE)),
        "relations": relation_values(records.Relation("r", "a", "b", RelationKind.ALLIANCE, RelationForm.OTHER)),
    }.get(noun)
    if in_networks is not None:
        assert set(fields.content) - {"name"} <= in_networks.keys()


def _created(world: World, noun: str) -> str:
    made = {"actors": world.actor, "topics": world.topic, "relations": world.relation}
    return str(cast(Any, made[noun])())


@pytest.mark.parametrize("noun", NOUNS)
def test_every_edit_can_be_undone(world: World, noun: str) -> None:
    """Each column by itself: changed by the update, restored by the undo."""
    fields, _ = NOUNS[noun]
    type_name, mutation = fields.model.__name__, fields.update.__name__
    key = _created(world, noun)
    for column in fields.updated:
        name = "".join(part if n == 0 else part.title() for n, part in enumerate(column.split("_")))
        edit = {"id": key, name: NEW.get(column, "Another text.")}
        selection = f"... on {type_name} {{ {name} }}"
        before = world.node(key, selection)
        assert before[name] != edit[name]
        world.api.change(mutation[0].lower() + mutation[1:], edit, f"{type_name.lower()} {{ id }}")
        assert world.node(key, selection)[name] == edit[name]
        done(world, key, "karl")
        assert world.node(key, selection) == before


@pytest.mark.parametrize("noun", NOUNS)
def test_revisions_hold_every_value(noun: str) -> None:
    """`parse_value` returns what `snapshot` wrote."""
    fields, _ = NOUNS[noun]
    columns = table_of(fields.model).c
    values = {name: _sample(columns[name].type) for name in fields.created}
    state = snapshot(fields.model(**values))
    assert {name: parse_value(columns[name], state[name]) for name in values} == values


def _sample(kind: Any) -> Any:
    if isinstance(kind, Enum):
        return list(cast(Any, kind.enum_class))[-1]
    if isinstance(kind, Date):
        return dt.date(2012, 1, 1)
    return True if kind.python_type is bool else "text"
