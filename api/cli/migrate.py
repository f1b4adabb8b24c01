"""`stancegraph migrate`."""

import asyncio
from typing import TYPE_CHECKING

import click

from api.cli.database import chosen, with_database
from api.errors import ConfigurationError, OperationError

if TYPE_CHECKING:
    from api.settings import Settings


@click.command()
@click.option("--to", "revision", default="head", show_default=True, help="The migration to go to, or `base`.")
@click.option(
    "--wait",
    type=click.IntRange(1, 86_400),
    default=30,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for what others hold locked.",
)
def migrate(revision: str, wait: int) -> None:
    """Bring the database to the shape that this version needs. Safe to run twice, also at once."""
    from migrations import head

    settings = chosen()
    if revision == "head" and asyncio.run(_is_current(settings)):
        click.echo(f"The database is at migration {head()}.")
        return
    from api.database.migrate import migrate as migrate_database

    before, after = with_database(lambda database: migrate_database(database, revision, wait * 1000), settings)
    before, after = before or "base", after or "base"
    click.echo(f"The database is at migration {after}." if before == after else f"Migrated from {before} to {after}.")


async def _is_current(settings: "Settings") -> bool:
    """Return True if a migration would change nothing, found out without SQLAlchemy and Alembic.

    False on Postgres, where `migrate` also lifts the places of changes above those of a restored dump
    (`advance_places`).
    False too if the database cannot be read at once: the migration waits for locks, and reports what is wrong.
    """
    from api.database.raw_connection import connect
    from migrations import head

    if settings.sqlite_path is None:
        return False
    try:
        async with connect(settings.model_copy(update={"statement_timeout_ms": 1})) as connection:
            return await connection.schema_version() == head()
    except (ConfigurationError, OperationError):
        return False
