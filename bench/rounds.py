"""Measures operations in rounds with alternating contestants, so that drift affects all of them equally."""

import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle

from api.database.database import Database
from bench.contestants import Contestant
from bench.data import forget_written, tidy
from bench.load import Cell, run
from bench.operations import Operation

CONNECTIONS = (1, 16)
DIFFERENT = 200
"""The number of different requests for a query."""
_MAX_STANCES = 30_000
"""The maximum number of stances that a cell records; it ends early then."""
_MAX_REQUESTS = 10_000


@dataclass(frozen=True)
class Plan:
    """The number and length of measurements."""

    rounds: int = 5
    seconds: float = 2.0
    """The length of each cell. A quarter of it is added for warm-up, unless requests take longer than that."""
    rounds_of_usual: int = 2
    """Two are enough for the conventional stack: it takes seconds for some responses."""


@dataclass
class Measured:
    """All cells of an operation on a database."""

    operation: Operation
    cells: dict[tuple[str, int], list[Cell]] = field(default_factory=dict)
    """By contestant and number of connections, in the order of rounds."""

    def median(self, contestant: str, connections: int, figure: Callable[[Cell], float]) -> float | None:
        """Return the median of a value over the rounds."""
        cells = self.cells.get((contestant, connections), [])
        return statistics.median(figure(cell) for cell in cells) if cells else None

    def ratio(self, contestant: str, connections: int, figure: Callable[[Cell], float]) -> float | None:
        """Return the median of the ratios of a value to the floor's in the same round."""
        pairs = zip(self.cells.get((contestant, connections), []), self.cells.get(("floor", connections), []))  # noqa: B905 (fewer rounds of one)
        ratios = [figure(own) / figure(floor) for own, floor in pairs]
        return statistics.median(ratios) if ratios else None


async def measure(operation: Operation, contestants: Sequence[Contestant], plan: Plan, database: Database) -> Measured:
    """Measure all cells of `operation`.

    :raises bench.load.Failed: for a response that cannot be measured.
    """
    measured = Measured(operation)
    requests = {each.name: _Requests(each, operation) for each in contestants}
    for contestant in contestants:
        # Warm up: open all database connections, and prepare the statements on each of them.
        many = 1 if _is_slow(contestant, operation) else CONNECTIONS[-1]
        await _cell(contestant, requests[contestant.name], many, plan.seconds / 2, database)
    for number in range(plan.rounds):
        for connections in CONNECTIONS:
            for contestant in contestants:
                if contestant.name == "usual" and number >= plan.rounds_of_usual:
                    continue
                own_requests = requests[contestant.name]
                if not _is_slow(contestant, operation):
                    await _cell(contestant, own_requests, connections, plan.seconds / 4, database)
                cell = await _cell(contestant, own_requests, connections, plan.seconds, database)
                measured.cells.setdefault((contestant.name, connections), []).append(cell)
    if operation.writes:
        await tidy(database)
    return measured


def _is_slow(contestant: Contestant, operation: Operation) -> bool:
    """True if single requests take so long that a warm-up would take minutes without effect."""
    return contestant.name == "usual" or operation.writes > 1


@dataclass
class _Requests:
    """The requests of an operation to a contestant: a cycle of queries, or new mutations."""

    contestant: Contestant
    operation: Operation
    number: int = 0

    def __post_init__(self) -> None:
        self._again = cycle(self._made(DIFFERENT) if not self.operation.writes else [])

    def next(self) -> Iterator[bytes]:
        """Return the requests of the next cell."""
        if not self.operation.writes:
            return self._again
        return iter(self._made(min(_MAX_REQUESTS, _MAX_STANCES // self.operation.writes)))

    def _made(self, count: int) -> list[bytes]:
        variables = self.operation.variables(self.contestant.prepared.facts, count, self.number)
        self.number += count
        return [self.contestant.request(self.operation, each) for each in variables]


async def _cell(
    contestant: Contestant, cell_requests: _Requests, connections: int, seconds: float, database: Database
) -> Cell:
    cell = await run(contestant.port, cell_requests.next(), connections, seconds)
    if cell_requests.operation.writes:
        await forget_written(database)
    return cell
