"""Imports documents, and statements with their positions."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, literal, select

from api.exchange import records
from api.exchange.format import Parsed
from api.exchange.imports.context import (
    ImportContext,
    attributes_of,
    differences,
    differences_with_attributes,
    id_of,
    optional_id_of,
)
from api.exchange.row_lookup import id_in_key
from api.services.anchors import TextAnchor
from api.services.documents import CreateDocument, create_document
from api.services.statements import CreateStatement, create_statement
from models import Actor, Document, DocumentAttribute, Statement

_OF_DOCUMENT = ("title", "url", "language", "published_on")
_OF_STATEMENT = ("kind", "stated_on")


async def import_documents(context: ImportContext, reads: Sequence[Parsed]) -> None:
    """Import documents, matched by ID, or by text and either title or address."""
    good, found = await context.resolve_references(reads, publisher=(Actor, "publisher"))
    brought = await context.existing_ids(Document, good)
    hashes = {id(read): _hash(read) for read in good}
    columns = select(Document.id, Document.text_sha256, *(getattr(Document, name) for name in _OF_DOCUMENT))
    rows = [
        *await context.rows(columns, Document.text_sha256, set(hashes.values())),
        *await context.rows(columns, Document.id, set(brought.values())),
    ]
    there = {row.id: dict(row._mapping) for row in rows}
    attributes = await context.stored_attributes(DocumentAttribute.document_id, there)
    for read in good:
        record = read.record
        assert isinstance(record, records.Document)
        row = _matching_document(context, read, there, hashes[id(read)])
        if context.refuse_duplicate_key(read, Document, row):
            continue
        if row is not None and there[row]["text_sha256"] != hashes[id(read)]:
            why = "the document of this ID has another text in the database, and texts never change"
            context.refuse(read, why)
            continue
        if row is not None:
            context.register_match(
                read,
                Document,
                row,
                differences_with_attributes(record, there[row], attributes.get(row, ()), *_OF_DOCUMENT),
            )
            continue
        command = CreateDocument(
            publisher_id=optional_id_of(Actor, found["publisher"].row(record.publisher)),
            text=record.text,
            attributes=attributes_of(record),
            **{name: getattr(record, name) for name in _OF_DOCUMENT},
        )
        key = await context.create(read, Document, create_document, command)
        if key is not None:
            said = {name: getattr(record, name) for name in _OF_DOCUMENT}
            there[key], attributes[key] = {"id": key, "text_sha256": hashes[id(read)], **said}, set(record.attributes)


def _hash(read: Parsed) -> str:
    assert isinstance(read.record, records.Document)
    return hashlib.sha256(read.record.text.encode()).hexdigest()


def _matching_document(
    context: ImportContext, read: Parsed, there: Mapping[UUID, Mapping[str, Any]], sha256: str
) -> UUID | None:
    record = read.record
    assert isinstance(record, records.Document)
    brings = id_in_key(Document, record.key)
    if brings in there:
        return brings
    alike = (
        key
        for key, row in there.items()
        if row["text_sha256"] == sha256
        and (row["title"] == record.title or (record.url is not None and row["url"] == record.url))
    )
    return context.unclaimed(read, Document, alike)


async def import_statements(context: ImportContext, reads: Sequence[Parsed]) -> None:
    """Import statements, matched by document, span and speaker."""
    good, found = await context.resolve_references(
        reads, document=(Document, "document"), speaker=(Actor, "speaker"), reported_by=(Actor, "reported by")
    )
    documents_, speakers = found["document"].rows, found["speaker"].rows
    there = await _existing_statements(context, {documents_[read.record.document] for read in good}, good)  # type: ignore[union-attr]
    for read in good:
        record = read.record
        assert isinstance(record, records.Statement)
        place = (documents_[record.document], record.start, record.end, speakers[record.speaker])
        row = there.get(place)
        if context.refuse_duplicate_key(read, Statement, None if row is None else row["id"]):
            continue
        if row is not None:
            context.register_match(read, Statement, row["id"], differences(record, row, *_OF_STATEMENT))
            continue
        exact = record.exact
        if exact is None:
            exact = await _text_of_span(context, place[0], record.start, record.end)
        command = CreateStatement(
            document_id=id_of(Document, place[0]),
            speaker_id=id_of(Actor, place[3]),
            reported_by_id=optional_id_of(Actor, found["reported_by"].row(record.reported_by)),
            kind=record.kind,
            stated_on=record.stated_on,
            anchor=TextAnchor(exact=exact, start=record.start, end=record.end),
        )
        key = await context.create(read, Statement, create_statement, command)
        if key is not None:
            there[place] = {"id": key, **{name: getattr(record, name) for name in _OF_STATEMENT}}


async def _existing_statements(
    context: ImportContext, keys: set[UUID], reads: Sequence[Parsed]
) -> dict[tuple[UUID, int, int, UUID], Mapping[str, Any]]:
    """Return the statements in these documents that begin where the records do, by document, span and speaker."""
    columns = (Statement.document_id, Statement.start, Statement.end, Statement.speaker_id)
    query = select(*columns, Statement.id, *(getattr(Statement, name) for name in _OF_STATEMENT))
    starts = sorted({read.record.start for read in reads if isinstance(read.record, records.Statement)})
    rows = await context.rows(query.where(Statement.start.in_(starts)), Statement.document_id, keys)
    return {tuple(row[:4]): row._mapping for row in rows}


async def _text_of_span(context: ImportContext, document: UUID, start: int, end: int) -> str:
    """Return the text of a span; empty if the span is empty or negative."""
    if not 0 <= start < end:
        return ""
    piece = func.substr(Document.text, literal(start + 1), literal(end - start))
    return await context.session.scalar(select(piece).where(Document.id == document)) or ""
