"""How migrations run: in one transaction, under a lock, on the connection that `stancegraph migrate` brings along.

Called by plain `alembic` it makes its own connection from STANCEGRAPH_DATABASE_URL.
"""

import asyncio
import os

from alembic import context
from sqlalchemy import Connection, make_url, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

from models import Base

# Made by hand in the migrations, since SQLAlchemy knows no FTS5 tables and SQLite no tsvector.
_UNMAPPED = ("search_entry_words", "vector", "ix_search_entry_vector")
_LOCK = 0x57A9CE
_LOCK_TIMEOUT_MS = context.config.attributes.get("lock_timeout_ms", 30_000)
_STATEMENT_TIMEOUT_MS = 600_000


def include_name(name: str | None, _type: str, _parents: object) -> bool:
    """Whether `name` is the mapped tables' affair."""
    return name is None or not name.startswith(_UNMAPPED)


def run(connection: Connection) -> None:
    """Bring the database to the revision asked for, all or nothing; a second process waits for its turn."""
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
    """For plain `alembic`: a connection of our own."""
    url = make_url(os.environ.get("STANCEGRAPH_DATABASE_URL", "sqlite:///var/stancegraph.db"))
    driver = {"sqlite": "sqlite+aiosqlite"}.get(url.get_backend_name(), "postgresql+asyncpg")
    engine = create_async_engine(url.set(drivername=driver), poolclass=pool.NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(run)


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    asyncio.run(run_alone())
