"""`stancegraph migrate`."""

import asyncio
from typing import TYPE_CHECKING

import click

from api.cli.database import load_settings, with_database
from api.errors import ConfigurationError, OperationError

if TYPE_CHECKING:
    from api.settings import Settings


@click.command()
@click.option("--to", "revision", default="head", show_default=True, help="Migration to go to, or `base`.")
@click.option(
    "--wait",
    type=click.IntRange(1, 86_400),
    default=30,
    show_default=True,
    metavar="SECONDS",
    help="Maximum wait for locks of other processes.",
)
def migrate(revision: str, wait: int) -> None:
    """Migrate the database to the schema of this version. Safe to run again, also concurrently."""
    from migrations import head

    settings = load_settings()
    if revision == "head" and asyncio.run(_is_current(settings)):
        click.echo(f"The database is at migration {head()}.")
        return
    from api.database.migrate import migrate as migrate_database

    before, after = with_database(lambda database: migrate_database(database, revision, wait * 1000), settings)
    before, after = before or "base", after or "base"
    click.echo(f"The database is at migration {after}." if before == after else f"Migrated from {before} to {after}.")


async def _is_current(settings: "Settings") -> bool:
    """Return True if a migration would change nothing; checked without SQLAlchemy and Alembic, which start slowly.

    False on Postgres, where `migrate` also advances the position of the feed (`advance_places`).
    False too if the database cannot be read immediately: the migration waits for locks and reports errors.
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
