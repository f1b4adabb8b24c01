"""The filters of exports: pairs of name and value, the same on the command line and in URLs (ADR 0018)."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from api.errors import BadArgument
from api.exchange.exports.filter_names import FILTERS
from api.exchange.row_lookup import KeyResolver, Model
from models import Actor, Annotator, Project
from models.names import normalize_name


@dataclass(frozen=True, slots=True)
class Filters:
    """Values of filters; None for a filter that is not set."""

    project: UUID | None = None
    actor: UUID | None = None
    annotator: UUID | None = None
    language: str | None = None
    as_of: dt.date | None = None
    first: dt.date | None = None
    last: dt.date | None = None


async def parse_filters(connection: AsyncConnection, arguments: Iterable[tuple[str, str]]) -> Filters:
    """Parse filters from names and values, and look up the rows that values name.

    :raises BadArgument: if a filter is unknown or repeated, or a value is invalid or names no row.
    """
    values: dict[str, str] = {}
    for name, value in arguments:
        if name not in FILTERS:
            raise BadArgument(name, f"there is no such filter; there are {', '.join(FILTERS)}")
        if name in values:
            raise BadArgument(name, "is set twice; set it once")
        values[name] = value
    days = {name: _day(name, values[name]) for name in ("asOf", "from", "to") if name in values}
    if "from" in days and "to" in days and days["to"] < days["from"]:
        raise BadArgument("to", f"{days['to']} is before from, {days['from']}")
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
        raise BadArgument(name, "contains a character that names cannot have")
    called = normalize_name(value)
    row = (await KeyResolver(connection).resolve(model, [called])).row(called)
    if row is None:
        raise BadArgument(name, f"there is no {name} {value[:60]!r}")
    return row
