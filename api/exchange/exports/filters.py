"""What of the database is to be carried out: chosen by name and value, alike on the command line and in addresses."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from api.errors import BadArgument
from api.exchange.row_lookup import KeyResolver, Model
from models import Actor, Annotator, Project
from models.names import normalize_name

FILTERS = {
    "project": "stances of the project of this slug, and the documents and statements that it is about",
    "asOf": "relations and memberships that hold on this day",
    "from": "what was said or published, and relations and memberships that hold, on this day or later",
    "to": "what was said or published, and relations and memberships that hold, on this day or earlier",
    "actor": "relations, memberships and stances that this actor has a part in, and what it says",
    "language": "documents in this language, and the statements and stances in them",
    "annotator": "stances of the annotator of this name",
}
"""Each filter with what it leaves."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What was chosen; what is None chooses nothing."""

    project: UUID | None = None
    actor: UUID | None = None
    annotator: UUID | None = None
    language: str | None = None
    as_of: dt.date | None = None
    first: dt.date | None = None
    last: dt.date | None = None


async def parse_filters(connection: AsyncConnection, arguments: Iterable[tuple[str, str]]) -> Filters:
    """The filters of these names and values.

    :raises BadArgument: where there is no filter of a name, or no row that a value leads to.
    """
    values: dict[str, str] = {}
    for name, value in arguments:
        if name not in FILTERS:
            raise BadArgument(name, f"there is no such filter; there are {', '.join(FILTERS)}")
        if name in values:
            raise BadArgument(name, "is given twice")
        values[name] = value
    days = {name: _day(name, values[name]) for name in ("asOf", "from", "to") if name in values}
    if "from" in days and "to" in days and days["to"] < days["from"]:
        raise BadArgument("to", f"lies before from, {days['from']}")
    return Filters(
        project=await _row(connection, "project", Project, values),
        actor=await _row(connection, "actor", Actor, values),
        annotator=await _row(connection, "annotator", Annotator, values),
        language=values.get("language"),
        as_of=days.get("asOf"),
        first=days.get("from"),
        last=days.get("to"),
    )


def _day(name: str, value: str) -> dt.date:
    try:
        return dt.datetime.strptime(value, "%Y-%m-%d").date()  # noqa: DTZ007 (a day)
    except ValueError:
        raise BadArgument(name, f"must be a date such as 2024-11-29, not {value[:60]!r}") from None


async def _row(connection: AsyncConnection, name: str, model: Model, values: dict[str, str]) -> UUID | None:
    value = values.get(name)
    if value is None:
        return None
    if "\0" in value or not value.isprintable():
        raise BadArgument(name, "holds a character that no name has")
    called = normalize_name(value)
    row = (await KeyResolver(connection).resolve(model, [called])).row(called)
    if row is None:
        raise BadArgument(name, f"there is no {name} {value[:60]!r}")
    return row
