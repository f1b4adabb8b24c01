"""`stancegraph annotator add`, `role`, `deactivate` and `reactivate`."""

import shlex
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import click

from api.cli.database import with_ready_database
from api.errors import ErrorCode, InputError, StancegraphError
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
    """Add an annotator with this NAME."""
    from api.services.annotators import AddAnnotator, add_annotator

    command = AddAnnotator(name=name, role=Role(role.upper()))
    outcome = _perform(lambda session: add_annotator(session, OPERATOR, command))
    click.echo(f"{command.name} takes part as {command.role}, with the id {outcome.key}.")
    click.echo(f"A token for them: stancegraph token create {shlex.quote(name)}")


@click.command()
@click.argument("name")
@click.argument("role", type=_ROLE)
def role(name: str, role: str) -> None:
    """Change the ROLE of the annotator NAME, from the next request on."""
    normal_name = _change(name, role=Role(role.upper()))
    click.echo(f"{normal_name} takes part as {role.upper()}.")


@click.command()
@click.argument("name")
def deactivate(name: str) -> None:
    """Deactivate the annotator NAME: tokens become invalid, stances stay."""
    _change(name, active=False)
    click.echo(f"{name} is deactivated. To undo it: stancegraph annotator reactivate {shlex.quote(name)}")


@click.command()
@click.argument("name")
def reactivate(name: str) -> None:
    """Reactivate the annotator NAME, with the tokens from before."""
    _change(name, active=True)
    click.echo(f"{name} takes part again.")


def _change(name: str, *, role: Role | None = None, active: bool | None = None) -> str:
    """Change an annotator and return the normalized name."""
    from api.services.annotators import ChangeAnnotator, change_annotator

    command = ChangeAnnotator(name=name, role=role, active=active)
    _perform(lambda session: change_annotator(session, OPERATOR, command))
    return command.name


def _perform(work: Callable[["AsyncSession"], Awaitable[Outcome]]) -> Outcome:
    outcome = with_ready_database(lambda database: database.perform(work))
    if outcome.errors:
        raise StancegraphError("; ".join(map(_message, outcome.errors)))
    return outcome


def _message(error: InputError) -> str:
    """Return the message of an error; for an invalid value with the field, which other messages contain."""
    return f"{'.'.join(error.path)}: {error.message}" if error.code is ErrorCode.INVALID else error.message
