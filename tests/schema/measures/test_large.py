"""200,000 stances with 1,000 resamples: what it takes beside reading the same rows plainly, and who waits meanwhile."""

import json
import threading
import time
import urllib.request
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from api.database.database import Database
from api.database.migrate import migrate
from bench.plain import read_plainly
from seeds.bulk import fill
from seeds.sizes import Sizes
from tests.conftest import with_database

STANCES = 200_000
SIZES = Sizes(actors=200, relations=200, documents=500, statements=STANCES // 3, stances=STANCES)
ROWS = "SELECT statement_id, holder_id, target_actor_id, target_topic_id, annotator_id, label, intensity FROM stance"
FIGURE = "{ value lower upper }"
AGREEMENT = f"""{{ projects {{ edges {{ node {{ agreement(%s) {{
  units annotators percentAgreement {FIGURE} krippendorffAlpha {FIGURE} gwet {FIGURE} fleissKappa {FIGURE}
  confusion {{ count }} pairs(first: 10) {{ totalCount }} disagreements(first: 10) {{ edges {{ node {{ disagreement }} }} }}
}} }} }} }} }}"""
CONSENSUS = """{ projects { edges { node { consensus(method: DAWID_SKENE, first: 100) { totalCount
  edges { node { label support } } } } } } }"""
SMALL = "{ topics(first: 5) { edges { node { name } } } }"

pytestmark = pytest.mark.soak


def ask(address: str, query: str) -> Any:
    body = json.dumps({"query": query}).encode()
    request = urllib.request.Request(f"{address}/graphql", body, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=120) as response:
        answer = json.loads(response.read())
    assert "errors" not in answer, answer["errors"]
    return answer["data"]


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    found = work()
    return time.perf_counter() - began, found


class Meanwhile:
    """Sends small requests one after the other, and notes how long each took."""

    def __init__(self, address: str) -> None:
        self.address, self.waits, self._done = address, [0.0], threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        while not self._done.wait(0.005):
            self.waits.append(timed(lambda: ask(self.address, SMALL))[0])

    def __enter__(self) -> "Meanwhile":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()


async def _filled(database: Database) -> None:
    await migrate(database)
    await fill(database, SIZES, lambda _table, _rows: None)


def test_agreement_over_200_000_stances_blocks_nobody(
    empty_url: str, server: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    with_database(empty_url, _filled)
    address = server(empty_url)
    ask(address, SMALL)
    plain = min(timed(lambda: read_plainly(empty_url, ROWS))[0] for _ in range(3))
    with Meanwhile(address) as alone:
        time.sleep(1)
    told = [f"{STANCES:,} stances, plain reading {plain:.2f} s; a small request alone {max(alone.waits) * 1000:.0f} ms"]
    for name, query, most in (
        ("agreement, 1,000 resamples", AGREEMENT % "resamples: 1000", 15),
        ("the same again", AGREEMENT % "resamples: 1000", 1),
        ("at another level", AGREEMENT % "level: INTERVAL", 10),
        ("Dawid and Skene's model", CONSENSUS, 60),
    ):
        with Meanwhile(address) as meanwhile:
            took, data = timed(partial(ask, address, query))
        (node,) = [edge["node"] for edge in data["projects"]["edges"]]
        longest = max(meanwhile.waits)
        told.append(f"{name}: {took:.2f} s, {took / plain:.1f} times; longest other request {longest * 1000:.0f} ms")
        assert took / plain < most, told
        assert longest < max(0.5, plain), told
        assert node.get("agreement", {"units": 60_000})["units"] >= 60_000
    with capsys.disabled():
        print("\n" + "\n".join(told))  # noqa: T201 (what was measured)
