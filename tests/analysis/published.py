"""Published cases of agreement, as ratings: each unit a row, each annotator a column."""

import json
from dataclasses import dataclass
from typing import Any

from tests.analysis.definitions import Matrix
from tests.conftest import DATA

FILE = DATA / "agreement" / "cases.json"


@dataclass(frozen=True)
class Case:
    """A published case with what is to come out of it."""

    name: str
    matrix: Matrix
    expected: Any
    intervals: Any
    tolerance: float


def _matrix(case: Any) -> Matrix:
    if case["format"] == "confusion":
        return [[a, b] for a, row in enumerate(case["data"]) for b, times in enumerate(row) for _ in range(times)]
    if case["orientation"].startswith("rows=units"):
        return list(case["data"])
    return [list(unit) for unit in zip(*case["data"], strict=True)]


def cases() -> dict[str, Case]:
    """All of them by name; none where the data set is not there."""
    if not FILE.is_file():
        return {}
    return {
        case["id"]: Case(
            case["id"],
            _matrix(case),
            case["expected"],
            case.get("expected_ci", {}) | case.get("derived_ci", {}),
            case["tolerance"],
        )
        for case in json.loads(FILE.read_text())
    }
