"""Carries in actors and topics, memberships, and annotators."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from api.exchange import records
from api.exchange.format import Read
from api.exchange.imports.context import Entering, attributes_of, differs, id_of
from api.exchange.row_lookup import Model, by_name, by_slug, own_id
from api.services.actors import FIELDS as ACTOR_FIELDS
from api.services.actors import AliasValue, CreateActor, create_actor
from api.services.annotators import AddAnnotator, add_annotator
from api.services.memberships import CreateMembership, create_membership
from api.services.topics import FIELDS as TOPIC_FIELDS
from api.services.topics import CreateTopic, create_topic
from models import Actor, ActorAttribute, Annotator, Membership, Topic, TopicAttribute

_OF_ACTOR, _OF_TOPIC = ACTOR_FIELDS.content, TOPIC_FIELDS.content


async def actors(entering: Entering, reads: Sequence[Read]) -> None:
    """Actors: by id, by slug, then by exact name."""
    reads = await _unknown(entering, reads, Actor)
    named = await _Named.look(entering, Actor, reads)
    rows = await named.columns(_OF_ACTOR)
    kept = await entering.kept(ActorAttribute.actor_id, rows)
    for read in reads:
        record = read.record
        assert isinstance(record, records.Actor)
        row = named.row(read, record.slug, record.name) or entering.row_named(Actor, record.key)
        if row is not None:
            said = differs(record, rows[row], kept.get(row, ()), *_OF_ACTOR) if row in rows else []
            entering.known(read, Actor, row, said)
            continue
        command = CreateActor(
            slug=record.slug,
            aliases=[AliasValue(name=a.name, language=a.language) for a in record.aliases],
            attributes=attributes_of(record),
            **{name: getattr(record, name) for name in _OF_ACTOR},
        )
        key = await entering.create(read, Actor, create_actor, command)
        named.enter(record.slug, record.name, key)
        if key is not None:
            # What the file says of them once more is held against this.
            rows[key], kept[key] = {name: getattr(record, name) for name in _OF_ACTOR}, set(record.attributes)


async def _unknown(entering: Entering, reads: Sequence[Read], model: Model) -> list[Read]:
    """The records without those that are only mentioned and lead to somebody or something."""
    implied = [read for read in reads if getattr(read.record, "implied", False)]
    found = await entering.keys.find(model, (read.record.key for read in implied))  # type: ignore[union-attr]
    led = set()
    for read in implied:
        row = found.row(read.record.key)  # type: ignore[union-attr]
        if row is not None:
            entering.known(read, model, row)
            led.add(id(read))
    return [read for read in reads if id(read) not in led]


async def topics(entering: Entering, reads: Sequence[Read]) -> None:
    """Topics: as actors."""
    reads = await _unknown(entering, reads, Topic)
    named = await _Named.look(entering, Topic, reads)
    rows = await named.columns(_OF_TOPIC)
    kept = await entering.kept(TopicAttribute.topic_id, rows)
    for read in reads:
        record = read.record
        assert isinstance(record, records.Topic)
        row = named.row(read, record.slug, record.name) or entering.row_named(Topic, record.key)
        if row is not None:
            said = differs(record, rows[row], kept.get(row, ()), *_OF_TOPIC) if row in rows else []
            entering.known(read, Topic, row, said)
            continue
        command = CreateTopic(
            slug=record.slug,
            attributes=attributes_of(record),
            **{name: getattr(record, name) for name in _OF_TOPIC},
        )
        key = await entering.create(read, Topic, create_topic, command)
        named.enter(record.slug, record.name, key)
        if key is not None:
            rows[key], kept[key] = {name: getattr(record, name) for name in _OF_TOPIC}, set(record.attributes)


class _Named:
    """Rows of one type that records may be: by the ids they bring along, by slug, by name."""

    def __init__(self, entering: Entering, model: Model) -> None:
        self._entering, self._model = entering, model
        self._ids: Mapping[UUID, UUID] = {}
        self._slugs: dict[str, UUID] = {}
        self._names: dict[str, list[UUID]] = {}

    @classmethod
    async def look(cls, entering: Entering, model: Model, reads: Sequence[Read]) -> "_Named":
        """All that these records may be, in a few statements."""
        named, given = cls(entering, model), [read.record for read in reads]
        named._ids = await entering.brought(model, reads)
        slugs = {slug for record in given if (slug := getattr(record, "slug", None))}
        named._slugs = await by_slug(entering.session, model, slugs)
        named._names = await by_name(entering.session, model, {record.name for record in given})  # type: ignore[union-attr]
        return named

    async def columns(self, names: Sequence[str]) -> dict[UUID, Mapping[str, Any]]:
        """What these rows say."""
        keys = {
            *self._ids.values(),
            *self._slugs.values(),
            *(key for several in self._names.values() for key in several),
        }
        query = select(self._model.id, *(getattr(self._model, name) for name in names))
        return {row.id: row._mapping for row in await self._entering.rows(query, self._model.id, keys)}

    def row(self, read: Read, slug: str | None, name: str) -> UUID | None:
        """The row that the record is; by its name only where no more than one has it."""
        brings = own_id(self._model, read.record.key)  # type: ignore[union-attr]
        if brings is not None and brings in self._ids:
            return self._ids[brings]
        if slug in self._slugs:
            self._entering.claimed.add(self._slugs[slug])
            return self._slugs[slug]
        several = self._names.get(name, ())
        if len(several) != 1 or (slug is not None and several[0] in self._entering.claimed):
            return None
        if slug is not None:
            self._entering.claimed.add(several[0])
        return several[0]

    def enter(self, slug: str | None, name: str, row: UUID | None) -> None:
        """From now on this row is there too."""
        if row is None:
            return
        self._names.setdefault(name, []).append(row)
        if slug is not None:
            self._slugs[slug] = row
            self._entering.claimed.add(row)


async def annotators(entering: Entering, reads: Sequence[Read]) -> None:
    """Annotators: by name. A new one has no token: nobody can be them until the operator makes one."""
    names = {read.record.key for read in reads}  # type: ignore[union-attr]
    there = await by_slug(entering.session, Annotator, names)
    for read in reads:
        record = read.record
        assert isinstance(record, records.Annotator)
        if record.key in there:
            entering.known(read, Annotator, there[record.key])  # what they may do is the operator's affair
            continue
        command = AddAnnotator(name=record.key, role=record.role)
        key = await entering.create(read, Annotator, add_annotator, command)
        if key is not None:
            there[record.key] = key


async def memberships(entering: Entering, reads: Sequence[Read]) -> None:
    """Memberships: by both ends, dates and, where the record has one, the role."""
    good, found = await entering.lead(reads, member=(Actor, "member"), group=(Actor, "group"))
    names = ("member_id", "group_id", "valid_from", "valid_to", "role")
    members = {found["member"].row(read.record.member) for read in good}  # type: ignore[union-attr]
    query = select(*(getattr(Membership, name) for name in names))
    there = {tuple(row) for row in await entering.rows(query, Membership.member_id, members)}
    places = {one[:4] for one in there}
    for read in good:
        record = read.record
        assert isinstance(record, records.Membership)
        member, group = found["member"].row(record.member), found["group"].row(record.group)
        place = (member, group, record.valid_from, record.valid_to)
        if (*place, record.role) in there or (record.role is None and place in places):
            entering.matched(read, None)
            continue
        command = CreateMembership(
            member_id=id_of(Actor, member),
            group_id=id_of(Actor, group),
            role=record.role,
            valid_from=record.valid_from,
            valid_to=record.valid_to,
        )
        await entering.create(read, Membership, create_membership, command)
        there.add((*place, record.role))
        places.add(place)
