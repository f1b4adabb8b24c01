"""What is measured beside the contest: ten times the data, memory over many requests, two processes."""

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
"""What two processes are asked."""
SMALL = ("node", "first_page", "deep_page", "nodes")
"""The mix under which memory is watched."""
_SHARES = (0.1, 0.5, 1.0)


async def tenfold(whole: Prepared, tenth: Prepared, plan: Plan, told: Callable[[str], None]) -> Mapping[str, float]:
    """By operation: the time on the whole data set over that on one a tenth its size."""
    with running(["server"], tenth) as (small,), running(["server"], whole) as (large,):
        return await _compared(PAGED, small, large, 1, plan, lambda cell: cell.percentile(0.5), told)


async def workers(prepared: Prepared, plan: Plan, told: Callable[[str], None]) -> Mapping[str, float]:
    """By operation: the throughput of two server processes over that of one."""
    with running(["server"], prepared) as (one,), running(["server"], prepared, workers=2) as (two,):
        return await _compared(SCALED, one, two, CONNECTIONS[-1], plan, lambda cell: cell.throughput, told)


async def _compared(
    names: tuple[str, ...],
    one: Contestant,
    other: Contestant,
    connections: int,
    plan: Plan,
    figure: Callable[[Cell], float],
    told: Callable[[str], None],
) -> Mapping[str, float]:
    """By operation: the median of the ratios of a figure of `other` to that of `one`, round by round."""
    ratios: dict[str, float] = {}
    for name in names:
        told(name)
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


async def memory(prepared: Prepared, requests: int, told: Callable[[str], None]) -> Mapping[float, int | None]:
    """By the share of `requests` that a fresh server has answered: the bytes it holds."""
    held: dict[float, int | None] = {}
    with running(["server"], prepared) as (server,):
        mixed = cycle(list(chain(*zip(*(_requests(server, name) for name in SMALL), strict=True))))
        done = 0
        for share in _SHARES:
            more = round(requests * share) - done
            told(f"{more:,} requests")
            await run(server.port, islice(mixed, more), CONNECTIONS[-1], float("inf"))
            done += more
            held[share] = server.resident
    return held
