"""Measurements beside the comparison: ten times the data, memory over many requests, two server processes."""

import statistics
from collections.abc import Callable, Mapping
from itertools import chain, cycle, islice

from bench.contestants import Contestant, running
from bench.data import Prepared
from bench.load import Cell, run
from bench.operations import OPERATIONS
from bench.rounds import CONNECTIONS, DIFFERENT, Plan

PAGED = ("actor_page", "statements", "first_page", "deep_page")
SCALED = ("node", "actor_page")
"""The operations measured with two processes."""
SMALL = ("node", "first_page", "deep_page", "nodes")
"""The mix of operations of the memory measurement."""
_SHARES = (0.1, 0.5, 1.0)


async def tenfold(whole: Prepared, tenth: Prepared, plan: Plan, log: Callable[[str], None]) -> Mapping[str, float]:
    """Return, by operation, the ratio of the time on the whole data set to the time on a tenth of it."""
    with running(["server"], tenth) as (small,), running(["server"], whole) as (large,):
        return await _compared(PAGED, small, large, 1, plan, lambda cell: cell.percentile(0.5), log)


async def workers(prepared: Prepared, plan: Plan, log: Callable[[str], None]) -> Mapping[str, float]:
    """Return, by operation, the ratio of the throughput of two server processes to that of one."""
    with running(["server"], prepared) as (one,), running(["server"], prepared, workers=2) as (two,):
        return await _compared(SCALED, one, two, CONNECTIONS[-1], plan, lambda cell: cell.throughput, log)


async def _compared(
    names: tuple[str, ...],
    one: Contestant,
    other: Contestant,
    connections: int,
    plan: Plan,
    figure: Callable[[Cell], float],
    log: Callable[[str], None],
) -> Mapping[str, float]:
    """Return, by operation, the median over all rounds of the ratio of `other` to `one`."""
    ratios: dict[str, float] = {}
    for name in names:
        log(name)
        rounds = []
        for _ in range(plan.rounds):
            each = [await _cell(contestant, name, connections, plan) for contestant in (one, other)]
            rounds.append(figure(each[1]) / figure(each[0]))
        ratios[name] = statistics.median(rounds)
    return ratios


async def _cell(contestant: Contestant, name: str, connections: int, plan: Plan) -> Cell:
    requests = cycle(_requests(contestant, name))
    await run(contestant.port, requests, connections, plan.seconds / 2)
    return await run(contestant.port, requests, connections, plan.seconds)


def _requests(contestant: Contestant, name: str) -> list[bytes]:
    operation = OPERATIONS[name]
    variables = operation.variables(contestant.prepared.facts, DIFFERENT)
    return [contestant.request(operation, each) for each in variables]


async def memory(prepared: Prepared, requests: int, log: Callable[[str], None]) -> Mapping[float, int | None]:
    """Return the resident memory of a new server after each share of `requests`."""
    resident: dict[float, int | None] = {}
    with running(["server"], prepared) as (server,):
        mixed = cycle(list(chain(*zip(*(_requests(server, name) for name in SMALL), strict=True))))
        done = 0
        for share in _SHARES:
            more = round(requests * share) - done
            log(f"{more:,} requests")
            await run(server.port, islice(mixed, more), CONNECTIONS[-1], float("inf"))
            done += more
            resident[share] = server.resident
    return resident
