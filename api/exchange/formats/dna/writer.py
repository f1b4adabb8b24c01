"""Writes `.dna` files: builds the database in a temporary file, which is then streamed."""

import asyncio
import base64
import datetime as dt
import hashlib
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import lru_cache
from typing import TypeVar

from api.exchange.format import Options, RecordSource
from api.exchange.formats.dna import tables
from api.exchange.formats.lib.batches import each_batch
from api.exchange.formats.lib.temporary_files import scratch_folder
from api.exchange.formats.lib.text_offsets import OffsetConverter
from api.exchange.records import Actor, Document, Membership, Stance, Statement, Topic
from models import ActorKind, StanceLabel

T = TypeVar("T")
Row = tuple[object, ...]
_CHUNK_BYTES = 1 << 16
_ROLES = ("person", "organization", "concept")
"""The variables of names; their numbers count from 1."""
_AGREEMENT = 4
_FIRST_CODER = "Admin"
_DEFAULT_ATTRIBUTES = ("Type", "Alias", "Notes")
_DOCUMENT_ATTRIBUTES = ("author", "source", "section", "notes", "type", "coder", "time")

_STAGING_TABLES = (
    "actor (slug TEXT PRIMARY KEY, name TEXT, kind TEXT)",
    "topic (slug TEXT PRIMARY KEY, name TEXT)",
    "attribute (topic INTEGER, slug TEXT, name TEXT, value TEXT, PRIMARY KEY (topic, slug, name))",
    "member (actor TEXT, of TEXT, begins TEXT, ends TEXT, PRIMARY KEY (actor, of, begins))",
    "document (key TEXT PRIMARY KEY, id INTEGER, day TEXT, pairs INTEGER)",
    "statement (key TEXT PRIMARY KEY, document INTEGER, start INTEGER, stop INTEGER, speaker TEXT, day TEXT)",
    "stance (id INTEGER PRIMARY KEY, statement TEXT, holder TEXT, actor TEXT, topic TEXT, agreement INTEGER,"
    " annotator TEXT)",
    "coder (name TEXT PRIMARY KEY, id INTEGER)",
    "entity (role TEXT, slug TEXT, id INTEGER, PRIMARY KEY (role, slug))",
    "named (id INTEGER PRIMARY KEY, person TEXT, organization TEXT, concept TEXT)",
)
"""Tables that records are staged in before DNA's are filled; `named` has the slugs of each stance's variables."""


async def write(source: RecordSource, options: Options) -> AsyncIterator[bytes]:
    """Write a file with the tables of DNA 3, with a statement for each stance that has an agreement."""
    with scratch_folder() as folder:
        path = folder / "export.dna"
        with closing(sqlite3.connect(path, check_same_thread=False, isolation_level=None)) as connection:
            await _Writer(connection, options).fill(source)
        with path.open("rb") as file:
            while piece := await asyncio.to_thread(file.read, _CHUNK_BYTES):
                yield piece


class _Writer:
    def __init__(self, connection: sqlite3.Connection, options: Options) -> None:
        self._connection, self._options = connection, options
        self._holder = options.get("holder") or "organization"
        self._integer = options.get("qualifier") == "integer"
        self._documents = self._stances = 0
        self._positions: Callable[[int], OffsetConverter] = lru_cache(2)(self._text)

    async def fill(self, source: RecordSource) -> None:
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "temp_store=FILE"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.execute("BEGIN")
        for definition in (*tables.definitions(), *(f"CREATE TEMP TABLE {table}" for table in _STAGING_TABLES)):
            self._connection.execute(definition)
        await self._stage(source.actors(), self._actors)
        await self._stage(source.topics(), self._topics)
        await self._stage(source.memberships(), self._memberships)
        await self._stage(source.documents(), self._stage_documents)
        await self._stage(source.statements(), self._statements)
        await self._stage(source.stances(), self._stage_stances)
        await asyncio.to_thread(self._write_tables)

    async def _stage(self, stream: AsyncIterator[T], take: Callable[[Sequence[T]], None]) -> None:
        async for _ in each_batch(stream, take):
            pass

    def _insert(self, table: str, columns: int, rows: Iterable[Row]) -> None:
        self._connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * columns)})", rows)

    # ---------------------------------------------------------------- staging

    def _actors(self, actors: Sequence[Actor]) -> None:
        self._insert("temp.actor", 3, ((a.key, a.name, a.kind.value) for a in actors))
        self._stage_attributes(0, actors)

    def _topics(self, topics: Sequence[Topic]) -> None:
        self._insert("temp.topic", 2, ((t.key, t.name) for t in topics))
        self._stage_attributes(1, topics)

    def _stage_attributes(self, topic: int, described: Iterable[Actor | Topic]) -> None:
        self._insert(
            "temp.attribute", 4, ((topic, d.key, name, value) for d in described for name, value in d.attributes)
        )

    def _memberships(self, memberships: Sequence[Membership]) -> None:
        rows = ((m.member, m.group, _day(m.valid_from), _day(m.valid_to)) for m in memberships)
        self._connection.executemany("INSERT OR IGNORE INTO temp.member VALUES (?, ?, coalesce(?, ''), ?)", rows)

    def _stage_documents(self, documents: Sequence[Document]) -> None:
        for document in documents:
            self._documents += 1
            values = dict(document.attributes)
            author, source, section, notes, kind, coder, time = (values.get(name, "") for name in _DOCUMENT_ATTRIBUTES)
            if not source and document.publisher is not None:
                source = str(self._value("SELECT name FROM temp.actor WHERE slug = ?", document.publisher) or "")
            number = self._coder(coder) if coder else None
            short = (text[: tables.MAX_CHARACTERS] for text in (author, source, section))
            date = _seconds(document.published_on, time)
            row = (self._documents, document.title[: tables.MAX_CHARACTERS], document.text, number, *short, notes)
            self._insert("DOCUMENTS", 10, [(*row, kind[: tables.MAX_CHARACTERS], date)])
            pairs = not document.text.isascii() and max(document.text) > "\uffff"
            gathered = (document.key, self._documents, _day(document.published_on), pairs)
            self._insert("temp.document", 4, [gathered])

    def _statements(self, statements: Sequence[Statement]) -> None:
        self._insert("temp.statement", 6, self._statement_rows(statements))

    def _statement_rows(self, statements: Iterable[Statement]) -> Iterator[Row]:
        in_utf16 = self._options.get("unit") != "code-point"
        for each in statements:
            found = self._connection.execute("SELECT id, pairs FROM temp.document WHERE key = ?", (each.document,))
            for number, pairs in found:
                start, stop = each.start, each.end
                if pairs and in_utf16:
                    positions = self._positions(number)
                    start, stop = positions.utf16(start), positions.utf16(stop)
                yield each.key, number, start, stop, each.speaker, _day(each.stated_on)

    def _text(self, document: int) -> OffsetConverter:
        return OffsetConverter(str(self._value("SELECT Text FROM DOCUMENTS WHERE ID = ?", document)))

    def _stage_stances(self, stances: Sequence[Stance]) -> None:
        rows = []
        for each in stances:
            agreement = self._agreement(each)
            if agreement is not None:
                self._stances += 1
                about = (each.target_actor, each.target_topic, agreement, each.annotator)
                rows.append((self._stances, each.statement, each.holder, *about))
        self._insert("temp.stance", 7, rows)

    def _agreement(self, stance: Stance) -> int | None:
        """Return the agreement for a stance's label and intensity; None if the format has none."""
        sign = {StanceLabel.SUPPORT: 1, StanceLabel.OPPOSE: -1}.get(stance.label)
        if not self._integer:
            return None if sign is None else int(sign > 0)
        if sign is None:
            return 0 if stance.label is StanceLabel.NEUTRAL else None
        return sign * (stance.intensity or 1)

    def _value(self, query: str, *parameters: object) -> object:
        row = self._connection.execute(query, parameters).fetchone()
        return None if row is None else row[0]

    # ---------------------------------------------------------------- DNA's tables

    def _write_tables(self) -> None:
        self._write_statement_type()
        self._assign_variables()
        for number, role in enumerate(_ROLES, 1):
            self._entities(number, role)
        self._attributes()
        self._coders()
        self._write_statements()
        self._connection.execute("COMMIT")

    def _write_statement_type(self) -> None:
        self._insert("SETTINGS", 2, zip(("version", "date"), tables.VERSION, strict=True))
        self._insert("STATEMENTTYPES", 5, [(1, "DNA Statement", 239, 208, 51)])
        kinds = ("short text",) * 3 + ("integer" if self._integer else "boolean",)
        names = (self._options.get(name) or name for name in (*_ROLES, "agreement"))
        self._insert("VARIABLES", 4, ((n, *pair, 1) for n, pair in enumerate(zip(names, kinds, strict=True), 1)))

    def _assign_variables(self) -> None:
        """Assign the holder of each stance to the holder's variable, and another speaker to the other variable."""
        other = "CASE WHEN s.speaker <> t.holder THEN s.speaker ELSE '' END"
        if self._holder == "person":
            # A person who speaks for themselves gets the organisation that they were a member of, if it is only one.
            groups = (
                "FROM temp.member m WHERE m.actor = t.holder AND m.begins <= coalesce(s.day, m.begins)"
                " AND coalesce(m.ends, '9999-12-31') >= coalesce(s.day, '0001-01-01')"
            )
            group = f"CASE WHEN (SELECT count(DISTINCT m.of) {groups}) = 1 THEN (SELECT m.of {groups}) ELSE '' END"
            person, organization = "t.holder", f"CASE WHEN s.speaker <> t.holder THEN s.speaker ELSE {group} END"
        else:
            person, organization = other, "t.holder"
        self._connection.execute(
            f"INSERT INTO temp.named SELECT t.id, {person}, {organization},"
            " CASE WHEN t.topic IS NULL THEN 'actor ' || t.actor ELSE 'topic ' || t.topic END"
            " FROM temp.stance t JOIN temp.statement s ON s.key = t.statement ORDER BY t.id"
        )

    def _entities(self, number: int, role: str) -> None:
        """Write the entities of a variable: an empty one, all actors or topics of its kind, and those in use."""
        person = ActorKind.PERSON.value
        usual = {
            "person": f"SELECT slug FROM temp.actor WHERE kind = '{person}'",
            "organization": f"SELECT slug FROM temp.actor WHERE kind <> '{person}'",
            "concept": "SELECT 'topic ' || slug FROM temp.topic",
        }[role]
        named = f"SELECT {role} FROM temp.named WHERE {role} <> ''"
        self._entity(number, role, "", "", None)
        found = self._connection.execute(
            f"WITH chosen (slug) AS ({usual} UNION {named})"
            " SELECT c.slug, coalesce(a.name, t.name), k.value FROM chosen c"
            " LEFT JOIN temp.actor a ON a.slug = iif(c.slug LIKE 'actor %', substr(c.slug, 7), c.slug)"
            " LEFT JOIN temp.topic t ON c.slug = 'topic ' || t.slug"
            " LEFT JOIN temp.attribute k ON k.name = 'colour' AND k.topic = (t.slug IS NOT NULL)"
            " AND k.slug = coalesce(t.slug, a.slug)"
            " WHERE coalesce(a.name, t.name) IS NOT NULL ORDER BY t.slug IS NULL, c.slug"  # topics keep their names
        )
        for slug, name, colour in found.fetchall():
            self._entity(number, role, slug, name, colour)

    def _entity(self, number: int, role: str, slug: str, name: str, colour: str | None) -> None:
        taken = "SELECT 1 FROM ENTITIES WHERE VariableId = ? AND Value = ?"
        value, attempt = name[: tables.MAX_CHARACTERS], 1
        while self._value(taken, number, value) is not None:
            bare = slug.rpartition(" ")[2]
            tail = f" ({bare[:80]})" if attempt == 1 else f" ({bare[:80]} {attempt})"
            value, attempt = name[: tables.MAX_CHARACTERS - len(tail)] + tail, attempt + 1
        if attempt > 1 and role != "concept":
            self._connection.execute(
                "INSERT OR REPLACE INTO temp.attribute VALUES (0, ?, ?, ?)", (slug, tables.SLUG, slug)
            )
        inserted = self._connection.execute(
            "INSERT INTO ENTITIES (VariableId, Value, Red, Green, Blue) VALUES (?, ?, ?, ?, ?)",
            (number, value, *_colour(colour)),
        )
        self._insert("temp.entity", 3, [(role, slug, inserted.lastrowid)])

    def _attributes(self) -> None:
        """Write a value of every attribute of its variable for every entity; DNA requires also empty values."""
        self._mark_actors()
        slug = "iif(e.slug LIKE '% %', substr(e.slug, instr(e.slug, ' ') + 1), e.slug)"
        stored = f"temp.attribute k ON k.topic = (e.slug LIKE 'topic %') AND k.slug = {slug} AND k.name <> 'colour'"
        used = f"SELECT DISTINCT k.name, e.role FROM temp.entity e JOIN {stored}"
        pairs = {(name, role) for name, role in self._connection.execute(used)}
        more = sorted({name for name, _ in pairs} - set(_DEFAULT_ATTRIBUTES))
        number = 0
        for name in (*_DEFAULT_ATTRIBUTES, *more):
            for variable, role in enumerate(_ROLES, 1):
                if name in _DEFAULT_ATTRIBUTES or (name, role) in pairs:
                    number += 1
                    self._insert("ATTRIBUTEVARIABLES", 3, [(number, variable, name[: tables.MAX_CHARACTERS])])
        self._connection.execute(
            "INSERT INTO ATTRIBUTEVALUES (EntityId, AttributeVariableId, AttributeValue)"
            f" SELECT e.id, v.ID, substr(coalesce(k.value, ''), 1, {tables.MAX_CHARACTERS}) FROM temp.entity e"
            " JOIN ENTITIES n ON n.ID = e.id JOIN ATTRIBUTEVARIABLES v ON v.VariableId = n.VariableId"
            f" LEFT JOIN {stored} AND k.name = v.AttributeVariable ORDER BY e.id, v.ID"
        )

    def _mark_actors(self) -> None:
        """Store the kind of actors that differs from their variable's, and the slugs of concepts that are actors."""
        person, organization = ActorKind.PERSON.value, ActorKind.ORGANIZATION.value
        targets = "SELECT substr(slug, 7) FROM temp.entity WHERE role = 'concept' AND slug LIKE 'actor %'"
        self._connection.execute(
            "INSERT OR REPLACE INTO temp.attribute SELECT DISTINCT 0, a.slug, ?, a.kind FROM temp.actor a"
            " JOIN temp.entity e ON e.slug = a.slug AND e.role <> 'concept'"
            f" WHERE a.kind <> iif(e.role = 'person', '{person}', '{organization}')",
            (tables.KIND,),
        )
        self._connection.execute(
            f"INSERT OR REPLACE INTO temp.attribute SELECT 0, slug, ?, slug FROM temp.actor WHERE slug IN ({targets})",
            (tables.SLUG,),
        )

    def _coder(self, name: str) -> int:
        """Return the number of a coder; number 1 is DNA's administrator."""
        short = name[: tables.MAX_CHARACTERS]
        known = self._value("SELECT id FROM temp.coder WHERE name = ?", short)
        if known is None:
            following = "SELECT coalesce(max(id), 1) + 1 FROM temp.coder"
            known = 1 if short == _FIRST_CODER else self._value(following)
            self._insert("temp.coder", 2, [(short, known)])
        return int(str(known))

    def _coders(self) -> None:
        self._coder(_FIRST_CODER)
        names = self._connection.execute("SELECT DISTINCT annotator FROM temp.stance ORDER BY annotator").fetchall()
        for (name,) in names:
            self._coder(name)
        password = _hashed(self._options.get("password") or "stancegraph")
        self._connection.execute(
            "INSERT INTO CODERS (ID, Name, Password) SELECT id, name, ? FROM temp.coder ORDER BY id", (password,)
        )
        self._connection.execute(
            "INSERT INTO CODERRELATIONS (Coder, OtherCoder) SELECT a.ID, b.ID FROM CODERS a JOIN CODERS b"
            " ON a.ID <> b.ID ORDER BY a.ID, b.ID"
        )

    def _write_statements(self) -> None:
        self._connection.execute(
            "INSERT INTO STATEMENTS SELECT t.id, 1, s.document, s.start, s.stop, c.id FROM temp.stance t"
            " JOIN temp.statement s ON s.key = t.statement"
            f" JOIN temp.coder c ON c.name = substr(t.annotator, 1, {tables.MAX_CHARACTERS}) ORDER BY t.id"
        )
        values: Mapping[str, str] = {"DATAINTEGER" if self._integer else "DATABOOLEAN": "t.agreement"}
        for table, value in values.items():
            self._connection.execute(
                f"INSERT INTO {table} (StatementId, VariableId, Value) SELECT t.id, {_AGREEMENT}, {value}"
                " FROM temp.stance t JOIN STATEMENTS s ON s.ID = t.id ORDER BY t.id"
            )
        several = " UNION ALL ".join(
            f"SELECT d.id, {n} AS variable, e.id AS entity FROM temp.named d"
            f" JOIN temp.entity e ON e.role = '{role}' AND e.slug = d.{role}"
            for n, role in enumerate(_ROLES, 1)
        )
        self._connection.execute(
            f"INSERT INTO DATASHORTTEXT (StatementId, VariableId, Entity) SELECT * FROM ({several}) ORDER BY 1, 2"
        )


def _day(day: dt.date | None) -> str | None:
    return None if day is None else day.isoformat()


def _seconds(day: dt.date | None, time: str) -> int:
    if day is None:
        return tables.UNDATED
    try:
        moment = dt.datetime.combine(day, dt.time.fromisoformat(time) if time else dt.time())
    except ValueError:
        moment = dt.datetime.combine(day, dt.time())
    return int((moment - dt.datetime(1970, 1, 1)).total_seconds())  # noqa: DTZ001 (DNA knows no time zones)


def _colour(value: str | None) -> tuple[int, int, int]:
    """Return red, green and blue of a colour such as `#ff9900`; black if it is invalid."""
    try:
        red, green, blue = bytes.fromhex(value.removeprefix("#")) if value else b"\0\0\0"
    except ValueError:
        return 0, 0, 0
    return red, green, blue


def _hashed(password: str) -> str:
    """Return a password hashed as DNA does, by jasypt's StrongPasswordEncryptor: SHA-256, salted, 100,000 rounds."""
    salt = hashlib.sha256(password.encode()).digest()[:16]
    digest = salt + password.encode()
    for _ in range(100_000):
        digest = hashlib.sha256(digest).digest()
    return base64.b64encode(salt + digest).decode()
