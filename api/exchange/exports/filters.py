"""What of the database is to be carried out: chosen by name and value, alike on the command line and in addresses."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from api.errors import BadArgument
from api.exchange.exports.filter_names import NAMES
from api.exchange.row_lookup import Keys, Model
from models import Actor, Annotator, Project
from models.names import normalize_name


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


async def look_up(connection: AsyncConnection, given: Iterable[tuple[str, str]]) -> Filters:
    """The filters of these names and values.

    :raises BadArgument: where there is no filter of a name, or no row that a value leads to.
    """
    values: dict[str, str] = {}
    for name, value in given:
        if name not in NAMES:
            raise BadArgument(name, f"there is no such filter; there are {', '.join(NAMES)}")
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
    row = (await Keys(connection).find(model, [called])).row(called)
    if row is None:
        raise BadArgument(name, f"there is no {name} {value[:60]!r}")
    return row
