"""Writes many rows at once, as fast as the database takes them: by COPY on Postgres, in batches on SQLite."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy import JSON, insert, select
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from api.services.search_index import entry_of
from models import UNDATED, Actor, ActorAlias, Base, Document, Project, SearchEntry, Stance, Statement, Topic
from models.base import table_of
from models.folding import fold

Values = Mapping[str, Any]


class RowsRejected(Exception):
    """Rows that the database does not take; `str` of it says which of its rules they break."""


class RowInserter:
    """Puts rows into tables, with what follows from them."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def put(self, model: type[Base], rows: Sequence[Values]) -> None:
        """Put rows into their table, with the words that they are found by.

        :raises Unfit: where the database does not take them all; then none of them are there.
        """
        whole = await self._completed(model, rows)
        entries = [entry for row in rows if (entry := _search_entry(model, row)) is not None]
        try:
            async with self._connection.begin_nested():
                await self.write(model, whole)
                if entries:
                    await self.write(SearchEntry, entries)
        except IntegrityError as error:
            raise RowsRejected(violated_constraint(error.orig)) from error
        except asyncpg.IntegrityConstraintViolationError as error:
            raise RowsRejected(violated_constraint(error)) from error
        except OperationalError:
            raise  # such as a full disk: no fault of the rows
        except (DBAPIError, asyncpg.DataError) as error:
            raise RowsRejected(str(getattr(error, "orig", error)).partition("\n")[0]) from error

    async def write(self, model: type[Base], rows: Sequence[Values]) -> None:
        """Put rows into their table as they are."""
        if self._connection.dialect.name == "sqlite":
            await self._connection.execute(insert(table_of(model)), [dict(row) for row in rows])
            return
        driver = (await self._connection.get_raw_connection()).driver_connection
        assert driver is not None
        columns = list(rows[0])
        texts = {name for name in columns if isinstance(table_of(model).c[name].type, JSON)}
        records = [tuple(_as_json(row[name]) if name in texts else row[name] for name in columns) for row in rows]
        await driver.copy_records_to_table(model.__tablename__, records=records, columns=columns)

    async def _completed(self, model: type[Base], rows: Sequence[Values]) -> Sequence[Values]:
        """Rows with the columns that follow from others."""
        if model in (Actor, ActorAlias, Topic, Project):
            return [{**row, "sort_name": fold(row["name"])} for row in rows]
        if model is Document:
            return [{**row, "sort_title": fold(row["title"])[:200]} for row in rows]
        if model is not Stance:
            return rows
        said = await self._days({row["statement_id"] for row in rows})
        return [{**row, "stated_on_sort": said.get(row["statement_id"], UNDATED)} for row in rows]

    async def _days(self, statements: set[UUID]) -> Mapping[UUID, dt.date]:
        query = select(Statement.id, Statement.stated_on_sort).where(Statement.id.in_(sorted(statements)))
        return {row.id: row.stated_on_sort for row in await self._connection.execute(query)}

    async def why(self, model: type[Base], row: Values) -> str | None:
        """What a row that was not taken refers to and is not there; None where it is something else."""
        for column in table_of(model).columns:
            for foreign in column.foreign_keys:
                value = row.get(column.name)
                there = select(foreign.column).where(foreign.column == value)
                if value is not None and await self._connection.scalar(there) is None:
                    what = foreign.column.table.name
                    return f"{column.name}: there is no {what} {value}, neither before it in the file nor here"
        return None


def _search_entry(model: type[Base], row: Values) -> dict[str, Any] | None:
    if model is Document:
        return entry_of(model, row["id"], row["title"], row["text"])
    if model is Statement:
        return entry_of(model, row["id"], row["exact"])
    return entry_of(model, row["id"], row["name"], row["description"]) if model is Topic else None


def _as_json(value: Any) -> str | None:
    return None if value is None else orjson.dumps(value).decode()


def violated_constraint(error: Any) -> str:
    """The constraint that was violated, without the values: Postgres names it, SQLite says it after a colon."""
    names = (getattr(each, "constraint_name", None) for each in (error, error.__cause__))
    name = next(filter(None, names), None) or str(error).partition("\n")[0].rpartition(": ")[2]
    return f"breaks a rule of the database: {name}"
