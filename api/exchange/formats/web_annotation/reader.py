"""Reads annotations in collections, pages and plain lists, by this project and by other tools."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from api.exchange.format import Invalid, Items, Malformed, Options, Parsed, ParseEvents, Skipped
from api.exchange.formats.lib.annotator_names import ANNOTATOR, AnnotatorNames
from api.exchange.formats.lib.label_words import StanceLabels
from api.exchange.formats.lib.untrusted_json import describe_nested_members, first_character, first_member, json_items
from api.exchange.formats.web_annotation.hypothesis import account, annotation_of, is_row, skip_reason
from api.exchange.formats.web_annotation.vocabulary import URN
from api.exchange.records import Actor, Annotator, Document, Quotation, Record, Stance, Topic
from models import ActorKind, StanceLabel, StatementKind

_DOCUMENTS, _REPLIES = "documents.item", "replies.item"
_PLACES = ("item", "items.item", "first.items.item", "rows.item", "annotations.item")
_COLLECTIONS = ("documents", "items", "first", "rows", "annotations")
_KNOWN_MEMBERS = (
    *("@context", "id", "type", "motivation", "body", "bodyValue", "target", "creator", "generator", "audience"),
    *("rights", "via", "stylesheet", "statement", "tags", "references"),
    # Internal to hypothes.is:
    *("document", "links", "permissions", "user_info", "moderation", "mentions", "actions"),
)
"""Members that are read, or ignored without a note."""
Object = Mapping[str, Any]


def read(path: Path, options: Options) -> ParseEvents:
    """Read the annotations of a file, and the documents if it has any.

    :raises Malformed: if the file is not JSON, or contains no annotations.
    """
    sign = first_character(path)
    if sign not in ("{", "["):
        raise Malformed("not JSON: a collection or page of annotations begins with {, a list of annotations with [")
    reader, number = _AnnotationReader(options), 0
    for place, number, value in json_items(path, *_places(path, sign)):
        if not isinstance(value, dict):
            raise Malformed(f"item {number} must be an object, and is {_kind(value)}")
        if place == _DOCUMENTS:
            yield from reader.document(number, value)
        elif place == _REPLIES:
            yield Skipped(number, "replies to annotations are not imported", _items(value))
        else:
            yield from reader.annotation(number, value)
    if not number:
        raise Malformed(
            "there are no annotations: a collection has them in first.items, a page in items, hypothes.is in rows"
        )


def _places(path: Path, sign: str) -> tuple[str, ...]:
    """Return the paths of annotations in a file: in a list, in a member of an object, or the object itself."""
    alone = sign == "{" and first_member(path, *_COLLECTIONS) is None
    if alone and first_member(path, "target", "uri") is not None:
        return ("",)
    return (_DOCUMENTS, *_PLACES, _REPLIES)


def _items(annotation: Object) -> Items:
    """Return the source items of an annotation: itself and its bodies."""
    bodies = len(annotation_of(annotation)["body"])
    return {"annotation": 1, **({"body": bodies} if bodies else {})}


class _InvalidAnnotation(Exception):
    """A part of an annotation that cannot be read, while others can."""


@dataclass(slots=True)
class _AnnotationReader:
    options: Options
    mentioned: set[Record] = field(default_factory=set)
    labels: StanceLabels = field(init=False)
    users: AnnotatorNames = field(init=False)

    def __post_init__(self) -> None:
        self.labels = StanceLabels.from_options(self.options)
        self.users = AnnotatorNames.from_options("", {n: v for n, v in self.options.items() if n != ANNOTATOR.name})

    # ---------------------------------------------------------------- documents

    def document(self, place: int, value: Object) -> ParseEvents:
        """Return a document of the file, after its publisher."""
        try:
            publisher = self._named(value.get("publisher"), "publisher") if value.get("publisher") else None
            attributes = _object(value.get("attributes", {}), "attributes")
            document = Document(
                _text(value, "document") if "document" in value else _text(value, "id"),
                _text(value, "title") if "title" in value else _text(value, "id")[:300],
                _text(value, "value"),
                _text(value, "language") if "language" in value else "und",
                publisher=_key(publisher),
                url=_text(value, "id") if not _text(value, "id").startswith(URN) else None,
                published_on=_day(value.get("publishedOn"), "publishedOn"),
                attributes=tuple((name, _text(attributes, name)) for name in attributes),
            )
        except _InvalidAnnotation as error:
            yield Invalid(place, "document", str(error), _DOCUMENT)
            return
        yield from self._mention(place, publisher)
        yield Parsed(place, document, _DOCUMENT)

    # ---------------------------------------------------------------- annotations

    def annotation(self, place: int, value: Object) -> ParseEvents:
        """Return the statement of an annotation, and the stances in its bodies."""
        items = _items(value)
        if is_row(value) and (why := skip_reason(value)) is not None:
            yield Skipped(place, why, items)
            return
        value = annotation_of(value)
        try:
            statement, named = self._statement(place, value)
        except _InvalidAnnotation as error:
            yield Invalid(place, "statement", str(error), items)
            return
        yield from self._mention(place, *named)
        yield Parsed(place, statement, {"annotation": 1})
        for why in describe_nested_members(value, *_KNOWN_MEMBERS):
            yield Skipped(place, why)
        if isinstance(targets := value.get("target"), list) and len(targets) > 1:
            yield Skipped(place, "further targets of an annotation are not imported")
        yield from self._said(place, value["body"], statement, value.get("creator"))

    def _statement(self, place: int, value: Object) -> tuple[Quotation, list[Actor | Topic]]:
        said = _object(value.get("statement", {}), "statement")
        speaker = self._named(said.get("speaker", self.options.get("speaker")), "speaker")
        if speaker is None:
            raise _InvalidAnnotation("it has no speaker: name one by --speaker")
        reporter = self._named(said.get("reportedBy"), "reportedBy")
        target = value.get("target")
        target = target[0] if isinstance(target, list) and target else target
        source, key = _source(target), value.get("id")
        quotation = Quotation(
            key.removeprefix(URN) if isinstance(key, str) else f"annotation {place}",
            _text(said, "document") if "document" in said else source,
            speaker.key,
            address=source,
            kind=_member(StatementKind, said.get("kind", StatementKind.QUOTATION.value), "kind"),
            reported_by=_key(reporter),
            stated_on=_day(said.get("statedOn"), "statedOn"),
            utf16=self.options.get("unit") == "utf16",
            **_parse_selectors(target),
        )
        return quotation, [each for each in (speaker, reporter) if each is not None]

    def _said(self, place: int, bodies: Sequence[Any], statement: Quotation, creator: Any) -> ParseEvents:
        """Return the stances among bodies, each with its annotator's comments as rationale; skip all other bodies."""
        objects = [{"value": body} if isinstance(body, str) else body for body in bodies]
        comments: dict[str | None, list[str]] = {}
        for body in objects:
            if self._is_comment(body):
                comments.setdefault(self._annotator(body, creator), []).append(body["value"])
        for body in objects:
            if self._is_comment(body):
                continue
            own: list[str] = []
            try:
                own = comments.pop(self._annotator(body, creator), []) if self._lacks_rationale(body) else []
                yield from self._body(place, body, statement, creator, own)
            except _InvalidAnnotation as error:
                yield Invalid(place, "stance", str(error), {"body": 1 + len(own)})
        for several in comments.values():
            for text in several:
                yield Skipped(place, f"a body that is no stance is not imported: {_abbreviated(text)}", _BODY)

    def _is_stance(self, body: Any) -> bool:
        return isinstance(body, dict) and ("stance" in body or self._label(body) is not None)

    def _lacks_rationale(self, body: Any) -> bool:
        """Return True if a body is a stance without a rationale."""
        said = body.get("stance") if isinstance(body, dict) else None
        return self._is_stance(body) and not (isinstance(said, dict) and said.get("rationale"))

    def _is_comment(self, body: Any) -> bool:
        """Return True if a body is a comment: text that is no label."""
        if not isinstance(body, dict) or self._is_stance(body) or not isinstance(body.get("value"), str):
            return False
        return bool(body["value"].strip()) and body.get("purpose") in (None, *_COMMENTS)

    def _label(self, body: Object) -> StanceLabel | None:
        text = body.get("value")
        return self.labels.of(text) if isinstance(text, str) and body.get("purpose") not in _COMMENTS else None

    def _body(self, place: int, body: Any, statement: Quotation, creator: Any, comments: Sequence[str]) -> ParseEvents:
        body, items = _object(body, "body"), {"body": 1 + len(comments)}
        by, rationale = self._annotator(body, creator), "\n".join(comments) or None
        if "stance" in body:
            yield from self._stance(
                place, {"rationale": rationale, **_object(body["stance"], "stance")}, statement, by, items
            )
            return
        label, text = self._label(body), body.get("value")
        if label is None:
            yield Skipped(place, f"a body that is no stance is not imported: {_abbreviated(text)}", items)
            return
        target = self.options.get("target")
        if target is None:
            raise _InvalidAnnotation(f"{text!r} has no target: name one by --target")
        kind = "Topic" if self.options.get("target-type") != "actor" else "Actor"
        named = {"type": kind, "name": target}
        said = {"label": label.value, "target": named, "holder": statement.speaker, "rationale": rationale}
        yield from self._stance(place, said, statement, by, items)

    def _annotator(self, body: Any, creator: Any) -> str | None:
        """Return the annotator of a body: its creator, else the annotation's creator, else the option's annotator."""
        name = _creator(body.get("creator", creator) if isinstance(body, dict) else creator)
        if name is None:
            return self.options.get("annotator")
        return self.users.mapped.get(name) or self.users.annotator(account(name), name)

    def _stance(
        self, place: int, said: Object, statement: Quotation, annotator: str | None, items: Items
    ) -> ParseEvents:
        holder, target = self._named(said.get("holder"), "holder"), self._named(said.get("target"), "target")
        if holder is None or target is None:
            raise _InvalidAnnotation("a stance must have a holder and a target")
        if annotator is None:
            raise _InvalidAnnotation("it has no creator: name the annotator by --annotator")
        stance = Stance(
            statement.key,
            holder.key,
            _member(StanceLabel, said.get("label"), "label"),
            annotator,
            target_actor=target.key if isinstance(target, Actor) else None,
            target_topic=target.key if isinstance(target, Topic) else None,
            intensity=_number(said, "intensity", int),
            confidence=_number(said, "confidence", float),
            rationale=_text(said, "rationale") if said.get("rationale") is not None else None,
            project=_text(said, "project") if said.get("project") is not None else None,
        )
        yield from self._mention(place, holder, target, Annotator(annotator))
        yield Parsed(place, stance, items)

    def _named(self, value: Any, role: str) -> Actor | Topic | None:
        """Return the actor or topic that a name, a slug or an object describes; None for null."""
        if value is None:
            return None
        if isinstance(value, str):
            value = {"name": value}
        value = _object(value, role)
        slug = _text(value, "slug") if "slug" in value else None
        name = _text(value, "name") if "name" in value else slug
        if name is None:
            raise _InvalidAnnotation(f"{role}: neither a slug nor a name")
        if value.get("type") == "Topic":
            return Topic(slug or name, name, slug=slug, implied=True)
        kind = _member(ActorKind, value.get("kind", ActorKind.ORGANIZATION.value), f"{role}.kind")
        return Actor(slug or name, name, kind, slug=slug, implied=True)

    def _mention(self, place: int, *records: Actor | Topic | Annotator | None) -> Iterator[Parsed]:
        """Return the records that were not returned before."""
        for record in records:
            if record is not None and record not in self.mentioned:
                self.mentioned.add(record)
                yield Parsed(place, record)


# ---------------------------------------------------------------- parts

_DOCUMENT: Items = {"document": 1}
_BODY: Items = {"body": 1}
_COMMENTS = ("commenting", "describing")


def _key(named: Actor | Topic | None) -> str | None:
    return None if named is None else named.key


def _source(target: Any) -> str:
    if isinstance(target, str):
        return target
    source = _object(target, "target").get("source")
    source = source.get("id") if isinstance(source, dict) else source
    if not isinstance(source, str) or not source:
        raise _InvalidAnnotation("target.source must be the address or the id of a document")
    return source.removeprefix(URN)


def _parse_selectors(target: Any) -> dict[str, Any]:
    """Return the quote and the position of a target's selectors; selectors of other types are ignored."""
    selectors = target.get("selector", []) if isinstance(target, dict) else []
    found: dict[str, Any] = {}
    for each in selectors if isinstance(selectors, list) else [selectors]:
        selector = _object(each, "selector")
        if selector.get("type") == "TextQuoteSelector":
            found |= {"exact": _text(selector, "exact")}
            found |= {name: _text(selector, name) for name in ("prefix", "suffix") if selector.get(name) is not None}
        elif selector.get("type") == "TextPositionSelector":
            found |= {name: _number(selector, name, int) for name in ("start", "end")}
    if found.get("exact") is None and (found.get("start") is None or found.get("end") is None):
        raise _InvalidAnnotation(
            "target.selector must be a TextQuoteSelector or a TextPositionSelector, or have one among others"
        )
    return found


def _creator(value: Any) -> str | None:
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("name") or value.get("nickname") or value.get("id")
    return value if isinstance(value, str) and value else None


def _object(value: Any, name: str) -> Object:
    if not isinstance(value, dict):
        raise _InvalidAnnotation(f"{name} must be an object, and is {_kind(value)}")
    return value


def _text(value: Object, name: str) -> str:
    text = value.get(name)
    if not isinstance(text, str):
        raise _InvalidAnnotation(f"{name} must be a text, and is {_kind(text)}")
    return text


def _number(value: Object, name: str, kind: type) -> Any:
    number = value.get(name)
    if number is None:
        return None
    if isinstance(number, bool) or not isinstance(number, int if kind is int else int | float):
        raise _InvalidAnnotation(
            f"{name} must be a {'whole ' if kind is int else ''}number, and is {_abbreviated(number)}"
        )
    return kind(number)


def _day(value: Any, name: str) -> dt.date | None:
    if value is None:
        return None
    try:
        return dt.date.fromisoformat(value[:10])
    except (TypeError, ValueError):
        raise _InvalidAnnotation(f"{name} must be a date such as 2024-11-29, and is {_abbreviated(value)}") from None


def _member(values: Any, value: Any, name: str) -> Any:
    try:
        return values(value)
    except ValueError:
        raise _InvalidAnnotation(f"{name} must be one of {', '.join(values)}, and is {_abbreviated(value)}") from None


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "a truth value", type(None): "missing"}
    return names.get(type(value), "a number")


def _abbreviated(value: Any) -> str:
    text = repr(value) if isinstance(value, str | int | float) else _kind(value)
    return text if len(text) <= 60 else text[:57] + "..."
