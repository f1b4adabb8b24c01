"""Checks that the database has the schema of this version and can be written."""

from api.database.raw_connection import connect
from api.errors import ConfigurationError, OperationError
from api.settings import Settings
from migrations import head, revisions


def schema_problem(at: str | None) -> str | None:
    """Return what is wrong with a database at the migration `at`; None if this version can use it."""
    if at == head():
        return None
    if at is None:
        return f"the database was never migrated, this version needs {head()}: run stancegraph migrate"
    if at not in revisions():
        return (
            f"the database is at migration {at}, which a newer version of stancegraph made; this version knows those"
            f" up to {head()}: upgrade the program"
        )
    return f"the database is at migration {at}, this version needs {head()}: run stancegraph migrate"


async def check(settings: Settings) -> None:
    """Check that the database answers, is migrated and can be written.

    :raises ConfigurationError: with the first problem and what to do about it.
    """
    try:
        async with connect(settings) as connection:
            problem = schema_problem(await connection.schema_version())
            if problem is not None:
                raise ConfigurationError(problem)
            await connection.probe_writing()
    except OperationError as error:
        raise ConfigurationError(str(error)) from error
