"""Filters: parts hold together, members of a list hold one by one, and what cannot be understood is told."""

from collections import Counter
from collections.abc import Callable, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, build_schema, get_named_type

from tests.conftest import Api
from tests.graphql.arguments import REFERS
from tests.graphql.enrichment import FORMER
from tests.graphql.oracle import Oracle
from tests.graphql.rows import PREFIXES, Rows, global_id
from tests.graphql.walking import Listed, lists

SCHEMA = build_schema((Path(__file__).parents[2] / "schema.graphql").read_text(encoding="utf-8"))
LISTS = {listed.field: listed for listed in lists(SCHEMA) if listed.parent == "Query" and listed.filter}
UNKNOWN = "00000000-0000-4000-8000-000000000000"
Filter = Mapping[str, Any]
Find = Callable[[str, Filter], set[str]]


def parts(root: str) -> list[str]:
    """The parts of the filter of a list."""
    filter_type = SCHEMA.type_map[str(LISTS[root].filter)]
    assert isinstance(filter_type, GraphQLInputObjectType)
    return list(filter_type.fields)


def is_list(root: str, part: str) -> bool:
    """Whether a part takes a list."""
    filter_type = SCHEMA.type_map[str(LISTS[root].filter)]
    assert isinstance(filter_type, GraphQLInputObjectType)
    return str(filter_type.fields[part].type).startswith("[")


ALL = [(root, part) for root in LISTS for part in parts(root)]
OF_LISTS = [(root, part) for root, part in ALL if is_list(root, part)]
OF_IDS = [(root, part) for root, part in ALL if part in REFERS]
OF_ACTORS = [(root, part) for root, part in OF_IDS if "Actor" in REFERS[part]]


@pytest.fixture
def find(enriched: Api) -> Find:
    """Finds the ids of all rows of a list that a filter lets through, and looks at `totalCount` on the way."""

    def ids(root: str, given: Filter) -> set[str]:
        query = (
            f"query($f: {LISTS[root].filter}, $after: String) {{ {root}(filter: $f, first: 100, after: $after) "
            "{ totalCount pageInfo { hasNextPage endCursor } edges { node { id } } } }"
        )
        found: list[str] = []
        after = None
        while True:
            page = enriched(query, {"f": given, "after": after})[root]
            found += [edge["node"]["id"] for edge in page["edges"]]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                assert len(found) == len(set(found)) == page["totalCount"]
                return set(found)

    return ids


def _often(rows: Rows, root: str, column: str, number: int = 3) -> list[Any]:
    counted = Counter(getattr(row, column) for row in rows.of_type(root[:-1].title()).values())
    return [value for value, _ in counted.most_common() if value is not None][:number]


@pytest.fixture(scope="session")
def values(oracle: Oracle) -> Mapping[tuple[str, str], Any]:
    """List and part → a value that lets some rows through, not all."""
    rows = oracle.rows
    found: dict[tuple[str, str], Any] = {}
    columns = {"countryCode": "country_code", "stanceLabel": "label", "involving": "source_id", "between": "source_id"}
    for root, part in OF_LISTS:
        if part in ("stanceTarget", "target"):
            chosen: list[Any] = [f"act_{key}" for key in _often(rows, "stances", "target_actor_id")]
            chosen += [f"top_{key}" for key in _often(rows, "stances", "target_topic_id", 1)]
        elif part in REFERS:
            (type_name,) = REFERS[part]
            column = columns.get(part, f"{part}_id")
            keys = _often(rows, root, column, 30 if part == "between" else 3)
            chosen = [global_id(rows.of_type(type_name)[key]) for key in keys]
        else:
            chosen = _often(rows, "stances" if part == "stanceLabel" else root, columns.get(part, part), 2)
        found[root, part] = chosen
    span = {"from": "2011-01-01", "to": "2024-11-28"}
    found |= {(root, part): span for root, part in ALL if part in ("statedOn", "publishedOn")}
    found |= {("actors", "text"): "Syrian", ("documents", "text"): "council", ("statements", "text"): "rebel forces"}
    found |= {("actors", "activeOn"): "2012-06-01", ("relations", "asOf"): "2024-11-27"}
    assert set(found) == set(ALL), "a new part of a filter wants a value here"
    return found


@pytest.mark.parametrize(("root", "part"), ALL)
def test_each_part_lets_some_through(find: Find, values: Mapping[Any, Any], root: str, part: str) -> None:
    value = values[root, part]
    found = find(root, {part: value[:1] if is_list(root, part) and part != "between" else value})
    assert found
    assert found < find(root, {})


@pytest.mark.parametrize("root", LISTS)
def test_parts_hold_together(find: Find, values: Mapping[Any, Any], root: str) -> None:
    each = {part: find(root, {part: values[root, part]}) for part in parts(root)}
    for one, other in combinations(parts(root), 2):
        if {one, other} != {"stanceLabel", "stanceTarget"}:  # these two are met by one stance: see below
            both = {part: values[root, part] for part in (one, other)}
            assert find(root, both) == each[one] & each[other], both


@pytest.mark.parametrize(("root", "part"), OF_LISTS)
def test_members_of_a_list_hold_one_by_one(find: Find, values: Mapping[Any, Any], root: str, part: str) -> None:
    several = values[root, part]
    assert len(several) > 1
    if part == "between":  # both ends among them: no member holds by itself
        assert find(root, {part: several[:1]}) == set()
        return
    one_by_one = [find(root, {part: [value]}) for value in several]
    assert find(root, {part: several}) == set().union(*one_by_one)
    assert find(root, {part: several[0]}) == one_by_one[0], "one value stands for a list of one"
    assert find(root, {part: [*several, several[0]]}) == set().union(*one_by_one)


@pytest.mark.parametrize(("root", "part"), OF_LISTS)
def test_an_empty_list_matches_nothing(find: Find, root: str, part: str) -> None:
    assert find(root, {part: []}) == set()


@pytest.mark.parametrize(("root", "part"), ALL)
def test_null_is_as_if_left_out(find: Find, root: str, part: str) -> None:
    assert find(root, {part: None}) == find(root, {})


@pytest.mark.parametrize(("root", "part"), OF_IDS)
def test_an_unknown_id_matches_nothing(find: Find, values: Mapping[Any, Any], root: str, part: str) -> None:
    for type_name in REFERS[part]:
        (prefix,) = [prefix for prefix, name in PREFIXES.items() if name == type_name]
        unknown = f"{prefix}_{UNKNOWN}"
        assert find(root, {part: [unknown]}) == set()
        assert find(root, {part: [unknown, *values[root, part]]}) == find(root, {part: values[root, part]})


@pytest.mark.parametrize(("root", "part"), OF_IDS)
@pytest.mark.parametrize(
    "bad", ["", "1", UNKNOWN, f"act-{UNKNOWN}", f"xyz_{UNKNOWN}", f"act_{UNKNOWN.upper()} ", "act_\0", "of another"]
)
def test_what_is_no_id_of_its_type_is_told_by_place(
    reading: Api, values: Mapping[Any, Any], root: str, part: str, bad: str
) -> None:
    if bad == "of another":
        bad = f"mem_{UNKNOWN}"
    query = f"query($f: {LISTS[root].filter}) {{ list: {root}(filter: $f) {{ totalCount }} }}"
    answer = reading.run(query, {"f": {part: [values[root, part][0], bad]}})
    (error,) = answer["errors"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "argument": f"filter.{part}[1]"}
    assert error["path"] == ["list"]
    assert "data" not in answer


@pytest.mark.parametrize(("root", "part"), OF_ACTORS)
def test_the_id_of_a_merged_actor_stands_for_the_survivor(find: Find, oracle: Oracle, root: str, part: str) -> None:
    (redirect,) = oracle.rows.redirects
    former, survivor = f"act_{redirect.former_id}", f"act_{redirect.actor_id}"
    others = [f"act_{key}" for key in oracle.rows.actors if key != redirect.actor_id] if part == "between" else []
    wanted = find(root, {part: [survivor, *others]})
    assert wanted
    assert find(root, {part: [former, *others]}) == wanted
    assert find(root, {part: [former, survivor, *others]}) == wanted
    assert find(root, {part: [former, f"act_{UNKNOWN}", *others]}) == wanted


def test_the_slug_of_a_merged_actor_leads_to_the_survivor_inside_a_filter(find: Find) -> None:
    survivor, former = FORMER
    assert find("actors", {"slug": [former]}) == find("actors", {"slug": [survivor]}) != set()


def test_label_and_target_are_met_by_one_stance(find: Find, oracle: Oracle) -> None:
    topics = {s.target_topic_id for s in oracle._stances} - {None}
    apart = 0
    for topic in sorted(topics, key=str)[:5]:
        towards = find("statements", {"stanceTarget": [f"top_{topic}"]})
        for label in ("SUPPORT", "OPPOSE"):
            read_so = {s.statement_id for s in oracle._stances if s.target_topic_id == topic and s.label == label}
            found = find("statements", {"stanceLabel": [label], "stanceTarget": [f"top_{topic}"]})
            assert found == {f"stm_{key}" for key in read_so}
            apart += found != find("statements", {"stanceLabel": [label]}) & towards
    assert apart, "no example tells one stance from two"


def test_a_range_takes_its_ends_in_and_leaves_the_undated_out(find: Find, oracle: Oracle) -> None:
    days = {f"stm_{s.id}": s.stated_on for s in oracle.rows.statements.values()}
    dated = {key for key, day in days.items() if day}
    assert dated < set(days)
    for root, wanted in (("statements", "2024-11-27"),):
        on_the_day = {key for key, day in days.items() if day and day.isoformat() == wanted}
        assert find(root, {"statedOn": {"from": wanted, "to": wanted}}) == on_the_day != set()
    assert find("statements", {"statedOn": {}}) == set(days)
    assert find("statements", {"statedOn": {"from": None, "to": None}}) == set(days)
    assert find("statements", {"statedOn": {"from": "0001-01-01"}}) == dated
    assert find("statements", {"statedOn": {"to": "9999-12-31"}}) == dated
    assert find("statements", {"statedOn": {"from": "2024-11-29", "to": "2024-11-27"}}) == set()


def test_a_range_means_the_same_for_stances_as_for_their_statements(find: Find, oracle: Oracle) -> None:
    days = {f"stn_{s.id}": oracle.rows.statements[s.statement_id].stated_on for s in oracle._stances}
    dated = {key for key, day in days.items() if day}
    assert dated < set(days)
    assert find("stances", {"statedOn": {"to": "9999-12-31"}}) == dated
    assert find("stances", {"statedOn": {"from": "0001-01-01"}}) == dated
    assert find("stances", {"statedOn": {}}) == set(days)


@pytest.mark.parametrize("day", ["0001-01-01", "0999-03-01", "2024-11-27", "9999-12-31"])
def test_an_open_end_is_open(find: Find, oracle: Oracle, day: str) -> None:
    def holds(begins: Any, ends: Any) -> bool:
        return (begins is None or begins.isoformat() <= day) and (ends is None or day <= ends.isoformat())

    relations = {f"rel_{r.id}" for r in oracle.rows.relations.values() if holds(r.valid_from, r.valid_to)}
    actors = {f"act_{a.id}" for a in oracle.rows.actors.values() if holds(a.active_from, a.active_to)}
    assert find("relations", {"asOf": day}) == relations != set()
    assert find("actors", {"activeOn": day}) == actors != set()


@pytest.mark.parametrize("root", ["actors", "documents", "statements"])
def test_a_text_that_asks_for_nothing_is_refused(enriched: Api, root: str) -> None:
    query = f"query($f: {LISTS[root].filter}) {{ {root}(filter: $f) {{ totalCount }} }}"
    for text in ("", "  ", "!?", "😀", "_", "\0", "\t\n", '"', "'", "*", "(", ":*", "-council", '-"a b"', "-"):
        (error,) = enriched.run(query, {"f": {"text": text}})["errors"]
        assert error["extensions"] == {"code": "BAD_USER_INPUT", "argument": "filter.text"}, text


@pytest.mark.parametrize(
    "text", ["a*", "NEAR(a b)", "a AND b OR c", "a & b", "-- x", "re\u0301sume\u0301\0", "s -council", '"the', "支"]
)
@pytest.mark.parametrize("root", ["actors", "documents", "statements"])
def test_no_text_with_words_is_an_error(find: Find, oracle: Oracle, root: str, text: str) -> None:
    query = f"query($f: {LISTS[root].filter}) {{ {root}(filter: $f) {{ totalCount }} }}"
    assert len(find(root, {"text": text})) == oracle.answer(query, {"f": {"text": text}})[root]["totalCount"]


def input_fields(name: str) -> Mapping[str, Any]:
    """The fields of an input of the schema."""
    fields: Mapping[str, Any] = getattr(SCHEMA.type_map[name], "fields", {})
    return fields


@pytest.mark.parametrize(
    ("root", "part"),
    [(r, p) for r, p in OF_LISTS if str(get_named_type(input_fields(str(LISTS[r].filter))[p].type)) == "String"],
)
def test_a_text_that_can_stand_nowhere_matches_nothing(find: Find, root: str, part: str) -> None:
    assert find(root, {part: ["\0"]}) == set()
    assert find(root, {part: ["a\0", "\ufffd", "x" * 10_000]}) == set()


def test_filters_hold_in_lists_inside_rows_as_they_do_outside(enriched: Api, oracle: Oracle) -> None:
    listed: Listed
    for listed in lists(SCHEMA):
        if listed.filter is None or listed.parent == "Query":
            continue
        inside = f"{listed.field}(filter: $f) {{ totalCount }}"
        outside = f"{listed.parent.lower()}s(first: 10)"
        query = f"query($f: {listed.filter}) {{ {outside} {{ edges {{ node {{ {inside} }} }} }} }}"
        filters: dict[str, Filter] = {
            "StanceFilter": {"label": ["SUPPORT", "OPPOSE"], "statedOn": {"to": "2024-11-29"}},
            "StatementFilter": {"kind": ["QUOTATION"], "stanceLabel": ["SUPPORT"]},
            "RelationFilter": {"kind": ["ALLIANCE"], "asOf": "2024-11-27"},
            "DocumentFilter": {"language": ["en", "ar"], "publishedOn": {"to": "2024-11-29"}},
            "AssignmentFilter": {"status": ["EXPIRED", "SKIPPED"]},
        }
        variables = {"f": filters[listed.filter]}
        if outside.startswith("annotators"):
            outside, query = "viewer", f"query($f: {listed.filter}) {{ viewer {{ {inside} }} }}"
        found = enriched(query, variables, listed.caller)
        assert found == oracle.seen_by(listed.caller).answer(query, variables)
