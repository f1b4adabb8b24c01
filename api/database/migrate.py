"""Brings the database to the shape that this version of the program needs."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy import Connection

from api.database.change_feed import count_on
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
    """Bring the database to `revision`, all or nothing: the revision it was at, and the one it is at now.

    Two processes that do this at once do it one after the other.

    :raises Unavailable: where others hold something locked for longer than `lock_timeout_ms`.
    :raises ConfigurationError: where `revision`, or the one that the database is at, is not known.
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
        async with database.remaking(lock_timeout_ms) as connection:
            before, after = await connection.run_sync(run)
            if after == head():
                await count_on(connection)
            return before, after
    except CommandError as error:
        raise ConfigurationError(f"cannot migrate to {revision!r}: {error}") from error


async def current(database: Database) -> str | None:
    """The revision that the database is at; None where it was never migrated."""
    async with database.connection() as connection:
        return await connection.run_sync(_current)


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
