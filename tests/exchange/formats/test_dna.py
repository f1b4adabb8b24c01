"""Files of Discourse Network Analyzer: what is read of them, and what is refused."""

import datetime as dt
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from api.exchange.format import Malformed
from api.exchange.formats.dna import tables
from api.exchange.formats.lib.untrusted_sqlite import open_file
from api.exchange.records import Actor, Annotator, Document, Membership, Stance, Statement, Topic
from models import ActorKind, StanceLabel
from tests.conftest import DATA
from tests.exchange.formats.conftest import ReadAs, kinds, of_kind, whys

SAMPLE = DATA / "dna_sample" / "sample.dna"
needs_sample = pytest.mark.skipif(not SAMPLE.exists(), reason="needs the published data")
TEXT = "Ana said yes 😀. The council said no, twice."
CODER = (1, "Admin", "")


@contextmanager
def editing(file: Path) -> Iterator[sqlite3.Connection]:
    """A file opened to be changed, in one go."""
    with closing(sqlite3.connect(file)) as connection, connection:
        yield connection


@pytest.fixture
def coded(tmp_path: Path) -> Path:
    """A file with two statements: for and against, of a person and of an organisation alone."""
    file = tmp_path / "coded.dna"
    with editing(file) as connection:
        for definition in tables.definitions():
            connection.execute(definition)
        run = connection.executemany
        run("INSERT INTO CODERS (ID, Name, Password) VALUES (?, ?, ?)", [CODER, (2, "Zoë", "")])
        run("INSERT INTO STATEMENTTYPES (ID, Label) VALUES (?, ?)", [(1, "DNA Statement"), (2, "Memo")])
        variables = [
            *((1, "person", "short text", 1), (2, "organization", "short text", 1), (3, "concept", "short text", 1)),
            *((4, "agreement", "boolean", 1), (5, "note", "long text", 1), (6, "memo", "long text", 2)),
        ]
        run("INSERT INTO VARIABLES VALUES (?, ?, ?, ?)", variables)
        entities = [
            *((1, 1, "", 0, 0, 0), (2, 1, "Ana", 255, 153, 0), (3, 2, "", 0, 0, 0), (4, 2, "Council", 0, 0, 0)),
            *((5, 3, "Truce", 0, 204, 0), (6, 3, "", 0, 0, 0)),
        ]
        run("INSERT INTO ENTITIES (ID, VariableId, Value, Red, Green, Blue) VALUES (?, ?, ?, ?, ?, ?)", entities)
        run("INSERT INTO ATTRIBUTEVARIABLES VALUES (?, ?, ?)", [(1, 1, "Type"), (2, 2, "Type")])
        run("INSERT INTO ATTRIBUTEVALUES VALUES (?, ?, ?, ?)", [(1, 2, 1, "Mayor"), (2, 4, 2, "")])
        document = (1, "Minutes", TEXT, 2, "A. Writer", "The Paper", "p. 3", "", "news", 1_106_697_600 + 3_600)
        run("INSERT INTO DOCUMENTS VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", [document])
        run("INSERT INTO STATEMENTS VALUES (?, ?, ?, ?, ?, ?)", [(1, 1, 1, 0, 15, 2), (2, 1, 1, 17, 44, 2)])
        values = [(1, 1, 2), (1, 2, 4), (1, 3, 5), (2, 1, 1), (2, 2, 4), (2, 3, 5)]
        run("INSERT INTO DATASHORTTEXT (StatementId, VariableId, Entity) VALUES (?, ?, ?)", values)
        run("INSERT INTO DATABOOLEAN (StatementId, VariableId, Value) VALUES (?, ?, ?)", [(1, 4, 1), (2, 4, 0)])
    return file


# ---------------------------------------------------------------- what is read


def test_who_says_what(read_as: ReadAs, coded: Path) -> None:
    """Organisations hold stances, persons speak, coders annotate; places are turned into code points."""
    found = read_as("dna", coded)
    assert of_kind(found, Annotator) == [Annotator("Admin"), Annotator("Zoë")]
    assert of_kind(found, Actor) == [
        Actor("person Ana", "Ana", ActorKind.PERSON, attributes=(("Type", "Mayor"), ("colour", "#ff9900"))),
        Actor("organization Council", "Council", ActorKind.ORGANIZATION),
    ]
    assert of_kind(found, Topic) == [Topic("concept Truce", "Truce", attributes=(("colour", "#00cc00"),))]
    assert of_kind(found, Membership) == [Membership("person Ana", "organization Council")]
    first, second = of_kind(found, Statement)
    day = dt.date(2005, 1, 26)
    assert first == Statement("1", "1", "person Ana", 0, 14, exact="Ana said yes 😀", stated_on=day)
    assert (second.speaker, second.exact) == ("organization Council", "The council said no, twice.")
    stances = of_kind(found, Stance)
    assert [(s.statement, s.holder, s.label, s.annotator, s.target_topic) for s in stances] == [
        ("1", "organization Council", StanceLabel.SUPPORT, "Zoë", "concept Truce"),
        ("2", "organization Council", StanceLabel.OPPOSE, "Zoë", "concept Truce"),
    ]
    (document,) = of_kind(found, Document)
    assert (document.title, document.text, document.language, document.published_on) == ("Minutes", TEXT, "und", day)
    assert document.attributes == (
        *(("author", "A. Writer"), ("source", "The Paper"), ("section", "p. 3"), ("type", "news")),
        *(("coder", "Zoë"), ("time", "01:00:00")),
    )
    assert set(whys(found)) == {
        "entities without a name are not imported",
        "the variable 'note' of 'DNA Statement' is not imported",
    }


def test_settings(read_as: ReadAs, coded: Path) -> None:
    """Persons as holders, places in code points, a language, publishers."""
    found = read_as("dna", coded, holder="person", language="en", publisher="source")
    assert [s.holder for s in of_kind(found, Stance)] == ["person Ana"]
    assert "statement 2 has no person, whose stance it could be" in whys(found)
    (document,) = of_kind(found, Document)
    assert (document.language, document.publisher) == ("en", "source The Paper")
    assert "source" not in dict(document.attributes)
    assert Actor("source The Paper", "The Paper", ActorKind.MEDIA) in of_kind(found, Actor)
    first, *_ = of_kind(read_as("dna", coded, unit="code-point"), Statement)
    assert first.exact == "Ana said yes 😀."


def test_variables_of_other_names(read_as: ReadAs, coded: Path) -> None:
    """They are named; where they are not, it is told which there are."""
    with editing(coded) as connection:
        connection.execute("UPDATE VARIABLES SET Variable = 'claim' WHERE ID = 3")
    with pytest.raises(
        Malformed, match=r"'organization', 'concept', 'agreement': there are 'DNA Statement' with .*'claim'"
    ):
        read_as("dna", coded)
    assert len(of_kind(read_as("dna", coded, concept="Claim"), Stance)) == 2
    with pytest.raises(Malformed, match=r"of the type 'Story'"):
        read_as("dna", coded, concept="claim", statement_type="Story")
    with pytest.raises(Malformed, match="of the type 'Memo'"):
        read_as("dna", coded, concept="claim", statement_type="Memo")


@pytest.mark.parametrize(
    ("value", "label", "intensity"),
    [
        (0, "NEUTRAL", None),
        (1, "SUPPORT", 1),
        (3, "SUPPORT", 3),
        (-2, "OPPOSE", 2),
        (7, "SUPPORT", 3),
        (-9, "OPPOSE", 3),
    ],
)
def test_agreement_by_numbers(read_as: ReadAs, coded: Path, value: int, label: str, intensity: int | None) -> None:
    """The sign is the label, the size the intensity; what is beyond the maximum is told."""
    with editing(coded) as connection:
        connection.execute("UPDATE VARIABLES SET DataType = 'integer' WHERE ID = 4")
        connection.execute("INSERT INTO DATAINTEGER (StatementId, VariableId, Value) VALUES (1, 4, ?)", (value,))
    found = read_as("dna", coded)
    assert [(s.label, s.intensity) for s in of_kind(found, Stance)] == [(StanceLabel(label), intensity)]
    assert any(f"agreement {value} is imported" in why for why in whys(found)) is (abs(value) > 3)
    assert "statement 2 has no agreement" in whys(found)


def test_statements_at_one_place(read_as: ReadAs, coded: Path) -> None:
    """What differs in its concept alone is one statement of ours; what says the same again, or the contrary, is read."""
    with editing(coded) as connection:
        connection.execute("INSERT INTO ENTITIES (ID, VariableId, Value) VALUES (7, 3, 'Talks')")
        for key, concept, agreement in ((3, 7, 0), (4, 5, 1), (5, 5, 0)):
            connection.execute("INSERT INTO STATEMENTS VALUES (?, 1, 1, 0, 15, 2)", (key,))
            names = [(key, 1, 2), (key, 2, 4), (key, 3, concept)]
            connection.executemany(
                "INSERT INTO DATASHORTTEXT (StatementId, VariableId, Entity) VALUES (?, ?, ?)", names
            )
            connection.execute(
                "INSERT INTO DATABOOLEAN (StatementId, VariableId, Value) VALUES (?, 4, ?)", (key, agreement)
            )
    found = read_as("dna", coded)
    assert [s.key for s in of_kind(found, Statement)] == ["1", "2"]
    said = [(s.statement, s.target_topic, s.label.value) for s in of_kind(found, Stance)]
    assert said == [
        ("1", "concept Truce", "SUPPORT"),
        ("1", "concept Talks", "OPPOSE"),
        ("1", "concept Truce", "SUPPORT"),
        ("1", "concept Truce", "OPPOSE"),
        ("2", "concept Truce", "OPPOSE"),
    ]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("UPDATE DATASHORTTEXT SET Entity = 3 WHERE StatementId = 1 AND VariableId = 2", "has no organization"),
        ("UPDATE DATASHORTTEXT SET Entity = 6 WHERE StatementId = 1 AND VariableId = 3", "has no concept"),
        ("UPDATE STATEMENTS SET Coder = NULL WHERE ID = 1", "has no coder"),
        ("UPDATE STATEMENTS SET Stop = 14 WHERE ID = 1", "from 0 to 14 there is no text"),  # within the emoji
        ("UPDATE STATEMENTS SET Stop = 99 WHERE ID = 1", "from 0 to 99 there is no text"),
        ("UPDATE STATEMENTS SET StatementTypeId = 2 WHERE ID = 1", "of the type 'Memo', which has no stances"),
        ("UPDATE ENTITIES SET ChildOf = 4 WHERE ID = 4", "is below another"),
        ("INSERT INTO REGEXES (Label) VALUES ('CO2')", "1 search terms are not imported"),
    ],
)
def test_what_is_left_out(read_as: ReadAs, coded: Path, change: str, told: str) -> None:
    """Each is told; the rest is read."""
    with editing(coded) as connection:
        connection.execute(change)
    found = read_as("dna", coded)
    assert any(told in why for why in whys(found)), whys(found)
    assert "2" in [s.statement for s in of_kind(found, Stance)]


def test_a_document_without_text(read_as: ReadAs, coded: Path) -> None:
    """It is left out, and so is what would stand in it."""
    with editing(coded) as connection:
        connection.execute("UPDATE DOCUMENTS SET Text = ' '")
    found = read_as("dna", coded)
    assert not {"Document", "Statement", "Stance"} & set(kinds(found))
    assert "document 1 has no text" in whys(found)


@needs_sample
def test_the_sample(read_as: ReadAs) -> None:
    """All of it: statements word for word as they were published."""
    found = read_as("dna", SAMPLE)
    counted = {kind: kinds(found).count(kind) for kind in set(kinds(found))}
    assert counted == {
        "Annotator": 4,
        "Actor": 14,
        "Topic": 6,
        "Membership": 7,
        "Document": 7,
        "Statement": 40,
        "Stance": 40,
        "Skipped": 5,
    }
    assert whys(found) == [
        *["entities without a name are not imported"] * 3,
        "statement 5 is of the type 'Annotation', which has no stances",
        "6 search terms are not imported",
    ]


# ---------------------------------------------------------------- what is refused


def _broken_page(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[4096 * 3 : 4096 * 3 + 64] = b"\xff" * 64
    file.write_bytes(bytes(content))


def _bytes(content: bytes) -> Callable[[Path], object]:
    return lambda file: file.write_bytes(content)


def _another_database(file: Path) -> None:
    file.unlink()
    _sql("CREATE TABLE actor (id)")(file)


def _sql(*statements: str) -> Callable[[Path], None]:
    def change(file: Path) -> None:
        with closing(sqlite3.connect(file, isolation_level=None)) as connection:
            connection.execute("PRAGMA foreign_keys = OFF")
            for statement in statements:
                connection.execute(statement)

    return change


def _without_rules(table: str, *more: str) -> Callable[[Path], None]:
    """The table made anew without what holds its rows together, and then changed."""
    return _sql(
        f"CREATE TABLE loose AS SELECT * FROM {table}",
        f"DROP TABLE {table}",
        f"ALTER TABLE loose RENAME TO {table}",
        *more,
    )


HOSTILE: dict[str, tuple[Callable[[Path], object], str]] = {
    "empty": (_bytes(b""), "not an SQLite file"),
    "a text": (_bytes(b"id,name\n1,Ana\n"), "not an SQLite file"),
    "a beginning alone": (_bytes(b"SQLite format 3\0"), "cannot be read|damaged"),
    "truncated": (lambda file: file.write_bytes(file.read_bytes()[:9000]), "cannot be read|damaged"),
    "a page overwritten": (_broken_page, "cannot be read|damaged"),
    "of DNA 1": (_bytes(b'<?xml version="1.0"?>\n<discourse/>'), "this is an XML file of DNA 1: make a new"),
    "of DNA 2": (
        _sql(
            *(f"DROP TABLE {name}" for name in ("ENTITIES", "ATTRIBUTEVALUES", "ATTRIBUTEVARIABLES")),
            "CREATE TABLE ATTRIBUTES (ID INTEGER PRIMARY KEY, VariableId INTEGER, Value TEXT)",
        ),
        "this is a file of DNA 2: make a new database in DNA 3.0",
    ),
    "of a later DNA": (
        _sql("CREATE TABLE ROLEVARIABLELINKS (ID INTEGER PRIMARY KEY)"),
        "of a version of DNA after 3.0",
    ),
    "another database": (_another_database, "no table CODERS"),
    "a table missing": (_sql("DROP TABLE DATABOOLEAN"), "no table DATABOOLEAN"),
    "a column missing": (_sql("ALTER TABLE DOCUMENTS DROP COLUMN Notes"), "DOCUMENTS has no column Notes"),
    "an endless view": (
        _sql(
            "DROP TABLE STATEMENTS",
            "CREATE VIEW STATEMENTS AS WITH RECURSIVE n(ID) AS (SELECT 1 UNION ALL SELECT ID + 1 FROM n)"
            " SELECT ID, 1 AS StatementTypeId, 1 AS DocumentId, 0 AS Start, 1 AS Stop, 1 AS Coder FROM n",
        ),
        "STATEMENTS must be a plain table",
    ),
    "a virtual table": (
        _sql("DROP TABLE REGEXES", "CREATE VIRTUAL TABLE REGEXES USING fts5(Label, Red, Green, Blue)"),
        "REGEXES must be a plain table",
    ),
    "a column that is reckoned": (
        _sql(
            "DROP TABLE REGEXES",
            "CREATE TABLE REGEXES (Red, Green, Blue, Label AS (hex(zeroblob(7000000))))",
            "INSERT INTO REGEXES (Red) VALUES (1)",
        ),
        "column Label must not be generated",
    ),
    "a value too large": (
        _sql("UPDATE DOCUMENTS SET Text = hex(zeroblob(5000000))"),
        "cannot be read: string or blob too big|too large",
    ),
    "a number that is a text": (
        _without_rules("STATEMENTS", "UPDATE STATEMENTS SET Start = 'x'"),
        "Start must be a whole number",
    ),
    "a text that is binary": (
        _without_rules("ENTITIES", "UPDATE ENTITIES SET Value = x'00ff'"),
        "must be a text, and is binary",
    ),
    "a text that is not in UTF-8": (
        _without_rules("CODERS", "UPDATE CODERS SET Name = CAST(x'ff41' AS TEXT)"),
        "not in UTF-8",
    ),
    "a date that is none": (_sql("UPDATE DOCUMENTS SET Date = 9000000000000000"), "is not a date"),
    "two values of one variable": (
        _without_rules("DATASHORTTEXT", "INSERT INTO DATASHORTTEXT SELECT * FROM DATASHORTTEXT"),
        "has two values of one variable",
    ),
    "two documents of one number": (
        _without_rules("DOCUMENTS", "INSERT INTO DOCUMENTS SELECT * FROM DOCUMENTS"),
        "two rows have the number 1",
    ),
    "a statement in no document": (_sql("UPDATE STATEMENTS SET DocumentId = 9"), "document 9, which does not exist"),
}


@pytest.mark.parametrize("what", sorted(HOSTILE))
def test_files_that_are_refused(read_as: ReadAs, coded: Path, what: str) -> None:
    """In clear words, and without running anything that stands in them."""
    change, told = HOSTILE[what]
    change(coded)
    with pytest.raises(Malformed, match=told):
        read_as("dna", coded)


def test_nothing_in_it_is_run(read_as: ReadAs, coded: Path) -> None:
    """Triggers lie still, and the file stays as it is, also where it has a journal beside it."""
    _sql("CREATE TRIGGER t AFTER INSERT ON CODERS BEGIN DELETE FROM DOCUMENTS; END")(coded)
    before = coded.read_bytes()
    coded.with_name("coded.dna-journal").write_bytes(b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + b"\0" * 600)
    assert len(of_kind(read_as("dna", coded), Stance)) == 2
    assert coded.read_bytes() == before
    assert sorted(file.name for file in coded.parent.iterdir()) == ["coded.dna", "coded.dna-journal"]


def test_patience_ends(coded: Path) -> None:
    """Whatever a file makes SQLite do, it is not waited for without end."""
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    with open_file(coded, {}, patience=20) as file, pytest.raises(Malformed, match="too long"):
        list(file.rows(endless))
