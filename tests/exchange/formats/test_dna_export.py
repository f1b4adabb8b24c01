"""Files of Discourse Network Analyzer that are written, and come back."""

import datetime as dt
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.exchange.formats.dna import FORMAT
from api.exchange.records import Actor, Document, Membership, Record, Stance, Statement, Topic
from models import ActorKind, StanceLabel
from tests.conftest import DATA
from tests.exchange.formats.conftest import ReadAs
from tests.exchange.formats.held import held, options, records_of, written

SAMPLE = DATA / "dna_sample" / "sample.dna"
needs_sample = pytest.mark.skipif(not SAMPLE.exists(), reason="needs the published data")
TEXT = "Ana said yes 😀. The council said no, twice."
NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12).filter(str.strip)


@st.composite
def worlds(draw: Callable[[st.SearchStrategy[Any]], Any]) -> list[Record]:
    """Records as a database would hold them, such as the format can say in full."""
    people = draw(st.lists(NAMES, min_size=2, max_size=5, unique=True))
    known = [
        Actor(
            f"a{n}", name, draw(st.sampled_from(ActorKind)), attributes=draw(st.sampled_from(((), (("Type", "NGO"),))))
        )
        for n, name in enumerate(people)
    ]
    about = [Topic(f"t{n}", name) for n, name in enumerate(draw(st.lists(NAMES, min_size=1, max_size=3, unique=True)))]
    text = draw(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=4, max_size=30).filter(str.strip))
    document = Document("d", "A title", text, "und", published_on=draw(st.none() | st.dates(dt.date(1, 1, 2))))
    statements, stances, places = [], [], set()
    for n in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text) - 1))
        place = (start, draw(st.integers(start + 1, len(text))), draw(st.sampled_from(known)).key)
        if place in places:
            continue
        places.add(place)
        day = document.published_on
        statements.append(Statement(f"s{n}", "d", place[2], *place[:2], exact=text[slice(*place[:2])], stated_on=day))
        holder, target = draw(st.sampled_from(known)).key, draw(st.sampled_from([*known, *about]))
        label = draw(st.sampled_from([StanceLabel.SUPPORT, StanceLabel.OPPOSE]))
        to = {"target_topic" if isinstance(target, Topic) else "target_actor": target.key}
        stances.append(Stance(f"s{n}", holder, label, draw(st.sampled_from(["anna", "boris"])), **to))
    return [*known, *about, document, *statements, *stances]


def told(records: list[Record]) -> list[object]:
    """What records say, whatever they are called."""
    names: dict[str, Any] = {
        record.key: (type(record).__name__, record.name) for record in records if isinstance(record, Actor | Topic)
    }
    statements = {
        s.key: (s.start, s.end, s.exact, s.stated_on, names[s.speaker]) for s in records if isinstance(s, Statement)
    }
    people = [(a.name, a.kind, a.attributes) for a in records if isinstance(a, Actor)]
    said = [
        (statements[s.statement], names[s.holder], names[s.target_actor or s.target_topic or ""], s.label, s.annotator)
        for s in records
        if isinstance(s, Stance)
    ]
    documents = [(d.title, d.text, d.published_on) for d in records if isinstance(d, Document)]
    return [sorted(set(people)), sorted(said, key=repr), documents]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(worlds())
def test_what_is_written_is_read_again(tmp_path: Path, world: list[Record]) -> None:
    """Whatever kinds actors are of, and whether actors or topics are the targets; and the second file is the first."""
    set_ = options(FORMAT)
    assert FORMAT.read
    assert FORMAT.write
    file = tmp_path / "export.dna"
    file.write_bytes(written(FORMAT.write(held(world), set_)))
    again = records_of(FORMAT.read(file, set_))
    assert told(again) == told(world)
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


@needs_sample
def test_an_export_has_the_samples_tables(read_as: ReadAs) -> None:
    """With their constraints, word for word; documents as they were; and a second export is the first."""
    set_ = options(FORMAT)
    assert FORMAT.read
    assert FORMAT.write
    first = written(FORMAT.write(held(records_of(FORMAT.read(SAMPLE, set_))), set_))
    again = records_of(read_as("dna", first, called="first.dna"))
    assert written(FORMAT.write(held(again), set_)) == first
    with closing(sqlite3.connect(f"{SAMPLE.as_uri()}?mode=ro&immutable=1", uri=True)) as theirs:
        shape = dict(theirs.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
        documents = theirs.execute("SELECT * FROM DOCUMENTS").fetchall()
    with closing(sqlite3.connect(":memory:")) as ours:
        ours.deserialize(first)
        assert dict(ours.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")) == shape
        assert ours.execute("SELECT * FROM DOCUMENTS").fetchall() == documents


def test_what_is_written_of_persons_as_holders(tmp_path: Path) -> None:
    """With the one group that a person belonged to on the day; numbers where they are asked for."""
    first, last = dt.date(2020, 1, 1), dt.date(2020, 12, 31)
    world: list[Record] = [
        *(Actor(name, name, ActorKind.PERSON) for name in ("Ana", "Ben")),
        *(Actor(name, name, ActorKind.ORGANIZATION) for name in ("Council", "Union")),
        Topic("Truce", "Truce"),
        Membership("Ana", "Council", None, first, last),
        Membership("Ana", "Union", valid_from=dt.date(2021, 1, 1)),
        *(Membership("Ben", group) for group in ("Council", "Union")),
        Document("d", "Minutes", TEXT, "en", published_on=dt.date(2020, 6, 1)),
    ]
    labels = (("Ana", StanceLabel.OPPOSE, 2), ("Ben", StanceLabel.NEUTRAL, None), ("Ben", StanceLabel.MIXED, None))
    for n, (who, label, intensity) in enumerate(labels):
        world.append(Statement(str(n), "d", who, n, 14, stated_on=dt.date(2020, 6, 1)))
        world.append(Stance(str(n), who, label, "anna", target_topic="Truce", intensity=intensity))
    assert FORMAT.write
    file = tmp_path / "persons.dna"
    file.write_bytes(written(FORMAT.write(held(world), options(FORMAT, holder="person", qualifier="integer"))))
    query = (
        "SELECT s.Start, s.Stop, p.Value, o.Value, a.Value FROM STATEMENTS s"
        " JOIN DATASHORTTEXT dp ON dp.StatementId = s.ID AND dp.VariableId = 1 JOIN ENTITIES p ON p.ID = dp.Entity"
        " JOIN DATASHORTTEXT do ON do.StatementId = s.ID AND do.VariableId = 2 JOIN ENTITIES o ON o.ID = do.Entity"
        " JOIN DATAINTEGER a ON a.StatementId = s.ID ORDER BY s.ID"
    )
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute(query).fetchall() == [(0, 15, "Ana", "Council", -2), (1, 15, "Ben", "", 0)]


def test_names_that_are_alike_or_long(tmp_path: Path) -> None:
    """Two of one name are told apart by their slugs; what is too long for the format is cut."""
    long = "x" * 250
    actors = [Actor(f"{name}-{n}", name, ActorKind.STATE) for name in ("Syria", long) for n in (1, 2)]
    assert FORMAT.write
    file = tmp_path / "names.dna"
    file.write_bytes(written(FORMAT.write(held([*actors, Document("d", long, "A text.", "en")]), options(FORMAT))))
    with closing(sqlite3.connect(file)) as connection:
        names = [name for (name,) in connection.execute("SELECT Value FROM ENTITIES WHERE Value <> '' ORDER BY ID")]
        assert connection.execute("SELECT length(Title) FROM DOCUMENTS").fetchall() == [(190,)]
    assert names[:2] == ["Syria", "Syria (syria-2)"]
    assert {len(name) for name in names[2:]} == {190}
    assert len(set(names)) == 4
    assert FORMAT.read
    again = [a for a in records_of(FORMAT.read(file, options(FORMAT))) if isinstance(a, Actor)]
    assert [(a.name, a.slug) for a in again[:2]] == [("Syria", None), ("Syria", "syria-2")]


def test_a_password_that_opens_it(tmp_path: Path) -> None:
    """As the library does that DNA keeps passwords with: salt, and SHA-256 a hundred thousand times."""
    import base64
    import hashlib

    assert FORMAT.write
    file = tmp_path / "locked.dna"
    file.write_bytes(written(FORMAT.write(held([]), options(FORMAT, password="sesame"))))
    with closing(sqlite3.connect(file)) as connection:
        ((name, kept),) = connection.execute("SELECT Name, Password FROM CODERS").fetchall()
    raw = base64.b64decode(kept)
    digest = raw[:16] + b"sesame"
    for _ in range(100_000):
        digest = hashlib.sha256(digest).digest()
    assert (name, raw[16:]) == ("Admin", digest)
