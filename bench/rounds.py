"""Measures operations round by round, contestants taking turns, so that what drifts meets them all alike."""

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
"""How many different requests a reading operation is measured with."""
_MOST_STANCES = 30_000
"""How many stances one cell may record: then it ends before its time."""
_MOST_REQUESTS = 10_000


@dataclass(frozen=True)
class Plan:
    """How long and how often to measure."""

    rounds: int = 5
    seconds: float = 2.0
    """Of each cell; a quarter of it goes before, to warm up, where requests do not take longer than that."""
    rounds_of_usual: int = 2
    """The usual way takes seconds for some answers, and is so far off that two rounds tell."""


@dataclass
class Measured:
    """All cells of one operation on one database."""

    operation: Operation
    cells: dict[tuple[str, int], list[Cell]] = field(default_factory=dict)
    """By contestant and connections, round by round."""

    def median(self, contestant: str, connections: int, figure: Callable[[Cell], float]) -> float | None:
        """The median of a figure over the rounds."""
        cells = self.cells.get((contestant, connections), [])
        return statistics.median(figure(cell) for cell in cells) if cells else None

    def ratio(self, contestant: str, connections: int, figure: Callable[[Cell], float]) -> float | None:
        """The median of the ratios of a figure to the floor's of the same round."""
        pairs = zip(self.cells.get((contestant, connections), []), self.cells.get(("floor", connections), []))  # noqa: B905 (fewer rounds of one)
        ratios = [figure(own) / figure(floor) for own, floor in pairs]
        return statistics.median(ratios) if ratios else None


async def measure(operation: Operation, contestants: Sequence[Contestant], plan: Plan, database: Database) -> Measured:
    """All cells of `operation`.

    :raises bench.load.Failed: for a response that cannot be measured.
    """
    measured = Measured(operation)
    requests = {each.name: _Requests(each, operation) for each in contestants}
    for contestant in contestants:
        # Connections to the database are opened and statements prepared on each of them, plans settled.
        many = 1 if _is_slow(contestant, operation) else CONNECTIONS[-1]
        await _cell(contestant, requests[contestant.name], many, plan.seconds / 2, database)
    for number in range(plan.rounds):
        for connections in CONNECTIONS:
            for contestant in contestants:
                if contestant.name == "usual" and number >= plan.rounds_of_usual:
                    continue
                asked = requests[contestant.name]
                if not _is_slow(contestant, operation):
                    await _cell(contestant, asked, connections, plan.seconds / 4, database)
                cell = await _cell(contestant, asked, connections, plan.seconds, database)
                measured.cells.setdefault((contestant.name, connections), []).append(cell)
    if operation.writes:
        await tidy(database)
    return measured


def _is_slow(contestant: Contestant, operation: Operation) -> bool:
    """Whether single requests take so long that warming up would take minutes and change nothing."""
    return contestant.name == "usual" or operation.writes > 1


@dataclass
class _Requests:
    """The requests of one operation to one contestant: the same ones again and again, or new ones where they write."""

    contestant: Contestant
    operation: Operation
    number: int = 0

    def __post_init__(self) -> None:
        self._again = cycle(self._made(DIFFERENT) if not self.operation.writes else [])

    def next(self) -> Iterator[bytes]:
        """The requests of the next cell."""
        if not self.operation.writes:
            return self._again
        return iter(self._made(min(_MOST_REQUESTS, _MOST_STANCES // self.operation.writes)))

    def _made(self, count: int) -> list[bytes]:
        variables = self.operation.variables(self.contestant.prepared.facts, count, self.number)
        self.number += count
        return [self.contestant.request(self.operation, each) for each in variables]


async def _cell(contestant: Contestant, asked: _Requests, connections: int, seconds: float, database: Database) -> Cell:
    cell = await run(contestant.port, asked.next(), connections, seconds)
    if asked.operation.writes:
        await forget_written(database)
    return cell
