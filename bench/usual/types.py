"""The types that the operations need: columns are attributes, edges are resolvers."""

import datetime as dt
from typing import Annotated, Any, Generic, TypeVar, Union
from uuid import UUID

import strawberry

import models
from bench.usual.context import Info
from models import ActorKind, RelationForm, RelationKind, StanceLabel, StatementKind

T = TypeVar("T")
Row = strawberry.Private[Any]

for _vocabulary in (ActorKind, RelationForm, RelationKind, StanceLabel, StatementKind):
    strawberry.enum(_vocabulary)


@strawberry.interface
class Node:
    """An object with a global ID."""

    id: strawberry.ID


@strawberry.type
class PageInfo:
    """The position of a page."""

    has_next_page: bool
    end_cursor: str | None


@strawberry.type
class Edge(Generic[T]):
    """An item of a list."""

    cursor: str
    node: T


@strawberry.type
class Connection(Generic[T]):
    """A page of a list."""

    edges: list[Edge[T]]
    page_info: PageInfo


@strawberry.type
class ActorAlias:
    """Another name of an actor."""

    name: str
    language: str | None
    script: str | None


@strawberry.type
class Annotator(Node):
    """An annotator."""

    name: str

    @classmethod
    def of(cls, row: models.Annotator) -> "Annotator":
        """Return the object for a row."""
        return cls(id=global_id("ann", row.id), name=row.name)


@strawberry.type
class Topic(Node):
    """A target that is not an actor."""

    slug: str
    name: str

    @classmethod
    def of(cls, row: models.Topic) -> "Topic":
        """Return the object for a row."""
        return cls(id=global_id("top", row.id), slug=row.slug, name=row.name)


@strawberry.type
class Actor(Node):
    """Anyone who acts or speaks."""

    row: Row
    slug: str
    name: str
    kind: ActorKind
    description: str | None
    country_code: str | None
    wikidata_id: str | None
    active_from: dt.date | None
    active_to: dt.date | None
    created_at: dt.datetime
    updated_at: dt.datetime
    version: int

    @classmethod
    def of(cls, row: models.Actor) -> "Actor":
        """Return the object for a row."""
        names = ("slug", "name", "kind", "description", "country_code", "wikidata_id", "active_from", "active_to")
        columns = {name: getattr(row, name) for name in (*names, "created_at", "updated_at", "version")}
        return cls(id=global_id("act", row.id), row=row, **columns)

    @strawberry.field
    async def aliases(self, info: Info) -> list[ActorAlias]:
        """Return the other names."""
        rows = await info.context.aliases.load(self.row.id)
        return [ActorAlias(name=row.name, language=row.language, script=row.script) for row in rows]

    @strawberry.field
    async def relations(self, info: Info, first: int = 20) -> Connection["Relation"]:
        """Return the actor's relations, latest first."""
        rows = await info.context.relations.load(self.row.id)
        return page([Relation.of(row) for row in rows[: first + 1]], first, "valid_from_sort")

    @strawberry.field
    async def statements(self, info: Info, first: int = 20) -> Connection["Statement"]:
        """Return the actor's statements, latest first."""
        rows = await info.context.statements.load((self.row.id, first + 1))
        return page([Statement.of(row) for row in rows], first, "stated_on_sort")


@strawberry.type
class Document(Node):
    """A text that contains statements."""

    title: str
    published_on: dt.date | None
    language: str

    @classmethod
    def of(cls, row: models.Document) -> "Document":
        """Return the object for a row."""
        return cls(id=global_id("doc", row.id), title=row.title, published_on=row.published_on, language=row.language)


@strawberry.type
class Relation(Node):
    """A dated relation between two actors."""

    row: Row
    kind: RelationKind
    form: RelationForm
    valid_from: dt.date | None
    valid_to: dt.date | None

    @classmethod
    def of(cls, row: models.Relation) -> "Relation":
        """Return the object for a row."""
        columns = {name: getattr(row, name) for name in ("kind", "form", "valid_from", "valid_to")}
        return cls(id=global_id("rel", row.id), row=row, **columns)

    @strawberry.field
    async def source(self, info: Info) -> Actor:
        """Return the source."""
        return Actor.of(await info.context.by_key[models.Actor].load(self.row.source_id))

    @strawberry.field
    async def target(self, info: Info) -> Actor:
        """Return the target."""
        return Actor.of(await info.context.by_key[models.Actor].load(self.row.target_id))


StanceTarget = Annotated[Union[Actor, Topic], strawberry.union("StanceTarget")]  # noqa: UP007 (Strawberry reads it so)


async def _target(info: Info, row: Any) -> Actor | Topic:
    """The target of stances."""
    if row.target_actor_id is not None:
        return Actor.of(await info.context.by_key[models.Actor].load(row.target_actor_id))
    return Topic.of(await info.context.by_key[models.Topic].load(row.target_topic_id))


@strawberry.type
class StanceCount:
    """The number of stances with one label towards one target."""

    row: Row
    label: StanceLabel
    count: int

    @strawberry.field
    async def target(self, info: Info) -> StanceTarget:
        """Return the target."""
        return await _target(info, self.row)


@strawberry.type
class Stance(Node):
    """An annotator's stance on a statement."""

    row: Row
    label: StanceLabel
    intensity: int | None
    confidence: float | None
    rationale: str | None
    created_at: dt.datetime
    version: int

    @classmethod
    def of(cls, row: models.Stance) -> "Stance":
        """Return the object for a row."""
        names = ("label", "intensity", "confidence", "rationale", "created_at", "version")
        return cls(id=global_id("stn", row.id), row=row, **{name: getattr(row, name) for name in names})

    @strawberry.field
    async def holder(self, info: Info) -> Actor:
        """Return the holder."""
        return Actor.of(await info.context.by_key[models.Actor].load(self.row.holder_id))

    @strawberry.field
    async def annotator(self, info: Info) -> Annotator:
        """Return the annotator."""
        return Annotator.of(await info.context.by_key[models.Annotator].load(self.row.annotator_id))

    @strawberry.field
    async def target(self, info: Info) -> StanceTarget:
        """Return the target."""
        return await _target(info, self.row)


@strawberry.type
class TextQuote:
    """A quote with its context."""

    exact: str
    prefix: str
    suffix: str


@strawberry.type
class Statement(Node):
    """A span of a document in which an actor says something."""

    row: Row
    kind: StatementKind
    stated_on: dt.date | None
    created_at: dt.datetime
    quote: TextQuote

    @classmethod
    def of(cls, row: models.Statement) -> "Statement":
        """Return the object for a row."""
        columns = {name: getattr(row, name) for name in ("kind", "stated_on", "created_at")}
        quote = TextQuote(exact=row.exact, prefix=row.prefix, suffix=row.suffix)
        return cls(id=global_id("stm", row.id), row=row, quote=quote, **columns)

    @strawberry.field
    async def speaker(self, info: Info) -> Actor:
        """Return the speaker."""
        return Actor.of(await info.context.by_key[models.Actor].load(self.row.speaker_id))

    @strawberry.field
    async def document(self, info: Info) -> Document:
        """Return the document."""
        return Document.of(await info.context.by_key[models.Document].load(self.row.document_id))

    @strawberry.field
    async def stances(self, info: Info, first: int = 20) -> Connection[Stance]:
        """Return the stances, in the order of recording."""
        rows = await info.context.stances.load(self.row.id)
        return page([Stance.of(row) for row in rows[: first + 1]], first, "created_at")

    @strawberry.field
    async def stance_counts(self, info: Info) -> list[StanceCount]:
        """Return the number of stances by target and label."""
        rows = await info.context.stance_counts.load(self.row.id)
        return [StanceCount(row=row, label=row.label, count=row.number) for row in rows]


def global_id(prefix: str, key: UUID) -> strawberry.ID:
    """Return the global ID of a row."""
    return strawberry.ID(f"{prefix}_{key}")


def page(nodes: list[T], first: int, order: str) -> Connection[T]:
    """Return the connection of a page, for which one node more than requested was read."""
    name = {"stated_on_sort": "STATED_ON", "valid_from_sort": "VALID_FROM", "created_at": "CREATED_AT"}[order]
    rows: list[Any] = [getattr(node, "row", None) for node in nodes[:first]]
    edges = [
        Edge(cursor=f"{name}.{getattr(row, order)}.{row.id}", node=node) for node, row in zip(nodes, rows, strict=False)
    ]
    info = PageInfo(has_next_page=len(nodes) > first, end_cursor=edges[-1].cursor if edges else None)
    return Connection(edges=edges, page_info=info)


OF = {
    models.Actor: Actor.of,
    models.Annotator: Annotator.of,
    models.Document: Document.of,
    models.Relation: Relation.of,
    models.Stance: Stance.of,
    models.Statement: Statement.of,
    models.Topic: Topic.of,
}
"""Functions that return the object for a row, by model."""
