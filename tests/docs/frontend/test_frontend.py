"""The pages of the tutorials for frontend developers: their operations are sent, and the pages are built and shown.

The packages are held to by tests/docs/frontend/*/package-lock.json. After a change of a printed package.json, run `npm
install` beside a copy of it, and save the lock without its `resolved` lines.
"""

import os
import re
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from docs.generator.markdown import BLOCK
from tests.conftest import Api, free_port
from tests.docs.examples import DOCS

FOLDER = Path(__file__).parent
CLIENTS = ("urql", "apollo")
VARIABLES = {"Ties": {"slug": "assad-government", "day": "2024-11-29"}, "Actors": {}}
SERVER = "http://127.0.0.1:8000"
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
SECONDS = 300
_OPERATION = re.compile(r"graphql\(`(.*?)`\)", re.DOTALL)


def files(client: str) -> dict[str, str]:
    """Return the files that the tutorial prints: path → text."""
    found = {}
    for _, info, text in BLOCK.findall((DOCS / "tutorials" / f"frontend-{client}.md").read_text(encoding="utf-8")):
        title = re.search(r'title="([^"]+)"', info)
        if title is not None:
            found[title[1]] = text
    return found


@pytest.mark.parametrize("client", CLIENTS)
def test_the_operations_of_the_page_are_answered(reading: Api, client: str) -> None:
    operations = [text for file in files(client).values() for text in _OPERATION.findall(file)]
    assert len(operations) == len(VARIABLES)
    for text in operations:
        name = re.findall(r"query (\w+)", text)[0]
        reading(text, VARIABLES[name])


@pytest.mark.parametrize("client", CLIENTS)
def test_the_locks_name_no_registry(client: str) -> None:
    assert '"resolved"' not in (FOLDER / client / "package-lock.json").read_text(encoding="utf-8")


@pytest.fixture(params=CLIENTS)
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder with the files of the tutorial and its packages installed."""
    if shutil.which("npm") is None:
        pytest.skip("needs Node and npm")
    for path, text in files(request.param).items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    shutil.copy(FOLDER / request.param / "package-lock.json", tmp_path)
    installed = _npm(tmp_path, "ci", "--silent", "--no-audit", "--no-fund")
    if installed.returncode:
        pytest.skip(f"npm could not install the packages: {installed.stderr}")
    return tmp_path


def _npm(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["npm", *arguments], cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False)


@contextmanager
def _vite(folder: Path) -> Iterator[str]:
    address, log = f"http://localhost:{(port := free_port())}", folder / "vite.log"
    with log.open("wb") as written:
        command = ["node", "node_modules/vite/bin/vite.js", "--port", str(port), "--strictPort"]
        process = subprocess.Popen(command, cwd=folder, stdout=written, stderr=written)
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                urllib.request.urlopen(address, timeout=5).close()
                break
            except OSError:
                assert process.poll() is None, log.read_text()
                time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        process.wait(20)


@pytest.mark.soak
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_the_page_is_built_and_shown(project: Path, server: Callable[..., str], seeded_url: str) -> None:
    """Types are generated and checked, the page is built, and a browser shows what the tutorial says."""
    address = server(seeded_url)
    for path in ("codegen.ts", "vite.config.ts"):
        text = (project / path).read_text(encoding="utf-8")
        assert SERVER in text
        (project / path).write_text(text.replace(SERVER, address), encoding="utf-8")
    for script in ("codegen", "build"):
        done = _npm(project, "run", script)
        assert done.returncode == 0, done.stdout + done.stderr
    if CHROMIUM is None:
        return
    with _vite(project) as page:
        shown = subprocess.run(
            [
                CHROMIUM,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--dump-dom",
                "--virtual-time-budget=20000",
                page,
            ],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
            env={**os.environ, "HOME": str(project)},
        ).stdout
    allies = re.findall(r"<li>([^<(]+) \(MILITARY_SUPPORT", shown.replace("<!-- -->", ""))
    assert allies == ["Russia", "Hezbollah", "Iran"]
    assert "21 actors" in shown.replace("<!-- -->", "")
