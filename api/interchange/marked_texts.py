"""Texts with marked stretches, as annotation tools for language give them, in terms of statements and stances.

Such tools know of no speakers and targets. Who speaks, who holds a stance, towards what, and which stance it is, are
read from fields: of the marked stretch itself, where it has one of that name, else of the whole text. Which field that
is, the settings say; a setting that begins with = is a value for all.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from api.interchange.format import Option, Options, Passed, Read, Reading, Wrong
from api.interchange.labels import label_of
from api.interchange.positions import Positions
from api.interchange.records import Actor, Annotator, Attributes, Document, Record, Stance, Statement, Topic
from models import ActorKind, StanceLabel

Fields = Mapping[str, str]
OF_TEXTS = (
    Option("text", "The field that holds the text.", default="text"),
    Option("title", "The field that holds its title.", default="title"),
    Option("url", "The field that holds its address.", default="url"),
    Option("date", "The field that holds its date.", default="date"),
    Option("language", "The language of the texts, a BCP 47 tag.", default="und"),
    Option("speaker", "The field that says who speaks, or =NAME.", default="speaker"),
    Option(
        "holder",
        "The field that says whose stance it is, or =NAME; the speaker's where there is none.",
        default="holder",
    ),
    Option("target", "The field that says towards what, or =NAME.", default="target"),
    Option("target-type", "What targets are.", ("topic", "actor"), "topic"),
    Option(
        "stance", "The field that says which stance it is; the mark's own label where there is none.", default="stance"
    ),
    Option("rationale", "The field that says why.", default="rationale"),
    Option("actor-kind", "What actors are that are not known yet.", tuple(ActorKind), ActorKind.ORGANIZATION),
    Option("annotator", "Whose work it is, where that is not to be taken from the file."),
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of a text that somebody marked, or the whole text where it has no place."""

    key: str
    annotator: str
    span: tuple[int, int] | None = None
    exact: str | None = None
    """The words there, where the tool says them."""
    labels: Sequence[str] = ()
    fields: Fields = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Marked:
    """A text and what was marked in it."""

    place: int
    key: str
    text: str
    fields: Fields
    marks: Sequence[Mark]


class Unfit(Exception):
    """What cannot be read of a text, while others can."""


@dataclass(slots=True)
class MarkedTexts:
    """Turns marked texts into records, as the settings have it."""

    options: Options
    utf16: bool
    """Whether positions count UTF-16 units."""
    mentioned: set[Record] = field(default_factory=set)

    def records(self, marked: Marked) -> Reading:
        """The document, and a statement for each mark, with its stance where it is one."""
        place = marked.place
        try:
            document = self._document(marked)
        except Unfit as error:
            yield Wrong(place, "document", str(error))
            return
        yield Read(place, document)
        positions = Positions(marked.text)
        for mark in marked.marks:
            try:
                statement = self._statement(marked, mark, positions, document.published_on)
                said = list(self._said(marked, mark, statement))
            except Unfit as error:
                yield Wrong(place, "statement", f"{mark.key}: {error}")
                continue
            yield from self._mention(place, self._actor(statement.speaker))
            yield Read(place, statement)
            yield from said

    def _document(self, marked: Marked) -> Document:
        named = {name: marked.fields.get(self._field(name)) for name in ("title", "url", "date")}
        if not marked.text.strip():
            raise Unfit("the text is empty")
        url = named["url"] if named["url"] and named["url"].startswith(("http://", "https://")) else None
        taken = {self._field(name) for name in ("title", "date", "speaker", "holder", "target", "stance", "rationale")}
        return Document(
            marked.key,
            named["title"] or _beginning(marked.text),
            marked.text,
            self.options.get("language") or "und",
            url=url,
            published_on=_day(named["date"]) if named["date"] else None,
            attributes=_kept(marked.fields, taken | ({self._field("url")} if url else set())),
        )

    def _statement(self, marked: Marked, mark: Mark, positions: Positions, day: dt.date | None) -> Statement:
        span = (0, positions.length) if mark.span is None else positions.span(*mark.span, utf16=self.utf16)
        if span is None:
            start, end = mark.span or (0, 0)
            raise Unfit(f"the text of {positions.length} characters has no stretch from {start} to {end}")
        exact = marked.text[slice(*span)]
        if mark.exact is not None and mark.exact != exact:
            raise Unfit(f"there stands {_shown(exact)}, not {_shown(mark.exact)}: --unit says what positions count")
        speaker = self._value("speaker", marked, mark)
        if speaker is None:
            raise Unfit(f"{self._lacks('speaker')}: --speaker names another, or says who by =NAME")
        return Statement(mark.key, marked.key, speaker, *span, exact=exact, stated_on=day)

    def _said(self, marked: Marked, mark: Mark, statement: Statement) -> Iterator[Read | Passed]:
        """The stance of a mark, with what it names; where it is none, its labels are left out."""
        label = self._label(marked, mark)
        if label is None:
            if mark.labels:
                yield Passed(marked.place, f"{mark.key}: no stance is called {', '.join(map(_shown, mark.labels))}")
            return
        target = self._value("target", marked, mark)
        if target is None:
            raise Unfit(f"{self._lacks('target')}: --target names another, or says which by =NAME")
        holder = self._value("holder", marked, mark) or statement.speaker
        to_actor = self.options.get("target-type") == "actor"
        what = self._actor(target) if to_actor else Topic(target, target, implied=True)
        yield from self._mention(marked.place, self._actor(holder), what, Annotator(mark.annotator))
        stance = Stance(
            statement.key,
            holder,
            label,
            mark.annotator,
            target_actor=target if to_actor else None,
            target_topic=None if to_actor else target,
            rationale=self._value("rationale", marked, mark),
        )
        yield Read(marked.place, stance)

    def _label(self, marked: Marked, mark: Mark) -> StanceLabel | None:
        said = self._value("stance", marked, mark)
        if said is not None:
            label = label_of(said)
            if label is None:
                raise Unfit(f"no stance is called {_shown(said)}: there are {', '.join(StanceLabel)}")
            return label
        labels = {label for text in mark.labels if (label := label_of(text)) is not None}
        if len(labels) > 1:
            raise Unfit(f"it is marked with several stances: {', '.join(sorted(labels))}")
        return next(iter(labels), None)

    def _field(self, name: str) -> str:
        return self.options.get(name) or name

    def _value(self, name: str, marked: Marked, mark: Mark) -> str | None:
        named = self._field(name)
        found = named[1:] if named.startswith("=") else mark.fields.get(named) or marked.fields.get(named)
        return found.strip() or None if found else None

    def _lacks(self, name: str) -> str:
        return f"there is no field {self._field(name)!r} that says the {name}"

    def _actor(self, name: str) -> Actor:
        return Actor(name, name, ActorKind(self.options.get("actor-kind") or ActorKind.ORGANIZATION), implied=True)

    def _mention(self, place: int, *records: Actor | Topic | Annotator) -> Iterator[Read]:
        """Those that were not mentioned before."""
        for record in records:
            if record not in self.mentioned:
                self.mentioned.add(record)
                yield Read(place, record)


def plain_fields(values: Mapping[str, object], *left_out: str) -> dict[str, str]:
    """Of what a tool keeps of a text, what is a text, a number or a truth value, as texts."""
    return {
        name: str(value)
        for name, value in values.items()
        if isinstance(value, str | int | float) and name not in left_out and str(value).strip()
    }


def _kept(fields: Fields, taken: set[str]) -> Attributes:
    return tuple((name[:300], value) for name, value in fields.items() if name not in taken and name.strip())


def _beginning(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else line[:77] + "..."


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text.strip()[:10])
    except ValueError:
        raise Unfit(f"{_shown(text)} is no date such as 2024-11-29") from None


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")
