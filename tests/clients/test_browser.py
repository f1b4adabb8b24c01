"""The server's page in a real browser: GraphiQL where it is bundled, and the plain form."""

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.http import graphiql
from tests.clients.conftest import RUN_SECONDS
from tests.conftest import Template, free_port

SERVE = """
import sys, uvicorn
from pathlib import Path
from api.http import graphiql
if sys.argv[2] == "plain":
    graphiql.DIST = Path("nowhere")
uvicorn.run("api.app:create", factory=True, port=int(sys.argv[1]), log_level="warning")
"""
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
TITLES = [
    "Who stood where",
    "Read statements and stances",
    "Draw the network of a day",
    "Find by name or by words",
    "Record a stance",
    "Follow what changes",
]
TWO = "query One { __typename } query Two($slug: String!) { actor(slug: $slug) { name } }"


@pytest.fixture(scope="module")
def browser() -> str:
    """The path of a browser."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    return found or pytest.skip(f"needs a browser: one of {', '.join(BROWSERS)}")


@pytest.fixture(scope="module", params=["plain", "graphiql"])
def reported(
    request: pytest.FixtureRequest, browser: str, clients: Path, seeded: Template, tmp_path_factory: Any
) -> Iterator[Any]:
    """What the browser's script reports of one of the two pages."""
    if seeded.backend != "sqlite":
        pytest.skip("the page is the same over either database")
    if request.param == "graphiql" and not (graphiql.DIST / "files.json").is_file():
        pytest.skip("GraphiQL is not bundled: make graphiql")
    url, port, log = seeded.copy(), free_port(), tmp_path_factory.mktemp("browser") / "log"
    environment = {**os.environ, "STANCEGRAPH_DATABASE_URL": url}
    command = [sys.executable, "-c", SERVE, str(port), request.param]
    with log.open("wb") as written:
        server = subprocess.Popen(command, env=environment, stdout=written, stderr=written)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_until_ready(address, server, log)
        result = subprocess.run(
            ["node", "browser.js", request.param],
            cwd=clients,
            env={
                **os.environ,
                "ADDRESS": address,
                "CHROMIUM": browser,
                "TOKENS": json.dumps({"good": seeded.tokens["karl"]}),
            },
            capture_output=True,
            text=True,
            timeout=RUN_SECONDS,
            check=False,
        )
        assert result.returncode == 0, result.stderr
        yield json.loads(result.stdout)
    finally:
        server.terminate()
        server.wait(20)
        seeded.drop(url)


def _wait_until_ready(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(f"{address}/readyz", timeout=5).close()
            return
        except OSError:
            assert server.poll() is None, log.read_text()
            time.sleep(0.1)
    raise AssertionError("the server did not get ready")


@pytest.mark.slow
def test_the_page_does_what_it_offers(reported: Any) -> None:
    """Queries, examples, links, subscriptions and a token that is remembered if told to: one run of the browser."""
    assert reported["unhandled"] == []
    found = {name: case.get("values", case) for name, case in reported["results"].items()}
    assert found["firstQuery"] is True
    assert found["examples"] == {"titles": TITLES, "third": True}
    # A link fills the page and executes nothing by itself.
    assert found["sharedLink"] == {"query": TWO, "variables": {"slug": "russia"}, "untouched": True, "ran": True}
    copied = found["copiedLink"]
    assert (copied["query"], copied["operationName"], copied["secret"]) == (TWO, "Two", False)
    assert json.loads(copied["variables"]) == {"slug": "russia"}
    assert found["subscription"] == {"followed": True, "after": True, "stopped": True}
    assert found["remembered"] == {"untold": False, "told": True, "sent": True}
    assert found["complaints"] == []
