"""Benchmarks the server against hand-written SQL ("floor") and a conventional stack ("usual"), and prints ratios."""

import datetime as dt
import sys
from dataclasses import dataclass
from pathlib import Path

import click
import uvloop

from bench import data, extras
from bench.compare import Different, compare
from bench.contestants import CONTESTANTS, NotStarted, running
from bench.data import Prepared, opened, prepare, sizes
from bench.load import Failed
from bench.machine import database as database_version
from bench.machine import machine, versions
from bench.operations import OPERATIONS
from bench.report import Results, missed, report
from bench.rounds import Plan, measure

BACKENDS = ("postgres", "sqlite")
RESULTS = Path(__file__).parent / "results.md"


@dataclass(frozen=True)
class Run:
    """The options of a run."""

    backends: tuple[str, ...]
    operations: tuple[str, ...]
    contestants: tuple[str, ...]
    plan: Plan
    scale: float
    requests: int
    """The number of requests for the memory measurement; 0 for no measurements beside the comparison."""


class _Names(click.ParamType[tuple[str, ...]]):
    """Parameter type: known names, separated by commas."""

    name = "NAME,…"

    def __init__(self, known: tuple[str, ...]) -> None:
        self.known = known

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Return the names in `value`, in the order of the known names."""
        names = value if isinstance(value, tuple) else tuple(str(value).split(","))
        for name in names:
            if name not in self.known:
                self.fail(f"{name!r} is none of {', '.join(self.known)}", param, ctx)
        return tuple(name for name in self.known if name in names)


_WHOLE, _QUICK = Plan(rounds=5, seconds=2.0), Plan(rounds=2, seconds=0.7, rounds_of_usual=1)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--quick", is_flag=True, help="A twentieth of the data, fewer and shorter rounds: to try things.")
@click.option("--database", type=_Names(BACKENDS), default=BACKENDS, help="Measure on these.")
@click.option("--only", type=_Names(tuple(OPERATIONS)), default=tuple(OPERATIONS), help="Measure these operations.")
@click.option(
    "--contestants", type=_Names(CONTESTANTS), default=CONTESTANTS, help="Measure these; ratios need the floor."
)
@click.option(
    "--rounds",
    type=click.IntRange(0),
    help="Contestants take turns in each; 0: compare answers, measure nothing.  [default: 5, quick: 2]",
)
@click.option("--seconds", type=click.FloatRange(0.01), help="Length of a cell.  [default: 2, quick: 0.7]")
@click.option(
    "--scale", type=click.FloatRange(0.0001, 10), help="Times a million stances and so on.  [default: 1, quick: 0.05]"
)
@click.option(
    "--requests",
    type=click.IntRange(0),
    help="For how many memory is watched; 0: measure nothing beside the contest.  [default: 100000, quick: 10000]",
)
@click.option(
    "--write/--no-write", default=True, help="Write bench/results.md where everything is measured on all of the data."
)
def main(
    quick: bool,
    database: tuple[str, ...],
    only: tuple[str, ...],
    contestants: tuple[str, ...],
    rounds: int | None,
    seconds: float | None,
    scale: float | None,
    requests: int | None,
    write: bool,
) -> None:
    """Measure how fast the server is, as ratios to a floor of hand-written SQL, on Postgres and SQLite.

    The data is generated once, which takes minutes, and kept under var/bench. Postgres is brought up there, unless
    STANCEGRAPH_BENCH_POSTGRES_URL names one.
    """
    usual = _QUICK if quick else _WHOLE
    run = Run(
        backends=database,
        operations=only,
        contestants=contestants,
        plan=Plan(
            rounds=usual.rounds if rounds is None else rounds,
            seconds=seconds or usual.seconds,
            rounds_of_usual=usual.rounds_of_usual,
        ),
        scale=scale or (0.05 if quick else 1.0),
        requests=(10_000 if quick else 100_000) if requests is None else requests,
    )
    try:
        text, targets_missed = uvloop.run(_measured(run))
    except (Different, Failed, NotStarted) as error:
        sys.exit(f"bench: {error}")
    click.echo(text)
    for target in targets_missed:
        click.echo(f"Missed: {target}")
    everything = (database, only, contestants) == (BACKENDS, tuple(OPERATIONS), CONTESTANTS)
    if write and everything and run.scale >= 1:
        RESULTS.write_text(text)


def _log(what: str) -> None:
    sys.stderr.write(f"{what}\n")


async def _measured(run: Run) -> tuple[str, list[str]]:
    """Return the report, and the targets that are missed."""
    sections, lines = [_head(run)], []
    for backend in run.backends:
        with data.server(backend) as server_url:
            prepared = await prepare(backend, server_url, sizes(run.scale))
            results = await _contest(run, prepared)
            if run.requests:
                tenth = await prepare(backend, server_url, sizes(run.scale / 10))
                await _extras(run, prepared, tenth, results)
        sections.append(report(results))
        lines += [f"{backend}: {line}" for line in missed(results)]
    return "\n".join(sections), lines


async def _contest(run: Run, prepared: Prepared) -> Results:
    """Compare and measure all operations."""
    operations = [OPERATIONS[name] for name in run.operations]
    with running(run.contestants, prepared) as contestants:
        async with opened(prepared.url) as database:
            results = Results(prepared.backend, await database_version(database), prepared.sizes)
            for operation in operations:
                results.compared += await compare(operation, contestants, database)
            _log(f"{prepared.backend}: {results.compared} answers of {', '.join(run.contestants)} compared")
            for operation in operations if run.plan.rounds else ():
                _log(f"{prepared.backend}: {operation.name}")
                results.measured.append(await measure(operation, contestants, run.plan, database))
        results.resident = {each.name: each.resident for each in contestants}
    return results


async def _extras(run: Run, prepared: Prepared, tenth: Prepared, results: Results) -> None:
    def log(what: str) -> None:
        _log(f"{prepared.backend}: beside these: {what}")

    results.requests = run.requests
    results.tenfold = await extras.tenfold(prepared, tenth, run.plan, log)
    results.workers = await extras.workers(prepared, run.plan, log)
    results.memory = await extras.memory(prepared, run.requests, log)


def _head(run: Run) -> str:
    named = ", ".join(f"{name} {version}" for name, version in versions().items())
    return f"""# Results

Written by `make bench` on {dt.datetime.now(dt.UTC):%Y-%m-%d}: {run.plan.rounds} rounds of {run.plan.seconds:g} seconds
for each cell, contestants taking turns, medians of the rounds. Ratios are taken within each round.

- **floor**: one Starlette endpoint an operation with the best SQL written by hand, nothing checked, nothing logged
- **server**: `stancegraph serve` as it is shipped
- **usual**: Strawberry resolvers with DataLoaders over the ORM

Machine: {machine()}; client, contestants and database share it. {named}.
"""


if __name__ == "__main__":
    main()
