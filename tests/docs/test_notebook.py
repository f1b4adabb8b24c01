"""docs/how-to/script-annotation.md is one program, and does what it says: also where the server does not always answer."""

import csv
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from tests.conftest import Api

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "script-annotation.md"
PROGRAM = "\n".join(re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL))
EVERY = 5
"""So often a request gets no answer."""


class _Flaky(BaseHTTPRequestHandler):
    """Hands requests on, and of every so many carries one out without telling, refuses another."""

    server: "_FlakyServer"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.asked += 1
        turn = self.server.asked % EVERY
        if turn == EVERY - 1:
            self.send_response(503)
            self.send_header("content-length", "0")
            self.end_headers()
            return
        headers = {k: v for k, v in self.headers.items() if k.lower() in ("authorization", "content-type")}
        with urlopen(Request(f"{self.server.behind}/graphql", body, headers)) as response:
            answer = response.read()
        if turn == 0:
            self.close_connection = True  # done, and not told
            return
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


class _FlakyServer(ThreadingHTTPServer):
    def __init__(self, behind: str) -> None:
        super().__init__(("127.0.0.1", 0), _Flaky)
        self.behind, self.asked = behind, 0


@pytest.fixture
def flaky(server: Callable[..., str], api: Api) -> Iterator[_FlakyServer]:
    """A way to the server that does not always lead there and back."""
    between = _FlakyServer(server(api.url))
    thread = threading.Thread(target=between.serve_forever, daemon=True)
    thread.start()
    yield between
    between.shutdown()
    between.server_close()


def test_the_notebook_does_what_it_says(
    api: Api,
    flaky: _FlakyServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    assert "$(stancegraph token create amal)" in PAGE.read_text(), "as whom it is run"
    project = api('{ project(slug: "aleppo-second-reading") { id } }')["project"]["id"]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("API_SERVER", f"http://127.0.0.1:{flaky.server_port}")
    monkeypatch.setenv("API_TOKEN", api.tokens["amal"])
    ran: dict[str, Any] = {}
    exec(compile(PROGRAM, str(PAGE), "exec"), ran)
    told = capsys.readouterr().out
    assert "no answer" in told, "it met what it is made for"
    assert f"{len(ran['stances']):,} of {len(ran['stances']):,} posted, 0 refused" in told
    assert ran["refused"] == []
    finished = api("{ viewer { assignments(filter: {status: [FINISHED]}) { totalCount } } }", as_="amal")["viewer"]
    assert finished["assignments"]["totalCount"] == 3
    count = "query($p: ID!) { stances(filter: {project: [$p]}) { totalCount } }"
    total = api(count, {"p": project}, "amal")["stances"]["totalCount"]
    assert total >= len(ran["stances"]) > 250
    with (tmp_path / "consensus.csv").open(newline="", encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    assert len(table) == total, "one annotator: what they say together is what each stance says"
    assert {(row["label"], row["support"]) for row in table} >= {("UNCLEAR", "1.0")}
    assert ran["post"](ran["stances"]) == (0, [])
    assert api(count, {"p": project}, "amal")["stances"]["totalCount"] == total
