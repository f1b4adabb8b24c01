"""The rules of the domain as the database itself holds them, each by its name, whoever writes."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    Table,
    UniqueConstraint,
    delete,
    insert,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from models import Base, new_id
from tests.models.conftest import DAY, Filled

EARLIER = DAY.replace(year=2023)
TABLES: Mapping[str, Table] = Base.metadata.tables

CHECKS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("ck_actor_active_period", "actor", {"active_from": DAY, "active_to": EARLIER}),
    ("ck_actor_actor_kind", "actor", {"kind": "EMPIRE"}),
    ("ck_adjudication_adjudication_cause", "adjudication", {"cause": "FATE"}),
    ("ck_adjudication_one_target", "adjudication", {"target_actor_id": None, "target_topic_id": None}),
    ("ck_adjudication_stance_label", "adjudication", {"label": "LOVE"}),
    ("ck_annotator_role", "annotator", {"role": "OWNER"}),
    ("ck_assignment_assignment_status", "assignment", {"status": "LOST"}),
    ("ck_assignment_reason_of_skipping", "assignment", {"reason": "no time"}),
    ("ck_assignment_nothing_to_record_of_finishing", "assignment", {"nothing_to_record": True}),
    ("ck_codebook_number", "codebook", {"number": 0}),
    ("ck_codebook_label_stance_label", "codebook_label", {"label": "LOVE"}),
    ("ck_codebook_target_one_target", "codebook_target", {"target_actor_id": None, "target_topic_id": None}),
    ("ck_membership_period", "membership", {"valid_from": DAY, "valid_to": EARLIER}),
    ("ck_membership_not_with_itself", "membership", {"member_id": "group_id"}),
    ("ck_project_blind_is_not_public", "project", {"blind": True, "public": True}),
    ("ck_project_overlap", "project", {"overlap": 0}),
    ("ck_project_project_status", "project", {"status": "PAUSED"}),
    ("ck_project_member_project_role", "project_member", {"role": "GUEST"}),
    ("ck_relation_period", "relation", {"valid_from": DAY, "valid_to": EARLIER}),
    ("ck_relation_not_with_itself", "relation", {"target_id": "source_id"}),
    ("ck_relation_relation_kind", "relation", {"kind": "MARRIAGE"}),
    ("ck_relation_relation_form", "relation", {"form": "LOVE"}),
    ("ck_relation_relation_status", "relation", {"status": "SURE"}),
    ("ck_revision_revision_action", "revision", {"action": "FORGOTTEN"}),
    ("ck_stance_one_target", "stance", {"target_actor_id": None, "target_topic_id": None}),
    ("ck_stance_confidence", "stance", {"confidence": -0.01}),
    ("ck_stance_confidence", "stance", {"confidence": 1.01}),
    ("ck_stance_intensity", "stance", {"intensity": 0}),
    ("ck_stance_intensity", "stance", {"intensity": 4}),
    ("ck_stance_intensity_has_direction", "stance", {"intensity": 1, "label": "NEUTRAL"}),
    ("ck_stance_intensity_has_direction", "stance", {"intensity": 1, "label": "MIXED"}),
    ("ck_stance_intensity_has_direction", "stance", {"intensity": 1, "label": "UNCLEAR"}),
    ("ck_stance_stance_label", "stance", {"label": "LOVE"}),
    ("ck_statement_span", "statement", {"start": -1}),
    ("ck_statement_span", "statement", {"start": 7}),
    ("ck_statement_span_utf16", "statement", {"start_utf16": 3}),
    ("ck_statement_span_utf16", "statement", {"end_utf16": 4}),
    ("ck_statement_statement_kind", "statement", {"kind": "RUMOUR"}),
)
"""Constraint, table, and what no row of it may be. A value that is a column's name stands for that column's."""

LAST_ALLOWED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("actor", {"active_from": DAY, "active_to": DAY}),
    ("relation", {"valid_from": DAY, "valid_to": DAY}),
    ("relation", {"valid_from": DAY, "valid_to": None}),
    ("membership", {"valid_from": None, "valid_to": EARLIER}),
    ("stance", {"confidence": 0.0}),
    ("stance", {"confidence": 1.0}),
    ("stance", {"intensity": 1, "label": "OPPOSE"}),
    ("stance", {"intensity": 3}),
    ("stance", {"intensity": None, "label": "UNCLEAR"}),
    ("statement", {"start": 0, "start_utf16": 0}),
    ("statement", {"start_utf16": 400, "end_utf16": 800}),
)
"""What is just still good."""


def _set(table: Table, values: Mapping[str, Any]) -> dict[str, str]:
    """An assignment in SQL for each value, past all that the models would make of it."""
    return {
        name: table.c[value].name if isinstance(value, str) and value in table.c else _literal(value)
        for name, value in values.items()
    }


def _literal(value: object) -> str:
    return "NULL" if value is None else str(value).lower() if isinstance(value, int | float) else f"'{value}'"


async def _assign(connection: AsyncConnection, table: str, values: Mapping[str, Any]) -> None:
    changes = ", ".join(f'"{name}" = {sql}' for name, sql in _set(TABLES[table], values).items())
    await connection.execute(text(f"UPDATE {table} SET {changes}"))


@pytest.mark.parametrize(("name", "table", "values"), CHECKS)
def test_a_check(filled: Filled, name: str, table: str, values: dict[str, Any]) -> None:
    """What it forbids is refused, by its name."""
    with pytest.raises(IntegrityError) as refused:
        filled.try_(lambda connection: _assign(connection, table, values))
    assert name in str(refused.value.orig)


@pytest.mark.parametrize(("table", "values"), LAST_ALLOWED)
def test_what_is_just_still_good(filled: Filled, table: str, values: dict[str, Any]) -> None:
    """A constraint forbids no more than it should."""
    filled.try_(lambda connection: _assign(connection, table, values))


def test_two_targets(filled: Filled) -> None:
    """An actor and a topic both: refused as neither is."""

    async def work(connection: AsyncConnection) -> None:
        await connection.execute(
            text("UPDATE stance SET target_actor_id = holder_id WHERE target_topic_id IS NOT NULL")
        )

    with pytest.raises(IntegrityError) as refused:
        filled.try_(work)
    assert "ck_stance_one_target" in str(refused.value.orig)


def test_every_check_is_tried() -> None:
    """Whoever adds a check constraint adds what it forbids to the table above."""
    named = {c.name for t in TABLES.values() for c in t.constraints if isinstance(c, CheckConstraint)}
    assert {name for name, _, _ in CHECKS} == named


UNIQUE: Mapping[str, tuple[str, ...]] = {
    "uq_actor_slug": ("slug",),
    "uq_actor_wikidata_id": ("wikidata_id",),
    "uq_actor_alias_actor_id_position": ("actor_id", "position"),
    "uq_actor_attribute_actor_id_name": ("actor_id", "name"),
    "uq_actor_redirect_former_slug": ("former_slug",),
    "uq_adjudication_actor": ("project_id", "statement_id", "holder_id", "target_actor_id"),
    "uq_adjudication_topic": ("project_id", "statement_id", "holder_id", "target_topic_id"),
    "uq_annotator_name": ("name",),
    "uq_assignment_project_id_statement_id_annotator_id": ("project_id", "statement_id", "annotator_id"),
    "uq_codebook_project_id_number": ("project_id", "number"),
    "uq_codebook_target_codebook_id_target_actor_id": ("codebook_id", "target_actor_id"),
    "uq_codebook_target_codebook_id_target_topic_id": ("codebook_id", "target_topic_id"),
    "uq_document_attribute_document_id_name": ("document_id", "name"),
    "uq_project_member_project_id_annotator_id": ("project_id", "annotator_id"),
    "uq_project_slug": ("slug",),
    "uq_project_default": ("is_default",),
    "uq_search_entry_entity_id": ("entity_id",),
    "uq_stance_actor": ("statement_id", "annotator_id", "project_id", "holder_id", "target_actor_id"),
    "uq_stance_topic": ("statement_id", "annotator_id", "project_id", "holder_id", "target_topic_id"),
    "uq_token_sha256": ("sha256",),
    "uq_topic_attribute_topic_id_name": ("topic_id", "name"),
    "uq_topic_slug": ("slug",),
}
"""What must be one's own, by the name under which Postgres refuses it."""


def _declared() -> Iterator[tuple[str, Table]]:
    for table in TABLES.values():
        for c in table.constraints:
            if isinstance(c, UniqueConstraint):
                yield str(c.name), table
        yield from ((str(i.name), table) for i in table.indexes if isinstance(i, Index) and i.unique)


def test_every_uniqueness_is_tried() -> None:
    """Whoever adds one adds it to the table above."""
    assert {name for name, _ in _declared()} == UNIQUE.keys()


@pytest.mark.parametrize("name", sorted(UNIQUE))
def test_a_uniqueness(filled: Filled, name: str) -> None:
    """A second row that is alike there, and different wherever else it must be, is refused; one that differs is not."""
    (table,) = [table for declared, table in _declared() if declared == name]
    columns = UNIQUE[name]
    other: dict[str, Any] = dict.fromkeys(("slug", "name", "sha256", "former_slug", "wikidata_id"), "Q1")
    other |= {"id": new_id(), "former_id": new_id(), "entity_id": new_id(), "position": 9, "is_default": False}

    async def add(connection: AsyncConnection, *different: str) -> None:
        where: list[Any] = [table.c[column].is_not(None) for column in columns if table.c[column].nullable]
        where += [table.c.is_default] if columns == ("is_default",) else []
        row = dict((await connection.execute(select(table).where(*where).limit(1))).mappings().one())
        given = {k: v for k, v in row.items() if table.c[k].computed is None and k != "key"}
        given |= {k: v for k, v in other.items() if k in given and (k not in columns or k in different)}
        await connection.execute(insert(table).values(given))

    with pytest.raises(IntegrityError) as refused:
        filled.try_(add)
    told = str(refused.value.orig)
    if filled.backend == "postgres":
        assert f'"{name}"' in told
    else:
        assert "UNIQUE constraint failed: " + ", ".join(f"{table.name}.{c}" for c in columns) in told
    one = next((column for column in columns if column in other), None)
    if one is not None:
        filled.try_(lambda connection: add(connection, one))


def _foreign_keys() -> Iterator[tuple[Table, ForeignKeyConstraint]]:
    for table in TABLES.values():
        yield from ((table, c) for c in table.constraints if isinstance(c, ForeignKeyConstraint))


KEYS = {str(c.name): (table, c) for table, c in _foreign_keys()}


@pytest.mark.parametrize("name", sorted(KEYS))
def test_a_reference(filled: Filled, name: str) -> None:
    """It leads to a row that is there, and that row cannot go from under it."""
    table, constraint = KEYS[name]
    (element,) = constraint.elements
    column, parent = table.c[element.parent.name], element.column

    async def lead_nowhere(connection: AsyncConnection) -> None:
        await connection.execute(update(table).where(column.is_not(None)).values({column.name: new_id()}))

    async def take_away(connection: AsyncConnection) -> None:
        referred = select(column).where(column.is_not(None))
        assert (await connection.execute(referred)).first() is not None
        await connection.execute(delete(parent.table).where(parent.in_(referred)))

    for attempt in (lead_nowhere, take_away):
        with pytest.raises(IntegrityError) as refused:
            filled.try_(attempt)
        told = str(refused.value.orig).lower()
        assert "foreign key" in told
        if filled.backend == "postgres" and attempt is lead_nowhere:
            assert f'"{name}"' in told


def test_references_restrict(filled: Filled) -> None:
    """None of them, in the database as it is, takes anything away with what it refers to."""

    def found(connection: Any) -> dict[str, Any]:
        inspector = inspect(connection)
        keys = [key for table in TABLES for key in inspector.get_foreign_keys(table)]
        return {key["name"]: key["options"].get("ondelete") for key in keys}

    assert filled.try_(lambda connection: connection.run_sync(found)) == dict.fromkeys(KEYS, "RESTRICT")
