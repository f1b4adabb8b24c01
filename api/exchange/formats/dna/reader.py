"""Reads `.dna` files: coders, persons, organisations, concepts, documents and coded statements."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from api.exchange.format import Adjusted, Invalid, Items, Malformed, Options, Parsed, ParseEvents, Skipped
from api.exchange.formats.dna import tables
from api.exchange.formats.dna.coding import Coding, codings
from api.exchange.formats.lib.text_offsets import OffsetConverter
from api.exchange.formats.lib.untrusted_json import first_character
from api.exchange.formats.lib.untrusted_sqlite import (
    INTEGER,
    OPTIONAL_INTEGER,
    OPTIONAL_TEXT,
    ColumnTypes,
    SqliteFile,
    check_types,
    open_file,
)
from api.exchange.records import Actor, Annotator, Attributes, Document, Membership, Stance, Statement, Topic
from models import ActorKind, StanceLabel

_KINDS = {"person": ActorKind.PERSON, "organization": ActorKind.ORGANIZATION}
_MAX_INTENSITY = 3
_ENTITY: Items = {"entity": 1}
_DOCUMENT: Items = {"document": 1}
_STATEMENT: Items = {"statement": 1}
_STATEMENT_COLUMNS: ColumnTypes = {
    "ID": INTEGER,
    "DocumentId": OPTIONAL_INTEGER,
    "Start": INTEGER,
    "Stop": INTEGER,
    "Coder": OPTIONAL_TEXT,
    "person": OPTIONAL_TEXT,
    "organization": OPTIONAL_TEXT,
    "concept": OPTIONAL_TEXT,
    "agreement": OPTIONAL_INTEGER,
}


def read(path: Path, options: Options) -> ParseEvents:
    """Read a file, with statements in the order of its documents.

    :raises Malformed: if it is no file of DNA 3.0, or is damaged.
    """
    if first_character(path) == "<":
        raise Malformed(f"this is an XML file of DNA 1: {_HOW_TO_CONVERT}")
    with open_file(path, {}) as file:
        _check_version(file)
        file.require(tables.REQUIRED_COLUMNS)
        _check_uniqueness(file)
        yield from _DnaReader(file, options).records()


_HOW_TO_CONVERT = "make a new database in DNA 3.0, import the file by its menu Documents, and import the new file here"


def _check_version(file: SqliteFile) -> None:
    """Check that the file is of DNA 3.0.

    :raises Malformed: if it is of another version; the message names the version.
    """
    names = file.names()
    if "ATTRIBUTES" in names and not {"ENTITIES", "ATTRIBUTEVALUES"} & names:
        raise Malformed(f"this is a file of DNA 2: {_HOW_TO_CONVERT}")
    if "ROLEVARIABLELINKS" in names:
        raise Malformed("this is a file of a version of DNA after 3.0, which has other tables: only DNA 3.0 is read")


def _check_uniqueness(file: SqliteFile) -> None:
    """Check uniqueness that DNA's tables guarantee, since the tables of a malicious file need not.

    :raises Malformed: if a statement has two values of a variable, or two rows have one ID.
    """
    for table in ("DATASHORTTEXT", "DATABOOLEAN", "DATAINTEGER"):
        twice = f"SELECT StatementId FROM {table} GROUP BY StatementId, VariableId HAVING count(*) > 1 LIMIT 1"
        if (statement := file.one(twice)) is not None:
            raise Malformed(f"{table}: statement {statement} has two values of one variable")
    for table in ("CODERS", "DOCUMENTS", "STATEMENTS", "ENTITIES", "VARIABLES", "STATEMENTTYPES", "ATTRIBUTEVARIABLES"):
        if (row := file.one(f"SELECT ID FROM {table} GROUP BY ID HAVING count(*) > 1 LIMIT 1")) is not None:
            raise Malformed(f"{table}: two rows have the number {row}")


@dataclass(frozen=True, slots=True)
class _CodedStatement:
    """A statement of the file: a stance."""

    key: int
    document: int
    start: int
    stop: int
    coder: str | None
    person: str
    organization: str
    concept: str
    agreement: int | None

    @property
    def place(self) -> tuple[object, ...]:
        """The span and the speaker, which identify a statement of this project."""
        return self.document, self.start, self.stop, self.person or (self.organization,)


@dataclass(slots=True)
class _DnaReader:
    file: SqliteFile
    options: Options
    kinds: list[Coding] = field(default_factory=list)
    named: dict[tuple[str, str], str] = field(default_factory=dict)
    """Slugs of entities that have one, by variable and name."""
    others: set[tuple[str, str]] = field(default_factory=set)
    """Entities of the variable of persons that are of another kind."""

    def records(self) -> ParseEvents:
        self.kinds += codings(self.file, self.options)
        coders = dict(self.file.table("CODERS", tables.CODER))
        yield from (Parsed(key, Annotator(name), {"coder": 1}) for key, name in coders.items())
        yield from self._entities()
        for coding in self.kinds:
            yield from self._memberships(coding)
        yield from self._documents(coders)
        for coding in self.kinds:
            yield from self._statements(coding)
        yield from self._passed()

    # ---------------------------------------------------------------- who and what

    def _entities(self) -> ParseEvents:
        roles = {
            number: role for coding in self.kinds for role, number in coding.variables.items() if role != "agreement"
        }
        attribute_rows = _SortedLookup(self._attributes())
        for key, variable, value, *colour, parent in self.file.table("ENTITIES", tables.ENTITY):
            attributes = {name: text for _, name, text in attribute_rows.of(key)}
            role = roles.get(variable)
            if role is None or not value.strip():
                why = "entities of variables that are not read" if role is None else "entities without a name"
                yield Skipped(key, f"{why} are not imported", _ENTITY)
                continue
            yield from self._entity(key, role, value, attributes, _colour(colour))
            if parent is not None:
                yield Skipped(key, f"{value!r} is below another {role}: the hierarchy is not imported")

    def _attributes(self) -> Iterator[tuple[int, str, str]]:
        columns: ColumnTypes = {"EntityId": INTEGER, "AttributeVariable": (str,), "AttributeValue": (str,)}
        query = (
            "SELECT v.EntityId, a.AttributeVariable, v.AttributeValue FROM ATTRIBUTEVALUES v"
            " JOIN ATTRIBUTEVARIABLES a ON a.ID = v.AttributeVariableId WHERE v.AttributeValue <> ''"
            " ORDER BY v.EntityId, a.ID"
        )
        for row in self.file.rows(query):
            check_types("ATTRIBUTEVALUES", row, columns)
            yield row[0], row[1], row[2]

    def _entity(self, place: int, role: str, name: str, values: dict[str, str], colour: Attributes) -> ParseEvents:
        slug, kind = values.pop(tables.SLUG, None), values.pop(tables.KIND, None)
        attributes = (*((n, v) for n, v in values.items() if v.strip() and n != "colour"), *colour)
        if slug is not None:
            self.named[role, name] = slug
        if role == "concept":
            if slug is None:
                yield Parsed(place, Topic(self._key(role, name), name, attributes=attributes), _ENTITY)
            else:
                yield Skipped(place, "concepts that are actors are imported as actors only", _ENTITY)
            return
        if role == "person" and kind is not None:
            self.others.add((role, name))
        own = name.removesuffix(f" ({slug})") if slug else name  # an export adds it if two actors have one name
        known = _KINDS[role] if kind is None else ActorKind.__members__.get(kind, _KINDS[role])
        yield Parsed(place, Actor(self._key(role, name), own or name, known, slug=slug, attributes=attributes), _ENTITY)

    def _key(self, role: str, name: str) -> str:
        return self.named.get((role, name)) or f"{role} {name}"

    def _memberships(self, coding: Coding) -> ParseEvents:
        if not {"person", "organization"} <= coding.variables.keys():
            return
        query = (
            f"SELECT min(s.ID), person.Value, organization.Value {_statements_query(coding)}"
            " AND person.Value <> '' AND organization.Value <> ''"
            " GROUP BY person.Value, organization.Value ORDER BY min(s.ID)"
        )
        for place, person, organization in self.file.rows(query, _parameters(coding)):
            if person.strip() and organization.strip() and ("person", person) not in self.others:
                yield Parsed(place, Membership(self._key("person", person), self._key("organization", organization)))

    # ---------------------------------------------------------------- documents

    def _documents(self, coders: Mapping[int, str]) -> ParseEvents:
        publishers: set[str] = set()
        for key, title, text, coder, author, source, section, notes, kind, date in self.file.table(
            "DOCUMENTS", tables.DOCUMENT
        ):
            if not text.strip():
                yield Skipped(key, f"document {key} has no text", _DOCUMENT)
                continue
            published = _publication_time(key, date)
            attributes = {"author": author, "source": source, "section": section, "type": kind, "notes": notes}
            publisher = attributes.pop("source") if self.options.get("publisher") == "source" else ""
            if publisher.strip() and publisher not in publishers:
                publishers.add(publisher)
                yield Parsed(key, Actor(f"source {publisher}", publisher, ActorKind.MEDIA))
            attributes |= {"coder": coders.get(coder, ""), "time": _time(published)}
            document = Document(
                str(key),
                title if title.strip() else f"Document {key}",
                text,
                self.options.get("language") or "und",
                publisher=f"source {publisher}" if publisher.strip() else None,
                published_on=published and published.date(),
                attributes=tuple((name, value) for name, value in attributes.items() if value.strip()),
            )
            yield Parsed(key, document, _DOCUMENT)

    # ---------------------------------------------------------------- statements

    def _statements(self, coding: Coding) -> ParseEvents:
        texts = _SortedLookup(
            (row[0], row)
            for row in self.file.table("DOCUMENTS", {name: tables.DOCUMENT[name] for name in ("ID", "Text", "Date")})
        )
        for number, several in groupby(self._coded(coding), key=lambda each: each.document):
            found = texts.of(number)
            if not found:
                raise Malformed(f"statement {next(several).key} is in document {number}, which does not exist")
            (_, (_, text, date)) = found[0]
            published = _publication_time(number, date)
            day, positions = published and published.date(), OffsetConverter(text if text.strip() else "")
            for _, alike in groupby(several, key=lambda each: each.place):
                yield from self._statement(coding, list(alike), text, positions, day)

    def _coded(self, coding: Coding) -> Iterator[_CodedStatement]:
        query = (
            "SELECT s.ID, s.DocumentId, s.Start, s.Stop, c.Name, person.Value, organization.Value, concept.Value,"
            f" a.Value {_statements_query(coding)} ORDER BY s.DocumentId, s.Start, s.Stop, coalesce(person.Value, ''),"
            " coalesce(organization.Value, ''), s.ID"
        )
        for row in self.file.rows(query, _parameters(coding)):
            check_types("STATEMENTS", row, _STATEMENT_COLUMNS)
            key, document, start, stop, coder, person, organization, concept, agreement = row
            yield _CodedStatement(
                key, document or 0, start, stop, coder, person or "", organization or "", concept or "", agreement
            )

    def _statement(
        self, coding: Coding, alike: list[_CodedStatement], text: str, positions: OffsetConverter, day: dt.date | None
    ) -> ParseEvents:
        """Return one statement, with a stance for each of the file's statements with the same span and speaker."""
        first = alike[0]
        span = positions.span(first.start, first.stop, self.options.get("unit") != "code-point")
        if span is None:
            why = f"from {first.start} to {first.stop} there is no text in document {first.document}"
            yield from (Invalid(each.key, "statement", why, _STATEMENT) for each in alike)
            return
        good = []
        for each in alike:
            lacking = self._lacks(each)
            if lacking is None:
                good.append(each)
            else:
                yield Skipped(each.key, f"statement {each.key} has no {lacking}", _STATEMENT)
        if good:
            key, exact = str(first.key), text[slice(*span)]
            said = Statement(key, str(first.document), self._speaker(first), *span, exact=exact, stated_on=day)
            yield Parsed(first.key, said)
            yield from self._stances(coding, key, good)

    def _stances(self, coding: Coding, statement: str, alike: list[_CodedStatement]) -> ParseEvents:
        for each in alike:
            label, intensity = _label(coding, each.agreement or 0)
            holder = self._key(self.options["holder"], getattr(each, self.options["holder"]))
            if coding.is_integer and abs(each.agreement or 0) > _MAX_INTENSITY:
                why = f"agreement {each.agreement} is imported as {label} of intensity {_MAX_INTENSITY}, the maximum"
                yield Adjusted(each.key, f"statement {each.key}: {why}")
            topic, actor = self._key("concept", each.concept), self.named.get(("concept", each.concept))
            stance = Stance(
                statement,
                holder,
                label,
                each.coder or "",
                target_topic=None if actor else topic,
                target_actor=actor,
                intensity=intensity,
            )
            yield Parsed(each.key, stance, _STATEMENT)

    def _lacks(self, each: _CodedStatement) -> str | None:
        if not getattr(each, self.options["holder"]).strip():
            return f"{self.options['holder']}, whose stance it could be"
        if not each.concept.strip():
            return "concept"
        return "agreement" if each.agreement is None else None if each.coder else "coder"

    def _speaker(self, each: _CodedStatement) -> str:
        if each.person.strip():
            return self._key("person", each.person)
        return self._key("organization", each.organization)

    # ---------------------------------------------------------------- what is left out

    def _passed(self) -> ParseEvents:
        read = {coding.statement_type for coding in self.kinds}
        labels = dict(self.file.table("STATEMENTTYPES", tables.STATEMENT_TYPE))
        for row in self.file.table("STATEMENTS", tables.STATEMENT):
            if row[1] not in read:
                why = f"statement {row[0]} is of the type {labels.get(row[1])!r}, which has no stances"
                yield Skipped(row[0], why, _STATEMENT)
        for coding in self.kinds:
            for name in coding.unread:
                yield Skipped(coding.statement_type, f"the variable {name!r} of {coding.label!r} is not imported")
        if number := self.file.one("SELECT count(*) FROM REGEXES"):
            yield Skipped(1, f"{number} search terms are not imported", {"search term": number})


def _statements_query(coding: Coding) -> str:
    """Return the FROM clause of a query of statements of a type with the values of their variables."""
    named = "".join(
        f" LEFT JOIN DATASHORTTEXT d{n} ON d{n}.StatementId = s.ID AND d{n}.VariableId = ?{n}"
        f" LEFT JOIN ENTITIES {role} ON {role}.ID = d{n}.Entity"
        for n, role in enumerate(("person", "organization", "concept"), 1)
    )
    return (
        f"FROM STATEMENTS s LEFT JOIN CODERS c ON c.ID = s.Coder{named}"
        f" LEFT JOIN {'DATAINTEGER' if coding.is_integer else 'DATABOOLEAN'} a"
        " ON a.StatementId = s.ID AND a.VariableId = ?4 WHERE s.StatementTypeId = ?5"
    )


def _parameters(coding: Coding) -> tuple[int, ...]:
    variables = (coding.variables.get(name, 0) for name in ("person", "organization", "concept", "agreement"))
    return (*variables, coding.statement_type)


class _SortedLookup:
    """Looks up sorted rows by their first value, with keys that are sorted too."""

    def __init__(self, rows: Iterator[tuple[Any, ...]]) -> None:
        self._rows = rows
        self._next = next(rows, None)

    def of(self, key: int) -> list[tuple[Any, ...]]:
        """Return the rows with a key, which must not be less than the keys of earlier calls."""
        found = []
        while self._next is not None and self._next[0] <= key:
            if self._next[0] == key:
                found.append(self._next)
            self._next = next(self._rows, None)
        return found


def _label(coding: Coding, agreement: int) -> tuple[StanceLabel, int | None]:
    if not coding.is_integer:
        return StanceLabel.SUPPORT if agreement else StanceLabel.OPPOSE, None
    if agreement == 0:
        return StanceLabel.NEUTRAL, None
    return StanceLabel.SUPPORT if agreement > 0 else StanceLabel.OPPOSE, min(abs(agreement), _MAX_INTENSITY)


def _colour(parts: list[int | None]) -> Attributes:
    """Return a colour as an attribute; none for black, DNA's default."""
    if not any(parts):
        return ()
    return (("colour", "#" + "".join(f"{min(max(part or 0, 0), 255):02x}" for part in parts)),)


def _publication_time(document: int, seconds: int) -> dt.datetime | None:
    """Return the time of publication; None if the document is undated."""
    if seconds == tables.UNDATED:
        return None
    try:
        return dt.datetime(1970, 1, 1) + dt.timedelta(seconds=seconds)  # noqa: DTZ001 (DNA knows no time zones)
    except OverflowError:
        raise Malformed(f"DOCUMENTS {document}: {seconds} seconds is not a date between the years 1 and 9999") from None


def _time(published: dt.datetime | None) -> str:
    return "" if published is None or published.time() == dt.time() else published.time().isoformat()
