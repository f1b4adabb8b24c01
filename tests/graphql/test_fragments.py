"""What is selected alike is compiled once, and comes out as if it had been compiled each time."""

import re
from typing import Any

import pytest

from api.graphql.sql import fragments
from api.security.visibility import Visibility
from tests.conftest import Api
from tests.graphql.compiling import compiled

PAGE = "statements(first: %d) { edges { node { id kind stances(first: %d) { totalCount edges { node { label } } } } } }"


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by the slot of each fragment that is compiled."""
    found: list[int] = []
    compile_fragment = fragments.compile_fragment

    def counted(sql: Any, slot: int, dialect: Any) -> Any:
        found.append(slot)
        return compile_fragment(sql, slot, dialect)

    monkeypatch.setattr(fragments, "compile_fragment", counted)
    return found


@pytest.mark.parametrize("dialect", ["sqlite", "postgres"])
def test_aliases_of_one_selection_compile_it_once(made: list[int], dialect: str) -> None:
    """Whatever the sizes of their pages: the statement holds them nevertheless."""
    roots = " ".join(f"r{n}: " + PAGE % (n + 1, 50 - n) for n in range(40))
    plan, _ = compiled("{ " + roots + " }", dialect=dialect)
    assert len(made) == 2
    sizes = [int(size) for size in re.findall(r"LIMIT (\d+)", plan.sql)]
    assert sorted(sizes) == sorted([*range(1, 41), *range(11, 51)])


@pytest.mark.parametrize("dialect", ["sqlite", "postgres"])
def test_other_arguments_and_other_keys_are_other_fragments(made: list[int], dialect: str) -> None:
    page = "%s { actors(first: 1%s) { edges { node { %s } } } }"
    after = {"a": "NAME.x.01937537-a000-7000-8000-000000000000"}
    for number, (variables, arguments, selected, values) in enumerate(
        [
            ("query", "", "name", {}),
            ("query", "", "title: name", {}),
            ("query($a: String)", ", after: $a", "name", after),
            ("query($t: String)", ", filter: {text: $t}", "name", {"t": "war"}),
        ],
        start=1,
    ):
        compiled(page % (variables, arguments, selected), values, dialect)
        assert len(made) == number


def test_who_sees_what_is_part_of_a_fragment(made: list[int]) -> None:
    anonymous, _ = compiled("{ stances { totalCount } }", visibility=Visibility.ANONYMOUS)
    curator, _ = compiled("{ stances { totalCount } }", visibility=Visibility.CURATOR)
    assert anonymous.sql != curator.sql


def test_rows_of_a_table_within_rows_of_the_same_are_told_apart(reading: Api) -> None:
    """Names of aliases are those of the whole statement, not of the fragment."""
    query = """{ statements(first: 5) { edges { node { id stances(first: 3) { edges { node { id
      statement { id stances(first: 3) { edges { node { id statement { id } } } } } } } } } } } }"""
    seen = 0
    for edge in reading(query)["statements"]["edges"]:
        outer = edge["node"]
        for stance in outer["stances"]["edges"]:
            inner = stance["node"]["statement"]
            assert inner["id"] == outer["id"]
            assert [e["node"]["id"] for e in inner["stances"]["edges"]] == [
                e["node"]["id"] for e in outer["stances"]["edges"]
            ]
            seen += 1
    assert seen


def test_what_changed_is_told_in_pages_within_pages(reading: Api) -> None:
    """The table of all fields that may change stands in the statement once."""
    below = "history(first: 1) { edges { node { changes { field } } } }"
    query = "{ " + " ".join(f"a{n}: actors(first: 2) {{ edges {{ node {{ {below} }} }} }}" for n in range(5)) + " }"
    assert compiled(query)[0].sql.count("VALUES") == 1
    answer = reading(query)
    assert answer["a0"] == answer["a4"]
    assert answer["a0"]["edges"][0]["node"]["history"]["edges"][0]["node"]["changes"]
