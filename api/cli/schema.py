"""`stancegraph schema`."""

import click


@click.command()
def schema() -> None:
    """Print the schema that clients see, in the schema definition language."""
    from api.schema.build import build

    click.echo(build().sdl(), nl=False)
