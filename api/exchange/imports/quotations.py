"""Carries in statements whose places are yet to be found in the texts of their documents."""

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


async def import_quotations(entering: ImportContext, reads: Sequence[Parsed]) -> None:
    """As `statements`, once each is found; by its words alone where they do not stand at its position."""
    rows = await _resolve_documents(entering, reads)
    found: list[Parsed] = []
    for row in dict.fromkeys(rows.values()):
        text = await entering.session.scalar(select(Document.text).where(Document.id == row)) or ""
        for read in reads:
            record = read.record
            assert isinstance(record, Quotation)
            if rows.get(record.document) == row:
                found += _located(entering, read, record, text)
    await import_statements(entering, found)


async def _resolve_documents(entering: ImportContext, reads: Sequence[Parsed]) -> Mapping[str, UUID]:
    """The documents of all these; what has none is refused."""
    wanted = {read.record.document: read.record.address for read in reads if isinstance(read.record, Quotation)}
    rows = dict((await entering.keys.find(Document, wanted)).rows)
    of_address: dict[str | None, list[UUID]] = {}
    addresses = {url for name, url in wanted.items() if name not in rows and url is not None}
    for url, key in await entering.rows(select(Document.url, Document.id), Document.url, addresses):
        of_address.setdefault(url, []).append(key)
    for name in wanted.keys() - rows.keys():
        several = of_address.get(wanted[name], ())
        if len(several) == 1:
            rows[name] = several[0]
            entering.keys.learn(Document, name, several[0])
    for read in reads:
        record = read.record
        assert isinstance(record, Quotation)
        if record.document not in rows:
            number = len(of_address.get(record.address, ()))
            why = f"{number} documents have the address" if number else "there is no document with the id or address"
            why = f"document: {why} {(record.address or record.document)[:200]!r}"
            entering.refuse(read, entering.refused_before(Document, record.document, "document") or why)
    return rows


def _located(entering: ImportContext, read: Parsed, record: Quotation, text: str) -> list[Parsed]:
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
    span = _search_words(entering, read.place, record, text) if found is None else (found.start, found.end)
    if span is None:
        entering.refuse(read, "; ".join(error.message for error in problems.errors))
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


def _search_words(entering: ImportContext, place: int, record: Quotation, text: str) -> tuple[int, int] | None:
    """Where the words of a quotation are that are not where it says, if in one place alone."""
    if record.exact is None:
        return None
    quotes, has_context = Quotes(text), bool(record.prefix or record.suffix)
    spans = quotes.spans(record.exact, record.prefix or "", record.suffix or "")
    context = ""
    if not spans and has_context:
        spans, context = quotes.spans(record.exact), ", in another context"
    if len(spans) != 1:
        return None
    start, end = spans[0]
    blanks = "" if text[start:end] == record.exact else ", with other blanks or line breaks"
    first, last = (quotes.positions.utf16(place) if record.utf16 else place for place in (start, end))
    where = f"are at {first}" if record.start in (None, first) else f"are at {first}, not at {record.start}"
    if record.start == first and not blanks and not context:
        where = f"end at {last}, not at {record.end}"
    why = f"the words of {record.key!r} {where}{blanks}{context}: they are taken there"
    entering.report.remark(place, "", why)
    return start, end


def _text_of_span(record: Quotation, text: str) -> str | None:
    """What stands at the position; None where there is no such place."""
    start, end = record.start, record.end
    if start is None or end is None or not 0 <= start < end:
        return None
    if record.utf16:
        start, end = code_points(text, start), code_points(text, end)
    return None if start is None or end is None else text[start:end]
