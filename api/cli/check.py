"""`stancegraph check`."""

import asyncio
from typing import TYPE_CHECKING

import click

from api.cli.database import chosen

if TYPE_CHECKING:
    from api.settings import Settings


@click.command()
def check() -> None:
    """Check that the database answers, is migrated and can be written. The status says so too.

    A replica that cannot be read from is told, and is no failure: the database answers in its place.
    """
    from api.database.readiness import check as check_database

    settings = chosen()
    asyncio.run(check_database(settings))
    click.echo("The database answers, is at the migration that this version needs, and can be written.")
    if settings.read_database_url is not None:
        trouble = asyncio.run(_replica_trouble(settings))
        if trouble is not None:
            click.echo(f"stancegraph: the replica is not read from: {trouble}", err=True)


async def _replica_trouble(settings: "Settings") -> str | None:
    """Return why nothing could be read from the replica now; None if it could."""
    from api.database.database import Database

    database = Database(settings)
    try:
        assert database.replica is not None
        return (await database.replica.check()).reason
    finally:
        await database.close()
