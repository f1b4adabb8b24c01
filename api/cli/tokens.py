"""`stancegraph token create` and `stancegraph token revoke`."""

from uuid import UUID

import click

from api.cli.database import with_ready_database
from api.errors import StancegraphError
from api.security.viewer import OPERATOR


@click.command()
@click.argument("name")
@click.option(
    "--expires", type=click.IntRange(1, 36_500), metavar="DAYS", help="After how many days it is no longer good."
)
def create(name: str, expires: int | None) -> None:
    """Make a token for the annotator NAME. It is printed now and never again."""
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
    """Make the token with this id useless at once (see `token list`)."""
    from api.services.annotators import revoke_token

    if not with_ready_database(lambda d: d.perform(lambda session: revoke_token(session, OPERATOR, id))):
        raise StancegraphError(f"there is no token {id}")
    click.echo("Revoked.")
