"""`stancegraph schema`."""

import click

from api.schema.build import build


@click.command()
def schema() -> None:
    """Print the schema that clients see, in the schema definition language."""
    click.echo(build().sdl(), nl=False)
