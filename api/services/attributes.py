"""Attributes: what is kept of actors, topics and documents under names that those choose who keep it."""

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
from api.services.outcome import Problems
from models import ActorAttribute, DocumentAttribute, TopicAttribute

Table: TypeAlias = type[ActorAttribute] | type[TopicAttribute] | type[DocumentAttribute]
KEYS: Mapping[Table, InstrumentedAttribute[UUID]] = {
    ActorAttribute: ActorAttribute.actor_id,
    TopicAttribute: TopicAttribute.topic_id,
    DocumentAttribute: DocumentAttribute.document_id,
}
"""Each table, and its column of whose the attributes are."""


@dataclass(frozen=True, kw_only=True)
class Attribute(Normalized):
    """Something to be kept of an actor, a topic or a document."""

    name: Name
    """What it is, such as `colour`; each name once."""
    value: Text
    """Its value, a text."""


def check(problems: Problems, attributes: Sequence[Attribute], *, limited: bool = True) -> None:
    """Not too many, unless their number is not limited, each with a name of its own and a value."""
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


def kept(rows: Iterable[Any]) -> list[Attribute]:
    """The attributes that rows of one of the tables hold."""
    return [Attribute(name=row.name, value=row.value) for row in rows]


def states(attributes: Iterable[Attribute]) -> list[dict[str, str]]:
    """Attributes as revisions show them."""
    return [{"name": a.name, "value": a.value} for a in attributes]


def joined(own: Sequence[Attribute], more: Sequence[Attribute]) -> list[Attribute]:
    """`own`, then those of `more` whose names it has not."""
    names = {attribute.name for attribute in own}
    return [*own, *(attribute for attribute in more if attribute.name not in names)]


Attributes: TypeAlias = Annotated[Sequence[Attribute], limits.ATTRIBUTES]


async def write(session: AsyncSession, table: Table, key: UUID, attributes: Iterable[Attribute]) -> None:
    """Give the row of that key these attributes and no others."""
    of = KEYS[table]
    await session.execute(delete(table).where(of == key))
    rows = [{of.key: key, "position": n, "name": a.name, "value": a.value} for n, a in enumerate(attributes)]
    if rows:
        await session.execute(insert(table), rows)
