"""`stancegraph annotator list` and `stancegraph token list`: read by plain SQL, since they should start at once."""

import datetime as dt

import click

from api.cli.database import rows_of

_ANNOTATORS = "SELECT id, name, role, active, created_at FROM annotator ORDER BY name, id"
_TOKENS = """
    SELECT token.id, annotator.name, annotator.role, annotator.active,
           token.created_at, token.expires_at, token.revoked_at
    FROM token JOIN annotator ON annotator.id = token.annotator_id ORDER BY token.id
"""


@click.command("list")
def annotators() -> None:
    """List all annotators: id, name, role, since when, whether they are deactivated."""
    for key, name, role, active, created_at in rows_of(_ANNOTATORS):
        state = "active" if active else "deactivated"
        click.echo(f"{key}  {name}  {role}  since {_day(created_at)}  {state}")


@click.command("list")
def tokens() -> None:
    """List all tokens: id, annotator, role, since when, until when. The secrets are stored nowhere."""
    for key, name, role, active, created_at, expires_at, revoked_at in rows_of(_TOKENS):
        ended = (
            f"revoked {_day(revoked_at)}" if revoked_at else "until " + (_day(expires_at) if expires_at else "revoked")
        )
        click.echo(
            f"{key}  {name}  {role}  since {_day(created_at)}  {ended}" + ("" if active else "  annotator deactivated")
        )


def _day(instant: dt.datetime | str) -> str:
    """Return the day of an instant, in UTC; on SQLite instants are texts in UTC."""
    return instant[:10] if isinstance(instant, str) else f"{instant.astimezone(dt.UTC):%Y-%m-%d}"
