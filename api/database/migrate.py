"""Migrates the database to the schema of this version."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy import Connection

from api.database.change_feed import advance_places
from api.database.database import Database
from api.database.readiness import schema_problem
from api.errors import ConfigurationError
from migrations import FOLDER, head, revisions


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return config


async def migrate(
    database: Database, revision: str = "head", lock_timeout_ms: int = 30_000
) -> tuple[str | None, str | None]:
    """Migrate the database to `revision` in one transaction; return the revisions before and after.

    Concurrent migrations of several processes run one after the other.

    :raises Unavailable: if another process holds a lock for longer than `lock_timeout_ms`.
    :raises ConfigurationError: if `revision`, or the revision of the database, is unknown.
    """
    if database.path is not None:
        database.path.parent.mkdir(parents=True, exist_ok=True)

    def run(connection: Connection) -> tuple[str | None, str | None]:
        before = _current(connection)
        if before is not None and before not in revisions():
            raise ConfigurationError(f"cannot migrate to {revision!r}: {schema_problem(before)}")
        config = _config()
        config.attributes.update(connection=connection, lock_timeout_ms=lock_timeout_ms)
        if revision == "base" or (before is not None and revision < before):
            command.downgrade(config, revision)
        else:
            command.upgrade(config, revision)
        return before, _current(connection)

    try:
        async with database.schema_change(lock_timeout_ms) as connection:
            before, after = await connection.run_sync(run)
            if after == head():
                await advance_places(connection)
            return before, after
    except CommandError as error:
        raise ConfigurationError(f"cannot migrate to {revision!r}: {error}") from error


async def current(database: Database) -> str | None:
    """Return the revision of the database; None if it was never migrated."""
    async with database.connection() as connection:
        return await connection.run_sync(_current)


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
