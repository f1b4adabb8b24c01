"""`stancegraph seed` and `stancegraph generate`."""

from typing import TYPE_CHECKING

import click

from api.cli.database import with_ready_database
from seeds.sizes import Sizes

if TYPE_CHECKING:
    from api.database.database import Database


@click.command()
def seed() -> None:
    """Load the case of Aleppo, 29 November 2024. Existing rows stay unchanged."""
    from seeds.loader import load

    new = with_ready_database(load)
    click.echo("Loaded " + ", ".join(f"{number} {name}" for name, number in new.items()) + ".")


@click.command()
@click.option("--actors", type=click.IntRange(2), default=Sizes.actors, show_default=True)
@click.option("--relations", type=click.IntRange(0), default=Sizes.relations, show_default=True)
@click.option("--documents", type=click.IntRange(1), default=Sizes.documents, show_default=True)
@click.option("--statements", type=click.IntRange(1), default=Sizes.statements, show_default=True)
@click.option("--stances", type=click.IntRange(0), default=Sizes.stances, show_default=True)
@click.option(
    "--seed",
    type=int,
    default=Sizes.seed,
    show_default=True,
    help="Seed of the random numbers: equal seeds make equal data.",
)
def generate(**sizes: int) -> None:
    """Fill an empty, migrated database with plausible, reproducible data, for tests at scale."""
    from seeds.bulk import fill

    numbers = Sizes(**sizes)

    async def run(database: "Database") -> int:
        with click.progressbar(length=sum(sizes.values()) - numbers.seed, label="Generating") as bar:
            return await fill(database, numbers, lambda table, more: bar.update(more if table in counted_tables else 0))

    counted_tables = {"actor", "relation", "document", "statement", "stance"}
    rows = with_ready_database(run)
    click.echo(f"Generated {rows:,} rows.")
