"""Custom attributes of actors, topics and documents: name–value pairs under freely chosen names."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias
from uuid import UUID

from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from api import limits
from api.names import Name, Normalized, Text
from api.services import validation
from api.services.editable_fields import ChildField
from api.services.outcome import Problems
from models import ActorAttribute, DocumentAttribute, TopicAttribute

Table: TypeAlias = type[ActorAttribute] | type[TopicAttribute] | type[DocumentAttribute]
KEYS: Mapping[Table, InstrumentedAttribute[UUID]] = {
    ActorAttribute: ActorAttribute.actor_id,
    TopicAttribute: TopicAttribute.topic_id,
    DocumentAttribute: DocumentAttribute.document_id,
}
"""Table of attributes → its foreign key to the row with the attributes."""


@dataclass(frozen=True, kw_only=True)
class AttributeValue(Normalized):
    """A custom attribute of an actor, a topic or a document."""

    name: Name
    """The name of the attribute, such as `colour`, unique among the attributes of the object."""
    value: Text
    """The value of the attribute."""


def check(problems: Problems, attributes: Sequence[AttributeValue], *, limited: bool = True) -> None:
    """Check the number of attributes, if it is limited, their values, and that their names are unique."""
    if limited:
        validation.count(problems, len(attributes), limits.ATTRIBUTES, "attributes")
    names: set[str] = set()
    for place, attribute in enumerate(attributes):
        at = ("attributes", str(place))
        validation.name(problems, attribute.name, *at, "name")
        validation.text(problems, attribute.value, *at, "value")
        if attribute.name in names:
            problems.invalid(f"there is an attribute {attribute.name!r} before it", *at, "name")
        names.add(attribute.name)


def from_rows(rows: Iterable[Any]) -> list[AttributeValue]:
    """Return the attributes that rows of one of the tables store."""
    return [AttributeValue(name=row.name, value=row.value) for row in rows]


def states(attributes: Iterable[AttributeValue]) -> list[dict[str, str]]:
    """Return attributes in the form in which revisions store them."""
    return [{"name": a.name, "value": a.value} for a in attributes]


def merge(own: Sequence[AttributeValue], more: Sequence[AttributeValue]) -> list[AttributeValue]:
    """Return `own`, then the attributes of `more` with other names."""
    names = {attribute.name for attribute in own}
    return [*own, *(attribute for attribute in more if attribute.name not in names)]


Attributes: TypeAlias = Annotated[Sequence[AttributeValue], limits.ATTRIBUTES]
CHILD_FIELD = ChildField("attributes", lambda states: [AttributeValue(**attribute) for attribute in states])


async def write(session: AsyncSession, table: Table, key: UUID, attributes: Iterable[AttributeValue]) -> None:
    """Replace the attributes of the row with this key."""
    of = KEYS[table]
    await session.execute(delete(table).where(of == key))
    rows = [{of.key: key, "position": n, "name": a.name, "value": a.value} for n, a in enumerate(attributes)]
    if rows:
        await session.execute(insert(table), rows)
