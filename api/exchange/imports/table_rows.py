"""Puts rows into the database as they stand: into an empty one, or beside those that are there and equal."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from api.database.change_feed import count_on
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
"""So many new rows change what the database's planner should know."""


@dataclass(frozen=True, slots=True)
class _InputRow:
    """A row of a file: where it stands there, and its values."""

    place: int
    values: dict[str, Any]
    items: Items

    def key(self, model: type[Base]) -> Any:
        """What it is told by."""
        return key_of(model, self.values)


def key_of(model: type[Base], values: Mapping[str, Any]) -> tuple[Any, ...]:
    """What a row with these values is told by."""
    return tuple(values[column.name] for column in keys_of(table_of(model)))


async def import_rows(
    session: AsyncSession,
    reading: Iterable[object],
    report: Report,
    skip_refused: bool,
    progress: Callable[[int], object],
) -> Report:
    """Put all rows of a file into the database, in the session's transaction, and note in `report` what became of each.

    :raises Malformed: where the file holds something else than rows.
    """
    connection = await session.connection()
    loading = _RowImport(connection, report, await _is_freshly_migrated(connection))
    if loading.untouched:
        await _delete_migrated_rows(connection)
    async with derived_data.preserve_revision_positions(connection):
        for batch in _batches(reading):
            await loading.take(batch)
            progress(len(batch))
            if not skip_refused and loading.report.number(RecordResult.REFUSED) >= MAX_NOTES:
                return loading.report  # nothing will stay, and there is enough to correct
        await loading.end(skip_refused)
    return loading.report


def _batches(reading: Iterable[object]) -> Iterator[list[Parsed]]:
    """Rows, some at a time: fewer where they are long."""
    batch: list[Parsed] = []
    characters = 0
    for one in reading:
        if not isinstance(one, Parsed) or not isinstance(one.record, Row):
            raise Malformed("a file holds either rows or other records, not both")
        batch.append(one)
        text = one.record.values.get("text") if one.record.table == "document" else None
        characters += len(text) if isinstance(text, str) else 0
        if len(batch) == _BATCH_SIZE or characters > _MAX_BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


async def _is_freshly_migrated(connection: AsyncConnection) -> bool:
    """Whether there is nothing but what a migration leaves: a default project and its codebook."""
    left = {Project, Codebook, CodebookLabel}
    for model in EXPORTED_TABLES.values():
        if model not in left and await connection.scalar(select(table_of(model)).limit(1)) is not None:
            return False
    numbers = [await connection.scalar(select(func.count()).select_from(model)) for model in (Project, Codebook)]
    return all(number is not None and number <= 1 for number in numbers)


async def _delete_migrated_rows(connection: AsyncConnection) -> None:
    """Take away what a migration left: the file brings its own."""
    await connection.execute(update(Project).values(codebook_id=None))
    for model in (CodebookLabel, Codebook, Project):
        await connection.execute(delete(model))


class _RowImport:
    """The rows of one file on their way."""

    def __init__(self, connection: AsyncConnection, report: Report, untouched: bool) -> None:
        self._connection, self.report, self.untouched = connection, report, untouched
        self._putting = RowInserter(connection)
        self._columns: dict[str, RowParser] = {}
        self._codebooks: dict[UUID, UUID] = {}
        """Projects that are new, and their current codebooks, which come behind them."""
        self._created = 0

    async def take(self, batch: Sequence[Parsed]) -> None:
        """Put a stretch of the file into the database."""
        for table, reads in groupby(batch, key=_table):
            if table in EXPORTED_TABLES:
                await self._take(EXPORTED_TABLES[table], list(reads))
                continue
            for read in reads:
                why = f"there is no table {table[:60]!r}; there are {', '.join(EXPORTED_TABLES)}"
                self.report.note(read.place, RecordResult.REFUSED, "", why, read.items)

    async def _take(self, model: type[Base], reads: Sequence[Parsed]) -> None:
        given = self._read(model, reads)
        fresh = given if self.untouched else await self._new(model, given)
        for one in fresh:
            if model is Project and one.values["codebook_id"] is not None:
                self._codebooks[one.values["id"]] = one.values["codebook_id"]
                one.values["codebook_id"] = None
        await self._put(model, fresh)

    def _read(self, model: type[Base], reads: Sequence[Parsed]) -> list[_InputRow]:
        table = model.__tablename__
        columns = self._columns.setdefault(table, RowParser(model))
        given = []
        for read in reads:
            assert isinstance(read.record, Row)
            try:
                given.append(_InputRow(read.place, columns.read(read.record.values), read.items))
            except InvalidValue as error:
                self.report.note(read.place, RecordResult.REFUSED, table, str(error), read.items)
        return given

    async def _new(self, model: type[Base], given: Sequence[_InputRow]) -> list[_InputRow]:
        """The rows that are not there yet; those that are there must be equal."""
        there, fresh = await self._there(model, [one.key(model) for one in given]), []
        for one in given:
            row = there.get(one.key(model))
            if row is None:
                fresh.append(one)
                continue
            differing = [name for name, value in one.values.items() if row[name] != value]
            if differing:
                told = "; ".join(
                    f"{n} is {abbreviated(row[n])} here, {abbreviated(one.values[n])} in the file" for n in differing
                )
                why = f"is here already, otherwise: {told}"
                self.report.note(one.place, RecordResult.REFUSED, model.__tablename__, why, one.items)
            else:
                self.report.add(model.__tablename__, RecordResult.MATCHED, items=one.items)
        return fresh

    async def _there(self, model: type[Base], keys: Sequence[tuple[Any, ...]]) -> dict[Any, Mapping[str, Any]]:
        found: dict[Any, Mapping[str, Any]] = {}
        columns = keys_of(table_of(model))
        for start in range(0, len(keys), 500):
            some = keys[start : start + 500]
            which = columns[0].in_([key[0] for key in some]) if len(columns) == 1 else tuple_(*columns).in_(some)
            for row in await self._connection.execute(select(*columns_of(model)).where(which)):
                values = dict(row._mapping)
                found[key_of(model, values)] = values
        return found

    async def _put(self, model: type[Base], fresh: Sequence[_InputRow]) -> None:
        """Put rows that are new; where the database takes them not all, look for those that it does not take."""
        if not fresh:
            return
        try:
            await self._putting.put(model, [one.values for one in fresh])
        except RowsRejected as error:
            if len(fresh) == 1:
                why = await self._putting.why(model, fresh[0].values) or str(error)
                self.report.note(fresh[0].place, RecordResult.REFUSED, model.__tablename__, why, fresh[0].items)
                return
            middle = len(fresh) // 2
            await self._put(model, fresh[:middle])
            await self._put(model, fresh[middle:])
        else:
            self._created += len(fresh)
            self.report.add(model.__tablename__, RecordResult.CREATED, len(fresh), _sum(one.items for one in fresh))

    async def end(self, skip_refused: bool) -> None:
        """What can be done when all rows are there.

        :raises Malformed: where what would be kept is no whole database.
        """
        for project, codebook in self._codebooks.items():
            if await self._connection.scalar(select(Codebook.id).where(Codebook.id == codebook)) is None:
                raise Malformed(f"the project {project} has a current codebook {codebook}, which is not in the file")
            await self._connection.execute(update(Project).where(Project.id == project).values(codebook_id=codebook))
        stays = skip_refused or not self.report.number(RecordResult.REFUSED)
        if stays and not await self._connection.scalar(select(Project.id).where(Project.is_default)):
            raise Malformed("there is no default project in the file, or it is among what is refused")
        await derived_data.index_actor_names(self._connection, self._putting)
        await count_on(self._connection)
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
