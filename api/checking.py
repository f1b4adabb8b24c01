"""Whether the database is fit to be served from."""

from sqlalchemy import text

from api.database import Database
from api.errors import ConfigurationError, OperationError
from api.migrating import current, head


async def check(database: Database) -> None:
    """Let a database pass that answers, is migrated and can be written.

    :raises ConfigurationError: with the one thing that is wrong and what to do.
    """
    if database.path is not None and not database.path.is_file():
        raise ConfigurationError(f"there is no database {database.path}: run stancegraph migrate")
    try:
        at = await current(database)
        if at != head():
            raise ConfigurationError(
                f"the database is at migration {at}, this version needs {head()}: run stancegraph migrate"
            )
        async with database.connection() as connection:
            # Written and taken back: a full or read-only disk says so only when it is written to.
            await connection.execute(text("UPDATE alembic_version SET version_num = version_num"))
            await connection.rollback()
    except OperationError as error:
        raise ConfigurationError(str(error)) from error


async def replica_trouble(database: Database) -> str | None:
    """Why nothing could be read from the replica now; None where it could, or where there is none."""
    if database.replica is None:
        return None
    return (await database.replica.look()).reason
