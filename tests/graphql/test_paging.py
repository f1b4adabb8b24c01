"""Pages: every list of the schema can be walked from either end, in every order, without a gap or a double."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import build_schema

from tests.conftest import Api
from tests.graphql.conftest import RANKED
from tests.graphql.oracle import Oracle
from tests.graphql.rows import PREFIXES
from tests.graphql.walking import Listed, lists, walk

SDL = (Path(__file__).parents[2] / "schema.graphql").read_text(encoding="utf-8")
LISTS = lists(build_schema(SDL))
ROOTS = [listed for listed in LISTS if listed.parent == "Query"]
EDGES = "totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { id } }"
NO_KEY = "00000000-0000-4000-8000-000000000000"


def orders() -> Iterator[Any]:
    """Each list with each of its orders, in either direction."""
    for listed in LISTS:
        for order in listed.orders:
            for direction in ("ASC", "DESC") if order else (None,):
                yield pytest.param(listed, order, direction, id=f"{listed}-{order}-{direction}")


@pytest.fixture(scope="session")
def longest(enriched: Api, oracle: Oracle) -> dict[str, str]:
    """List → the id of the row in which it is longest."""
    found = {}
    for listed in LISTS:
        if listed.parent != "Query":
            rows = oracle.rows.of_type(listed.parent)
            (prefix,) = (prefix for prefix, name in PREFIXES.items() if name == listed.parent)
            counted = f"... on {listed.parent} {{ id {listed.field} {{ totalCount }} }}"
            query = f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ {counted} }} }}"
            nodes = oracle.seen_by(listed.caller).answer(query, {"ids": [f"{prefix}_{key}" for key in rows]})["nodes"]
            seen = [node for node in nodes if node is not None]
            longest = max(seen, key=lambda node: int(node[listed.field]["totalCount"]))
            assert longest[listed.field]["totalCount"] > 2, f"{listed} is nowhere long enough"
            found[str(listed)] = longest["id"]
    return found


@pytest.mark.parametrize(("listed", "order", "direction"), list(orders()))
def test_a_walk_from_either_end_meets_each_row_once_and_in_order(
    enriched: Api,
    oracle: Oracle,
    longest: dict[str, str],
    listed: Listed,
    order: str | None,
    direction: str | None,
) -> None:
    by = [f"orderBy: {{field: {order}, direction: {direction}}}"] if order else []
    by += [f'filter: {{text: "{RANKED[listed.field][0]}"}}'] if order == "RELEVANCE" else []
    query = listed.query(EDGES, *by)
    variables = {"id": longest[str(listed)]} if listed.parent != "Query" else {}
    whole = listed.found(oracle.seen_by(listed.caller).answer(query, {**variables, "first": 1_000_000}))["edges"]
    size = max(1, min(100, len(whole) // 6))
    assert walk(enriched, query, listed, variables, size, back=False) == whole
    assert walk(enriched, query, listed, variables, size, back=True) == whole


@pytest.mark.parametrize("listed", ROOTS, ids=str)
def test_between_two_cursors_lies_what_lies_between_them(enriched: Api, listed: Listed) -> None:
    query = listed.query(EDGES)
    edges = listed.found(enriched(query, {"first": 100}))["edges"]
    first, last = edges[1], edges[-2]
    between = {"after": first["cursor"], "before": last["cursor"]}
    assert listed.found(enriched(query, {"first": 100, **between}))["edges"] == edges[2:-2]
    assert listed.found(enriched(query, {"last": 2, **between}))["edges"] == edges[2:-2][-2:]
    crossed = listed.found(enriched(query, {"first": 3, "after": last["cursor"], "before": first["cursor"]}))
    assert crossed["edges"] == []
    assert crossed["pageInfo"]["startCursor"] is None


def test_twenty_come_where_nothing_is_said(enriched: Api) -> None:
    page = enriched("{ stances { edges { cursor } pageInfo { hasNextPage } } }")["stances"]
    assert len(page["edges"]) == 20
    assert page["pageInfo"]["hasNextPage"]


def test_an_empty_list_is_an_empty_page(enriched: Api) -> None:
    page = enriched(f"{{ stances(filter: {{label: []}}) {{ {EDGES} }} }}")["stances"]
    info = {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None}
    assert page == {"totalCount": 0, "pageInfo": info, "edges": []}


@pytest.mark.parametrize("selection", ["hasNextPage", "hasPreviousPage", "__typename", "startCursor"])
@pytest.mark.parametrize("paging", ["first: 2", "last: 2"])
def test_page_info_can_be_asked_for_alone_and_in_part(
    enriched: Api, oracle: Oracle, selection: str, paging: str
) -> None:
    for query in (
        f"{{ statements({paging}) {{ pageInfo {{ {selection} }} }} }}",
        f"{{ statements({paging}, filter: {{kind: []}}) {{ pageInfo {{ {selection} }} }} }}",
        f"{{ relations(first: 30) {{ edges {{ node {{ evidence({paging}) {{ pageInfo {{ {selection} }} }} }} }} }} }}",
    ):
        assert enriched(query) == oracle.answer(query, {})


def test_rows_that_go_do_not_shift_a_walk(api: Api) -> None:
    query = "query($after: String) { relations(first: 5, after: $after) { edges { cursor node { id } } } }"
    first = api(query)["relations"]["edges"]
    second = api(query, {"after": first[-1]["cursor"]})["relations"]["edges"]
    for edge in (first[0], first[-1]):  # one before the cursor, and the very row that it was made of
        assert api.change("deleteRelation", {"id": edge["node"]["id"]}, "relationId")["errors"] == []
    assert api(query, {"after": first[-1]["cursor"]})["relations"]["edges"] == second


# ---------------------------------------------------------------- what is refused


def refused(api: Api, query: str, **variables: Any) -> tuple[str, str, list[Any]]:
    """Code, argument and path of the one error."""
    answer = api.run(query, variables)
    assert "data" not in answer  # it was never executed
    (error,) = answer["errors"]
    assert error["message"].startswith(f"{error['extensions']['argument']}: ")
    return error["extensions"]["code"], error["extensions"]["argument"], error["path"]


@pytest.mark.parametrize("listed", ROOTS, ids=str)
@pytest.mark.parametrize("argument", ["first", "last"])
@pytest.mark.parametrize("size", [0, -1, 101, 2_147_483_647])
def test_sizes_run_from_1_to_100(reading: Api, listed: Listed, argument: str, size: int) -> None:
    wanted = ("BAD_USER_INPUT", argument, [listed.field])
    assert refused(reading, listed.query(EDGES), **{argument: size}) == wanted


@pytest.mark.parametrize("listed", ROOTS, ids=str)
@pytest.mark.parametrize("argument", ["first", "last"])
@pytest.mark.parametrize("size", [1, 100])
def test_1_and_100_are_sizes(reading: Api, listed: Listed, argument: str, size: int) -> None:
    assert listed.found(reading(listed.query(EDGES), {argument: size}))["edges"]


@pytest.mark.parametrize("listed", ROOTS, ids=str)
def test_first_and_last_exclude_each_other(reading: Api, listed: Listed) -> None:
    assert refused(reading, listed.query(EDGES), first=1, last=1) == ("BAD_USER_INPUT", "last", [listed.field])


def test_a_size_below_another_list_is_told_with_its_field(reading: Api) -> None:
    query = "{ actors { edges { node { held: stancesHeld(first: 0) { totalCount } } } } }"
    assert refused(reading, query) == ("BAD_USER_INPUT", "first", ["actors", "edges", "node", "held"])


@pytest.mark.parametrize("end", ["after", "before"])
@pytest.mark.parametrize(
    "cursor",
    [
        "",
        ".",
        "..",
        "nonsense",
        "NAME",
        f"{NO_KEY}",
        f"OTHER.x.{NO_KEY}",
        "CREATED_AT.2024-12-01T00:00:00.000000Z.not-a-key",
        "CREATED_AT.2024-12-01T00:00:00.000000Z.",
        f"CREATED_AT.yesterday.{NO_KEY}",
        f"CREATED_AT.2024-12-01T00:00:00.{NO_KEY}",
        f"CREATED_AT.0001-01-01T00:00:00+14:00.{NO_KEY}",
        f"CREATED_AT.9999-12-31T23:59:59-14:00.{NO_KEY}",
        f"CREATED_AT.\0.{NO_KEY}",
        "ö" * 5_000,
    ],
    ids=lambda cursor: ascii(cursor[:30]),
)
def test_a_cursor_that_is_none_is_refused(reading: Api, end: str, cursor: str) -> None:
    query = f"query($c: String) {{ stances({end}: $c) {{ totalCount }} }}"
    assert refused(reading, query, c=cursor) == ("BAD_USER_INPUT", end, ["stances"])


@pytest.mark.parametrize("end", ["after", "before"])
@pytest.mark.parametrize(
    ("field", "order", "value"),
    [
        ("actors", "STATEMENT_COUNT", "many"),
        ("actors", "STATEMENT_COUNT", "1.5"),
        ("actors", "STATEMENT_COUNT", "99999999999999999999"),
        ("actors", "STATEMENT_COUNT", "-2147483649"),
        ("statements", "POSITION", "2147483648"),
        ("statements", "STATED_ON", "0000-00-00"),
        ("statements", "STATED_ON", "2024-13-01"),
        ("statements", "STATED_ON", "infinity"),
        ("actors", "NAME", "a\0b"),
        ("actors", "RELEVANCE", "much"),
        ("documents", "RELEVANCE", "3 \0"),
    ],
)
def test_a_cursor_whose_value_is_none_of_its_order_is_refused(
    reading: Api, end: str, field: str, order: str, value: str
) -> None:
    by = f"orderBy: {{field: {order}, direction: ASC}}"
    by += f', filter: {{text: "{RANKED[field][0]}"}}' if order == "RELEVANCE" else ""
    query = f"query($c: String) {{ {field}({by}, {end}: $c) {{ totalCount }} }}"
    assert refused(reading, query, c=f"{order}.{value}.{NO_KEY}") == ("BAD_USER_INPUT", end, [field])


@pytest.mark.parametrize("end", ["after", "before"])
@pytest.mark.parametrize("listed", [listed for listed in ROOTS if len(listed.orders) > 1], ids=str)
def test_a_cursor_of_another_order_is_refused(reading: Api, listed: Listed, end: str) -> None:
    _, one, *others = listed.orders
    made = listed.query("edges { cursor }", f"orderBy: {{field: {one}, direction: ASC}}")
    (edge,) = listed.found(reading(made, {"first": 1}))["edges"]
    for other in others:
        text = [f'filter: {{text: "{RANKED[listed.field][0]}"}}'] if other == "RELEVANCE" else []
        query = listed.query("totalCount", f"orderBy: {{field: {other}, direction: ASC}}", *text)
        assert refused(reading, query, **{end: edge["cursor"]}) == ("BAD_USER_INPUT", end, [listed.field])


@pytest.mark.parametrize("value", ["1999-01-01", "0001-01-01", "9999-12-31"])
def test_a_cursor_may_name_a_row_that_there_is_not(enriched: Api, oracle: Oracle, value: str) -> None:
    dt.date.fromisoformat(value)
    for end, direction in (("after", "ASC"), ("before", "ASC"), ("after", "DESC"), ("before", "DESC")):
        by = f'orderBy: {{field: STATED_ON, direction: {direction}}}, {end}: "STATED_ON.{value}.{NO_KEY}"'
        for field in ("statements", "stances"):
            query = f"{{ {field}(first: 5, {by}) {{ {EDGES} }} }}"
            assert enriched(query) == oracle.answer(query, {})
