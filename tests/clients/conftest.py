"""GraphQL clients as npm installs them, and a server process that they talk to."""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from api.database.database import Database
from api.security.viewer import OPERATOR
from api.services.annotators import issue_token, revoke_token
from tests.conftest import Template, with_database
from tests.durability.conftest import Server

FOLDER = Path(__file__).parent
SCHEMA = FOLDER.parents[1] / "schema.graphql"
OLDEST_NODE = 20
INSTALL_SECONDS = 300
RUN_SECONDS = 120


@pytest.fixture(scope="session")
def clients() -> Path:
    """The folder of the clients, installed and with the operations compiled for Relay. Skips where it cannot be."""
    if not shutil.which("npm") or not shutil.which("node"):
        pytest.skip("needs Node and npm")
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(version.removeprefix("v").partition(".")[0]) < OLDEST_NODE:
        pytest.skip(f"needs Node {OLDEST_NODE} or newer, not {version}")
    lock = Path(tempfile.gettempdir()) / f"stancegraph-clients-{sha256(bytes(FOLDER)).hexdigest()[:16]}.lock"
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # several test processes may come here at once
        failed = _run_once(["npm", "ci", "--silent"], FOLDER / "package-lock.json")
        if failed:
            pytest.skip(f"npm could not install the clients: {failed}")
        compiler = ["node_modules/.bin/relay-compiler"]
        failed = _run_once(compiler, SCHEMA, FOLDER / "relay" / "documents.js", FOLDER / "package-lock.json")
        assert not failed, failed
    return FOLDER


def _run_once(command: Sequence[str], *sources: Path) -> str:
    """Run a command unless it has run for these contents of its sources; return why it failed, empty if it did not."""
    digest = sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    done = FOLDER / "node_modules" / f".{Path(command[0]).name}.done"
    if done.is_file() and done.read_text() == digest:
        return ""
    result = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    if result.returncode:
        return (result.stderr or result.stdout).strip() or f"{command[0]} ended with {result.returncode}"
    done.write_text(digest)
    return ""


@pytest.fixture(scope="module")
def run(clients: Path, seeded: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Any]]:
    """Runs the script of one client against a server process: `run("urql.js", "document")` gives what it reports."""
    url = seeded.copy()

    async def issue(database: Database) -> tuple[str, str]:
        async with database.transaction() as session:
            expired = await issue_token(session, OPERATOR, "anna", days=-1)
            revoked = await issue_token(session, OPERATOR, "anna")
            assert expired is not None
            assert revoked is not None
            await revoke_token(session, OPERATOR, revoked.key)
        return expired.secret, revoked.secret

    expired, revoked = with_database(url, issue)
    tokens = {"good": seeded.tokens["karl"], "expired": expired, "revoked": revoked}
    server = Server(url, tmp_path_factory.mktemp("clients") / "log")
    server.start()

    def run_script(*command: str) -> Any:
        result = subprocess.run(
            ["node", *command],
            cwd=clients,
            env={**os.environ, "ADDRESS": f"http://127.0.0.1:{server.port}", "TOKENS": json.dumps(tokens)},
            capture_output=True,
            text=True,
            timeout=RUN_SECONDS,
            check=False,
        )
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)

    yield run_script
    server.end(signal.SIGTERM)
    seeded.drop(url)
