"""The tables that are exported without loss, and their rows as they are (ADR 0018).

Not exported are secrets (tokens and their revisions) and derived data (search entries, trigrams and sort columns).
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Select, Table, select

from api.exchange.exports.streams import ResultStreams
from api.exchange.records import Row
from api.security.visibility import Condition, Visibility, shows_all_stances, visibility_of, visible
from models import (
    Actor,
    ActorAlias,
    ActorAttribute,
    ActorRedirect,
    Adjudication,
    Annotator,
    Assignment,
    Base,
    Codebook,
    CodebookLabel,
    CodebookTarget,
    Document,
    DocumentAttribute,
    Membership,
    Project,
    ProjectMember,
    ProjectStatement,
    Relation,
    RelationEvidence,
    Revision,
    Stance,
    Statement,
    Topic,
    TopicAttribute,
)
from models.base import table_of

EXPORTED_TABLES: Mapping[str, type[Base]] = {
    # A table follows the tables that it refers to, except for a project's current codebook, which an import sets last.
    model.__tablename__: model
    for model in (
        Annotator,
        Actor,
        ActorAlias,
        ActorAttribute,
        ActorRedirect,
        Topic,
        TopicAttribute,
        Membership,
        Document,
        DocumentAttribute,
        Statement,
        Relation,
        RelationEvidence,
        Project,
        Codebook,
        CodebookLabel,
        CodebookTarget,
        ProjectMember,
        ProjectStatement,
        Assignment,
        Stance,
        Adjudication,
        Revision,
    )
}
DERIVED_COLUMNS = {"sort_name", "sort_title", "stated_on_sort"}
"""Columns that an import derives from others. Columns that the database computes are not exported either."""
_DOCUMENT_BATCH_SIZE = 8


def columns_of(model: type[Base]) -> list[Column[Any]]:
    """Return the exported columns, in order."""
    return [c for c in table_of(model).columns if c.computed is None and c.name not in DERIVED_COLUMNS]


def keys_of(table: Table) -> list[Column[Any]]:
    """Return the columns of the primary key."""
    return list(table.primary_key.columns)


def query_of(model: type[Base]) -> Select[*tuple[Any, ...]]:
    """Return a query of the exported columns of all rows."""
    return select(*columns_of(model))


async def export_rows(streams: ResultStreams) -> AsyncIterator[Row]:
    """Return all rows that the viewer may see, table by table, in the order of their keys."""
    for name, model in EXPORTED_TABLES.items():
        table = table_of(model)
        condition = _visible_rows(model, table, visibility_of(streams.viewer))
        query = query_of(model).order_by(*keys_of(table))
        query = query if condition is None else query.where(condition)
        async for batch in _document_batches(streams, query, table) if model is Document else streams.batches(query):
            for row in batch:
                yield Row(name, row._mapping)


def _visible_rows(model: type[Base], table: Table, visibility: Visibility) -> Condition | None:
    if model is ProjectStatement:
        # Its counts of finished annotators are for viewers that see the stances of all.
        return shows_all_stances(table.c.project_id, visibility)
    return visible(model, table.c, visibility)


async def _document_batches(
    streams: ResultStreams, query: Select[*tuple[Any, ...]], table: Table
) -> AsyncIterator[Sequence[Any]]:
    """Return rows with long texts in small pages, since drivers buffer many rows of a stream."""
    page = query = query.limit(_DOCUMENT_BATCH_SIZE)
    while batch := (await streams.connection.execute(page)).all():
        yield batch
        page = query.where(table.c.id > batch[-1].id)
