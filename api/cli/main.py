"""The `stancegraph` command."""

import os
import sys

import click

from api.cli.lazy import Lazy, LazyGroup
from api.database.driver_errors import cause_of
from api.errors import StancegraphError, Unavailable


def main() -> None:
    """Run the command. Errors are lines on stderr with exit status 1, or 2 for wrong usage."""
    try:
        status = commands(prog_name="stancegraph", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        status = error.exit_code
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "stancegraph"
        status = _print_error(f"{error.format_message()} See {command} --help.", error.exit_code)
    except click.Abort:
        status = _print_error("cancelled", 130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader of a pipe has read enough
        status = 1
    except StancegraphError as error:
        status = _print_error(_message(error))
    except Exception as error:
        if os.environ.get("STANCEGRAPH_LOG_LEVEL", "").lower() == "debug":
            raise  # with its stack trace
        status = _print_error(f"{cause_of(error)} (STANCEGRAPH_LOG_LEVEL=debug shows more)")
    sys.exit(status)


def _print_error(message: str, status: int = 1) -> int:
    for line in message.splitlines():
        click.echo(f"stancegraph: {line}", err=True)
    return status


def _message(error: StancegraphError) -> str:
    """Return the message of an error; if the database is unavailable, with the driver's message."""
    unavailable = error if isinstance(error, Unavailable) else error.__cause__
    cause = unavailable.__cause__ if isinstance(unavailable, Unavailable) else None
    return f"{error}: {cause_of(cause)}" if cause else str(error)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    lazy={
        "check": Lazy("api.cli.check:check", "Check that the database answers, is migrated and can be written."),
        "draw": Lazy("api.cli.draw:draw", "Draw the network of relations on a day as SVG."),
        "export": Lazy("api.cli.exchange:export", "Export data in one of many formats."),
        "generate": Lazy("api.cli.seed:generate", "Fill an empty database with plausible data."),
        "import": Lazy("api.cli.exchange:import_", "Import files in one of many formats."),
        "migrate": Lazy("api.cli.migrate:migrate", "Migrate the database to the schema of this version."),
        "schema": Lazy("api.cli.schema:schema", "Print the GraphQL schema."),
        "seed": Lazy("api.cli.seed:seed", "Load the case of Aleppo, 29 November 2024."),
        "serve": Lazy("api.cli.serve:serve", "Serve the API."),
    },
)
@click.version_option(package_name="stancegraph")
def commands() -> None:
    """Actors, relations and stances in conflicts: a GraphQL API over SQLite or Postgres.

    Settings come from the environment (STANCEGRAPH_DATABASE_URL and others, see docs/reference/settings.md).
    """


commands.add_command(
    LazyGroup(
        name="annotator",
        help="Manage annotators.",
        lazy={
            "add": Lazy("api.cli.annotators:add", "Add an annotator."),
            "deactivate": Lazy("api.cli.annotators:deactivate", "Deactivate an annotator; stances stay."),
            "import": Lazy("api.cli.annotator_file:import_", "Add many annotators and make a token for each."),
            "list": Lazy("api.cli.lists:annotators", "List all annotators."),
            "reactivate": Lazy("api.cli.annotators:reactivate", "Reactivate an annotator."),
            "role": Lazy("api.cli.annotators:role", "Change the role of an annotator."),
        },
    )
)
commands.add_command(
    LazyGroup(
        name="token",
        help="Manage the tokens of annotators.",
        lazy={
            "create": Lazy("api.cli.tokens:create", "Create a token for an annotator."),
            "list": Lazy("api.cli.lists:tokens", "List all tokens."),
            "revoke": Lazy("api.cli.tokens:revoke", "Revoke a token."),
        },
    )
)
