"""`stancegraph annotator list` and `stancegraph token list`, by plain SQL, so that they start fast."""

import datetime as dt

import click

from api.cli.database import query_rows

_ANNOTATORS = "SELECT id, name, role, active, created_at FROM annotator ORDER BY name, id"
_TOKENS = """
    SELECT token.id, annotator.name, annotator.role, annotator.active,
           token.created_at, token.expires_at, token.revoked_at
    FROM token JOIN annotator ON annotator.id = token.annotator_id ORDER BY token.id
"""


@click.command("list")
def annotators() -> None:
    """List all annotators with ID, name, role, date of creation and state."""
    for key, name, role, active, created_at in query_rows(_ANNOTATORS):
        state = "active" if active else "deactivated"
        click.echo(f"{key}  {name}  {role}  since {_day(created_at)}  {state}")


@click.command("list")
def tokens() -> None:
    """List all tokens with ID, annotator, role, and dates of creation and expiry. Secrets are not stored."""
    for key, name, role, active, created_at, expires_at, revoked_at in query_rows(_TOKENS):
        ended = (
            f"revoked {_day(revoked_at)}" if revoked_at else "until " + (_day(expires_at) if expires_at else "revoked")
        )
        click.echo(
            f"{key}  {name}  {role}  since {_day(created_at)}  {ended}" + ("" if active else "  annotator deactivated")
        )


def _day(instant: dt.datetime | str) -> str:
    """Return the UTC date of an instant; SQLite stores instants as texts in UTC."""
    return instant[:10] if isinstance(instant, str) else f"{instant.astimezone(dt.UTC):%Y-%m-%d}"
