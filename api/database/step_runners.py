"""Run use cases written as steps (ADR 0008): over Postgres, over SQLite, or in a SQLAlchemy session."""

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
from api.database.retry import ConstraintViolation, TransactionConflict
from api.database.sqlite_probe import PROBE_BYTES, probe_writing
from api.database.statement import Plan, compiled
from api.database.steps import EXPECTED_VERSION, ReadStep, Steps, Values, WriteStep
from api.settings import Settings

T = TypeVar("T")
WriteShape = tuple[tuple[Table, tuple[str, ...], bool, bool], ...]
"""For each table of a write: the table, its columns, True for updates, and True for a single row."""

_CONFLICTS = (asyncpg.InternalClientError, asyncpg.SerializationError, asyncpg.DeadlockDetectedError)
"""Errors of the driver after which the use case may be retried."""

_PROBE_SECONDS = 5.0
_PROBE = f"CREATE TEMPORARY TABLE probe AS SELECT md5(n::text) FROM generate_series(1, {PROBE_BYTES // 64}) n"


class StepRunner(Protocol):
    """Runs a use case in one round trip per step."""

    async def run_steps(self, make: Callable[[], Steps[T]]) -> T:
        """Run the steps that `make` creates, commit their writes, and return the outcome.

        :raises TransactionConflict: if the transaction conflicted with another one; nothing was written.
        :raises Unavailable, TimedOut: if the database cannot be reached or is busy.
        """
        ...

    async def probe(self) -> None:
        """Write something and roll it back.

        :raises Unwritable: if the disk is full or read-only.
        :raises Unavailable: if the database cannot be reached or is busy.
        """
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...


def _shape(write: WriteStep) -> WriteShape:
    kinds = ((write.inserts, False), (write.updates, True))
    return tuple(
        (table, tuple(rows[0]), is_update, len(rows) == 1)
        for tables, is_update in kinds
        for table, rows in tables.items()
        if rows
    )


def _rows(write: WriteStep, table: Table, is_update: bool) -> Sequence[Values]:
    return (write.updates if is_update else write.inserts)[table]


def _json_text(value: Any) -> Any:
    return orjson.dumps(value).decode() if isinstance(value, dict) else value


class PostgresStepRunner:
    """Runs each step as one SQL statement, which is a transaction by itself."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pool = ConnectionPool(self._connect, settings.write_pool_size, postgres.acquire_timeout(settings))
        self._statements: BoundedCache[Any, Plan] = BoundedCache(settings.plan_cache_size)

    async def _connect(self) -> Any:
        connection = await postgres.connect_for_writing(
            self._settings, statement_cache_size=self._settings.plan_cache_size, max_cacheable_statement_size=0
        )
        # These queries look rows up by key: planning one per execution takes longer than executing it.
        await connection.execute("SET plan_cache_mode = force_generic_plan")
        return connection

    async def run_steps(self, make: Callable[[], Steps[T]]) -> T:
        """As `StepRunner.run_steps`."""
        try:
            async with self._pool.connection() as connection:
                return await self._run_all(connection, make())
        except asyncpg.IntegrityConstraintViolationError as error:
            raise ConstraintViolation(str(error), error.detail) from error
        except _CONFLICTS as error:
            raise TransactionConflict(str(error)) from error
        except postgres.DRIVER_ERRORS as error:
            raise postgres.translate_error(error) from error

    async def probe(self) -> None:
        """As `StepRunner.probe`: a temporary table needs free space on the disk, and the rollback removes it."""
        try:
            async with asyncio.timeout(_PROBE_SECONDS), self._pool.connection() as connection:
                transaction = connection.transaction()
                await transaction.start()
                try:
                    await connection.execute(_PROBE)
                finally:
                    await transaction.rollback()
        except asyncpg.InsufficientPrivilegeError:
            return  # the privilege to write rows does not include that to create tables
        except (TimeoutError, *postgres.DRIVER_ERRORS) as error:
            raise postgres.translate_error(error) from error

    async def _run_all(self, connection: Any, steps: Steps[T]) -> T:
        try:
            step = next(steps)
            while True:
                count_statement()
                if isinstance(step, ReadStep):
                    step = steps.send(await self._read(connection, step))
                else:
                    await self._write(connection, step)
                    step = steps.send(())
        except StopIteration as end:
            outcome: T = end.value
            return outcome

    async def _read(self, connection: Any, step: ReadStep) -> Sequence[Row]:
        statement = step.statement if step.fused is None else step.fused
        known = self._statements.get(statement)
        if known is None:
            known = self._statements[statement] = compiled(statement, postgres.PostgresReader.dialect)
        rows: Sequence[Row] = await connection.fetch(known.sql, *known.parameters(step.values, _json_text))
        return rows

    async def _write(self, connection: Any, write: WriteStep) -> None:
        shape = _shape(write)
        known = self._statements.get(shape)
        if known is None:
            known = self._statements[shape] = compiled(_combined_write(shape), postgres.PostgresReader.dialect)
        values: dict[str, Any] = {}
        for table, names, is_update, single in shape:
            rows = _rows(write, table, is_update)
            for name in names:
                column_ = [_json_text(row[name]) for row in rows]
                values[f"{table.name}_{name}_{is_update}"] = column_[0] if single else column_
        parameters = known.parameters(values, _json_text)
        if not any(write.updates.values()):
            await connection.fetchval(known.sql, *parameters)
            return
        async with connection.transaction():
            if await connection.fetchval(known.sql, *parameters) != sum(map(len, write.updates.values())):
                raise TransactionConflict("a row to update no longer has the version that was read")

    async def close(self) -> None:
        """As `StepRunner.close`."""
        await self._pool.close()


def _combined_write(shape: WriteShape) -> Any:
    """Return one statement that writes all rows, and selects the number of updated rows.

    The values of each column are bound as an array.
    """
    inserts, updates = [], []
    for table, names, is_update, single in shape:
        rows = _input_rows(table, names, f"_{is_update}", single)
        if is_update:
            values = {name: rows.c[name] for name in names if name not in ("id", EXPECTED_VERSION)}
            same_version = (table.c.id == rows.c.id, table.c.version == rows.c[EXPECTED_VERSION])
            updates.append(update(table).values(values).where(*same_version).returning(table.c.id).cte())
        else:
            inserts.append(insert(table).from_select(names, select(*rows.c)).cte())
    counted = [select(func.count()).select_from(cte).scalar_subquery() for cte in updates]
    total = sum(counted[1:], counted[0]) if counted else func.count()
    return select(total).add_cte(*inserts, *updates)


def _input_rows(table: Table, names: Sequence[str], suffix: str, single: bool) -> FromClause:
    """Return the rows to write as a FROM clause: a single row of plain values, which are sent faster, or arrays."""
    columns = [_column(table, name) for name in names]
    if single:
        values = [bindparam(f"{table.name}_{c.name}{suffix}", type_=c.type, required=False) for c in columns]
        return select(*(v.label(c.name) for v, c in zip(values, columns, strict=True))).subquery()
    arrays = [bindparam(f"{table.name}_{c.name}{suffix}", type_=ARRAY(c.type), required=False) for c in columns]
    return func.unnest(*arrays).table_valued(*(column(c.name, c.type) for c in columns)).render_derived()


def _column(table: Table, name: str) -> ColumnElement[Any]:
    return column(EXPECTED_VERSION, Integer) if name == EXPECTED_VERSION else table.c[name]


class SqliteStepRunner:
    """Runs all steps of a use case in one transaction, in the only thread that writes."""

    def __init__(self, path: Path, settings: Settings) -> None:
        self._path, self._timeout_ms = path, settings.statement_timeout_ms
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="writer")
        self._connection: sqlite3.Connection | None = None
        self._queries: BoundedCache[Any, tuple[Plan, list[Callable[[Any], object] | None]]] = BoundedCache(
            settings.plan_cache_size
        )
        self._statements: BoundedCache[Any, tuple[Plan, ...]] = BoundedCache(settings.plan_cache_size)

    async def run_steps(self, make: Callable[[], Steps[T]]) -> T:
        """As `StepRunner.run_steps`."""
        try:
            run = asyncio.get_running_loop().run_in_executor(self._thread, self._run, make)
            outcome, statements = await run
        except sqlite3.IntegrityError as error:
            raise ConstraintViolation(str(error)) from error
        except sqlite3.DatabaseError as error:
            raise sqlite_error(error) from error
        for _ in range(statements):
            count_statement()
        return outcome

    def _run(self, make: Callable[[], Steps[T]]) -> tuple[T, int]:
        if self._connection is None:
            self._connection = sqlite.writing_connection(self._path, self._timeout_ms)
        connection = self._connection
        # The statement timeout, after waiting as long for the lock.
        deadline = time.monotonic() + 2 * self._timeout_ms / 1000
        connection.set_progress_handler(lambda: time.monotonic() > deadline, sqlite.PROGRESS_STEPS)
        connection.execute("BEGIN IMMEDIATE")
        try:
            result = self._run_all(connection, make())
            connection.execute("COMMIT")  # fails too if the disk is full
        except BaseException:
            self._roll_back(connection)
            raise
        return result

    def _run_all(self, connection: sqlite3.Connection, steps: Steps[T]) -> tuple[T, int]:
        """Return the outcome of the steps and their number."""
        statements = 0
        try:
            step = next(steps)
            while True:
                statements += 1
                if isinstance(step, ReadStep):
                    step = steps.send(self._read(connection, step))
                else:
                    self._write(connection, step)
                    step = steps.send(())
        except StopIteration as end:
            return end.value, statements

    def _roll_back(self, connection: sqlite3.Connection) -> None:
        try:
            connection.rollback()
        except sqlite3.Error:  # the disk may have failed: the next use case opens a new connection
            self._connection = None
            connection.close()

    async def probe(self) -> None:
        """As `StepRunner.probe`."""
        try:
            await asyncio.to_thread(probe_writing, self._path)
        except sqlite3.Error as error:
            raise sqlite_error(error) from error

    def _read(self, connection: sqlite3.Connection, step: ReadStep) -> Sequence[Row]:
        known = self._queries.get(step.statement)
        if known is None:
            kinds = [sqlite.RESULT_CONVERTERS.get(type(c.type)) for c in step.statement.selected_columns]
            known = self._queries[step.statement] = compiled(step.statement, sqlite.SqliteReader.dialect), kinds
        plan, kinds = known
        return [
            tuple(v if read is None or v is None else read(v) for v, read in zip(row, kinds, strict=True))
            for row in connection.execute(plan.sql, plan.parameters(step.values, sqlite.adapt))
        ]

    def _write(self, connection: sqlite3.Connection, write: WriteStep) -> None:
        shape = _shape(write)
        known = self._statements.get(shape)
        if known is None:
            known = tuple(compiled(_write_each(*part[:3]), sqlite.SqliteReader.dialect) for part in shape)
            self._statements[shape] = known
        for statement, (table, names, is_update, _) in zip(known, shape, strict=True):
            rows = _rows(write, table, is_update)
            values = [{f"{table.name}_{name}": row[name] for name in names} for row in rows]
            done = connection.executemany(statement.sql, [statement.parameters(v, sqlite.adapt) for v in values])
            if is_update and done.rowcount != len(rows):
                raise TransactionConflict("a row to update no longer has the version that was read")

    async def close(self) -> None:
        """As `StepRunner.close`."""
        self._thread.shutdown()
        if self._connection is not None:
            self._connection.close()


def _write_each(table: Table, names: tuple[str, ...], is_update: bool) -> Any:
    """Return the statement that writes one row of a table."""
    values = {
        name: bindparam(f"{table.name}_{name}", type_=_column(table, name).type, required=False) for name in names
    }
    if not is_update:
        return insert(table).values(values)
    same_version = (table.c.id == values.pop("id"), table.c.version == values.pop(EXPECTED_VERSION))
    return update(table).values(values).where(*same_version)


async def run_in_session(session: AsyncSession, steps: Steps[T]) -> T:
    """Run `steps` in the transaction of a session, and return their outcome."""
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
    session: AsyncSession, write: WriteStep, table: Table, names: tuple[str, ...], is_update: bool
) -> None:
    """Write the rows of one table. Updates run one by one, because each must match the version that was read."""
    statement = _write_each(table, names, is_update)
    rows = [{f"{table.name}_{name}": row[name] for name in names} for row in _rows(write, table, is_update)]
    if not is_update:
        await session.execute(statement, rows)
        return
    for values in rows:
        written: Any = await session.execute(statement, values)
        if written.rowcount != 1:
            raise TransactionConflict("a row to update no longer has the version that was read")
