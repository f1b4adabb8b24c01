"""Annotators at the command line: add, import, change of role, deactivate and reactivate."""

import csv
import io
import re
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.app import create
from tests.cli.processes import Ended, stancegraph
from tests.conftest import Api, Template, settings
from tests.exchange.commands import called

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"
VIEWER = "{ viewer { name role } }"


@pytest.fixture
def url(migrated: Template) -> Iterator[str]:
    """A database with the annotators `PEOPLE`."""
    found = migrated.copy()
    yield found
    migrated.drop(found)


def told(url: str, *arguments: str | Path) -> str:
    """Run a command that succeeds and return its stdout."""
    done = called(*arguments, url=url)
    assert done.status == 0, done.err
    return done.out


def listed(url: str, command: str) -> dict[str, str]:
    """Return the lines of the list without ID and name."""
    lines = [re.fullmatch(rf"{UUID}  (.+?)  (.+)", line) for line in told(url, command, "list").splitlines()]
    assert all(lines)
    return {line[1]: line[2] for line in lines if line}


def viewer(url: str, token: str) -> object:
    """Return the annotator of a token from the server; None for an invalid token."""
    with TestClient(create(settings(url))) as client:
        answer = Api(client, url, {"x": token}).run(VIEWER, as_="x")
    if answer.get("errors"):
        assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        return None
    return answer["data"]["viewer"]


def test_every_command_names_its_database(url: str, backend: str) -> None:
    """On stderr, so that programs can read stdout; the URL is complete except for passwords."""
    for arguments in (["annotator", "list"], ["token", "create", "anna"], ["check"], ["migrate"]):
        done = stancegraph(*arguments, url=url)
        assert done.status == 0
        assert done.err == ""
        assert done.database is not None
        assert done.database.startswith({"sqlite": "sqlite:////", "postgres": "postgresql://postgres"}[backend])
        assert "database" not in done.out or arguments[0] != "annotator"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("postgresql://u:hunter2@h:5433/db", "postgresql://u:***@h:5433/db"),
        ("postgresql://h/db?user=u&password=hunter2", "postgresql://h/db?user=u&password=***"),
        (
            "postgresql://u@h/db?sslmode=require&sslpassword=hunter2",
            "postgresql://u@h/db?sslmode=require&sslpassword=***",
        ),
        ("postgresql:///db?host=/run/postgresql", "postgresql:///db?host=/run/postgresql"),
        ("sqlite:///var/a.db", f"sqlite:///{Path.cwd()}/var/a.db"),
        ("sqlite:////srv/a.db", "sqlite:////srv/a.db"),
    ],
)
def test_how_a_database_is_named(given: str, shown: str) -> None:
    assert settings(given).display_url == shown


def test_an_annotator_from_first_to_last(url: str) -> None:
    """The printed ID is in the list; a change applies from the next request on."""
    said = told(url, "annotator", "add", "Zoë Ünal", "--role", "annotator")
    (key,) = re.findall(UUID, said)
    assert "stancegraph token create 'Zoë Ünal'" in said
    assert f"{key}  Zoë Ünal  ANNOTATOR  since 2" in told(url, "annotator", "list")
    assert list(listed(url, "annotator")) == ["Zoë Ünal", "ada", "anna", "anton", "karl", "vera"]
    token = told(url, "token", "create", "Zoë Ünal").strip()
    assert told(url, "annotator", "role", "Zoë Ünal", "curator") == "Zoë Ünal takes part as CURATOR.\n"
    assert viewer(url, token) == {"name": "Zoë Ünal", "role": "CURATOR"}

    assert "reactivate 'Zoë Ünal'" in told(url, "annotator", "deactivate", "Zoë Ünal")
    assert listed(url, "annotator")["Zoë Ünal"].endswith("deactivated")
    assert listed(url, "token")["Zoë Ünal"].endswith("annotator deactivated")
    assert viewer(url, token) is None
    told(url, "annotator", "reactivate", "Zoë Ünal")
    assert viewer(url, token) == {"name": "Zoë Ünal", "role": "CURATOR"}
    assert listed(url, "annotator")["Zoë Ünal"].endswith("active")
    # The same name as another keyboard writes it: with marks of their own, and a blank behind.
    said = told(url, "annotator", "role", "Zoe\u0308 U\u0308nal ", "viewer")
    assert said == "Zoë Ünal takes part as VIEWER.\n"
    assert listed(url, "annotator")["Zoë Ünal"].startswith("VIEWER")
    assert told(url, "token", "create", "Zoe\u0308 U\u0308nal")
    for arguments in (["role", "nobody", "ADMIN"], ["deactivate", "nobody"], ["reactivate", "nobody"]):
        assert "there is no annotator 'nobody'" in called("annotator", *arguments, url=url).reason
    wrong = called("annotator", "add", "Mi\tra", "--role", "annotator", url=url).reason
    assert "name: must not contain the character U+0009" in wrong


# ---------------------------------------------------------------- lists of people


def people(folder: Path, text: str) -> Path:
    file = folder / "people.csv"
    file.write_text(text, encoding="utf-8")
    return file


def tokens(text: str) -> dict[str, str]:
    """Return the tokens by name."""
    return {row["name"]: row["token"] for row in csv.DictReader(io.StringIO(text, newline=""))}


def test_a_list_of_people_comes_in_and_again_when_it_has_grown(url: str, tmp_path: Path) -> None:
    file = people(
        tmp_path, "name,role,email\nanna,ANNOTATOR,a@example.org\nZoë Ünal, curator ,z@example.org\n=Eve,VIEWER,\n"
    )
    done = called("annotator", "import", file, url=url)
    assert (done.status, done.err.splitlines()) == (
        0,
        [f"stancegraph: {file}: not read: email", "2 added, 1 there already."],
    )
    made = tokens(done.out)
    assert list(made) == ["Zoë Ünal", "'=Eve"]
    assert viewer(url, made["Zoë Ünal"]) == {"name": "Zoë Ünal", "role": "CURATOR"}
    file.write_text(file.read_text(encoding="utf-8").replace("Zoë Ünal", "Zoe\u0308 U\u0308nal"), encoding="utf-8")
    again = called("annotator", "import", file, url=url)
    assert (again.out, again.err.splitlines()[-1]) == ("", "0 added, 3 there already.")
    file.write_text("role;name\nVIEWER;New\n", encoding="utf-8")
    private = tmp_path / "tokens.csv"
    done = called("annotator", "import", file, "-o", private, "--expires", "30", url=url)
    assert (done.status, done.out) == (0, "")
    assert done.err == f"1 added, 0 there already; tokens in {private}.\n"
    assert private.stat().st_mode & 0o777 == 0o600
    assert viewer(url, tokens(private.read_text())["New"]) == {"name": "New", "role": "VIEWER"}
    assert "until 2" in listed(url, "token")["New"]
    # The same again has nothing to write; a file with tokens in it is never written over.
    assert called("annotator", "import", file, "-o", private, url=url).status == 0
    file.write_text("role;name\nVIEWER;Newer\n", encoding="utf-8")
    assert "already exists, and may hold tokens that nothing else has" in refused(url, file, "-o", private)
    assert list(tokens(private.read_text())) == ["New"]
    assert "cannot be written: No such file or directory" in refused(url, file, "-o", tmp_path / "no" / "tokens.csv")
    assert "Newer" not in listed(url, "annotator")


def refused(url: str, *arguments: str | Path) -> str:
    """Return the error message for a refused list."""
    done = called("annotator", "import", *arguments, url=url)
    assert (done.status, done.out) == (1, "")
    return done.err


def test_all_that_is_wrong_with_a_list_is_told_by_its_lines(url: str, tmp_path: Path) -> None:
    """The import is atomic."""
    told(url, "annotator", "deactivate", "vera")
    before = listed(url, "annotator")
    private = tmp_path / "tokens.csv"
    file = people(tmp_path, "name,role\nGood,VIEWER\n,VIEWER\nanna,CURATOR\nvera,VIEWER\nGood,BOSS\n")
    assert refused(url, file, "-o", private).splitlines() == [
        f"stancegraph: {file}: line 3: name: must not be empty",
        f"stancegraph: {file}: line 4: 'anna' is ANNOTATOR already, not CURATOR; see annotator role",
        f"stancegraph: {file}: line 5: 'vera' is deactivated; see annotator reactivate",
        f"stancegraph: {file}: line 6: role: 'BOSS' is not a role; the roles are VIEWER, ANNOTATOR, CURATOR, ADMIN",
        f"stancegraph: {file}: line 6: 'Good' is in line 2 already",
        "stancegraph: nobody was added",
    ]
    for text, why in (
        ("", "the file is empty"),
        ("name\nA\n", "no column 'role'"),
        ("name,role\nA\n", "line 2: 1 cells"),
    ):
        file.write_text(text)
        assert why in refused(url, file)
    assert not private.exists()
    assert listed(url, "annotator") == before


def test_four_hundred_people_in_one_run(url: str, tmp_path: Path) -> None:
    """One transaction with few statements takes seconds, including the start."""
    file = people(tmp_path, "name,role\n" + "".join(f"Person {n},ANNOTATOR\n" for n in range(400)))
    before = work()
    done: Ended = stancegraph("annotator", "import", str(file), url=url)
    assert work() - before < 5
    assert (done.status, done.err) == (0, "400 added, 0 there already.\n")
    made = tokens(done.out)
    assert len(set(made.values())) == 400
    assert viewer(url, made["Person 399"]) == {"name": "Person 399", "role": "ANNOTATOR"}


def work() -> float:
    """Return the CPU seconds of all commands so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
