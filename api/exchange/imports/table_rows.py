"""Imports the rows of tables as they are, into an empty database or one that has equal rows (ADR 0018)."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from api.database.change_feed import advance_places
from api.exchange.exports.table_rows import EXPORTED_TABLES, columns_of, keys_of
from api.exchange.format import Items, Malformed, Parsed
from api.exchange.imports import derived_data
from api.exchange.imports.context import abbreviated
from api.exchange.imports.report import MAX_NOTES, RecordResult, Report
from api.exchange.imports.row_insert import RowInserter, RowsRejected
from api.exchange.imports.row_values import InvalidValue, RowParser
from api.exchange.records import Row
from models import Base, Codebook, CodebookLabel, Project
from models.base import table_of

_BATCH_SIZE = 2_000
_MAX_BATCH_CHARACTERS = 2_000_000
_ANALYZE_THRESHOLD = 10_000
"""Number of new rows from which the planner's statistics are collected again."""


@dataclass(frozen=True, slots=True)
class _InputRow:
    """A row of a file, with its place in the file."""

    place: int
    values: dict[str, Any]
    items: Items

    def key(self, model: type[Base]) -> Any:
        """Return the primary key of the row."""
        return key_of(model, self.values)


def key_of(model: type[Base], values: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return the primary key of a row with these values."""
    return tuple(values[column.name] for column in keys_of(table_of(model)))


async def import_rows(
    session: AsyncSession,
    events: Iterable[object],
    report: Report,
    skip_refused: bool,
    progress: Callable[[int], object],
) -> Report:
    """Import all rows of a file in the session's transaction, and count the result of each in `report`.

    :raises Malformed: if the file contains anything but rows.
    """
    connection = await session.connection()
    rows = _RowImport(connection, report, await _is_freshly_migrated(connection))
    if rows.into_empty:
        await _delete_migrated_rows(connection)
    async with derived_data.preserve_revision_positions(connection):
        for batch in _batches(events):
            await rows.add(batch)
            progress(len(batch))
            if not skip_refused and report.number(RecordResult.REFUSED) >= MAX_NOTES:
                return report  # the import is rolled back anyway, and the report is long enough
        await rows.finish(skip_refused)
    return report


def _batches(events: Iterable[object]) -> Iterator[list[Parsed]]:
    """Return rows in batches, which are bounded in rows and in characters of documents."""
    batch: list[Parsed] = []
    characters = 0
    for one in events:
        if not isinstance(one, Parsed) or not isinstance(one.record, Row):
            raise Malformed("a file contains either rows or other records, not both")
        batch.append(one)
        text = one.record.values.get("text") if one.record.table == "document" else None
        characters += len(text) if isinstance(text, str) else 0
        if len(batch) == _BATCH_SIZE or characters > _MAX_BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


async def _is_freshly_migrated(connection: AsyncConnection) -> bool:
    """Return True if there is nothing but what a migration inserts: a default project and its codebook."""
    left = {Project, Codebook, CodebookLabel}
    for model in EXPORTED_TABLES.values():
        if model not in left and await connection.scalar(select(table_of(model)).limit(1)) is not None:
            return False
    numbers = [await connection.scalar(select(func.count()).select_from(model)) for model in (Project, Codebook)]
    return all(number is not None and number <= 1 for number in numbers)


async def _delete_migrated_rows(connection: AsyncConnection) -> None:
    """Delete the default project and its codebook: the file has its own."""
    await connection.execute(update(Project).values(codebook_id=None))
    for model in (CodebookLabel, Codebook, Project):
        await connection.execute(delete(model))


class _RowImport:
    """The import of the rows of one file."""

    def __init__(self, connection: AsyncConnection, report: Report, into_empty: bool) -> None:
        self._connection, self._report, self.into_empty = connection, report, into_empty
        self._inserter = RowInserter(connection)
        self._parsers: dict[str, RowParser] = {}
        self._codebooks: dict[UUID, UUID] = {}
        """Current codebooks of new projects: set at the end, since codebooks follow projects in a file."""
        self._created = 0

    async def add(self, batch: Sequence[Parsed]) -> None:
        """Import a batch of rows."""
        for table, reads in groupby(batch, key=_table):
            if table in EXPORTED_TABLES:
                await self._add(EXPORTED_TABLES[table], list(reads))
                continue
            for read in reads:
                why = f"there is no table {table[:60]!r}; there are {', '.join(EXPORTED_TABLES)}"
                self._report.note(read.place, RecordResult.REFUSED, "", why, read.items)

    async def _add(self, model: type[Base], reads: Sequence[Parsed]) -> None:
        rows = self._parse(model, reads)
        fresh = rows if self.into_empty else await self._new_rows(model, rows)
        for one in fresh:
            if model is Project and one.values["codebook_id"] is not None:
                self._codebooks[one.values["id"]] = one.values["codebook_id"]
                one.values["codebook_id"] = None
        await self._insert(model, fresh)

    def _parse(self, model: type[Base], reads: Sequence[Parsed]) -> list[_InputRow]:
        table = model.__tablename__
        parser = self._parsers.setdefault(table, RowParser(model))
        rows = []
        for read in reads:
            assert isinstance(read.record, Row)
            try:
                rows.append(_InputRow(read.place, parser.parse(read.record.values), read.items))
            except InvalidValue as error:
                self._report.note(read.place, RecordResult.REFUSED, table, str(error), read.items)
        return rows

    async def _new_rows(self, model: type[Base], rows: Sequence[_InputRow]) -> list[_InputRow]:
        """Return the rows that are not in the database; refuse rows that differ from the row there."""
        existing, fresh = await self._existing(model, [one.key(model) for one in rows]), []
        for one in rows:
            row = existing.get(one.key(model))
            if row is None:
                fresh.append(one)
                continue
            differing = [name for name, value in one.values.items() if row[name] != value]
            if differing:
                descriptions = "; ".join(
                    f"{n} is {abbreviated(row[n])} here, {abbreviated(one.values[n])} in the file" for n in differing
                )
                why = f"is in the database with other values: {descriptions}"
                self._report.note(one.place, RecordResult.REFUSED, model.__tablename__, why, one.items)
            else:
                self._report.add(model.__tablename__, RecordResult.MATCHED, items=one.items)
        return fresh

    async def _existing(self, model: type[Base], keys: Sequence[tuple[Any, ...]]) -> dict[Any, Mapping[str, Any]]:
        found: dict[Any, Mapping[str, Any]] = {}
        columns = keys_of(table_of(model))
        for start in range(0, len(keys), 500):
            some = keys[start : start + 500]
            which = columns[0].in_([key[0] for key in some]) if len(columns) == 1 else tuple_(*columns).in_(some)
            for row in await self._connection.execute(select(*columns_of(model)).where(which)):
                values = dict(row._mapping)
                found[key_of(model, values)] = values
        return found

    async def _insert(self, model: type[Base], fresh: Sequence[_InputRow]) -> None:
        """Insert new rows; if the database rejects a row, find that row by bisection and refuse it."""
        if not fresh:
            return
        try:
            await self._inserter.insert(model, [one.values for one in fresh])
        except RowsRejected as error:
            if len(fresh) == 1:
                why = await self._inserter.rejection_reason(model, fresh[0].values) or str(error)
                self._report.note(fresh[0].place, RecordResult.REFUSED, model.__tablename__, why, fresh[0].items)
                return
            middle = len(fresh) // 2
            await self._insert(model, fresh[:middle])
            await self._insert(model, fresh[middle:])
        else:
            self._created += len(fresh)
            self._report.add(model.__tablename__, RecordResult.CREATED, len(fresh), _sum(one.items for one in fresh))

    async def finish(self, skip_refused: bool) -> None:
        """Set the current codebooks, and rebuild derived data and statistics, after all rows were inserted.

        :raises Malformed: if the database would lack a current codebook or the default project.
        """
        for project, codebook in self._codebooks.items():
            if await self._connection.scalar(select(Codebook.id).where(Codebook.id == codebook)) is None:
                raise Malformed(f"the project {project} has a current codebook {codebook}, which is not in the file")
            await self._connection.execute(update(Project).where(Project.id == project).values(codebook_id=codebook))
        is_kept = skip_refused or not self._report.number(RecordResult.REFUSED)
        if is_kept and not await self._connection.scalar(select(Project.id).where(Project.is_default)):
            raise Malformed("there is no default project in the file, or it was refused")
        await derived_data.index_actor_names(self._connection)
        await advance_places(self._connection)
        if self._created >= _ANALYZE_THRESHOLD:
            await self._connection.exec_driver_sql("ANALYZE")


def _sum(several: Iterable[Items]) -> Items:
    total: Counter[str] = Counter()
    for items in several:
        total.update(items)
    return total


def _table(read: Parsed) -> str:
    assert isinstance(read.record, Row)
    return read.record.table
