"""The benchmark as it is run: a process over tiny data. What it finds is not judged here."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

TINY = ("--scale", "0.001", "--requests", "0")
Bench = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def bench(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Runs it in a folder where it keeps its data."""
    folder = tmp_path_factory.mktemp("bench")
    given = {"STANCEGRAPH_BENCH_POSTGRES_URL": postgres_url, "PYTHONPATH": str(Path.cwd())}

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "bench", *TINY, *arguments]
        return subprocess.run(
            command, cwd=folder, env={**os.environ, **given}, capture_output=True, text=True, check=False
        )

    return run


def test_all_contestants_give_the_same_answers_and_write_the_same_rows(bench: Bench) -> None:
    done = bench("--rounds", "0")
    assert done.returncode == 0, done.stderr
    for database in ("postgres", "sqlite"):
        assert f"{database}: 56 answers of floor, server, usual compared" in done.stderr


def test_a_table_of_ratios_comes_out(bench: Bench) -> None:
    done = bench("--only", "node,record_stance", "--rounds", "1", "--seconds", "0.05")
    assert done.returncode == 0, done.stderr
    _, postgres, sqlite = done.stdout.split("\n## ")
    for section in (postgres, sqlite):
        tables = [line for line in section.splitlines() if line.startswith("|")]
        for name in ("node", "record_stance"):
            throughput, latency = (line for line in tables if line.startswith(f"| {name} "))
            _, _, floor, *_, at_one, at_many, _, _ = (cell.strip() for cell in throughput.split("|"))
            assert float(floor.replace(",", "")) > 0
            assert at_one
            assert at_many
            assert latency.count("/") == 6


def test_a_wrong_name_is_told(bench: Bench) -> None:
    done = bench("--only", "nodes,nothing")
    assert done.returncode == 2
    assert "'nothing' is none of actor_page," in done.stderr
