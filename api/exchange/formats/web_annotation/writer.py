"""Writes a collection of annotations: one for each statement, with a body for each stance."""

import asyncio
import datetime as dt
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from api.exchange.format import Options, RecordSource
from api.exchange.formats.lib.batches import batches, each_batch
from api.exchange.formats.lib.spill_store import SpillStore, spill_store
from api.exchange.formats.lib.text_offsets import surrogate_pairs, utf16_offset
from api.exchange.formats.web_annotation.vocabulary import CONTEXT, URN
from api.exchange.records import Actor, Document, Stance, Statement, Topic

Object = Mapping[str, Any]


async def write(source: RecordSource, options: Options) -> AsyncIterator[bytes]:
    """Write an AnnotationCollection with all annotations on one page, in the order of the documents."""
    with spill_store() as spill:
        await _spill(spill, source)
        yield f'{{"@context": {_json(CONTEXT)}, "id": "{URN}collection", "type": "AnnotationCollection"'.encode()
        writer = _AnnotationWriter(spill, in_utf16=options.get("unit") == "utf16")
        async for piece in _write_items(writer, source, with_texts=options.get("texts") == "yes"):
            yield piece
        yield b"]}}\n"


async def _spill(spill: SpillStore, source: RecordSource) -> None:
    async for actors in batches(source.actors()):
        spill.put("actor", [(actor.key, _actor(actor)) for actor in actors])
    async for topics in batches(source.topics()):
        spill.put("topic", [(topic.key, _topic(topic)) for topic in topics])
    async for stances in batches(source.stances()):
        spill.put("stance", [(stance.statement, _stance_members(stance)) for stance in stances])


async def _write_items(writer: "_AnnotationWriter", source: RecordSource, with_texts: bool) -> AsyncIterator[bytes]:
    before = b', "documents": [\n'
    async for documents in batches(source.documents(), size=8):
        texts = await asyncio.to_thread(writer.documents, documents)
        for text in texts if with_texts else ():
            yield before + text
            before = b",\n"
    yield b"]" if before == b",\n" else b""
    before = f', "first": {{"id": "{URN}page/1", "type": "AnnotationPage", "startIndex": 0, "items": [\n'.encode()
    yield before
    before = b""
    async for texts in each_batch(source.statements(), writer.statements):
        yield before + b",\n".join(texts)
        before = b",\n"


class _AnnotationWriter:
    """Converts records to annotations, looking up what they refer to in a spill store."""

    def __init__(self, spill: SpillStore, in_utf16: bool) -> None:
        self._spill, self._in_utf16 = spill, in_utf16

    def documents(self, documents: Sequence[Document]) -> list[bytes]:
        """Return documents as JSON, and store what annotations need of them."""
        self._spill.put("document", ((d.key, {"url": d.url}) for d in documents))
        if self._in_utf16:
            self._spill.put("pairs", ((d.key, found) for d in documents if (found := surrogate_pairs(d.text))))
        return [_json(self._document(document)).encode() for document in documents]

    def _document(self, document: Document) -> Object:
        return _without_nulls(
            id=document.url or URN + document.key,
            document=document.key,
            type="Text",
            format="text/plain",
            language=document.language,
            title=document.title,
            publisher=self._spill.get("actor", document.publisher),
            publishedOn=_day(document.published_on),
            attributes=dict(document.attributes) or None,
            value=document.text,
        )

    def statements(self, statements: Sequence[Statement]) -> list[bytes]:
        """Return statements as annotations in JSON."""
        return [_json(self._annotation(statement)).encode() for statement in statements]

    def _annotation(self, statement: Statement) -> Object:
        bodies = [self._body(stance) for stance in self._spill.all("stance", statement.key)]
        return _without_nulls(
            id=URN + statement.key,
            type="Annotation",
            motivation="classifying" if bodies else "highlighting",
            body=bodies or None,
            target={"source": self._source(statement.document), "selector": self._selectors(statement)},
            statement=_without_nulls(
                document=statement.document,
                speaker=self._spill.get("actor", statement.speaker),
                kind=statement.kind.value,
                statedOn=_day(statement.stated_on),
                reportedBy=self._spill.get("actor", statement.reported_by),
            ),
        )

    def _source(self, document: str) -> str:
        stored = self._spill.get("document", document) or {}
        return stored.get("url") or URN + document

    def _selectors(self, statement: Statement) -> list[Object]:
        start, end = statement.start, statement.end
        if self._in_utf16 and (found := self._spill.get("pairs", statement.document)):
            start, end = utf16_offset(found, start), utf16_offset(found, end)
        quote = _without_nulls(
            type="TextQuoteSelector", exact=statement.exact, prefix=statement.prefix, suffix=statement.suffix
        )
        return [quote, {"type": "TextPositionSelector", "start": start, "end": end}]

    def _body(self, stance: dict[str, Any]) -> Object:
        holder = self._spill.get("actor", stance["holder"])
        target = self._spill.get(stance.pop("kind"), stance["target"])
        members = {**stance, "holder": holder, "target": target}
        annotator = members.pop("annotator")
        return {
            "type": "TextualBody",
            "purpose": "classifying",
            "format": "text/plain",
            "value": f"{_name(holder)}: {stance['label']} {_name(target)}",
            "creator": {"type": "Person", "name": annotator},
            "stance": _without_nulls(**members),
        }


def _actor(actor: Actor) -> Object:
    return {"type": "Actor", "slug": actor.key, "name": actor.name, "kind": actor.kind.value}


def _topic(topic: Topic) -> Object:
    return {"type": "Topic", "slug": topic.key, "name": topic.name}


def _stance_members(stance: Stance) -> Object:
    return {
        "holder": stance.holder,
        "kind": "topic" if stance.target_actor is None else "actor",
        "target": stance.target_actor or stance.target_topic,
        "label": stance.label.value,
        "intensity": stance.intensity,
        "confidence": stance.confidence,
        "rationale": stance.rationale,
        "project": stance.project,
        "annotator": stance.annotator,
    }


def _name(named: Object | None) -> str:
    return "" if named is None else str(named["name"])


def _without_nulls(**members: object) -> Object:
    """Return an object of the members that are not None."""
    return {name: value for name, value in members.items() if value is not None}


def _day(day: dt.date | None) -> str | None:
    return None if day is None else day.isoformat()


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
