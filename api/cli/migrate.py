"""`stancegraph migrate`."""

import click

from api.cli.database import with_database
from api.database.migrate import migrate as migrate_database


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
    before, after = with_database(lambda database: migrate_database(database, revision, wait * 1000))
    before, after = before or "base", after or "base"
    click.echo(f"The database is at migration {after}." if before == after else f"Migrated from {before} to {after}.")
