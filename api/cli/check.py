"""`stancegraph check`."""

import asyncio
from typing import TYPE_CHECKING

import click

from api.cli.database import load_settings

if TYPE_CHECKING:
    from api.settings import Settings


@click.command()
def check() -> None:
    """Check that the database answers, is migrated and can be written; if not, the exit status is 1.

    An unusable replica is reported and is no failure: the database answers in its place.
    """
    from api.database.readiness import check as check_database

    settings = load_settings()
    asyncio.run(check_database(settings))
    click.echo("The database answers, is at the migration that this version needs, and can be written.")
    if settings.read_database_url is not None:
        problem = asyncio.run(_replica_problem(settings))
        if problem is not None:
            click.echo(f"stancegraph: the replica is not read from: {problem}", err=True)


async def _replica_problem(settings: "Settings") -> str | None:
    """Return why the replica is not usable now; None if it is."""
    from api.database.database import Database

    database = Database(settings)
    try:
        assert database.replica is not None
        return (await database.replica.check()).reason
    finally:
        await database.close()
