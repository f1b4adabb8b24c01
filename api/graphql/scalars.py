"""The scalars for dates and instants."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.types.scalar import ScalarDefinition

RFC_3339 = "https://www.rfc-editor.org/rfc/rfc3339#section-5.6"
"""Specification of both: `full-date` and `date-time`."""
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,6})?([Zz]|[+-]\d{2}:\d{2})")


def _parser(name: str, form: re.Pattern[str], parse: Callable[[str], Any], example: str) -> Callable[[Any], Any]:
    def parse_value(value: Any) -> Any:
        try:
            if isinstance(value, str) and form.fullmatch(value):
                return parse(value)
        except (ValueError, OverflowError):
            pass
        raise GraphQLError(f"{value!r:.60} is not a {name}, such as {example}")

    return parse_value


DATE = ScalarDefinition(
    name="Date",
    description="A calendar date of the proleptic Gregorian calendar, ISO 8601: `2024-11-29`.",
    specified_by_url=RFC_3339,
    serialize=dt.date.isoformat,
    parse_value=_parser("Date", _DATE, dt.date.fromisoformat, "2024-11-29"),
    parse_literal=None,
    origin=dt.date,
)

DATE_TIME = ScalarDefinition(
    name="DateTime",
    description="An instant, RFC 3339, always served in UTC with microseconds: `2024-11-29T08:15:00.000000Z`.",
    specified_by_url=RFC_3339,
    serialize=dt.datetime.isoformat,
    parse_value=_parser(
        "DateTime",
        _INSTANT,
        lambda text: dt.datetime.fromisoformat(text.upper()).astimezone(dt.UTC),
        "2024-11-29T08:15:00Z",
    ),
    parse_literal=None,
    origin=dt.datetime,
)

CONFIG = StrawberryConfig(scalar_map={dt.date: DATE, dt.datetime: DATE_TIME})
