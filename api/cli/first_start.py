"""Makes a first start on one's own machine: a migrated and seeded database, and a token to write with."""

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


async def prepare(database: Database, say: Callable[[str], object]) -> None:
    """Migrate, seed where there is nothing yet, make a token where there is none, and say how to begin."""
    before, after = await migrate(database, lock_timeout_ms=database.settings.statement_timeout_ms)
    say(f"Database {database.display_url}: " + ("up to date." if before == after else f"migrated to {after}."))
    async with database.transaction() as session:
        empty = not await session.scalar(select(func.count()).select_from(Actor))
    if empty:
        say("Seeding the case of Aleppo, 29 November 2024 ...")
        new = await load(database)
        say("Seeded " + ", ".join(f"{number} {name}" for name, number in new.items()) + ".")
    secret = await database.perform(_first_token)
    address = f"http://{database.settings.host}:{database.settings.port}/graphql"
    say("")
    say(f"  GraphiQL      {address}")
    say("  Try           " + _curl(address))
    if secret is not None:
        say(f"  Your token    {secret}")
        say(f"                of the annotator {NAME!r}, role CURATOR; shown this once.")
        say("                Send it as the header Authorization: Bearer TOKEN.")
    say("")


def _curl(address: str) -> str:
    body = '{"query": ' + '"' + _QUERY.replace('"', '\\"') + '"}'
    return f"curl -s {address} -H 'content-type: application/json' -d {shlex.quote(body)}"


async def _first_token(session: AsyncSession) -> str | None:
    """A token for whoever sits at the machine, where no token was ever made."""
    if await session.scalar(select(func.count()).select_from(Token)):
        return None
    await add_annotator(session, OPERATOR, AddAnnotator(name=NAME, role=Role.CURATOR))
    issued = await issue_token(session, OPERATOR, NAME)
    return issued.secret if issued else None
