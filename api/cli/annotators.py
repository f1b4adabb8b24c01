"""`stancegraph annotator add`, `role`, `deactivate` and `reactivate`."""

import shlex
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import click

from api.cli.database import with_ready_database
from api.errors import ErrorCode, StancegraphError, UserError
from api.security.viewer import OPERATOR
from api.services.outcome import Outcome
from models import Role

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

_ROLE = click.Choice([role.value for role in Role], case_sensitive=False)


@click.command()
@click.argument("name")
@click.option("--role", type=_ROLE, required=True)
def add(name: str, role: str) -> None:
    """Let NAME take part."""
    from api.services.annotators import AddAnnotator, add_annotator

    command = AddAnnotator(name=name, role=Role(role.upper()))
    outcome = _done(lambda session: add_annotator(session, OPERATOR, command))
    click.echo(f"{command.name} takes part as {command.role}, with the id {outcome.key}.")
    click.echo(f"A token for them: stancegraph token create {shlex.quote(name)}")


@click.command()
@click.argument("name")
@click.argument("role", type=_ROLE)
def role(name: str, role: str) -> None:
    """Give the annotator NAME another ROLE. It holds from their next request on."""
    called = _change(name, role=Role(role.upper()))
    click.echo(f"{called} takes part as {role.upper()}.")


@click.command()
@click.argument("name")
def deactivate(name: str) -> None:
    """Lock the annotator NAME out: their tokens are good for nothing, their work stays as it is."""
    _change(name, active=False)
    click.echo(f"{name} is deactivated. To undo it: stancegraph annotator reactivate {shlex.quote(name)}")


@click.command()
@click.argument("name")
def reactivate(name: str) -> None:
    """Let the annotator NAME in again, with the tokens that they had."""
    _change(name, active=True)
    click.echo(f"{name} takes part again.")


def _change(name: str, *, role: Role | None = None, active: bool | None = None) -> str:
    """Change an annotator, and return the name in its normal form."""
    from api.services.annotators import ChangeAnnotator, change_annotator

    command = ChangeAnnotator(name=name, role=role, active=active)
    _done(lambda session: change_annotator(session, OPERATOR, command))
    return command.name


def _done(work: Callable[["AsyncSession"], Awaitable[Outcome]]) -> Outcome:
    outcome = with_ready_database(lambda database: database.perform(work))
    if outcome.errors:
        raise StancegraphError("; ".join(map(_message, outcome.errors)))
    return outcome


def _message(error: UserError) -> str:
    """The message of an error; of an invalid value with the name of its field, which others say themselves."""
    return f"{'.'.join(error.path)}: {error.message}" if error.code is ErrorCode.INVALID else error.message
