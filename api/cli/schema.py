"""`stancegraph schema`."""

import click


@click.command()
def schema() -> None:
    """Print the GraphQL schema in the schema definition language."""
    from api.schema.build import build

    click.echo(build().sdl(), nl=False)
