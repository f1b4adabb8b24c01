"""The `stancegraph` command."""

import os
import socket
import sys
from uuid import UUID

import click
from sqlalchemy.exc import DBAPIError

import seeds
from api import migrating
from api.checking import check as check_database
from api.checking import replica_trouble
from api.commands.databases import with_database, with_ready_database
from api.commands.draw import draw
from api.commands.transfer import export, import_
from api.database import Database
from api.errors import ConfigurationError, StancegraphError, Unavailable
from api.local import prepare
from api.security.viewer import OPERATOR
from api.services.annotators import AddAnnotator, add_annotator, issue_token, revoke_token, tokens
from api.settings import load
from models import Role
from seeds.bulk import fill
from seeds.generate import Sizes


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
        status = _told(f"{_reason(error)} (STANCEGRAPH_LOG_LEVEL=debug shows more)")
    sys.exit(status)


def _told(message: str, status: int = 1) -> int:
    for line in message.splitlines():
        click.echo(f"stancegraph: {line}", err=True)
    return status


def _why(error: StancegraphError) -> str:
    """Its message; where the database cannot be reached, also what it or the system said to that."""
    told = error if isinstance(error, Unavailable) else error.__cause__
    cause = told.__cause__ if isinstance(told, Unavailable) else None
    return f"{error}: {_reason(cause)}" if cause else str(error)


def _reason(error: BaseException) -> str:
    """What went wrong, in a line, without the statement and the values that were sent."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        error = error.orig.__cause__ or error.orig
    return str(error).strip().partition("\n")[0] or type(error).__name__


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="stancegraph")
def commands() -> None:
    """Who stands where in a conflict: a GraphQL API over SQLite or Postgres.

    Settings come from the environment (STANCEGRAPH_DATABASE_URL and others, see docs/configuration.md).
    """


commands.add_command(import_)
commands.add_command(export)
commands.add_command(draw)


@commands.command()
@click.option("--workers", type=click.IntRange(1, 64), help="Server processes; STANCEGRAPH_WORKERS where left out.")
@click.option("--local", is_flag=True, help="First migrate, seed an empty database and make a token for yourself.")
def serve(workers: int | None, local: bool) -> None:
    """Serve the API."""
    settings = load()
    _check_address(settings.host, settings.port)
    if local:
        with_database(lambda database: prepare(database, click.echo))
    else:
        with_ready_database(Database.count_on)
    number = workers or settings.workers
    click.echo(
        f"Serving on http://{settings.host}:{settings.port}/graphql with {number} process{'es'[: 2 * (number > 1)]}."
    )
    from api.serving import serve as serve_by  # noqa: PLC0415 (as below: it makes all the types of the graph)

    serve_by(settings, number)


def _check_address(host: str, port: int) -> None:
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as error:
        raise ConfigurationError(f"cannot listen on {host}:{port}: {error.strerror}; see STANCEGRAPH_PORT") from error


@commands.command()
@click.option("--to", "revision", default="head", show_default=True, help="The migration to go to, or `base`.")
@click.option(
    "--wait",
    type=click.IntRange(1, 86_400),
    default=30,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for what others hold locked (Postgres).",
)
def migrate(revision: str, wait: int) -> None:
    """Bring the database to the shape that this version needs. Safe to run twice, also at once."""
    before, after = with_database(lambda database: migrating.migrate(database, revision, wait * 1000))
    before, after = before or "base", after or "base"
    click.echo(f"The database is at migration {after}." if before == after else f"Migrated from {before} to {after}.")


@commands.command()
def seed() -> None:
    """Load the case of Aleppo, 29 November 2024. What is there already is left as it is."""
    new = with_ready_database(seeds.load)
    click.echo("Loaded " + ", ".join(f"{number} {name}" for name, number in new.items()) + ".")


@commands.command()
@click.option("--actors", type=click.IntRange(2), default=Sizes.actors, show_default=True)
@click.option("--relations", type=click.IntRange(0), default=Sizes.relations, show_default=True)
@click.option("--documents", type=click.IntRange(1), default=Sizes.documents, show_default=True)
@click.option("--statements", type=click.IntRange(1), default=Sizes.statements, show_default=True)
@click.option("--stances", type=click.IntRange(0), default=Sizes.stances, show_default=True)
@click.option("--seed", type=int, default=Sizes.seed, show_default=True, help="The same seed makes the same data.")
def generate(**sizes: int) -> None:
    """Fill an empty, migrated database with plausible, reproducible data, to try things at scale."""
    wanted = Sizes(**sizes)

    async def run(database: Database) -> int:
        with click.progressbar(length=sum(sizes.values()) - wanted.seed, label="Generating") as bar:
            return await fill(database, wanted, lambda table, more: bar.update(more if table in sizes_shown else 0))

    sizes_shown = {"actor", "relation", "document", "statement", "stance"}
    rows = with_ready_database(run)
    click.echo(f"Generated {rows:,} rows.")


@commands.group()
def annotator() -> None:
    """The people who annotate."""


@annotator.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice([role.value for role in Role], case_sensitive=False), required=True)
def annotator_add(name: str, role: str) -> None:
    """Let NAME take part."""
    command = AddAnnotator(name=name, role=Role(role.upper()))
    outcome = with_ready_database(lambda d: d.perform(lambda session: add_annotator(session, OPERATOR, command)))
    if outcome.errors:
        raise StancegraphError("; ".join(error.message for error in outcome.errors))
    click.echo(f"{name} takes part as {command.role}. A token for them: stancegraph token create {name}")


@commands.group()
def token() -> None:
    """The secrets that annotators are known by."""


@token.command("create")
@click.argument("name")
@click.option(
    "--expires", type=click.IntRange(1, 36_500), metavar="DAYS", help="After how many days it is no longer good."
)
def token_create(name: str, expires: int | None) -> None:
    """Make a token for the annotator NAME. It is printed now and never again."""
    issued = with_ready_database(
        lambda d: d.perform(lambda session: issue_token(session, OPERATOR, name, days=expires))
    )
    if issued is None:
        raise StancegraphError(f"there is no annotator {name!r}: add one with stancegraph annotator add")
    click.echo(issued.secret)


@token.command("list")
def token_list() -> None:
    """List all tokens: id, annotator, role, since when, until when."""
    for each in with_ready_database(lambda d: d.perform(tokens)):
        ended = (
            f"revoked {each.revoked_at:%Y-%m-%d}"
            if each.revoked_at
            else "until " + (f"{each.expires_at:%Y-%m-%d}" if each.expires_at else "revoked")
        )
        click.echo(
            f"{each.id}  {each.annotator.name}  {each.annotator.role}  since {each.created_at:%Y-%m-%d}  {ended}"
        )


@token.command("revoke")
@click.argument("id", type=click.UUID)
def token_revoke(id: UUID) -> None:
    """Make the token with this id useless at once (see `token list`)."""
    if not with_ready_database(lambda d: d.perform(lambda session: revoke_token(session, OPERATOR, id))):
        raise StancegraphError(f"there is no token {id}")
    click.echo("Revoked.")


@commands.command()
def schema() -> None:
    """Print the schema that clients see, in the schema definition language."""
    from api.schema.build import build  # noqa: PLC0415 (a third of what all other commands would take to start)

    click.echo(build().sdl(), nl=False)


@commands.command()
def check() -> None:
    """Whether the database answers, is migrated and can be written. The status says so too.

    A replica that cannot be read from is told, and is no failure: the database answers in its place.
    """

    async def run(database: Database) -> str | None:
        await check_database(database)
        return await replica_trouble(database)

    trouble = with_database(run)
    click.echo("The database answers, is at the migration that this version needs, and can be written.")
    if trouble is not None:
        _told(f"the replica is not read from: {trouble}")
