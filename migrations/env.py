"""Runs migrations in one transaction, under a lock, on the connection that `stancegraph migrate` passes.

Plain `alembic` opens a connection from STANCEGRAPH_DATABASE_URL.
"""

import asyncio
import os

from alembic import context
from sqlalchemy import Connection, make_url, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

from models import Base

# Created by SQL in the migrations: SQLAlchemy has no FTS5 tables, and SQLite no tsvector.
_UNMAPPED = ("search_entry_words", "vector", "ix_search_entry_vector")
_LOCK = 0x57A9CE
_LOCK_TIMEOUT_MS = context.config.attributes.get("lock_timeout_ms", 30_000)
_STATEMENT_TIMEOUT_MS = 600_000


def include_name(name: str | None, _type: str, _parents: object) -> bool:
    """True if a model declares the table, column or index `name`."""
    return name is None or not name.startswith(_UNMAPPED)


def run(connection: Connection) -> None:
    """Migrate the database to the requested revision, atomically. A second process waits for the lock."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL lock_timeout = {_LOCK_TIMEOUT_MS}"))
        connection.execute(text(f"SET LOCAL statement_timeout = {_STATEMENT_TIMEOUT_MS}"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_name=include_name,
        compare_type=True,
        render_as_batch=connection.dialect.name == "sqlite",
    )
    context.run_migrations()


async def run_alone() -> None:
    """Run migrations on a new connection, for plain `alembic`."""
    url = make_url(os.environ.get("STANCEGRAPH_DATABASE_URL", "sqlite:///var/stancegraph.db"))
    driver = {"sqlite": "sqlite+aiosqlite"}.get(url.get_backend_name(), "postgresql+asyncpg")
    engine = create_async_engine(url.set(drivername=driver), poolclass=pool.NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(run)


passed_connection = context.config.attributes.get("connection")
if passed_connection is not None:
    run(passed_connection)
else:
    asyncio.run(run_alone())
