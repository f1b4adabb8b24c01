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


@pytest.mark.soak
def test_contestants_are_held_to_the_same_answers_and_a_table_of_ratios_comes_out(bench: Bench) -> None:
    # One test, since two at once would prepare the same databases.
    compared = bench("--rounds", "0")
    assert compared.returncode == 0, compared.stderr
    for database in ("postgres", "sqlite"):
        assert f"{database}: 56 answers of floor, server, usual compared" in compared.stderr

    asked = ("--only", "node,record_stance", "--contestants", "floor,server", "--rounds", "1", "--seconds", "0.05")
    measured = bench(*asked)
    assert measured.returncode == 0, measured.stderr
    assert "once" not in measured.stderr, "the data is used again"
    _, postgres, sqlite = measured.stdout.split("\n## ")
    for section in (postgres, sqlite):
        tables = [line for line in section.splitlines() if line.startswith("|")]
        for name in ("node", "record_stance"):
            throughput, latency = (line for line in tables if line.startswith(f"| {name} "))
            _, _, floor, *_ = (cell.strip() for cell in throughput.split("|"))
            assert float(floor.replace(",", "")) > 0
            assert latency.count("/") == 6, "p50 and p99 of three, blank or not, at 1 and at 16 connections"


def test_a_wrong_name_is_told(bench: Bench) -> None:
    done = bench("--only", "nodes,nothing")
    assert done.returncode == 2
    assert "'nothing' is none of actor_page," in done.stderr
