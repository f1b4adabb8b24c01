"""Benchmarks discourse networks and tallies of a million stances against reading the same rows in one SQL statement."""

import asyncio
import statistics
import sys
from collections.abc import Mapping
from typing import Any

import click
from sqlalchemy import make_url
from starlette.testclient import TestClient

from api.app import create
from api.database.migrate import migrate
from api.settings import load
from bench.data import in_database, is_there, make_empty, opened, server, tidy
from bench.machine import machine
from bench.plain import read_plainly, timed
from seeds.bulk import fill
from seeds.sizes import Sizes

ROWS = "SELECT holder_id, target_actor_id, target_topic_id, label, stated_on_sort, statement_id FROM stance"
BUSIEST = """query { actors(first: 60, orderBy: {field: STATEMENT_COUNT, direction: DESC}) { edges { node { id } } }
  topics(first: 50) { edges { node { id } } } }"""
EDGES = "edges(first: 100) { totalCount edges { node { weight } } }"
WITH_STATEMENTS = "edges(first: 20) { edges { node { weight statements(first: 5) { edges { node { id } } } } } }"
OPERATIONS: Mapping[str, str] = {
    "one-mode network of all actors": f"query {{ discourseNetwork {{ {EDGES} }} }}",
    "two-mode network, once a document": "query { discourseNetwork(mode: TWO_MODE, duplicates: DOCUMENT)"
    f" {{ {EDGES} }} }}",
    "one-mode network of topics, normalized": "query { discourseNetwork(rows: TARGET, qualifier: SUBTRACT,"
    f" normalization: JACCARD, duplicates: MONTH) {{ {EDGES} }} }}",
    "20 edges with 5 statements each": f"query {{ discourseNetwork {{ {WITH_STATEMENTS} }} }}",
    "series of 60 actors, by quarters": "query($h: [ID!]!) { discourseNetwork(qualifier: CONGRUENCE, exclude:"
    " [{holders: $h, invert: true}], window: {size: 3, unit: QUARTER, kernel: TRIANGULAR}) { slices { stances } } }",
    "timeline by months": "query($one: ID!, $other: ID!) {"
    " stanceTimeline(holderId: $one, target: $other) { periods { tally { support } } } }",
    "matrix of 50 by 50": "query($h: [ID!]!, $t: [ID!]!) {"
    " stanceMatrix(holders: $h, targets: $t) { tally { support net { value } } } }",
    "contradictions, a year": 'query { contradictions(asOf: "2020-01-01") { totalCount edges { node { kind } } } }',
}


def ask(client: TestClient, query: str, variables: Mapping[str, Any]) -> Any:
    """Return the data of an operation that must succeed."""
    answer = client.post("/graphql", json={"query": query, "variables": dict(variables)}).json()
    assert "errors" not in answer, answer["errors"]
    return answer["data"]


async def filled(backend: str, server_url: str, sizes: Sizes) -> str:
    """Return the URL of a database of these sizes, with all stances in one project."""
    name = f"discourse_{sizes.stances}"
    url = f"{server_url}/{name}.db" if backend == "sqlite" else in_database(server_url, name)
    if not await is_there(url):
        await make_empty(backend, server_url, name)
        async with opened(url) as database:
            await migrate(database)
            await fill(database, sizes, lambda _table, _rows: None)
            await tidy(database)
    return url


def measured(url: str) -> None:
    """Print the time of each operation: the first run, the second run, and the ratio to plain reading."""
    plain = statistics.median(timed(lambda: read_plainly(url, ROWS)) for _ in range(3))
    click.echo(f"{make_url(url).get_backend_name()}: reading the rows plainly {plain:.2f} s")
    # The default settings but for the timeout, so that slow statements are measured rather than cancelled.
    arguments = {
        "STANCEGRAPH_DATABASE_URL": url,
        "STANCEGRAPH_STATEMENT_TIMEOUT_MS": "600000",
        "STANCEGRAPH_LOG_LEVEL": "error",
    }
    for name, query in OPERATIONS.items():
        with TestClient(create(load(arguments)), base_url="http://127.0.0.1") as client:
            data = ask(client, BUSIEST, {})
            holders, topics = ([edge["node"]["id"] for edge in data[key]["edges"]] for key in ("actors", "topics"))
            known = {"h": holders, "t": topics, "one": holders[0], "other": topics[0]}
            if "$t" in query:
                known["h"] = holders[:50]
            variables = {key: value for key, value in known.items() if f"${key}:" in query}
            cold = timed(lambda: ask(client, query, variables))  # noqa: B023 (asked at once)
            again = min(timed(lambda: ask(client, query, variables)) for _ in range(3))  # noqa: B023
        click.echo(f"  {name}: {cold:.2f} s ({cold / plain:.1f} times), again {again * 1000:.0f} ms")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--database", type=click.Choice(["sqlite", "postgres"]), multiple=True, default=["postgres", "sqlite"])
@click.option(
    "--stances", type=click.IntRange(1_000, 10_000_000), default=1_000_000, help="How many.", show_default=True
)
def main(database: tuple[str, ...], stances: int) -> None:
    """Print a table of times."""
    share = stances / 1_000_000
    whole = Sizes()
    sizes = Sizes(
        actors=max(60, round(whole.actors * share)),
        relations=max(400, round(whole.relations * share)),
        documents=max(40, round(whole.documents * share)),
        statements=max(400, round(whole.statements * share)),
        stances=stances,
    )
    click.echo(machine())
    for backend in database:
        with server(backend) as server_url:
            measured(asyncio.run(filled(backend, server_url, sizes)))


if __name__ == "__main__":
    sys.exit(main())
