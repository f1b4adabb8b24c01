"""`stancegraph draw`."""

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.cli.database import with_ready_database
from api.cli.output import open_output
from api.security.viewer import OPERATOR
from models import RelationKind, RelationStatus

if TYPE_CHECKING:
    from api.database.database import Database


@click.command()
@click.option(
    "--as-of", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="Day of the network; default all days together."
)
@click.option("--actor", "actors", multiple=True, metavar="SLUG", help="Only relations of this actor; may be repeated.")
@click.option(
    "--kind", type=click.Choice(list(RelationKind), case_sensitive=False), help="Only relations of this kind."
)
@click.option(
    "--status", type=click.Choice(list(RelationStatus), case_sensitive=False), help="Only relations with this status."
)
@click.option("--collapse-members", is_flag=True, help="Replace members by their groups.")
@click.option("--title", help="Title above the picture.")
@click.option("--width", type=click.IntRange(100, 20_000), metavar="PIXELS", help="Display width of the picture.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="SVG file to write, replaced when complete; default stdout.",
)
def draw(as_of: dt.datetime | None, output: Path | None, **options: Any) -> None:
    """Draw the network of relations on a day as SVG."""
    from api.schema.build import execution_over
    from api.schema.picture import PictureOptions, Pictures

    request = PictureOptions(as_of=None if as_of is None else as_of.date(), **options)

    async def run(database: "Database") -> str:
        return await Pictures(execution_over(database)).draw(request, OPERATOR)

    picture = with_ready_database(run)
    with open_output(output) as file:
        file.write(picture.encode())
