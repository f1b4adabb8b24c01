"""Inserts the table rows of a file in bulk, with derived columns and search entries (ADR 0018)."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from api.database.bulk_insert import bulk_insert
from api.services.search_index import entry_of
from models import UNDATED, Actor, ActorAlias, Base, Document, Project, SearchEntry, Stance, Statement, Topic
from models.base import table_of
from models.folding import fold

Values = Mapping[str, Any]


class RowsRejected(Exception):
    """Rows that the database rejects; the message names the constraint that they violate."""


class RowInserter:
    """Inserts rows of tables, and what is derived from them."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def insert(self, model: type[Base], rows: Sequence[Values]) -> None:
        """Insert rows with their derived columns and search entries, all or none of them.

        :raises RowsRejected: if the database rejects a row.
        """
        complete = await self._with_derived_columns(model, rows)
        entries = [entry for row in rows if (entry := _search_entry(model, row)) is not None]
        try:
            async with self._connection.begin_nested():
                await bulk_insert(self._connection, table_of(model), complete)
                if entries:
                    await bulk_insert(self._connection, table_of(SearchEntry), entries)
        except IntegrityError as error:
            raise RowsRejected(violated_constraint(error.orig)) from error
        except asyncpg.IntegrityConstraintViolationError as error:
            raise RowsRejected(violated_constraint(error)) from error
        except OperationalError:
            raise  # such as a full disk, which is no fault of the rows
        except (DBAPIError, asyncpg.DataError) as error:
            raise RowsRejected(str(getattr(error, "orig", error)).partition("\n")[0]) from error

    async def _with_derived_columns(self, model: type[Base], rows: Sequence[Values]) -> Sequence[Values]:
        """Return rows with the sort columns that are derived from other columns."""
        if model in (Actor, ActorAlias, Topic, Project):
            return [{**row, "sort_name": fold(row["name"])} for row in rows]
        if model is Document:
            return [{**row, "sort_title": fold(row["title"])[:200]} for row in rows]
        if model is not Stance:
            return rows
        days = await self._statement_days({row["statement_id"] for row in rows})
        return [{**row, "stated_on_sort": days.get(row["statement_id"], UNDATED)} for row in rows]

    async def _statement_days(self, statements: set[UUID]) -> Mapping[UUID, dt.date]:
        query = select(Statement.id, Statement.stated_on_sort).where(Statement.id.in_(sorted(statements)))
        return {row.id: row.stated_on_sort for row in await self._connection.execute(query)}

    async def rejection_reason(self, model: type[Base], row: Values) -> str | None:
        """Return which reference of a rejected row leads to no row; None if the row was rejected for another reason."""
        for column in table_of(model).columns:
            for foreign in column.foreign_keys:
                value = row.get(column.name)
                query = select(foreign.column).where(foreign.column == value)
                if value is not None and await self._connection.scalar(query) is None:
                    noun = foreign.column.table.name
                    return f"{column.name}: there is no {noun} {value}, neither before it in the file nor here"
        return None


def _search_entry(model: type[Base], row: Values) -> dict[str, Any] | None:
    if model is Document:
        return entry_of(model, row["id"], row["title"], row["text"])
    if model is Statement:
        return entry_of(model, row["id"], row["exact"])
    return entry_of(model, row["id"], row["name"], row["description"]) if model is Topic else None


def violated_constraint(error: Any) -> str:
    """Return an error message that names the violated constraint, without values.

    Postgres names the constraint in an attribute, SQLite in its message after a colon.
    """
    names = (getattr(each, "constraint_name", None) for each in (error, error.__cause__))
    name = next(filter(None, names), None) or str(error).partition("\n")[0].rpartition(": ")[2]
    return f"breaks a rule of the database: {name}"
