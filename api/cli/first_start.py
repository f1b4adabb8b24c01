"""`serve --local`: a migrated and seeded database and a token, for a first start on one machine."""

import shlex
from collections.abc import Callable

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.database.database import Database
from api.database.migrate import migrate
from api.security.viewer import OPERATOR
from api.services.annotators import AddAnnotator, add_annotator, issue_token
from models import Actor, Role, Token
from seeds.loader import load

NAME = "local"
_QUERY = '{ actor(slug: "assad-government") { name alliances(asOf: "2024-11-29") { edges { node { name } } } } }'


async def prepare(database: Database, echo: Callable[[str], object]) -> None:
    """Migrate, seed an empty database, make a token if there is none, and print how to start."""
    before, after = await migrate(database, lock_timeout_ms=database.settings.statement_timeout_ms)
    echo(f"Database {database.display_url}: " + ("up to date." if before == after else f"migrated to {after}."))
    async with database.transaction() as session:
        empty = not await session.scalar(select(func.count()).select_from(Actor))
    if empty:
        echo("Seeding the case of Aleppo, 29 November 2024 ...")
        new = await load(database)
        echo("Seeded " + ", ".join(f"{number} {name}" for name, number in new.items()) + ".")
    secret = await database.perform(_first_token)
    address = f"http://{database.settings.host}:{database.settings.port}/graphql"
    echo("")
    echo(f"  GraphiQL      {address}")
    echo("  Try           " + _curl(address))
    if secret is not None:
        echo(f"  Your token    {secret}")
        echo(f"                of the annotator {NAME!r}, role CURATOR; shown this once.")
        echo("                Send it as the header Authorization: Bearer TOKEN.")
    echo("")


def _curl(address: str) -> str:
    body = '{"query": ' + '"' + _QUERY.replace('"', '\\"') + '"}'
    return f"curl -s {address} -H 'content-type: application/json' -d {shlex.quote(body)}"


async def _first_token(session: AsyncSession) -> str | None:
    """Make a token for the local user and return it; None if there are tokens already."""
    if await session.scalar(select(func.count()).select_from(Token)):
        return None
    await add_annotator(session, OPERATOR, AddAnnotator(name=NAME, role=Role.CURATOR))
    issued = await issue_token(session, OPERATOR, NAME)
    return issued.secret if issued else None
