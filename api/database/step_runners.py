"""Who carries out the steps of a use case: over Postgres, over SQLite, or in a session."""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol, TypeVar

import asyncpg
import orjson
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    FromClause,
    Integer,
    Table,
    bindparam,
    column,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from api.cache import BoundedCache
from api.database import postgres, sqlite
from api.database.driver_errors import sqlite_error
from api.database.pool import ConnectionPool
from api.database.reader import Row, count_statement
from api.database.retry import ConstraintViolated, Contended
from api.database.sqlite_probe import PROBE_BYTES, probe_writing
from api.database.statement import Plan, compiled
from api.database.steps import EXPECTED_VERSION, ReadStep, Steps, Values, WriteStep
from api.settings import Settings

T = TypeVar("T")
Shape = tuple[tuple[Table, tuple[str, ...], bool, bool], ...]
"""Of a write: tables, columns, whether rows that are there are revised, and whether it is a single row."""


_STOOD_IN_THE_WAY = (asyncpg.InternalClientError, asyncpg.SerializationError, asyncpg.DeadlockDetectedError)
"""What the driver raises where to begin anew is right."""


_PROBE_SECONDS = 5.0
_PROBE = f"CREATE TEMPORARY TABLE probe AS SELECT md5(n::text) FROM generate_series(1, {PROBE_BYTES // 64}) n"


class Writer(Protocol):
    """Carries out use cases, each in as few round trips as it has steps."""

    async def carry_out(self, make: Callable[[], Steps[T]]) -> T:
        """The outcome of the steps that `make` begins; what they write is committed.

        :raises Contended: where another transaction stood in the way; nothing was written.
        :raises Unavailable, TimedOut: where the database cannot be reached or is kept busy.
        """
        ...

    async def probe(self) -> None:
        """Write something and take it back.

        :raises Unwritable: if the disk is full or read-only.
        :raises Unavailable: if the database cannot be reached or is kept busy.
        """
        ...

    async def close(self) -> None:
        """Give all connections back to the system."""
        ...


def _shape(write: WriteStep) -> Shape:
    kinds = ((write.fresh, False), (write.revised, True))
    return tuple(
        (table, tuple(rows[0]), revised, len(rows) == 1)
        for tables, revised in kinds
        for table, rows in tables.items()
        if rows
    )


def _rows(write: WriteStep, table: Table, revised: bool) -> Sequence[Values]:
    return (write.revised if revised else write.fresh)[table]


def _json_text(value: Any) -> Any:
    return orjson.dumps(value).decode() if isinstance(value, dict) else value


class PostgresWriter:
    """A look-up is a statement, a write is one too, whatever it writes: each by itself is a transaction."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pool = ConnectionPool(self._connect, settings.write_pool_size, postgres.patience(settings))
        self._statements: BoundedCache[Any, Plan] = BoundedCache(settings.plan_cache_size)

    async def _connect(self) -> Any:
        connection = await postgres.connected(
            self._settings, statement_cache_size=self._settings.plan_cache_size, max_cacheable_statement_size=0
        )
        # All that is looked up here is looked up by key; planning it anew each time takes longer than doing it.
        await connection.execute("SET plan_cache_mode = force_generic_plan")
        return connection

    async def carry_out(self, make: Callable[[], Steps[T]]) -> T:
        """As `Writer.carry_out`."""
        try:
            async with self._pool.lent() as connection:
                return await self._carried_out(connection, make())
        except asyncpg.IntegrityConstraintViolationError as error:
            raise ConstraintViolated(str(error), error.detail) from error
        except _STOOD_IN_THE_WAY as error:
            raise Contended(str(error)) from error
        except postgres.DRIVER_ERRORS as error:
            raise postgres.told(error) from error

    async def probe(self) -> None:
        """As `Writer.probe`: what is written reaches the disk's free space, and is gone with the transaction."""
        try:
            async with asyncio.timeout(_PROBE_SECONDS), self._pool.lent() as connection:
                probing = connection.transaction()
                await probing.start()
                try:
                    await connection.execute(_PROBE)
                finally:
                    await probing.rollback()
        except asyncpg.InsufficientPrivilegeError:
            return  # whoever may write rows need not be allowed to make tables
        except (TimeoutError, *postgres.DRIVER_ERRORS) as error:
            raise postgres.told(error) from error

    async def _carried_out(self, connection: Any, steps: Steps[T]) -> T:
        try:
            step = next(steps)
            while True:
                count_statement()
                if isinstance(step, ReadStep):
                    step = steps.send(await self._look(connection, step))
                else:
                    await self._write(connection, step)
                    step = steps.send(())
        except StopIteration as end:
            outcome: T = end.value
            return outcome

    async def _look(self, connection: Any, look: ReadStep) -> Sequence[Row]:
        statement = look.statement if look.at_once is None else look.at_once
        known = self._statements.get(statement)
        if known is None:
            known = self._statements[statement] = compiled(statement, postgres.PostgresReader.dialect)
        rows: Sequence[Row] = await connection.fetch(known.sql, *known.parameters(look.values, _json_text))
        return rows

    async def _write(self, connection: Any, write: WriteStep) -> None:
        shape = _shape(write)
        known = self._statements.get(shape)
        if known is None:
            known = self._statements[shape] = compiled(_write_at_once(shape), postgres.PostgresReader.dialect)
        values: dict[str, Any] = {}
        for table, names, revised, single in shape:
            rows = _rows(write, table, revised)
            for name in names:
                column_ = [_json_text(row[name]) for row in rows]
                values[f"{table.name}_{name}_{revised}"] = column_[0] if single else column_
        parameters = known.parameters(values, _json_text)
        if not any(write.revised.values()):
            await connection.fetchval(known.sql, *parameters)
            return
        async with connection.transaction():
            if await connection.fetchval(known.sql, *parameters) != sum(map(len, write.revised.values())):
                raise Contended("a row to be revised is no longer of the version that was looked at")

    async def close(self) -> None:
        """As `Writer.close`."""
        await self._pool.close()


def _write_at_once(shape: Shape) -> Any:
    """One statement that writes all rows, each column's values an array; its one value is how many it revised."""
    written, revised = [], []
    for table, names, is_revised, single in shape:
        rows = _given(table, names, f"_{is_revised}", single)
        if is_revised:
            values = {name: rows.c[name] for name in names if name not in ("id", EXPECTED_VERSION)}
            over = (table.c.id == rows.c.id, table.c.version == rows.c[EXPECTED_VERSION])
            revised.append(update(table).values(values).where(*over).returning(table.c.id).cte())
        else:
            written.append(insert(table).from_select(names, select(*rows.c)).cte())
    counted = [select(func.count()).select_from(cte).scalar_subquery() for cte in revised]
    total = sum(counted[1:], counted[0]) if counted else func.count()
    return select(total).add_cte(*written, *revised)


def _given(table: Table, names: Sequence[str], suffix: str, single: bool) -> FromClause:
    """The rows that are given: one of plain values, which the driver sends faster, or many of arrays."""
    columns = [_column(table, name) for name in names]
    if single:
        values = [bindparam(f"{table.name}_{c.name}{suffix}", type_=c.type, required=False) for c in columns]
        return select(*(v.label(c.name) for v, c in zip(values, columns, strict=True))).subquery()
    arrays = [bindparam(f"{table.name}_{c.name}{suffix}", type_=ARRAY(c.type), required=False) for c in columns]
    return func.unnest(*arrays).table_valued(*(column(c.name, c.type) for c in columns)).render_derived()


def _column(table: Table, name: str) -> ColumnElement[Any]:
    return column(EXPECTED_VERSION, Integer) if name == EXPECTED_VERSION else table.c[name]


class SqliteWriter:
    """All steps of a use case run one after the other in the one thread that writes, in one transaction."""

    def __init__(self, path: Path, settings: Settings) -> None:
        self._path, self._timeout_ms = path, settings.statement_timeout_ms
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="writer")
        self._own: sqlite3.Connection | None = None
        self._looks: BoundedCache[Any, tuple[Plan, list[Callable[[Any], object] | None]]] = BoundedCache(
            settings.plan_cache_size
        )
        self._statements: BoundedCache[Any, tuple[Plan, ...]] = BoundedCache(settings.plan_cache_size)

    async def carry_out(self, make: Callable[[], Steps[T]]) -> T:
        """As `Writer.carry_out`."""
        try:
            run = asyncio.get_running_loop().run_in_executor(self._thread, self._run, make)
            outcome, statements = await run
        except sqlite3.IntegrityError as error:
            raise ConstraintViolated(str(error)) from error
        except sqlite3.DatabaseError as error:
            raise sqlite_error(error) from error
        for _ in range(statements):
            count_statement()
        return outcome

    def _run(self, make: Callable[[], Steps[T]]) -> tuple[T, int]:
        if self._own is None:
            self._own = sqlite.writing_connection(self._path, self._timeout_ms)
        connection = self._own
        # As long as a statement may take, after having waited as long for the lock.
        deadline = time.monotonic() + 2 * self._timeout_ms / 1000
        connection.set_progress_handler(lambda: time.monotonic() > deadline, sqlite.STEPS_BETWEEN_LOOKS)
        connection.execute("BEGIN IMMEDIATE")
        try:
            carried_out = self._carried_out(connection, make())
            connection.execute("COMMIT")  # which a full disk refuses, too
        except BaseException:
            self._roll_back(connection)
            raise
        return carried_out

    def _carried_out(self, connection: sqlite3.Connection, steps: Steps[T]) -> tuple[T, int]:
        """The outcome of the steps, and how many there were."""
        statements = 0
        try:
            step = next(steps)
            while True:
                statements += 1
                if isinstance(step, ReadStep):
                    step = steps.send(self._look(connection, step))
                else:
                    self._write(connection, step)
                    step = steps.send(())
        except StopIteration as end:
            return end.value, statements

    def _roll_back(self, connection: sqlite3.Connection) -> None:
        try:
            connection.rollback()
        except sqlite3.Error:  # as the disk failed, so may this: the next use case opens a new connection
            self._own = None
            connection.close()

    async def probe(self) -> None:
        """As `Writer.probe`."""
        try:
            await asyncio.to_thread(probe_writing, self._path)
        except sqlite3.Error as error:
            raise sqlite_error(error) from error

    def _look(self, connection: sqlite3.Connection, look: ReadStep) -> Sequence[Row]:
        known = self._looks.get(look.statement)
        if known is None:
            kinds = [sqlite.READ_AS.get(type(c.type)) for c in look.statement.selected_columns]
            known = self._looks[look.statement] = compiled(look.statement, sqlite.SqliteReader.dialect), kinds
        plan, kinds = known
        return [
            tuple(v if read is None or v is None else read(v) for v, read in zip(row, kinds, strict=True))
            for row in connection.execute(plan.sql, plan.parameters(look.values, sqlite.adapted))
        ]

    def _write(self, connection: sqlite3.Connection, write: WriteStep) -> None:
        shape = _shape(write)
        known = self._statements.get(shape)
        if known is None:
            known = tuple(compiled(_write_each(*part[:3]), sqlite.SqliteReader.dialect) for part in shape)
            self._statements[shape] = known
        for statement, (table, names, revised, _) in zip(known, shape, strict=True):
            rows = _rows(write, table, revised)
            values = [{f"{table.name}_{name}": row[name] for name in names} for row in rows]
            done = connection.executemany(statement.sql, [statement.parameters(v, sqlite.adapted) for v in values])
            if revised and done.rowcount != len(rows):
                raise Contended("a row to be revised is no longer of the version that was looked at")

    async def close(self) -> None:
        """As `Writer.close`."""
        self._thread.shutdown()
        if self._own is not None:
            self._own.close()


def _write_each(table: Table, names: tuple[str, ...], revised: bool) -> Any:
    """The statement that writes one row of a table."""
    values = {
        name: bindparam(f"{table.name}_{name}", type_=_column(table, name).type, required=False) for name in names
    }
    if not revised:
        return insert(table).values(values)
    over = (table.c.id == values.pop("id"), table.c.version == values.pop(EXPECTED_VERSION))
    return update(table).values(values).where(*over)


async def in_session(session: AsyncSession, steps: Steps[T]) -> T:
    """The outcome of `steps`, carried out in the session's transaction together with what else happens in it."""
    try:
        step = next(steps)
        while True:
            if isinstance(step, ReadStep):
                step = steps.send((await session.execute(step.statement, dict(step.values))).all())
                continue
            for part in _shape(step):
                await _write_in(session, step, *part[:3])
            step = steps.send(())
    except StopIteration as end:
        outcome: T = end.value
        return outcome


async def _write_in(
    session: AsyncSession, write: WriteStep, table: Table, names: tuple[str, ...], revised: bool
) -> None:
    """Write the rows of one table: new ones at once, others one by one, since each must be of the version it was."""
    statement = _write_each(table, names, revised)
    rows = [{f"{table.name}_{name}": row[name] for name in names} for row in _rows(write, table, revised)]
    if not revised:
        await session.execute(statement, rows)
        return
    for values in rows:
        written: Any = await session.execute(statement, values)
        if written.rowcount != 1:
            raise Contended("a row to be revised is no longer of the version that was looked at")
