"""`stancegraph serve`."""

import socket
from typing import TYPE_CHECKING

import click

from api.cli.database import name_database, with_database, with_ready_database
from api.errors import ConfigurationError

if TYPE_CHECKING:
    from api.settings import Settings


@click.command()
@click.option("--workers", type=click.IntRange(1, 64), help="Number of server processes; default STANCEGRAPH_WORKERS.")
@click.option("--local", is_flag=True, help="First migrate, seed an empty database and create a token.")
def serve(workers: int | None, local: bool) -> None:
    """Serve the API."""
    from api.settings import load

    settings = load()
    _check_address(settings.host, settings.port)
    _name_database(settings)
    if local:
        from api.cli.first_start import prepare

        with_database(lambda database: prepare(database, click.echo), settings)
    else:
        from api.database.database import Database

        with_ready_database(Database.advance_places, settings)
    number = workers or settings.workers
    click.echo(
        f"Serving on http://{settings.host}:{settings.port}/graphql with {number} process{'es'[: 2 * (number > 1)]}."
    )
    # After the checks: the import builds the schema, which takes a second.
    from api.cli.uvicorn_runner import serve as serve_by

    serve_by(settings, number)


def _name_database(settings: "Settings") -> None:
    """Print the database on stderr, as JSON if the log is in JSON."""
    if settings.log_format == "json":
        import structlog

        from api.logs import configure

        configure(settings)
        structlog.get_logger("stancegraph").info("database", database=settings.display_url)
    else:
        name_database(settings)


def _check_address(host: str, port: int) -> None:
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as error:
        raise ConfigurationError(f"cannot listen on {host}:{port}: {error.strerror}; see STANCEGRAPH_PORT") from error
