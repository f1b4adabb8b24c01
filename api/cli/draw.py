"""`stancegraph draw`."""

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.cli.database import with_ready_database
from api.cli.exchange import written
from api.security.viewer import OPERATOR
from models import RelationKind, RelationStatus

if TYPE_CHECKING:
    from api.database.database import Database


@click.command()
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="The day; else all dates together.")
@click.option("--actor", "actors", multiple=True, metavar="SLUG", help="Only this actor's relations; more than once.")
@click.option("--kind", type=click.Choice(list(RelationKind), case_sensitive=False), help="Only that sign.")
@click.option("--status", type=click.Choice(list(RelationStatus), case_sensitive=False), help="Only those as certain.")
@click.option("--collapse-members", is_flag=True, help="Let members act as their groups.")
@click.option("--title", help="What stands above it.")
@click.option("--width", type=click.IntRange(100, 20_000), metavar="PIXELS", help="How wide it is shown.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The SVG file to write, which is there when it is whole; stdout where left out.",
)
def draw(as_of: dt.datetime | None, output: Path | None, **given: Any) -> None:
    """Draw who stands with whom: the network of relations on a day, as SVG."""
    from api.schema.build import execution_over
    from api.schema.picture import PictureRequest, Pictures

    request = PictureRequest(as_of=None if as_of is None else as_of.date(), **given)

    async def run(database: "Database") -> str:
        return await Pictures(execution_over(database)).draw(request, OPERATOR)

    picture = with_ready_database(run)
    with written(output) as file:
        file.write(picture.encode())
