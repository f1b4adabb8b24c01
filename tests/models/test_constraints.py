"""The rules of the domain as constraints of the database itself, each by its name, on both databases."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from api.database import Database
from models import Actor, Base, Document, Membership, Relation, Stance, Statement, new_id
from tests.conftest import with_database

DAY = dt.date(2024, 11, 29)


async def a_row(database: Database, model: type[Base], **condition: Any) -> dict[str, Any]:
    """The columns of some seeded row, without those that the database computes."""
    table = model.__table__
    columns = [c for c in table.c if c.computed is None]
    query = select(*columns).limit(1)
    for name, value in condition.items():
        query = query.where(table.c[name].is_not(None) if value == "given" else table.c[name] == value)
    async with database.transaction() as session:
        return dict((await session.execute(query)).one()._mapping)


async def refused(database: Database, model: type[Base], row: Mapping[str, Any], constraint: str) -> None:
    async with database.engine.connect() as connection:
        with pytest.raises(IntegrityError) as raised:
            await connection.execute(insert(model), [{**row, "id": new_id()}])
        await connection.rollback()
    if not database.is_sqlite or constraint.startswith("ck_"):
        assert constraint in str(raised.value.orig)


CASES: list[tuple[type[Base], dict[str, Any], dict[str, Any], str]] = [
    (Relation, {}, {"valid_from": DAY, "valid_to": DAY - dt.timedelta(days=1)}, "ck_relation_period"),
    (Membership, {}, {"valid_from": DAY, "valid_to": DAY - dt.timedelta(days=1)}, "ck_membership_period"),
    (
        Actor,
        {},
        {"slug": "x", "wikidata_id": None, "active_from": DAY, "active_to": dt.date(2000, 1, 1)},
        "ck_actor_active_period",
    ),
    (Relation, {}, {"target_id": "source_id"}, "ck_relation_not_with_itself"),
    (Membership, {}, {"group_id": "member_id"}, "ck_membership_not_with_itself"),
    (Stance, {}, {"confidence": 1.01}, "ck_stance_confidence"),
    (Stance, {}, {"confidence": -0.01}, "ck_stance_confidence"),
    (Stance, {"label": "SUPPORT"}, {"intensity": 0}, "ck_stance_intensity"),
    (Stance, {"label": "SUPPORT"}, {"intensity": 4}, "ck_stance_intensity"),
    (Stance, {"label": "NEUTRAL"}, {"intensity": 1}, "ck_stance_intensity_has_direction"),
    (Stance, {"target_actor_id": "given"}, {"target_actor_id": None}, "ck_stance_one_target"),
    (Stance, {"target_actor_id": "given"}, {"target_topic_id": "holder_id"}, "ck_stance_one_target"),
    (Stance, {"target_actor_id": "given"}, {}, "uq_stance_actor"),
    (Stance, {"target_topic_id": "given"}, {}, "uq_stance_topic"),
    (Statement, {}, {"start": 5, "end": 5}, "ck_statement_span"),
    (Statement, {}, {"start": -1}, "ck_statement_span"),
    (Actor, {}, {"wikidata_id": None}, "uq_actor_slug"),
    (Actor, {"wikidata_id": "Q43"}, {"slug": "another"}, "uq_actor_wikidata_id"),
]


@pytest.mark.parametrize(
    ("model", "like", "changed", "constraint"), CASES, ids=[f"{c[3]}-{n}" for n, c in enumerate(CASES)]
)
def test_what_breaks_a_rule_is_refused_by_its_name(
    seeded_url: str, model: type[Base], like: dict[str, Any], changed: dict[str, Any], constraint: str
) -> None:
    async def work(database: Database) -> None:
        row = await a_row(database, model, **like)
        names = set(model.__table__.c.keys())
        change = {k: row[v] if isinstance(v, str) and v in names else v for k, v in changed.items()}
        if constraint == "ck_stance_one_target" and change.get("target_topic_id") is not None:
            change["target_topic_id"] = (await a_row(database, Stance, target_topic_id="given"))["target_topic_id"]
        await refused(database, model, {**row, **change}, constraint)

    with_database(seeded_url, work)


def test_an_unknown_label_is_refused(seeded_url: str) -> None:
    async def work(database: Database) -> None:
        async with database.engine.connect() as connection:
            with pytest.raises(IntegrityError, match="ck_stance_stance_label"):
                await connection.exec_driver_sql("UPDATE stance SET intensity = NULL, label = 'LOVES'")

    with_database(seeded_url, work)


@pytest.mark.parametrize("model", [Actor, Document, Statement])
def test_nothing_cascades(seeded_url: str, model: type[Base]) -> None:
    """Whatever somebody's work rests on cannot be deleted from under it."""

    async def work(database: Database) -> None:
        async with database.engine.connect() as connection:
            with pytest.raises(IntegrityError):
                await connection.execute(delete(model))

    with_database(seeded_url, work)
