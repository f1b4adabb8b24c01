"""Renders the report: for each database a table of ratios to the floor, and the targets."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bench.contestants import CONTESTANTS
from bench.load import Cell
from bench.rounds import CONNECTIONS, Measured
from seeds.sizes import Sizes

THROUGHPUT = {"actor_page": 0.80, "statements": 0.85, "network": 0.85, "node": 0.85, "record_stance": 0.70}
"""The minimum throughput at 16 connections, as a share of the floor's."""
P99 = 1.5
"""The maximum 99th percentile of the latency, as a multiple of the floor's."""
DEEP = 1.3
TENFOLD = 1.5
MEMORY = 120 * 2**20
FLAT = 1.05
"""The maximum growth of memory from a tenth of the requests to all of them."""


@dataclass
class Results:
    """The results on one database."""

    backend: str
    version: str
    sizes: Sizes
    measured: list[Measured] = field(default_factory=list)
    compared: int = 0
    """The number of compared responses."""
    resident: Mapping[str, int | None] = field(default_factory=dict)
    """Resident memory in bytes after all operations, by contestant."""
    tenfold: Mapping[str, float] = field(default_factory=dict)
    memory: Mapping[float, int | None] = field(default_factory=dict)
    requests: int = 0
    """The number of requests of the memory measurement."""
    workers: Mapping[str, float] = field(default_factory=dict)


def throughput(cell: Cell) -> float:
    """Return the requests per second."""
    return cell.throughput


def p50(cell: Cell) -> float:
    """Return the median latency in milliseconds."""
    return cell.percentile(0.5)


def p99(cell: Cell) -> float:
    """Return the 99th percentile of the latency in milliseconds."""
    return cell.percentile(0.99)


def report(results: Results) -> str:
    """Return the section of a database in Markdown."""
    sizes = results.sizes
    resident = [f"{name} {_megabytes(results.resident.get(name))}" for name in CONTESTANTS if name in results.resident]
    others = list(_others(results))
    sections = [
        f"## {'SQLite' if results.backend == 'sqlite' else 'Postgres'}",
        f"{results.version}. {sizes.actors:,} actors, {sizes.relations:,} relations, {sizes.documents:,} documents, "
        f"{sizes.statements:,} statements, {sizes.stances:,} stances. {results.compared} answers of each contestant "
        "were compared before.",
        "Throughput, as a share of the floor's:",
        _table(_THROUGHPUT_HEAD, map(_throughput_row, results.measured)),
        f"Latency in milliseconds, p50 / p99; the target for p99 at {CONNECTIONS[-1]} connections is at most "
        f"{P99} times the floor's:",
        _table(_LATENCY_HEAD, map(_latency_row, results.measured)),
        *(("Beside these:", _table(("measured", "found", "target", "holds"), others)) if others else ()),
        "Memory after all operations: " + ", ".join(resident) + "." if resident else "",
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


_ONE, _MANY = CONNECTIONS
_THROUGHPUT_HEAD = (
    "operation",
    f"floor, requests/s ×{_ONE}",
    f"×{_MANY}",
    f"server ×{_ONE}",
    f"server ×{_MANY}",
    "target",
    "holds",
    f"usual ×{_ONE}",
    f"usual ×{_MANY}",
)
_LATENCY_HEAD = (
    "operation",
    *(f"{name} ×{connections}" for connections in CONNECTIONS for name in CONTESTANTS),
    f"server p99 / floor p99 ×{_MANY}",
    "holds",
)


def _throughput_row(measured: Measured) -> Sequence[str]:
    target = THROUGHPUT.get(measured.operation.name)
    reached = measured.ratio("server", _MANY, throughput)
    return (
        measured.operation.name,
        *(_figure(measured.median("floor", connections, throughput), 1) for connections in CONNECTIONS),
        *(_figure(measured.ratio("server", connections, throughput), 2) for connections in CONNECTIONS),
        f"≥ {target:.2f}" if target else "",
        _holds(reached, target, lambda found, wanted: found >= wanted),
        *(_figure(measured.ratio("usual", connections, throughput), 3) for connections in CONNECTIONS),
    )


def _latency_row(measured: Measured) -> Sequence[str]:
    def pair(name: str, connections: int) -> str:
        return " / ".join(_figure(measured.median(name, connections, figure), 1) for figure in (p50, p99))

    ratio = measured.ratio("server", _MANY, p99)
    return (
        measured.operation.name,
        *(pair(name, connections) for connections in CONNECTIONS for name in CONTESTANTS),
        _figure(ratio, 2),
        _holds(ratio, P99, lambda found, wanted: found <= wanted),
    )


def _others(results: Results) -> Iterable[Sequence[str]]:
    def at_most(what: str, found: float | None, most: float) -> Sequence[str]:
        return (what, _figure(found, 2), f"≤ {most}", _holds(found, most, lambda f, m: f <= m))

    deep = _deep_over_first(results.measured)
    if deep is not None:
        yield at_most("a page deep inside the list / the first page, p50 ×1", deep, DEEP)
    for name, ratio in results.tenfold.items():
        yield at_most(f"{name}: ten times the data, p50 ×1", ratio, TENFOLD)
    for share, resident in results.memory.items():
        holds = _holds(resident, MEMORY, lambda f, m: f <= m)
        yield (
            f"memory of the server after {round(results.requests * share):,} requests",
            _megabytes(resident),
            "≤ 120 MiB",
            holds,
        )
    if results.memory:
        first, *_, last = results.memory.values()
        yield at_most("the last of these / the first", last / first if first and last else None, FLAT)
    for name, ratio in results.workers.items():
        yield (f"{name}: throughput of two processes / one ×{_MANY}", _figure(ratio, 2), "", "")


def _deep_over_first(measured: Sequence[Measured]) -> float | None:
    """Return the ratio of the server's time for a deep page to that for the first page."""
    found = {m.operation.name: m.median("server", _ONE, p50) for m in measured}
    deep, first = found.get("deep_page"), found.get("first_page")
    return deep / first if deep and first else None


def missed(results: Results) -> list[str]:
    """Return a line for each missed target."""
    tables = [
        ("throughput", _THROUGHPUT_HEAD.index("holds"), [_throughput_row(m) for m in results.measured]),
        ("p99", len(_LATENCY_HEAD) - 1, [_latency_row(m) for m in results.measured]),
        ("", 3, list(_others(results))),
    ]
    return [f"{row[0]} {what}".strip() for what, at, rows in tables for row in rows if row[at] == "no"]


def _figure(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:,.{digits}f}"


def _megabytes(resident: int | None) -> str:
    return "" if resident is None else f"{resident / 2**20:.0f} MiB"


def _holds(found: float | None, wanted: float | None, rule: Callable[[float, float], bool]) -> str:
    return "" if found is None or wanted is None else ("yes" if rule(found, wanted) else "no")


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table with aligned columns."""
    lines = [list(head), *map(list, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    aligned = [
        [
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        for line in lines
    ]
    rule = ["-" * width if column == 0 else "-" * (width - 1) + ":" for column, width in enumerate(widths)]
    return "\n".join("| " + " | ".join(line) + " |" for line in [aligned[0], rule, *aligned[1:]])
