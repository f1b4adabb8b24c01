"""Reads records for an export from one snapshot of the database, as far as the caller may see them (ADR 0018)."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from api.database.database import Database
from api.errors import BadArgument
from api.exchange import records
from api.exchange.exports import table_rows
from api.exchange.exports.filter_conditions import FilterConditions
from api.exchange.exports.filters import Filters, parse_filters
from api.exchange.exports.streams import ResultStreams
from api.ids import global_id
from api.security.viewer import Viewer
from api.security.visibility import VIEWER, caller, visibility_of
from api.services import actors, relations, topics
from models import (
    Actor,
    ActorAlias,
    ActorAttribute,
    Annotator,
    Document,
    DocumentAttribute,
    Membership,
    Project,
    Relation,
    RelationEvidence,
    Stance,
    Statement,
    Topic,
    TopicAttribute,
)
from models.base import table_of

_DOCUMENT_BATCH_SIZE = 8
"""Number of documents in memory at once, since their texts are long."""


@asynccontextmanager
async def open_source(
    database: Database, viewer: Viewer, filters: Iterable[tuple[str, str]], timeout_ms: int = 0
) -> AsyncIterator["DatabaseSource"]:
    """Open a snapshot of the database as a source of records, until the end of the block.

    :raises BadArgument: if a filter is unknown, or its value names no row.
    :raises Unavailable, TimedOut: if the database cannot be reached or takes longer than `timeout_ms`.
    """
    async with database.snapshot(timeout_ms) as connection:
        source = DatabaseSource(connection, viewer, await parse_filters(connection, filters))
        try:
            yield source
        finally:
            # An export that failed leaves streams open.
            await source.streams.close()


class DatabaseSource:
    """A `RecordSource` of the records that a viewer may see and that match the filters."""

    def __init__(self, connection: AsyncConnection, viewer: Viewer, filters: Filters) -> None:
        self._connection, self._viewer, self._filters = connection, viewer, filters
        self._conditions = FilterConditions(filters, visibility_of(viewer))
        self.streams = ResultStreams(connection, viewer)

    async def actors(self) -> AsyncIterator[records.Actor]:
        """Return all actors, as `RecordSource.actors`."""
        names = actors.FIELDS.created
        query = select(Actor.id, *(getattr(Actor, name) for name in names)).order_by(Actor.slug)
        async for batch in self.streams.batches(query):
            keys = [row.id for row in batch]
            aliases, attributes = await self._aliases(keys), await self._attributes(ActorAttribute.actor_id, keys)
            for row in batch:
                more: dict[str, Any] = {
                    "aliases": tuple(aliases.get(row.id, ())),
                    "attributes": attributes.get(row.id, ()),
                }
                yield records.Actor(key=row.slug, **more, **{name: getattr(row, name) for name in names})

    async def _aliases(self, keys: list[UUID]) -> Mapping[UUID, list[records.Alias]]:
        query = select(ActorAlias).where(ActorAlias.actor_id.in_(keys))
        found: dict[UUID, list[records.Alias]] = {}
        for row in await self._connection.execute(query.order_by(ActorAlias.actor_id, ActorAlias.position)):
            found.setdefault(row.actor_id, []).append(records.Alias(row.name, row.language))
        return found

    async def _attributes(self, of: Any, keys: list[UUID]) -> Mapping[UUID, records.Attributes]:
        table, found = of.class_, dict[UUID, records.Attributes]()
        query = select(of, table.name, table.value).where(of.in_(keys)).order_by(of, table.position)
        for key, name, value in await self._connection.execute(query):
            found[key] = (*found.get(key, ()), (name, value))
        return found

    async def topics(self) -> AsyncIterator[records.Topic]:
        """Return all topics, as `RecordSource.topics`."""
        names = topics.FIELDS.created
        query = select(Topic.id, *(getattr(Topic, name) for name in names)).order_by(Topic.slug)
        async for batch in self.streams.batches(query):
            attributes = await self._attributes(TopicAttribute.topic_id, [row.id for row in batch])
            for row in batch:
                values = {name: getattr(row, name) for name in names}
                yield records.Topic(key=row.slug, attributes=attributes.get(row.id, ()), **values)

    async def memberships(self) -> AsyncIterator[records.Membership]:
        """Return memberships, as `RecordSource.memberships`."""
        member, group = (table_of(Actor).alias(name) for name in ("member", "group"))
        query = (
            select(member.c.slug, group.c.slug, Membership.role, Membership.valid_from, Membership.valid_to)
            .join(member, member.c.id == Membership.member_id)
            .join(group, group.c.id == Membership.group_id)
            .where(*self._conditions.memberships())
        )
        async for batch in self.streams.batches(query.order_by(Membership.id)):
            for row in batch:
                yield records.Membership(*row)

    async def relations(self) -> AsyncIterator[records.Relation]:
        """Return relations, as `RecordSource.relations`."""
        source, target = (table_of(Actor).alias(name) for name in ("source", "target"))
        names = relations.FIELDS.created
        ends = (source.c.slug.label("source"), target.c.slug.label("target"))
        query = (
            select(Relation.id, *ends, *(getattr(Relation, name) for name in names))
            .join(source, source.c.id == Relation.source_id)
            .join(target, target.c.id == Relation.target_id)
            .where(*self._conditions.relations())
        )
        async for batch in self.streams.batches(query.order_by(Relation.id)):
            evidence = await self._evidence([row.id for row in batch])
            for row in batch:
                values = {name: getattr(row, name) for name in ("source", "target", *names)}
                key = global_id("Relation", row.id)
                yield records.Relation(key=key, evidence=tuple(evidence.get(row.id, ())), **values)

    async def _evidence(self, keys: list[UUID]) -> Mapping[UUID, list[str]]:
        query = select(RelationEvidence).where(RelationEvidence.relation_id.in_(keys))
        found: dict[UUID, list[str]] = {}
        for row in await self._connection.execute(query.order_by(RelationEvidence.statement_id)):
            found.setdefault(row.relation_id, []).append(global_id("Statement", row.statement_id))
        return found

    async def documents(self) -> AsyncIterator[records.Document]:
        """Return documents, as `RecordSource.documents`."""
        names = ("title", "text", "language", "url", "published_on")
        query = (
            select(Document.id, Actor.slug, *(getattr(Document, name) for name in names))
            .join(Actor, Actor.id == Document.publisher_id, isouter=True)
            .where(*self._conditions.documents())
            .order_by(Document.id)
            .limit(_DOCUMENT_BATCH_SIZE)
        )
        page = query
        while batch := (await self._connection.execute(page, {VIEWER: caller(self._viewer)})).all():
            attributes = await self._attributes(DocumentAttribute.document_id, [row.id for row in batch])
            for row in batch:
                values = {name: getattr(row, name) for name in names}
                more = {"publisher": row.slug, "attributes": attributes.get(row.id, ())}
                yield records.Document(key=global_id("Document", row.id), **more, **values)
            page = query.where(Document.id > batch[-1].id)

    async def statements(self) -> AsyncIterator[records.Statement]:
        """Return statements, as `RecordSource.statements`, in the order of documents and positions."""
        speaker, reporter = (table_of(Actor).alias(name) for name in ("speaker", "reporter"))
        names = ("start", "end", "kind", "exact", "stated_on", "prefix", "suffix")
        slugs = (speaker.c.slug.label("speaker"), reporter.c.slug.label("reported_by"))
        query = (
            select(Statement.id, Statement.document_id, *slugs, *(getattr(Statement, name) for name in names))
            .join(speaker, speaker.c.id == Statement.speaker_id)
            .join(reporter, reporter.c.id == Statement.reported_by_id, isouter=True)
            .where(*self._conditions.statements())
        )
        async for batch in self.streams.batches(query.order_by(Statement.document_id, Statement.start, Statement.id)):
            for row in batch:
                values = {name: getattr(row, name) for name in ("speaker", "reported_by", *names)}
                key, document = global_id("Statement", row.id), global_id("Document", row.document_id)
                yield records.Statement(key=key, document=document, **values)

    async def stances(self) -> AsyncIterator[records.Stance]:
        """Return stances, as `RecordSource.stances`."""
        holder, target = (table_of(Actor).alias(name) for name in ("holder", "target"))
        names = ("label", "intensity", "confidence", "rationale")
        keys = {
            "holder": holder.c.slug,
            "target_actor": target.c.slug,
            "target_topic": Topic.slug,
            "annotator": Annotator.name,
            "project": Project.slug,
        }
        query: Select[*tuple[Any, ...]] = (
            select(
                Stance.statement_id,
                *(column.label(name) for name, column in keys.items()),
                *(getattr(Stance, name) for name in names),
            )
            .join(holder, holder.c.id == Stance.holder_id)
            .join(target, target.c.id == Stance.target_actor_id, isouter=True)
            .join(Topic, Topic.id == Stance.target_topic_id, isouter=True)
            .join(Annotator, Annotator.id == Stance.annotator_id)
            .join(Project, Project.id == Stance.project_id)
            .where(*self._conditions.stances())
        )
        async for batch in self.streams.batches(query.order_by(Stance.id)):
            for row in batch:
                values = {name: getattr(row, name) for name in (*keys, *names)}
                yield records.Stance(statement=global_id("Statement", row.statement_id), **values)

    async def rows(self) -> AsyncIterator[records.Row]:
        """Return rows, as `RecordSource.rows`.

        :raises BadArgument: if there are filters, since a part of the rows would have dangling references.
        """
        if self._filters != Filters():
            raise BadArgument("filter", "this format exports everything that you may see, and takes no filters")
        async for row in table_rows.export_rows(self.streams):
            yield row
