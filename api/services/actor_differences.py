"""Compares two actors before a merger: which values conflict, and which values the survivor takes over."""

from collections.abc import Iterator, Mapping
from typing import Any

from api.services.actors import FIELDS
from models import Actor

# Names and descriptions almost always differ. The duplicate's name becomes an alias, its description is in its history.
# The Wikidata item comes first in messages: it is the strongest sign of two different actors.
_COMPARED = sorted((c for c in FIELDS.content if c not in ("name", "description")), key=lambda c: c != "wikidata_id")
_TAKEN_OVER = [c for c in FIELDS.content if c not in ("name", "kind")]
_PERIOD = ("active_from", "active_to")


def differences(into: Actor, duplicate: Actor) -> list[str]:
    """Return a message for each value of the duplicate that conflicts with the survivor `into`."""
    return [*_conflicts(into, duplicate), *_attribute_conflicts(into, duplicate)]


def _conflicts(into: Actor, duplicate: Actor) -> Iterator[str]:
    for column in _COMPARED:
        one, other = getattr(into, column), getattr(duplicate, column)
        if None not in (one, other) and one != other:
            yield f"{_camel(column)} is {one} of the one that stays and {other} of the duplicate"
    if (period := _period(into, duplicate)) and period[1] < period[0]:
        yield f"together they would be active from {period[0]} to {period[1]}"


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.title, others))


def _period(into: Actor, duplicate: Actor) -> tuple[Any, Any] | None:
    """Return the first and last day of the merged actor; None if an end is open."""
    begins, ends = into.active_from or duplicate.active_from, into.active_to or duplicate.active_to
    return None if begins is None or ends is None else (begins, ends)


def _attribute_conflicts(into: Actor, duplicate: Actor) -> Iterator[str]:
    own = {attribute.name: attribute.value for attribute in into.attributes}
    for attribute in duplicate.attributes:
        value = own.get(attribute.name, attribute.value)
        if value != attribute.value:
            one, other = f"{value[:60]!r} of the one that stays", f"{attribute.value[:60]!r} of the duplicate"
            yield f"attribute {attribute.name!r} is {one} and {other}"


def gained(into: Actor, duplicate: Actor) -> Mapping[str, Any]:
    """Return the duplicate's values that `into` takes over, by column: `into` has none of its own."""
    period = _period(into, duplicate)
    inverted = period is not None and period[1] < period[0]
    columns = [c for c in _TAKEN_OVER if not (inverted and c in _PERIOD)]
    values = {column: getattr(duplicate, column) for column in columns if getattr(into, column) is None}
    return {column: value for column, value in values.items() if value is not None}
