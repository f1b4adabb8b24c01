"""Converts texts with marked spans, as tools for language annotation write them, to statements and stances (ADR 0019).

Such tools have no speakers and targets. Speaker, holder, target and label are read from fields of the mark or, if the
mark lacks the field, of the whole text. The label of a mark takes precedence over the stance of the whole text. Options
name the fields; an option that begins with = is a value for all.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from api.exchange.format import NO_ITEMS, Adjusted, Invalid, Items, Option, Options, Parsed, ParseEvents, Skipped
from api.exchange.formats.lib.annotator_names import ANNOTATOR, ANNOTATOR_MAP
from api.exchange.formats.lib.label_words import LABEL_MAP, StanceLabels
from api.exchange.formats.lib.quote_search import Quotes, Span, format_places
from api.exchange.records import Actor, Annotator, Attributes, Document, Record, Stance, Statement, Topic
from models import ActorKind, StanceLabel

Fields = Mapping[str, str]
TEXT_OPTIONS = (
    Option("text", "The field that holds the text.", default="text"),
    Option("title", "The field that holds its title.", default="title"),
    Option("url", "The field that holds its address.", default="url"),
    Option("date", "The field that holds its date.", default="date"),
    Option("language", "The language of the texts, a BCP 47 tag.", default="und"),
    Option("speaker", "The field of the speaker, or =NAME.", default="speaker"),
    Option("holder", "The field of the stance's holder, or =NAME; by default the speaker.", default="holder"),
    Option("target", "The field of the target, or =NAME.", default="target"),
    Option("target-type", "The type of targets.", ("topic", "actor"), "topic"),
    Option("stance", "The field of the stance's label; by default the label of the mark.", default="stance"),
    LABEL_MAP,
    Option("rationale", "The field of the rationale.", default="rationale"),
    Option("intensity", "The field of a mark's intensity, 1 to 3; = for none.", default="intensity"),
    Option("confidence", "The field of a mark's confidence, 0 to 1; = for none.", default="confidence"),
    Option("actor-kind", "The kind of actors that are created.", tuple(ActorKind), ActorKind.ORGANIZATION),
    ANNOTATOR,
    ANNOTATOR_MAP,
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A marked span of a text, or the whole text if `span` is None."""

    key: str
    annotator: str
    span: tuple[int, int] | None = None
    exact: str | None = None
    """The words of the span, if the file has them."""
    labels: Sequence[str] = ()
    fields: Fields = field(default_factory=dict)
    items: Items = field(default_factory=dict)
    whole: Fields = field(default_factory=dict)
    """Fields by the annotator for the whole text, used if the mark lacks the field."""


@dataclass(frozen=True, slots=True)
class MarkedText:
    """A text with its marks."""

    place: int
    key: str
    text: str
    fields: Fields
    marks: Sequence[Mark]
    items: Items = field(default_factory=dict)

    def within(self, mark: Mark) -> str:
        """Return the beginning of a message on a mark: its key without the key of the text."""
        where = mark.key.removeprefix(self.key).removeprefix(", ")
        return f"{where}: " if where else ""


_STANCE_FIELDS = ("holder", "target", "rationale", "intensity", "confidence")
_MARK_FIELDS = ("speaker", "stance", *_STANCE_FIELDS)
_WITH_INTENSITY = (StanceLabel.SUPPORT, StanceLabel.OPPOSE)


class InvalidMark(Exception):
    """A text or mark that cannot be read, while others can."""


@dataclass(slots=True)
class MarkedTexts:
    """Converts marked texts to records, as the options say."""

    options: Options
    utf16: bool
    """True if positions count UTF-16 units."""
    mentioned: set[Record] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    labels: StanceLabels = field(init=False)

    def __post_init__(self) -> None:
        self.labels = StanceLabels.from_options(self.options)

    def unique_key(self, key: str, place: int) -> str:
        """Return a unique key for a text: `key`, or a variant if another text has it, as in a file of two projects."""
        found = key if key not in self.keys else f"{key} (number {place})"
        self.keys.add(found)
        return found

    @property
    def fields_of_marks(self) -> frozenset[str]:
        """The fields that are read from marks."""
        return frozenset(map(self._field, _MARK_FIELDS))

    @property
    def fields_of_texts(self) -> frozenset[str]:
        """The fields that are read from texts, for all marks in a text."""
        return frozenset(map(self._field, ("text", "title", "url", "date", "speaker", "holder", "target")))

    @property
    def fields_of_stances(self) -> frozenset[str]:
        """The fields that are read from marks alone."""
        return self.fields_of_marks - self.fields_of_texts

    @property
    def stance_field(self) -> str:
        """The field of the stance's label."""
        return self._field("stance")

    def has_stance(self, labels: Sequence[str]) -> bool:
        """Return True if one of the labels of a mark is a stance."""
        return any(self.labels.of(label) is not None for label in labels)

    def records(self, marked: MarkedText) -> ParseEvents:
        """Return the document, and for each mark a statement with its stances."""
        place = marked.place
        try:
            document = self._document(marked)
        except InvalidMark as error:
            yield Invalid(
                place, "document", str(error), sum_items(marked.items, *(mark.items for mark in marked.marks))
            )
            return
        yield Parsed(place, document, marked.items)
        quotes = Quotes(marked.text)
        for mark in marked.marks:
            try:
                pieces = list(self._of_mark(marked, mark, quotes, document.published_on))
            except InvalidMark as error:
                yield Invalid(place, "statement", f"{marked.within(mark)}{error}", mark.items)
            else:
                yield from pieces

    def _of_mark(self, marked: MarkedText, mark: Mark, quotes: Quotes, day: dt.date | None) -> ParseEvents:
        """Return the statement and the stances of a mark. The first stance, or the statement, accounts for the mark."""
        span, adjustment = self._span(mark, quotes)
        speaker = self._value("speaker", marked, mark)
        if speaker is None:
            raise InvalidMark(f"{self._lacks('speaker')}: name another field by --speaker, or the speaker by =NAME")
        exact = marked.text[slice(*span)]
        statement = Statement(mark.key, marked.key, speaker, *span, exact=exact, stated_on=day)
        labels = self._labels(marked, mark)
        stances = [self._stance(marked, mark, statement, label) for label in labels]
        yield from self._mention(marked.place, self._actor(speaker))
        yield Parsed(marked.place, statement, NO_ITEMS if stances else mark.items)
        if adjustment is not None:
            yield Adjusted(marked.place, f"{marked.within(mark)}{adjustment}")
        yield from self._unused_stances(marked, mark, labels)
        yield from self._left_out(marked, mark, labels)
        for number, stance in enumerate(stances):
            yield from self._named(marked.place, stance)
            yield Parsed(marked.place, stance, NO_ITEMS if number else mark.items)

    def _document(self, marked: MarkedText) -> Document:
        named = {name: marked.fields.get(self._field(name)) for name in ("title", "url", "date")}
        if not marked.text.strip():
            raise InvalidMark("the text is empty")
        url = named["url"] if named["url"] and named["url"].startswith(("http://", "https://")) else None
        taken = {self._field(name) for name in ("title", "date", "speaker", "holder", "target", "stance", "rationale")}
        return Document(
            marked.key,
            named["title"] or _title_of(marked.text),
            marked.text,
            self.options.get("language") or "und",
            url=url,
            published_on=_day(named["date"]) if named["date"] else None,
            attributes=_attributes(marked.fields, taken | ({self._field("url")} if url else set())),
        )

    def _span(self, mark: Mark, quotes: Quotes) -> tuple[Span, str | None]:
        """Return the span of a mark, and how it differs from the mark's position, if it does."""
        if mark.span is None:
            return (0, quotes.positions.length), None
        span = quotes.positions.span(*mark.span, utf16=self.utf16)
        if mark.exact is None:
            if span is None:
                raise InvalidMark(_no_such_span(quotes, mark.span))
            return span, None
        if span is not None and quotes.text[slice(*span)] == mark.exact:
            return span, None
        return self._by_words(mark.span, mark.exact, span, quotes)

    def _by_words(
        self, said: tuple[int, int], exact: str, span: Span | None, quotes: Quotes
    ) -> tuple[Span, str | None]:
        """Return the span of the words of a mark that are not at its position, and how it differs from that."""
        single_breaks = quotes.counting_breaks_once(*said, self.utf16, exact)
        if single_breaks is not None:
            return single_breaks, "its position counts each line break of the text (CRLF) as one character"
        spans = quotes.spans(exact)
        other = quotes.positions.span(*said, utf16=not self.utf16)
        fits = other is not None and quotes.text[slice(*other)] == exact
        hint = f" (--unit {'code-point' if self.utf16 else 'utf16'} would fit)" if fits else ""
        places = [(self._counted(start, quotes), self._counted(end, quotes)) for start, end in spans]
        if len(spans) == 1:
            alike = quotes.text[slice(*spans[0])] == exact
            return spans[0], f"{_where(places[0], said, alike)}: the statement is imported there{hint}"
        there = (
            _no_such_span(quotes, said)
            if span is None
            else f"from {said[0]} to {said[1]} the text has {_abbreviated(quotes.text[slice(*span)])}"
        )
        also = f", which the text has at {format_places(places)}" if spans else ""
        raise InvalidMark(f"{there}; the mark says {_abbreviated(exact)}{also}{hint}")

    def _counted(self, position: int, quotes: Quotes) -> int:
        """Return a position in the unit of the file."""
        return quotes.positions.utf16(position) if self.utf16 else position

    def _stance(self, marked: MarkedText, mark: Mark, statement: Statement, label: StanceLabel) -> Stance:
        target = self._value("target", marked, mark)
        if target is None:
            raise InvalidMark(f"{self._lacks('target')}: name another field by --target, or the target by =NAME")
        to_actor = self.options.get("target-type") == "actor"
        return Stance(
            statement.key,
            self._value("holder", marked, mark) or statement.speaker,
            label,
            mark.annotator,
            target_actor=target if to_actor else None,
            target_topic=None if to_actor else target,
            intensity=cast(int | None, self._number("intensity", mark, 1, 3)) if label in _WITH_INTENSITY else None,
            confidence=self._number("confidence", mark, 0, 1),
            rationale=self._value("rationale", marked, mark),
        )

    def _named(self, place: int, stance: Stance) -> Iterator[Parsed]:
        """Return the actors, the topic and the annotator of a stance that were not returned before."""
        yield from self._mention(place, self._actor(stance.holder))
        if stance.target_actor is not None:
            yield from self._mention(place, self._actor(stance.target_actor))
        if stance.target_topic is not None:
            yield from self._mention(place, Topic(stance.target_topic, stance.target_topic, implied=True))
        yield from self._mention(place, Annotator(stance.annotator))

    def _labels(self, marked: MarkedText, mark: Mark) -> list[StanceLabel]:
        """Return the labels of a mark's stances: by its field, else by its labels, else by the field of the text.

        Several labels contradict each other, which the import handles.
        """
        said = self._value("stance", marked, mark)
        if said is None or (self.has_stance(mark.labels) and not self._own(self.stance_field, mark)):
            labels = (self.labels.of(text) for text in mark.labels)
            return list(dict.fromkeys(label for label in labels if label is not None))
        found = [self.labels.of(each) for each in said.splitlines()]
        if None not in found or self.labels.is_ignored(said):
            return list(dict.fromkeys(label for label in found if label is not None))
        raise InvalidMark(
            f"no stance is called {_abbreviated(said)}: there are {', '.join(StanceLabel)};"
            f" map it by --label-map {_abbreviated(said)[1:-1]}=SUPPORT"
        )

    def _unused_stances(self, marked: MarkedText, mark: Mark, labels: Sequence[StanceLabel]) -> Iterator[Adjusted]:
        """Return notes on labels that are not used, since a field or label with precedence has another stance."""
        name, where = self.stance_field, marked.within(mark)
        if name.startswith("=") or not self.has_stance(mark.labels):
            return
        own, of_text = mark.fields.get(name), marked.fields.get(name)
        other = [text for text in mark.labels if self.labels.of(text) not in (None, *labels)]
        if own and other:
            why = f"its field {name!r} says {_abbreviated(own)}"
            yield Adjusted(marked.place, f"{where}its label {', '.join(map(_abbreviated, other))} is not used: {why}")
        if not own and of_text and self.labels.of(of_text) not in labels:
            why = "it has a label of its own"
            yield Adjusted(
                marked.place, f"{where}the text's field {name!r} says {_abbreviated(of_text)}, which is not used: {why}"
            )

    def _left_out(self, marked: MarkedText, mark: Mark, labels: Sequence[StanceLabel]) -> Iterator[Skipped]:
        """Return notes on what is not imported of a mark: unknown labels, and fields of stances without a stance."""
        where = marked.within(mark)
        unknown = [text for text in mark.labels if self.labels.of(text) is None and not self.labels.is_ignored(text)]
        if unknown:
            hint = f" (map it by --label-map {unknown[0]}=SUPPORT)" if unknown[0].isdecimal() else ""
            yield Skipped(marked.place, f"{where}no stance is called {', '.join(map(_abbreviated, unknown))}{hint}")
        fields = {**mark.whole, **mark.fields}
        names = [self._field(name) for name in _STANCE_FIELDS if fields.get(self._field(name))]
        if names and not labels:
            yield Skipped(
                marked.place, f"{where}it has no stance, so its {', '.join(map(repr, names))} is not imported"
            )
        elif self._field("intensity") in names and not set(labels) & set(_WITH_INTENSITY):
            yield Skipped(marked.place, f"{where}{labels[0]} has no intensity, so its intensity is not imported")

    def _number(self, name: str, mark: Mark, minimum: int, maximum: int) -> float | None:
        """Return the number in a field of a mark; None if the field is empty.

        :raises InvalidMark: if the field has no number, or one out of bounds.
        """
        named = self._field(name)
        text = self._own(named, mark) or mark.whole.get(named)
        if not text or not text.strip():
            return None
        try:
            number = float(text)
        except ValueError:
            number = maximum + 1.0
        whole = name == "intensity"
        if not minimum <= number <= maximum or (whole and number != int(number)):
            right = f"{named!r} must be a {'whole ' if whole else ''}number from {minimum} to {maximum}"
            raise InvalidMark(f"{right}, not {_abbreviated(text)} (--{name} = leaves it out)")
        return int(number) if whole else number

    def _field(self, name: str) -> str:
        return self.options.get(name) or name

    def _value(self, name: str, marked: MarkedText, mark: Mark) -> str | None:
        named = self._field(name)
        found = self._own(named, mark) or mark.whole.get(named) or marked.fields.get(named)
        return found.strip() or None if found else None

    @staticmethod
    def _own(named: str, mark: Mark) -> str | None:
        """Return the value of a mark's field, or the value for all if the option is one."""
        return named[1:] if named.startswith("=") else mark.fields.get(named)

    def _lacks(self, name: str) -> str:
        return f"there is no field {self._field(name)!r} for the {name}"

    def _actor(self, name: str) -> Actor:
        return Actor(name, name, ActorKind(self.options.get("actor-kind") or ActorKind.ORGANIZATION), implied=True)

    def _mention(self, place: int, *records: Actor | Topic | Annotator) -> Iterator[Parsed]:
        """Return the records that no earlier call returned."""
        for record in records:
            if record not in self.mentioned:
                self.mentioned.add(record)
                yield Parsed(place, record)


def sum_items(*several: Items) -> Items:
    """Return the sums of source items by kind."""
    summed: Counter[str] = Counter()
    for items in several:
        summed.update(items)
    return summed


def plain_fields(values: Mapping[str, object], *left_out: str) -> dict[str, str]:
    """Return the texts, numbers and Booleans among the members of a text, as texts."""
    return {
        name: str(value)
        for name, value in values.items()
        if isinstance(value, str | int | float) and name not in left_out and str(value).strip()
    }


def _attributes(fields: Fields, taken: set[str]) -> Attributes:
    return tuple((name[:300], value) for name, value in fields.items() if name not in taken and name.strip())


def _title_of(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else line[:77] + "..."


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text.strip()[:10])
    except ValueError:
        raise InvalidMark(f"{_abbreviated(text)} is no date such as 2024-11-29") from None


def _no_such_span(quotes: Quotes, span: tuple[int, int]) -> str:
    return f"the text of {quotes.positions.length} characters has no span from {span[0]} to {span[1]}"


def _where(found: Span, said: Span, alike: bool) -> str:
    """Return where the words of a mark are, in the unit of the file."""
    if not alike:
        return f"its words are at {found[0]}, with other white space"
    if found[0] == said[0]:
        return f"its words end at {found[1]}, not at {said[1]}"
    return f"its words are at {found[0]}, not at {said[0]}"


def _abbreviated(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")
