"""Imports statements that are given as quotations: finds each in the text of its document (ADR 0019)."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import select

from api.exchange.format import Parsed
from api.exchange.formats.lib.quote_search import Quotes
from api.exchange.imports.context import ImportContext
from api.exchange.imports.documents import import_statements
from api.exchange.records import Quotation, Statement
from api.services.anchors import TextAnchor, TextUnit, code_points, find
from api.services.outcome import Problems
from models import Document


async def import_quotations(context: ImportContext, reads: Sequence[Parsed]) -> None:
    """Import quotations as statements, each at its position or, if its words are not there, where its words are."""
    rows = await _resolve_documents(context, reads)
    found: list[Parsed] = []
    for row in dict.fromkeys(rows.values()):
        text = await context.session.scalar(select(Document.text).where(Document.id == row)) or ""
        for read in reads:
            record = read.record
            assert isinstance(record, Quotation)
            if rows.get(record.document) == row:
                found += _located(context, read, record, text)
    await import_statements(context, found)


async def _resolve_documents(context: ImportContext, reads: Sequence[Parsed]) -> Mapping[str, UUID]:
    """Return the document of each quotation, found by key or address; refuse quotations without a document."""
    addresses_by_key = {
        read.record.document: read.record.address for read in reads if isinstance(read.record, Quotation)
    }
    rows = dict((await context.keys.resolve(Document, addresses_by_key)).rows)
    of_address: dict[str | None, list[UUID]] = {}
    addresses = {url for name, url in addresses_by_key.items() if name not in rows and url is not None}
    for url, key in await context.rows(select(Document.url, Document.id), Document.url, addresses):
        of_address.setdefault(url, []).append(key)
    for name in addresses_by_key.keys() - rows.keys():
        several = of_address.get(addresses_by_key[name], ())
        if len(several) == 1:
            rows[name] = several[0]
            context.keys.register(Document, name, several[0])
    for read in reads:
        record = read.record
        assert isinstance(record, Quotation)
        if record.document not in rows:
            number = len(of_address.get(record.address, ()))
            why = f"{number} documents have the address" if number else "there is no document with the id or address"
            why = f"document: {why} {(record.address or record.document)[:200]!r}"
            context.refuse(read, context.refused_before(Document, record.document, "document") or why)
    return rows


def _located(context: ImportContext, read: Parsed, record: Quotation, text: str) -> list[Parsed]:
    problems = Problems()
    anchor = TextAnchor(
        exact=(record.exact if record.exact is not None else _text_of_span(record, text)) or "",
        prefix=record.prefix,
        suffix=record.suffix,
        start=record.start,
        end=record.end,
        unit=TextUnit.UTF16 if record.utf16 else TextUnit.CODE_POINT,
    )
    found = find(text, anchor, problems)
    span = _search_words(context, read.place, record, text) if found is None else (found.start, found.end)
    if span is None:
        context.refuse(read, "; ".join(error.message for error in problems.errors))
        return []
    statement = Statement(
        record.key,
        record.document,
        record.speaker,
        *span,
        record.kind,
        exact=text[slice(*span)],
        reported_by=record.reported_by,
        stated_on=record.stated_on,
    )
    return [Parsed(read.place, statement, read.items)]


def _search_words(context: ImportContext, place: int, record: Quotation, text: str) -> tuple[int, int] | None:
    """Return the only span with the words of a quotation that are not at its position; None if there are more or none.

    Notes in the report if the position of the statement differs from the position in the file.
    """
    if record.exact is None:
        return None
    quotes, has_context = Quotes(text), bool(record.prefix or record.suffix)
    spans = quotes.spans(record.exact, record.prefix or "", record.suffix or "")
    elsewhere = ""
    if not spans and has_context:
        spans, elsewhere = quotes.spans(record.exact), ", in another context"
    if len(spans) != 1:
        return None
    start, end = spans[0]
    blanks = "" if text[start:end] == record.exact else ", with other white space"
    first, last = (quotes.positions.utf16(place) if record.utf16 else place for place in (start, end))
    where = f"are at {first}" if record.start in (None, first) else f"are at {first}, not at {record.start}"
    if record.start == first and not blanks and not elsewhere:
        where = f"end at {last}, not at {record.end}"
    why = f"the words of {record.key!r} {where}{blanks}{elsewhere}: the statement is imported there"
    context.report.remark(place, "", why)
    return start, end


def _text_of_span(record: Quotation, text: str) -> str | None:
    """Return the text at the position of a quotation; None if the document has no such span."""
    start, end = record.start, record.end
    if start is None or end is None or not 0 <= start < end:
        return None
    if record.utf16:
        start, end = code_points(text, start), code_points(text, end)
    return None if start is None or end is None else text[start:end]
