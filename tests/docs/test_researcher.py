"""The R programs of the tutorial for researchers name columns that the exports have: R itself is not needed for that."""

import csv
import re
from pathlib import Path

import pytest

from docs.generator.markdown import BLOCK
from tests.docs.examples import DOCS
from tests.exchange.commands import called

PAGE = DOCS / "tutorials" / "researcher.md"
PROGRAMS = [text for language, _, text in BLOCK.findall(PAGE.read_text(encoding="utf-8")) if language == "r"]
EXPORTS = {"stances.csv": ("csv", "--table", "stances"), "ties.csv": ("edges",)}


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize("program", PROGRAMS, ids=["figure", "balance"])
def test_the_program_names_columns_that_exist(program: str, seeded_url: str, tmp_path: Path) -> None:
    (file,) = re.findall(r'read\.csv\("([^"]+)"\)', program)
    assert called("export", *EXPORTS[file], "-o", tmp_path / file, url=seeded_url).status == 0
    with (tmp_path / file).open(newline="", encoding="utf-8") as exported:
        columns = next(csv.reader(exported))
    named = set(re.findall(r"\b(?:stances|towards|both)\$(\w+)", program))
    named |= {word for formula in re.findall(r"(\w+ ~ [\w +]+),", program) for word in re.findall(r"\w+", formula)}
    assert named
    assert named <= set(columns)
