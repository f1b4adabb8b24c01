"""`stancegraph annotator add`, `role`, `deactivate` and `reactivate`."""

import shlex
from collections.abc import Awaitable, Callable

import click
from sqlalchemy.ext.asyncio import AsyncSession

from api.cli.database import with_ready_database
from api.errors import ErrorCode, StancegraphError, UserError
from api.security.viewer import OPERATOR
from api.services.annotators import AddAnnotator, ChangeAnnotator, add_annotator, change_annotator
from api.services.outcome import Outcome
from models import Role

_ROLE = click.Choice([role.value for role in Role], case_sensitive=False)


@click.command()
@click.argument("name")
@click.option("--role", type=_ROLE, required=True)
def add(name: str, role: str) -> None:
    """Let NAME take part."""
    command = AddAnnotator(name=name, role=Role(role.upper()))
    outcome = _done(lambda session: add_annotator(session, OPERATOR, command))
    click.echo(f"{command.name} takes part as {command.role}, with the id {outcome.key}.")
    click.echo(f"A token for them: stancegraph token create {shlex.quote(name)}")


@click.command()
@click.argument("name")
@click.argument("role", type=_ROLE)
def role(name: str, role: str) -> None:
    """Give the annotator NAME another ROLE. It holds from their next request on."""
    command = ChangeAnnotator(name=name, role=Role(role.upper()))
    _done(lambda session: change_annotator(session, OPERATOR, command))
    click.echo(f"{command.name} takes part as {command.role}.")


@click.command()
@click.argument("name")
def deactivate(name: str) -> None:
    """Lock the annotator NAME out: their tokens are good for nothing, their work stays as it is."""
    _done(lambda session: change_annotator(session, OPERATOR, ChangeAnnotator(name=name, active=False)))
    click.echo(f"{name} is deactivated. To undo it: stancegraph annotator reactivate {shlex.quote(name)}")


@click.command()
@click.argument("name")
def reactivate(name: str) -> None:
    """Let the annotator NAME in again, with the tokens that they had."""
    _done(lambda session: change_annotator(session, OPERATOR, ChangeAnnotator(name=name, active=True)))
    click.echo(f"{name} takes part again.")


def _done(work: Callable[[AsyncSession], Awaitable[Outcome]]) -> Outcome:
    outcome = with_ready_database(lambda database: database.perform(work))
    if outcome.errors:
        raise StancegraphError("; ".join(map(_message, outcome.errors)))
    return outcome


def _message(error: UserError) -> str:
    """The message of an error; of an invalid value with the name of its field, which others say themselves."""
    return f"{'.'.join(error.path)}: {error.message}" if error.code is ErrorCode.INVALID else error.message
