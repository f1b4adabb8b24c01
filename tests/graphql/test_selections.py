"""How a document may be written: fragments, conditions, aliases, variables, nulls, several things in one operation."""

from collections.abc import Iterator
from typing import Any

import pytest

from api.graphql.sql.arguments import MAX_LEVELS
from tests.conftest import Api
from tests.graphql.oracle import Oracle

UNKNOWN = "00000000-0000-4000-8000-000000000000"
SCALARS = "id slug name kind description countryCode wikidataId activeFrom activeTo createdAt updatedAt version"


def same(api: Api, oracle: Oracle, query: str, variables: dict[str, Any] | None = None, statements: int = 1) -> Any:
    """The data of a query, which the oracle must give too, with its members in the same order."""
    found, wanted = api(query, variables), oracle.answer(query, variables or {})
    assert found == wanted
    assert _keys(found) == _keys(wanted)
    assert api.statements == statements
    return found


def _keys(value: Any) -> Any:
    if isinstance(value, dict):
        return [(key, _keys(member)) for key, member in value.items()]
    return [_keys(member) for member in value] if isinstance(value, list) else None


# ---------------------------------------------------------------- conditions


@pytest.mark.parametrize("yes", [True, False])
@pytest.mark.parametrize("also", [True, False])
def test_skip_and_include_together(enriched: Api, oracle: Oracle, yes: bool, also: bool) -> None:
    query = """query($yes: Boolean!, $also: Boolean!) {
      a: topics(first: 2) @include(if: $yes) { totalCount }
      b: topics(first: 2) @skip(if: $yes) { totalCount }
      c: topics(first: 2) @include(if: $yes) @skip(if: $also) { totalCount }
      d: topics(first: 2) { totalCount @include(if: $yes) edges @skip(if: $also) { cursor ...N @include(if: $yes) } }
      ... @include(if: $yes) { e: topics(first: 1) { ... @skip(if: $also) { totalCount } } }
      f: __typename @include(if: $also)
    } fragment N on TopicEdge { node { id name @skip(if: $also) } }"""
    same(enriched, oracle, query, {"yes": yes, "also": also})


def test_one_document_is_read_anew_for_each_combination(enriched: Api, oracle: Oracle) -> None:
    query = """query($x: Boolean!, $y: Boolean = true) {
      actors(first: 3) { edges { node { id @include(if: $x) slug @skip(if: $y) name } } } }"""
    for variables in ({"x": True}, {"x": False}, {"x": True, "y": False}, {"x": False, "y": False}, {"x": True}):
        same(enriched, oracle, query, variables)


@pytest.mark.parametrize(
    "query",
    [
        "{ topics(first: 2) @skip(if: true) { totalCount } }",
        "{ topics(first: 2) { totalCount @skip(if: true) } }",
        "{ topics(first: 2) { edges { node @skip(if: true) { id } } } }",
        "{ topics(first: 2) { edges { node { id @skip(if: true) } } } }",
        "{ topics(first: 2) { edges @include(if: false) { cursor } pageInfo { hasNextPage @skip(if: true) } } }",
        "{ statements(first: 2) { edges { node { quote { exact @skip(if: true) } } } } }",
        "{ statements(first: 2) { edges { node { speaker { id @skip(if: true) } } } } }",
        "{ actors(first: 3) { edges { node { aliases { name @skip(if: true) } } } } }",
        "{ actors(first: 3) { edges { node { stanceSummary { count @skip(if: true) } } } } }",
        "{ stances(first: 9) { edges { node { target { ... on Topic { name } } } } } }",
        "{ stances(first: 9) { edges { node { target { ... on Actor { name } } } } } }",
        "{ network { actors { id @skip(if: true) } relations { id @skip(if: true) } } }",
        "{ network { actors @skip(if: true) { id } } }",
        '{ viewer { name @skip(if: true) } actor(slug: "iran") { name @skip(if: true) } }',
    ],
)
def test_what_is_left_of_nothing_is_an_empty_object(enriched: Api, oracle: Oracle, query: str) -> None:
    statements = 0 if query.startswith("{ topics(first: 2) @skip") else 1
    same(enriched, oracle, query, statements=statements)


@pytest.mark.parametrize("directive", ["skip", "include"])
def test_null_is_no_condition(reading: Api, directive: str) -> None:
    query = f"query($x: Boolean = true) {{ topics @{directive}(if: $x) {{ totalCount }} }}"
    answer = reading.run(query, {"x": None})
    assert "data" not in answer
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


def test_null_is_no_condition_where_the_document_was_seen_before(reading: Api) -> None:
    query = "query($x: Boolean = true) { projects @skip(if: $x) { totalCount } }"
    assert reading(query, {"x": True}) == {}
    assert reading(query, {"x": False})["projects"]
    assert reading.run(query, {"x": None})["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


# ---------------------------------------------------------------- fragments and aliases


def test_equal_fields_are_merged_with_all_that_is_selected_in_them(enriched: Api, oracle: Oracle) -> None:
    query = """{
      ...A actors(first: 2) { edges { node { slug } } }
      ... on Query { actors(first: 2) { edges { cursor node { name } } } }
      actors(first: 2) { totalCount edges { node { id aliases { name } aliases { language } } } }
    } fragment A on Query { actors(first: 2) { edges { node { ...B ...B } } } ...C } fragment B on Actor { kind }
      fragment C on Query { actors(first: 2) { pageInfo { endCursor } } }"""
    same(enriched, oracle, query)


def test_members_come_in_the_order_they_are_first_asked_for(enriched: Api, oracle: Oracle) -> None:
    query = "{ actors(first: 1) { edges { node { version ...F id name } } } } fragment F on Actor { slug version kind }"
    ((edge,),) = [page["edges"] for page in same(enriched, oracle, query).values()]
    assert list(edge["node"]) == ["version", "slug", "kind", "id", "name"]


def test_a_field_may_stand_under_many_names_with_different_arguments(enriched: Api, oracle: Oracle) -> None:
    query = """{ a: stances(first: 1) { edges { node { id } } } b: stances(first: 2) { edges { node { id } } }
      stances(last: 1) { edges { node { one: label two: label
        statement { p: position { start } q: position(unit: UTF16) { start } } } } }
      __typename type: __typename }"""
    same(enriched, oracle, query)


def test_every_object_tells_its_type(enriched: Api, oracle: Oracle) -> None:
    query = """{ __typename actors(first: 1) { __typename pageInfo { __typename } edges { __typename node { __typename
      aliases { __typename } alliances { __typename edges { __typename relation { __typename } } }
      stanceSummary { __typename target { __typename } } } } }
      statements(first: 1) { edges { node { quote { __typename } position { __typename } } } }
      network { __typename } }"""
    same(enriched, oracle, query)


def test_a_hundred_names_for_one_edge(enriched: Api, oracle: Oracle) -> None:
    names = " ".join(f"a{number}: speaker {{ name }} " for number in range(95))
    same(enriched, oracle, f"{{ statements(first: 2) {{ edges {{ node {{ {names} }} }} }} }}")


def test_a_wide_document(enriched: Api, oracle: Oracle) -> None:
    fields = SCALARS + " " + " ".join(f"a{n}: {SCALARS.split()[n % 12]}" for n in range(88))
    query = (
        "{ stances(first: 2) { edges { node { holder { ...G } target { ...G } statement { document { publisher { ...G } }"
        " speaker { ...G stancesHeld(first: 1) { edges { node { holder { ...G } } } } } reportedBy { ...G } } } } } } "
        f"fragment G on Actor {{ {fields} }}"
    )
    same(enriched, oracle, query)


def test_ties_stand_as_deep_in_ties_as_pages_may(enriched: Api, oracle: Oracle) -> None:
    paging = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount"
    for arguments in (
        'asOf: "2024-11-27", first: 5',
        "last: 2",
        'before: "VALID_FROM.2024-01-01.%s", last: 1' % UNKNOWN,
    ):
        query = "name"
        for _ in range(MAX_LEVELS):
            query = f"oppositions({arguments}) {{ {paging} edges {{ cursor node {{ name {query} }} }} }}"
        same(enriched, oracle, f'{{ actor(slug: "israel") {{ {query} }} }}')


# ---------------------------------------------------------------- variables and nulls


def test_variables_stand_inside_literals(enriched: Api, oracle: Oracle) -> None:
    query = """query($kind: RelationKind!, $day: Date, $actor: ID!,
                     $other: ID! = "act_00000000-0000-4000-8000-000000000000",
                     $field: RelationOrderField!, $way: OrderDirection = DESC, $size: Int) {
      relations(filter: {kind: [$kind], asOf: $day, involving: [$actor, $other]},
                orderBy: {field: $field, direction: $way}, first: $size) {
        totalCount edges { node { id } } } }"""
    actor = f"act_{next(iter(oracle.rows.relations.values())).source_id}"
    for more in ({}, {"day": "2024-11-27"}, {"day": None, "size": None, "way": "ASC"}, {"size": 1, "other": actor}):
        for kind in ("ALLIANCE", "OPPOSITION"):
            same(enriched, oracle, query, {"kind": kind, "actor": actor, "field": "CREATED_AT", **more})


@pytest.mark.parametrize(
    ("written", "left_out"),
    [
        ("actors(filter: null, orderBy: null, first: null, after: null, last: null, before: null)", "actors"),
        ("actors(filter: {kind: null, text: null, activeOn: null}, first: 5, last: null)", "actors(first: 5)"),
        ("actors(filter: {}, last: 5, first: null)", "actors(last: 5)"),
        ("statements(filter: {statedOn: null, stanceTarget: null})", "statements"),
        ("network(filter: null)", "network"),
    ],
)
def test_null_is_as_if_left_out(reading: Api, written: str, left_out: str) -> None:
    selection = "{ actors { id } }" if "network" in written else "{ totalCount edges { cursor } }"
    assert reading(f"{{ it: {written} {selection} }}") == reading(f"{{ it: {left_out} {selection} }}")
    query = """query($f: ActorFilter, $o: ActorOrder, $n: Int, $c: String) {
      it: actors(filter: $f, orderBy: $o, first: $n, after: $c) { edges { cursor } } }"""
    wanted = reading("{ it: actors { edges { cursor } } }")
    assert reading(query) == reading(query, {"f": None, "o": None, "n": None, "c": None}) == wanted


def test_null_is_as_if_left_out_below_rows_too(enriched: Api, oracle: Oracle) -> None:
    query = """query($d: Date, $t: ID, $s: DateRange) { actors(first: 50) { edges { node {
      memberOf(asOf: $d) { totalCount } members(asOf: null) { totalCount } alliances(asOf: $d, first: 2) { totalCount }
      stanceSummary(towards: $t, statedOn: $s) { count } } } } }"""
    same(enriched, oracle, query)
    same(enriched, oracle, query, {"d": None, "t": None, "s": None})
    same(enriched, oracle, query, {"d": "2024-11-27", "s": {"from": None, "to": "2024-11-28"}})


def positions(unit: str) -> str:
    """The selection of positions counted in `unit`."""
    return f"{{ statements(first: 60) {{ edges {{ node {{ position(unit: {unit}) {{ start end }} }} }} }} }}"


def test_a_unit_is_one_of_two(enriched: Api, oracle: Oracle) -> None:
    query = "query($u: TextUnit! = CODE_POINT) " + positions("$u")
    for variables in ({}, {"u": "UTF16"}, {"u": "CODE_POINT"}):
        same(enriched, oracle, query, variables)


def test_null_is_no_unit(reading: Api) -> None:
    loose = "query($u: TextUnit = UTF16) " + positions("$u")
    assert reading(loose)["statements"]["edges"]
    answers = [
        reading.run(positions("null")),
        reading.run("query($u: TextUnit!) " + positions("$u"), {"u": None}),
        reading.run(loose, {"u": None}),
    ]
    for answer in answers:
        (error,) = answer["errors"]
        assert any(named in error["message"] for named in ("unit", "$u", "TextUnit"))
        assert error["extensions"]["code"] in ("GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT")
        assert answer.get("data") is None
    assert answers[2]["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT", "argument": "unit"}


# ---------------------------------------------------------------- several things at once


def test_several_roots_are_one_statement(enriched: Api, oracle: Oracle) -> None:
    query = """{ actors(first: 2) { totalCount } topics { edges { node { slug } } } viewer { name }
      nodes(ids: []) { id } network(filter: {kind: ALLIANCE}) { actors { id } }
      actor(slug: "iran") { name } missing: actor(slug: "none") { name } }"""
    same(enriched, oracle, query)


def test_introspection_stands_beside_what_is_compiled(reading: Api) -> None:
    query = """query Q($d: Date, $k: [RelationKind!], $name: String!, $yes: Boolean!, $o: ActorOrder) {
      first: __type(name: $name) { name fields @include(if: $yes) { name } }
      relations(filter: {asOf: $d, kind: $k}) { totalCount }
      __schema { queryType { name ...T } }
      actors(first: 1, orderBy: $o) { totalCount } __typename
    } fragment T on __Type { kind }"""
    given = {
        "d": "2024-11-29",
        "k": ["ALLIANCE"],
        "name": "Topic",
        "yes": True,
        "o": {"field": "NAME", "direction": "ASC"},
    }
    answer = reading(query, given)
    assert list(answer) == ["first", "relations", "__schema", "actors", "__typename"]
    assert answer["first"]["name"] == "Topic"
    assert {"name": "slug"} in answer["first"]["fields"]
    assert answer["__schema"] == {"queryType": {"name": "Query", "kind": "OBJECT"}}
    assert answer["relations"]["totalCount"] > 0
    assert answer["__typename"] == "Query"
    assert reading.statements == 1
    assert "fields" not in reading(query, {**given, "yes": False})["first"]


def test_introspection_alone_asks_the_database_nothing(reading: Api) -> None:
    assert reading("{ __typename __schema { types { name } } }")["__typename"] == "Query"
    assert reading.statements == 0


def test_of_several_operations_the_named_one_is_done(reading: Api) -> None:
    document = """query A { topics { totalCount } } query B($s: String!) { actor(slug: $s) { ...F } }
      fragment F on Actor { name }"""
    one = reading.post({"query": document, "operationName": "A"}).json()
    other = reading.post({"query": document, "operationName": "B", "variables": {"s": "iran"}}).json()
    assert list(one["data"]) == ["topics"]
    assert other["data"]["actor"]["name"] == "Iran"


# ---------------------------------------------------------------- values


def test_texts_come_back_to_the_letter(enriched: Api, oracle: Oracle) -> None:
    query = """{ actors(first: 100) { edges { node { name description aliases { name } } } }
      documents(first: 100) { edges { node { title text url } } } stances(first: 100) { edges { node { rationale } } }
      statements(first: 100) { edges { node { quote { exact prefix suffix } } } }
      topics { edges { node { name description } } } }"""
    found = same(enriched, oracle, query)
    there = "".join(_texts(found))
    for odd in ("\t", "\n", "\r", "\u0001", "\u0007", "\u2028", "\u007f", "\u0301", "😀", "مجلس", '"', "\\"):
        assert odd in there


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for member in value.values() if isinstance(value, dict) else value:
            yield from _texts(member)
    elif isinstance(value, str):
        yield value


def test_fractions_come_back_to_the_bit_and_none_as_null(enriched: Api, oracle: Oracle) -> None:
    query = '{ stances(first: 100, filter: {project: "%s"}) { edges { node { confidence } } } }'
    confidences: set[float | None] = set()
    for project in oracle.rows.projects:
        found = same(enriched, oracle, query % f"prj_{project}")
        confidences |= {edge["node"]["confidence"] for edge in found["stances"]["edges"]}
    assert {None, 0.0, 0.1, 1e-7, 1.0} <= confidences


def test_dates_run_from_the_first_year_to_the_last(enriched: Api, oracle: Oracle) -> None:
    found = same(enriched, oracle, "{ relations(first: 100) { edges { cursor node { validFrom validTo } } } }")
    days = {day for edge in found["relations"]["edges"] for day in edge["node"].values()}
    assert {None, "0999-03-01", "9999-12-31"} <= days
