"""The Dockerfile and docker-compose.yml keep the promises of the documentation."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from api.settings import Settings, variable
from tests.deploy.image import COMPOSE, DOCKERFILE, ROOT, command, compose, health_check, is_sent, stage, stages

GIVEN = {"POSTGRES_PASSWORD": "p@ss/w:rd%20#1"}
LOCK = ROOT / "requirements.lock"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def services() -> Any:
    """Return the services of the compose file, with a password."""
    return compose(GIVEN)["services"]


# ---------------------------------------------------------------- compose


def test_the_compose_file_is_one(tmp_path: Path) -> None:
    """Validated by the schema of compose files, which rejects an invalid file."""
    check = [str(Path(sys.executable).with_name("check-jsonschema")), "--builtin-schema", "vendor.compose-spec"]
    wrong = tmp_path / "docker-compose.yml"
    wrong.write_text(COMPOSE.read_text(encoding="utf-8").replace("services:", "service:"))
    done = subprocess.run([*check, str(COMPOSE), str(wrong)], capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert set(re.findall(r"^\s*(/\S+?)::", done.stdout, re.MULTILINE)) == {str(wrong)}, done.stdout


def test_the_password_must_be_given() -> None:
    """Compose names a missing or empty variable; the file contains no password."""
    for given in ({}, {"POSTGRES_PASSWORD": ""}):
        with pytest.raises(KeyError, match="POSTGRES_PASSWORD"):
            compose(given)
    written = re.findall(r"^ *(\w*PASSWORD): (.*)$", COMPOSE.read_text(encoding="utf-8"), re.MULTILINE)
    wanted = "${POSTGRES_PASSWORD:?set POSTGRES_PASSWORD}"
    assert written == [("PGPASSWORD", wanted), ("POSTGRES_PASSWORD", wanted)]


def test_any_password_may_be_given(services: Any) -> None:
    """The password is outside the URL, so that it needs no escaping."""
    assert services["database"]["environment"]["POSTGRES_PASSWORD"] == GIVEN["POSTGRES_PASSWORD"]
    for name in ("migrate", "api", "seed"):
        assert services[name]["environment"]["PGPASSWORD"] == GIVEN["POSTGRES_PASSWORD"]
        assert GIVEN["POSTGRES_PASSWORD"] not in services[name]["environment"]["STANCEGRAPH_DATABASE_URL"]


def test_the_api_starts_after_the_migrations_and_they_after_the_database(services: Any) -> None:
    assert services["migrate"]["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert services["api"]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
    assert services["migrate"]["restart"] == "no"
    assert "profiles" not in services["migrate"]


def test_the_case_is_loaded_for_whoever_asks_for_it(services: Any) -> None:
    """Neither without the migration nor before it."""
    assert services["seed"]["depends_on"] == services["api"]["depends_on"]
    assert services["seed"]["profiles"]


def test_data_are_in_a_volume(services: Any) -> None:
    assert services["database"]["image"] == "postgres:18"
    assert services["database"]["volumes"] == ["database:/var/lib/postgresql"]
    assert "database" in compose(GIVEN)["volumes"]


def test_where_the_api_is_published_may_be_said(services: Any) -> None:
    """With variables that are no settings of the API, which would refuse unknown ones."""
    assert services["api"]["ports"] == ["127.0.0.1:8000:8000"]
    assert "ports" not in services["database"]
    given = GIVEN | {"API_ADDRESS": "0.0.0.0", "API_PORT": "80"}
    assert compose(given)["services"]["api"]["ports"] == ["0.0.0.0:80:8000"]
    assert stages()[-1].all("EXPOSE") == ["8000"]
    named = set(re.findall(r"\$\{(STANCEGRAPH_\w+)", COMPOSE.read_text(encoding="utf-8")))
    assert named <= {variable(name) for name in Settings.model_fields}


def test_health_is_looked_after(services: Any) -> None:
    """Postgres over TCP, the API in its image; services that end have none."""
    words = services["database"]["healthcheck"]["test"]
    options = dict(zip(words[2::2], words[3::2], strict=True))
    given = services["database"]["environment"]
    assert options == {"--host": "127.0.0.1", "--username": given["POSTGRES_USER"], "--dbname": given["POSTGRES_DB"]}
    assert "healthcheck" not in services["api"]
    assert services["migrate"]["healthcheck"] == services["seed"]["healthcheck"] == {"disable": True}


def test_containers_may_do_little(services: Any) -> None:
    for name in ("migrate", "api", "seed"):
        assert services[name]["read_only"] is True
        assert services[name]["cap_drop"] == ["ALL"]
        assert services[name]["security_opt"] == ["no-new-privileges:true"]


# ---------------------------------------------------------------- the licence


def test_what_citations_and_packages_say_of_the_project_agrees() -> None:
    """The citation file is valid and has version and licence of the package."""
    check = [str(Path(sys.executable).with_name("check-jsonschema")), "--builtin-schema", "vendor.citation-file-format"]
    done = subprocess.run([*check, str(ROOT / "CITATION.cff")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert (cited["version"], cited["license"]) == (PROJECT["version"], PROJECT["license"])
    assert PROJECT["license-files"] == ["LICENSE"]
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")


# ---------------------------------------------------------------- Dockerfile


def test_nothing_is_made_after_the_user_is_changed() -> None:
    """Files belong to root: the user of the process cannot change them."""
    assert stages()[-1].all("USER") == ["stancegraph"]
    names = [name for name, _ in stages()[-1].steps]
    after = names[names.index("USER") + 1 :]
    assert "CMD" in after
    assert not {"RUN", "COPY", "ADD"} & set(after)


def test_what_is_copied_is_there_and_sent() -> None:
    copied = [step.split()[:-1] for each in stages() for step in each.all("COPY") if not step.startswith("--from")]
    assert len(copied) > 2
    for source in (ROOT / word for words in copied for word in words):
        assert source.exists(), source
        assert is_sent(source), source


def test_the_image_has_a_health_check_and_a_command() -> None:
    (check,) = stages()[-1].all("HEALTHCHECK")
    assert health_check(check)[:2] == ["python", "-c"]
    assert "/readyz" in check
    assert [command(arguments) for arguments in stages()[-1].all("CMD")] == [["stancegraph", "serve"]]
    assert stages()[-1].all("ENTRYPOINT") == []


def test_all_that_is_installed_is_locked_and_hashed() -> None:
    """First the locked packages, then the project without further downloads."""
    installs = [step for each in stages() for step in each.all("RUN") if "pip install" in step]
    assert installs == [
        "pip install --no-cache-dir --require-hashes -r requirements-docs.lock",
        "pip install --no-cache-dir --require-hashes -r requirements.lock",
        "pip install --no-cache-dir --no-deps --no-build-isolation .",
    ]
    assert [step for each in stages() for step in each.all("RUN") if "npm i" in step] == []
    assert "npm ci" in stage("graphiql-bundled").all("RUN")
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--dry-run", "--no-index", "--require-hashes", "-r", str(LOCK)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_lock_holds_what_the_project_asks_for() -> None:
    """In suitable versions, including the build tools."""
    text = LOCK.read_text(encoding="utf-8")
    locked = dict(re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", text, re.MULTILINE))
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]["requires"]
    for line in (*PROJECT["dependencies"], *build):
        asked = Requirement(line)
        assert asked.specifier.contains(locked[canonicalize_name(asked.name)]), line
    entries = re.split(r"\n(?=[a-z])", text.strip())
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []


def test_the_images_are_of_versions_that_suit_the_project() -> None:
    named = {each.name for each in stages()}
    bases = {each.base for each in stages()} - named - {"scratch", "graphiql-${GRAPHIQL}", "docs-${DOCS}"}
    assert all(re.fullmatch(r"[a-z]+:\d+(\.\d+)?-slim", base) for base in bases), bases
    (python,) = {base for base in bases if base.startswith("python")}
    version = re.findall(r"[\d.]+", python)[0]
    assert Requirement(f"python{PROJECT['requires-python']}").specifier.contains(version)


def test_graphiql_may_be_left_out() -> None:
    """For builds without npm."""
    assert "ARG GRAPHIQL=bundled" in DOCKERFILE.read_text(encoding="utf-8")
    built, plain = stage("graphiql-bundled"), stage("graphiql-plain")
    assert plain.base == "scratch"
    (copied,) = [step for step in stage("install").all("COPY") if "--from=graphiql" in step]
    assert copied.split()[1].rstrip("/") == f"{built.all('WORKDIR')[0]}/dist" == plain.all("WORKDIR")[0]


def test_the_documentation_may_be_left_out() -> None:
    """For those who serve it elsewhere."""
    assert "ARG DOCS=built" in DOCKERFILE.read_text(encoding="utf-8")
    built, none = stage("docs-built"), stage("docs-none")
    assert none.base == "scratch"
    (copied,) = [step for step in stage("install").all("COPY") if "--from=docs" in step]
    assert copied.split()[1].rstrip("/") == f"{built.all('WORKDIR')[0]}/api/http/site" == none.all("WORKDIR")[0]


@pytest.mark.parametrize(
    "path", ["var/stancegraph.db", ".venv/bin/python", ".git/config", ".env", "tests/conftest.py", "docker-compose.yml"]
)
def test_what_is_nobodys_affair_is_not_sent(path: str) -> None:
    assert not is_sent(ROOT / path)
    assert not is_sent(ROOT / "api/http/graphiql/node_modules/react/index.js")
    assert not is_sent(ROOT / "api/http/graphiql/dist/files.json")
    assert not is_sent(ROOT / "api/http/site/index.html")
    assert not is_sent(ROOT / "api/http/__pycache__/body.pyc")
    assert is_sent(ROOT / "api/http/graphiql/app.jsx")


def test_no_other_host_is_named() -> None:
    """The builder chooses the sources of images and packages."""
    for file in (DOCKERFILE, COMPOSE):
        hosts = set(re.findall(r"https?://([^/\s:\"]+)", file.read_text(encoding="utf-8")))
        assert hosts <= {"127.0.0.1"}
