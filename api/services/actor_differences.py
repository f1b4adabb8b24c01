"""Compares two entries of what may be one actor: what both say differently, and what one can take over."""

from collections.abc import Iterator, Mapping
from typing import Any

from models import Actor

# Field of the schema → column. Descriptions are left out: no two are alike, and the duplicate's is in its history.
_IDENTITY = {"wikidataId": "wikidata_id", "kind": "kind", "countryCode": "country_code"}
_PERIOD = {"activeFrom": "active_from", "activeTo": "active_to"}
_TAKEN_OVER = ("wikidata_id", "country_code", "description", "active_from", "active_to")


def differences(into: Actor, duplicate: Actor) -> list[str]:
    """Say what the duplicate says of itself that its survivor `into` could not keep; nothing if it keeps it all."""
    return [*_differing(into, duplicate), *_attributes(into, duplicate)]


def _differing(into: Actor, duplicate: Actor) -> Iterator[str]:
    for field, column in {**_IDENTITY, **_PERIOD}.items():
        one, other = getattr(into, column), getattr(duplicate, column)
        if None not in (one, other) and one != other:
            yield f"{field} is {one} of the one that stays and {other} of the duplicate"
    if (period := _period(into, duplicate)) and period[1] < period[0]:
        yield f"together they would be active from {period[0]} to {period[1]}"


def _period(into: Actor, duplicate: Actor) -> tuple[Any, Any] | None:
    """First and last day of the two taken together; None if an end is open."""
    begins, ends = into.active_from or duplicate.active_from, into.active_to or duplicate.active_to
    return None if begins is None or ends is None else (begins, ends)


def _attributes(into: Actor, duplicate: Actor) -> Iterator[str]:
    own = {attribute.name: attribute.value for attribute in into.attributes}
    for attribute in duplicate.attributes:
        value = own.get(attribute.name, attribute.value)
        if value != attribute.value:
            one, other = f"{value[:60]!r} of the one that stays", f"{attribute.value[:60]!r} of the duplicate"
            yield f"attribute {attribute.name!r} is {one} and {other}"


def gained(into: Actor, duplicate: Actor) -> Mapping[str, Any]:
    """Return what `into` takes over, by column: what the duplicate says and `into` does not."""
    period = _period(into, duplicate)
    contrary = period is not None and period[1] < period[0]
    columns = [c for c in _TAKEN_OVER if not (contrary and c in _PERIOD.values())]
    values = {column: getattr(duplicate, column) for column in columns if getattr(into, column) is None}
    return {column: value for column, value in values.items() if value is not None}
