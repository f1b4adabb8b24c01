"""Benchmarks planning a document that is not cached: `python -m bench.planning [--document FILE]`.

CPU time, the minimum of many plans in one process, all caches emptied before each: those of fragments, and those of the
aliases that SQLAlchemy copies from tables.
"""

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from api.database.postgres import PostgresReader
from api.database.sqlite import SqliteReader
from api.graphql.documents import DocumentOperation, Documents, choose_operation
from api.graphql.sql import emit, query
from api.graphql.sql.arguments import bind
from api.graphql.sql.compiler import Compiler
from api.schema.build import build
from api.security.visibility import Visibility
from api.settings import load

_README = Path(__file__).parent.parent / "README.md"
_DIALECTS = {"SQLite": SqliteReader.dialect, "Postgres": PostgresReader.dialect}
_MAX_NODES = 100_000

T = TypeVar("T")


def first_query() -> str:
    """Return the first query in the README."""
    found = re.search(r"```graphql\n(.*?)```", _README.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """Return the milliseconds of CPU time that `work` takes, and its result."""
    began = time.process_time()
    result = work()
    return (time.process_time() - began) * 1000, result


def planned(text: str, dialect: str) -> tuple[float, float, float]:
    """Return the milliseconds of each step for a document: parse and validate, read and bind, compile."""
    emit._rows.cache_clear()
    query.own_alias.cache_clear()
    built = build()
    documents, compiler = Documents(built, load({})), Compiler(built.graph, _DIALECTS[dialect], 1)
    parsing, prepared = timed(lambda: documents.prepare(text))
    operation: DocumentOperation = choose_operation(prepared, None)
    planning, plan = timed(lambda: operation.build_plan({}))
    binding, bound = timed(lambda: bind(plan.statement, {}, _MAX_NODES))
    compiling, _ = timed(compiler.query(plan, plan.nodes, bound, Visibility.ANONYMOUS).make)
    return parsing, planning + binding, compiling


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--document", type=click.Path(exists=True, path_type=Path), help="Plan this query, which takes no variables."
)
@click.option("--times", type=click.IntRange(1), default=50, show_default=True, help="Plan it so many times.")
def main(document: Path | None, times: int) -> None:
    """Print the minimum CPU time for planning a document, step by step."""
    text = document.read_text(encoding="utf-8") if document else first_query()
    click.echo("| | parse and validate | read and bind | compile | in all |\n|---|---:|---:|---:|---:|")
    for dialect in _DIALECTS:
        steps = [min(each) for each in zip(*(planned(text, dialect) for _ in range(times)), strict=True)]
        click.echo(f"| {dialect} | " + " | ".join(f"{ms:.1f} ms" for ms in (*steps, sum(steps))) + " |")


if __name__ == "__main__":
    main()
