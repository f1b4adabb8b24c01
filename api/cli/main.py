"""The `stancegraph` command."""

import os
import sys

import click

from api.cli.lazy import Lazy, LazyGroup
from api.database.driver_errors import cause_of
from api.errors import StancegraphError, Unavailable


def main() -> None:
    """Run the command: errors are one line on stderr and a status of 1, or 2 where it was called wrongly."""
    try:
        status = commands(prog_name="stancegraph", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        status = error.exit_code
    except click.UsageError as error:
        called = error.ctx.command_path if error.ctx else "stancegraph"
        status = _told(f"{error.format_message()} See {called} --help.", error.exit_code)
    except click.Abort:
        status = _told("broken off", 130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # whoever read along has read enough
        status = 1
    except StancegraphError as error:
        status = _told(_why(error))
    except Exception as error:
        if os.environ.get("STANCEGRAPH_LOG_LEVEL", "").lower() == "debug":
            raise  # a stack trace is for those who ask for it
        status = _told(f"{cause_of(error)} (STANCEGRAPH_LOG_LEVEL=debug shows more)")
    sys.exit(status)


def _told(message: str, status: int = 1) -> int:
    for line in message.splitlines():
        click.echo(f"stancegraph: {line}", err=True)
    return status


def _why(error: StancegraphError) -> str:
    """Its message; where the database cannot be reached, also what it or the system said to that."""
    told = error if isinstance(error, Unavailable) else error.__cause__
    cause = told.__cause__ if isinstance(told, Unavailable) else None
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
        "migrate": Lazy("api.cli.migrate:migrate", "Bring the database to the shape this version needs."),
        "schema": Lazy("api.cli.schema:schema", "Print the GraphQL schema."),
        "seed": Lazy("api.cli.seed:seed", "Load the case of Aleppo, 29 November 2024."),
        "serve": Lazy("api.cli.serve:serve", "Serve the API."),
    },
)
@click.version_option(package_name="stancegraph")
def commands() -> None:
    """Who stands where in a conflict: a GraphQL API over SQLite or Postgres.

    Settings come from the environment (STANCEGRAPH_DATABASE_URL and others, see docs/reference/settings.md).
    """


commands.add_command(
    LazyGroup(
        name="annotator",
        help="The people who annotate.",
        lazy={
            "add": Lazy("api.cli.annotators:add", "Add an annotator."),
            "deactivate": Lazy("api.cli.annotators:deactivate", "Lock an annotator out; their work stays."),
            "import": Lazy("api.cli.annotator_file:import_", "Add many annotators and make a token for each."),
            "list": Lazy("api.cli.lists:annotators", "List all annotators."),
            "reactivate": Lazy("api.cli.annotators:reactivate", "Let a deactivated annotator in again."),
            "role": Lazy("api.cli.annotators:role", "Give an annotator another role."),
        },
    )
)
commands.add_command(
    LazyGroup(
        name="token",
        help="The secrets that annotators are known by.",
        lazy={
            "create": Lazy("api.cli.tokens:create", "Make a token for an annotator."),
            "list": Lazy("api.cli.lists:tokens", "List all tokens."),
            "revoke": Lazy("api.cli.tokens:revoke", "Make a token useless at once."),
        },
    )
)
