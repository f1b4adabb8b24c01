"""The tables that hold somebody's work, and their rows as they stand.

Left out are secrets (tokens, and what revisions say of them), and what can be worked out anew: the words and trigrams
that things are found by, and columns that are copies for the sake of an order.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Select, Table, select

from api.exchange.exports.streams import ResultStreams
from api.exchange.records import Row
from api.security.visibility import Condition, Visibility, all_shown, visibility_of, visible
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
    # What is referred to comes before what refers to it; a project's current codebook is set behind the codebooks.
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
"""Columns that follow from others, and are worked out anew; the database's own computed ones are left out too."""
_DOCUMENT_BATCH_SIZE = 8


def columns_of(model: type[Base]) -> list[Column[Any]]:
    """The columns that are carried, in their order."""
    return [c for c in table_of(model).columns if c.computed is None and c.name not in DERIVED_COLUMNS]


def keys_of(table: Table) -> list[Column[Any]]:
    """The columns that a row is told by."""
    return list(table.primary_key.columns)


def query_of(model: type[Base]) -> Select[*tuple[Any, ...]]:
    """All rows with what is carried of them."""
    return select(*columns_of(model))


async def export_rows(streams: ResultStreams) -> AsyncIterator[Row]:
    """All rows that the viewer sees, table by table, each by its key."""
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
        # It tells how many are done with a statement, which is for those who see what they did.
        return all_shown(table.c.project_id, visibility)
    return visible(model, table.c, visibility)


async def _document_batches(
    streams: ResultStreams, query: Select[*tuple[Any, ...]], table: Table
) -> AsyncIterator[Sequence[Any]]:
    """Rows with long texts: the drivers hold more of a stream than should be held of these."""
    beyond = query = query.limit(_DOCUMENT_BATCH_SIZE)
    while batch := (await streams.connection.execute(beyond)).all():
        yield batch
        beyond = query.where(table.c.id > batch[-1].id)
