"""Benchmarks network measures against reading the same rows in one SQL statement, and the wait of other requests."""

import sys
import threading
from dataclasses import dataclass
from functools import partial
from typing import Any

import click
import httpx2
import uvloop

from bench import data
from bench.contestants import Contestant, running
from bench.data import Prepared, prepare, sizes
from bench.load import HOST
from bench.plain import read_plainly, timed

BACKENDS = ("postgres", "sqlite")
SMALL = "{ topics(first: 5) { edges { node { name } } } }"
_RELATIONS = "SELECT id, source_id, target_id, kind, directed, valid_from, valid_to FROM relation"
_STANCES = (
    "SELECT statement_id, holder_id, target_actor_id, target_topic_id, annotator_id, label, stated_on_sort FROM stance"
)


@dataclass(frozen=True)
class Measure:
    """A measure, and the SQL statement that reads its rows."""

    name: str
    query: str
    rows: str


def _network(fields: str, arguments: str = "") -> str:
    return f"{{ network{arguments} {{ {fields} }} }}"


def _stances(fields: str, arguments: str = "") -> str:
    return f"{{ stanceNetwork{arguments} {{ {fields} }} }}"


_TRIADS = "balance { triads { ppp ppn pnn nnn } triangleIndex { value } }"
_WALKS = "balance { walkIndex { value } }"
_FRUSTRATION = "balance(timeLimitSeconds: {}) {{ frustration {{ count lowerBound }} }}"
_YEARS = 'networkSeries(from: "2010-01-01", to: "2024-12-31", step: '
MEASURES = (
    Measure("triads", _network(_TRIADS), _RELATIONS),
    Measure("triads on a day", _network(_TRIADS, '(filter: {asOf: "2018-01-01"})'), _RELATIONS),
    Measure("closed walks", _network(_WALKS), _RELATIONS),
    Measure(
        "frustration, no proof",
        _network(_FRUSTRATION.format(0)),
        _RELATIONS,
    ),
    Measure("frustration, 5 s", _network(_FRUSTRATION.format(5)), _RELATIONS),
    Measure("4 blocs", _network("blocs(k: 4) { criterion }"), _RELATIONS),
    Measure("centrality", _network("centrality { actors { pnIndex eigenvector } }"), _RELATIONS),
    Measure("triads, 180 months", f"{{ {_YEARS}MONTH) {{ periods {{ triangleIndex {{ value }} }} }} }}", _RELATIONS),
    Measure("frustration, 15 years", f"{{ {_YEARS}YEAR) {{ periods {{ frustration {{ count }} }} }} }}", _RELATIONS),
    Measure("ties of stances", _stances("ties { sign weight }", "(minimumWeight: 10)"), _STANCES),
    Measure("triads of stances", _stances(_TRIADS), _STANCES),
)


def ask(port: int, query: str) -> Any:
    """Return the data of a response."""
    answer = httpx2.post(f"http://{HOST}:{port}/graphql", json={"query": query}, timeout=300).json()
    if "errors" in answer:
        sys.exit(f"bench: {answer['errors']}")
    return answer["data"]


def plainly(url: str, statement: str) -> float:
    """Return the seconds that the driver takes to read the rows of a statement: the best of three."""
    return min(timed(partial(read_plainly, url, statement)) for _ in range(3))


class Meanwhile:
    """Sends small requests one after another, and records the latency of each."""

    def __init__(self, port: int) -> None:
        self.port, self.waits, self._done = port, [0.0], threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        while not self._done.wait(0.005):
            self.waits.append(timed(lambda: ask(self.port, SMALL)))

    def __enter__(self) -> "Meanwhile":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()


def measured(server: Contestant, measure: Measure, plain: float) -> str:
    """Return a line of the table: first run, second run, the ratio, and the longest wait of other requests."""
    ask(server.port, SMALL)
    with Meanwhile(server.port) as meanwhile:
        first = timed(lambda: ask(server.port, measure.query))
    again = timed(lambda: ask(server.port, measure.query))
    longest = max(meanwhile.waits) * 1000
    return f"| {measure.name} | {first:.2f} s | {first / plain:.1f} | {again * 1000:.0f} ms | {longest:.0f} ms |"


def table(prepared: Prepared) -> str:
    """Return the table of one database. Each measure has a server of its own, without cached data of the one before."""
    plain = {rows: plainly(prepared.url, rows) for rows in (_RELATIONS, _STANCES)}
    lines = [
        f"{prepared.backend}: {prepared.sizes.relations:,} relations read plainly in {plain[_RELATIONS]:.2f} s,"
        f" {prepared.sizes.stances:,} stances in {plain[_STANCES]:.2f} s",
        "",
        "| measure | first time | times the plain reading | again | longest other request |",
        "|---|---:|---:|---:|---:|",
    ]
    for measure in MEASURES:
        with running(("server",), prepared) as (server,):
            lines.append(measured(server, measure, plain[measure.rows]))
    return "\n".join(lines)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--database", type=click.Choice(BACKENDS), multiple=True, default=BACKENDS, help="Measure on these.")
@click.option("--scale", type=click.FloatRange(0.0001, 10), default=1.0, help="Times 20,000 relations and so on.")
def main(database: tuple[str, ...], scale: float) -> None:
    """Measure the time of network measures, as ratios to reading the same rows in one SQL statement.

    The data is that of `python -m bench`: it is generated once and kept under var/bench.
    """
    for backend in database:
        with data.server(backend) as server_url:
            click.echo(table(uvloop.run(prepare(backend, server_url, sizes(scale)))) + "\n")


if __name__ == "__main__":
    main()
