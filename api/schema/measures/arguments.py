"""Arguments that several measures take, and how they are parsed."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import strawberry

from api.dataset.request import ComputeRequest
from api.dataset.tallies import DaySpan
from api.errors import BadArgument
from api.graphql.fields import argument
from api.graphql.nodes import DateRange
from api.graphql.parts import NOWHERE, Ref
from api.graphql.sql.predicates import read_id

MAX_SEED = 2**31 - 1

PROJECT_ARGUMENT = argument(
    "projectId", strawberry.ID | None, "The project whose stances count (default: the default project)."
)
PERIOD_ARGUMENT = argument(
    "period", DateRange | None, "Only stances in statements of these days; undated statements are excluded."
)


def check_range(name: str, value: float, lower: float, upper: float) -> None:
    """Check an argument.

    :raises BadArgument: if the value is out of range.
    """
    if not lower <= value <= upper:
        raise BadArgument(name, f"must be from {lower:,} to {upper:,}, not {value:,}")


def project_key(arguments: Mapping[str, Any]) -> UUID | None:
    """Return the key of the project that `projectId` names; None if it is omitted.

    :raises BadArgument: if it is not the ID of a project.
    """
    text = arguments.get("project_id")
    return None if text is None else read_id(text, "projectId", "Project")[1]


def days_of(period: Mapping[str, Any] | None) -> tuple[int | None, int | None]:
    """Return the first and the last day of a range, as in `date.toordinal`; None for an open end."""
    first, last = ((period or {}).get(end) for end in ("from", "to"))
    return (None if first is None else first.toordinal(), None if last is None else last.toordinal())


def parse_refs(texts: Any, argument: str, *type_names: str) -> tuple[Ref, ...] | None:
    """Return references to the rows that a list of IDs names; None if there is no list.

    :raises BadArgument: for the first ID that is malformed or of another type.
    """
    if texts is None:
        return None
    return tuple(Ref(*read_id(text, f"{argument}[{place}]", *type_names)) for place, text in enumerate(texts))


def day_span(arguments: Mapping[str, Any]) -> DaySpan:
    """Return the days that `period` names."""
    period = arguments.get("period") or {}
    return DaySpan(period.get("from"), period.get("to"))


async def required_project(request: ComputeRequest) -> UUID:
    """Return the key of the project that `projectId` names, or of the default project; a key of no row without one."""
    named = project_key(request.arguments)
    return named or await request.datasets.default_project(request.viewer) or NOWHERE
