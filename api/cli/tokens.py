"""`stancegraph token create` and `stancegraph token revoke`."""

from uuid import UUID

import click

from api.cli.database import with_ready_database
from api.errors import StancegraphError
from api.security.viewer import OPERATOR


@click.command()
@click.argument("name")
@click.option(
    "--expires", type=click.IntRange(1, 36_500), metavar="DAYS", help="Days until the token expires; default never."
)
def create(name: str, expires: int | None) -> None:
    """Create a token for the annotator NAME and print it. It cannot be printed again."""
    from api.services.annotators import issue_token

    issued = with_ready_database(
        lambda d: d.perform(lambda session: issue_token(session, OPERATOR, name, days=expires))
    )
    if issued is None:
        raise StancegraphError(f"there is no annotator {name!r}: add one with stancegraph annotator add")
    click.echo(issued.secret)


@click.command()
@click.argument("id", type=click.UUID)
def revoke(id: UUID) -> None:
    """Revoke the token with this ID (see `token list`), effective immediately."""
    from api.services.annotators import revoke_token

    if not with_ready_database(lambda d: d.perform(lambda session: revoke_token(session, OPERATOR, id))):
        raise StancegraphError(f"there is no token {id}")
    click.echo("Revoked.")
