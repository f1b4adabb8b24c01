"""Imports actors, topics, annotators and memberships."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from api.exchange import records
from api.exchange.format import Parsed
from api.exchange.imports.context import ImportContext, attributes_of, differences_with_attributes, id_of
from api.exchange.row_lookup import Model, id_in_key, rows_by_name, rows_by_slug
from api.services.actors import FIELDS as ACTOR_FIELDS
from api.services.actors import AliasValue, CreateActor, create_actor
from api.services.annotators import AddAnnotator, add_annotator
from api.services.memberships import CreateMembership, create_membership
from api.services.topics import FIELDS as TOPIC_FIELDS
from api.services.topics import CreateTopic, create_topic
from models import Actor, ActorAttribute, Annotator, Membership, Topic, TopicAttribute

_OF_ACTOR, _OF_TOPIC = ACTOR_FIELDS.content, TOPIC_FIELDS.content


async def import_actors(context: ImportContext, reads: Sequence[Parsed]) -> None:
    """Import actors, matched by ID, by slug, or by exact name."""
    reads = await _match_implied(context, reads, Actor)
    named = await _ExistingRows.load(context, Actor, reads)
    rows = await named.columns(_OF_ACTOR)
    attributes = await context.stored_attributes(ActorAttribute.actor_id, rows)
    for read in reads:
        record = read.record
        assert isinstance(record, records.Actor)
        row = named.row(read, record.slug, record.name) or context.row_of_key(Actor, record.key)
        if row is not None:
            said = (
                differences_with_attributes(record, rows[row], attributes.get(row, ()), *_OF_ACTOR)
                if row in rows
                else []
            )
            context.register_match(read, Actor, row, said)
            continue
        command = CreateActor(
            slug=record.slug,
            aliases=[AliasValue(name=a.name, language=a.language) for a in record.aliases],
            attributes=attributes_of(record),
            **{name: getattr(record, name) for name in _OF_ACTOR},
        )
        key = await context.create(read, Actor, create_actor, command)
        named.add(record.slug, record.name, key)
        if key is not None:
            # Later records of the file are compared with this row.
            rows[key], attributes[key] = {name: getattr(record, name) for name in _OF_ACTOR}, set(record.attributes)


async def _match_implied(context: ImportContext, reads: Sequence[Parsed], model: Model) -> list[Parsed]:
    """Match implied records whose key leads to a row; return all other records."""
    implied = [read for read in reads if getattr(read.record, "implied", False)]
    found = await context.keys.resolve(model, (read.record.key for read in implied))  # type: ignore[union-attr]
    matched = set()
    for read in implied:
        row = found.row(read.record.key)  # type: ignore[union-attr]
        if row is not None:
            context.register_match(read, model, row)
            matched.add(id(read))
    return [read for read in reads if id(read) not in matched]


async def import_topics(context: ImportContext, reads: Sequence[Parsed]) -> None:
    """Import topics, matched by ID, by slug, or by exact name."""
    reads = await _match_implied(context, reads, Topic)
    named = await _ExistingRows.load(context, Topic, reads)
    rows = await named.columns(_OF_TOPIC)
    attributes = await context.stored_attributes(TopicAttribute.topic_id, rows)
    for read in reads:
        record = read.record
        assert isinstance(record, records.Topic)
        row = named.row(read, record.slug, record.name) or context.row_of_key(Topic, record.key)
        if row is not None:
            said = (
                differences_with_attributes(record, rows[row], attributes.get(row, ()), *_OF_TOPIC)
                if row in rows
                else []
            )
            context.register_match(read, Topic, row, said)
            continue
        command = CreateTopic(
            slug=record.slug,
            attributes=attributes_of(record),
            **{name: getattr(record, name) for name in _OF_TOPIC},
        )
        key = await context.create(read, Topic, create_topic, command)
        named.add(record.slug, record.name, key)
        if key is not None:
            rows[key], attributes[key] = {name: getattr(record, name) for name in _OF_TOPIC}, set(record.attributes)


class _ExistingRows:
    """Rows of one type that records may match: by ID, by slug, by name."""

    def __init__(self, context: ImportContext, model: Model) -> None:
        self._context, self._model = context, model
        self._ids: Mapping[UUID, UUID] = {}
        self._slugs: dict[str, UUID] = {}
        self._names: dict[str, list[UUID]] = {}

    @classmethod
    async def load(cls, context: ImportContext, model: Model, reads: Sequence[Parsed]) -> "_ExistingRows":
        """Load all rows that these records may match, in a few queries."""
        rows, parsed = cls(context, model), [read.record for read in reads]
        rows._ids = await context.existing_ids(model, reads)
        slugs = {slug for record in parsed if (slug := getattr(record, "slug", None))}
        rows._slugs = await rows_by_slug(context.session, model, slugs)
        rows._names = await rows_by_name(context.session, model, {record.name for record in parsed})  # type: ignore[union-attr]
        return rows

    async def columns(self, names: Sequence[str]) -> dict[UUID, Mapping[str, Any]]:
        """Return the values of these columns, by row."""
        keys = {
            *self._ids.values(),
            *self._slugs.values(),
            *(key for several in self._names.values() for key in several),
        }
        query = select(self._model.id, *(getattr(self._model, name) for name in names))
        return {row.id: row._mapping for row in await self._context.rows(query, self._model.id, keys)}

    def row(self, read: Parsed, slug: str | None, name: str) -> UUID | None:
        """Return the row that a record matches, by name only if one row alone has the name; None if there is none."""
        own_id = id_in_key(self._model, read.record.key)  # type: ignore[union-attr]
        if own_id is not None and own_id in self._ids:
            return self._ids[own_id]
        if slug in self._slugs:
            self._context.claimed.add(self._slugs[slug])
            return self._slugs[slug]
        several = self._names.get(name, ())
        if len(several) != 1 or (slug is not None and several[0] in self._context.claimed):
            return None
        if slug is not None:
            self._context.claimed.add(several[0])
        return several[0]

    def add(self, slug: str | None, name: str, row: UUID | None) -> None:
        """Add a created row, so that later records match it."""
        if row is None:
            return
        self._names.setdefault(name, []).append(row)
        if slug is not None:
            self._slugs[slug] = row
            self._context.claimed.add(row)


async def import_annotators(context: ImportContext, reads: Sequence[Parsed]) -> None:
    """Import annotators, matched by name. A new annotator cannot sign in until the operator creates a token."""
    names = {read.record.key for read in reads}  # type: ignore[union-attr]
    existing = await rows_by_slug(context.session, Annotator, names)
    for read in reads:
        record = read.record
        assert isinstance(record, records.Annotator)
        if record.key in existing:
            context.register_match(read, Annotator, existing[record.key])  # roles are the operator's to change
            continue
        command = AddAnnotator(name=record.key, role=record.role)
        key = await context.create(read, Annotator, add_annotator, command)
        if key is not None:
            existing[record.key] = key


async def import_memberships(context: ImportContext, reads: Sequence[Parsed]) -> None:
    """Import memberships, matched by member, group, dates and, if the record has a role, the role."""
    good, found = await context.resolve_references(reads, member=(Actor, "member"), group=(Actor, "group"))
    names = ("member_id", "group_id", "valid_from", "valid_to", "role")
    members = {found["member"].row(read.record.member) for read in good}  # type: ignore[union-attr]
    query = select(*(getattr(Membership, name) for name in names))
    existing = {tuple(row) for row in await context.rows(query, Membership.member_id, members)}
    without_role = {one[:4] for one in existing}
    for read in good:
        record = read.record
        assert isinstance(record, records.Membership)
        member, group = found["member"].row(record.member), found["group"].row(record.group)
        identity = (member, group, record.valid_from, record.valid_to)
        if (*identity, record.role) in existing or (record.role is None and identity in without_role):
            context.report_match(read, None)
            continue
        command = CreateMembership(
            member_id=id_of(Actor, member),
            group_id=id_of(Actor, group),
            role=record.role,
            valid_from=record.valid_from,
            valid_to=record.valid_to,
        )
        await context.create(read, Membership, create_membership, command)
        existing.add((*identity, record.role))
        without_role.add(identity)
