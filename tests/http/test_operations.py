"""Invalid operations get GraphQL errors and never an internal error."""

import json
from typing import Any

import pytest

from tests.conftest import Api

ACTOR = "query Named($slug: String!) { actor(slug: $slug) { name } }"
MODERN = "application/graphql-response+json"


def codes(answer: Any) -> set[str]:
    """Return the codes of all errors in an answer."""
    return {error["extensions"]["code"] for error in answer["errors"]}


# ---------------------------------------------------------------- which operation

TWO = f"{ACTOR} query Other {{ __typename }}"


def test_one_of_several_operations_is_named(reading: Api) -> None:
    assert reading.post({"query": TWO, "operationName": "Other"}).json() == {"data": {"__typename": "Query"}}


def test_the_only_operation_need_not_be_named(reading: Api) -> None:
    """Some clients send an empty name instead of none."""
    answer = {"data": {"actor": {"name": "Turkey"}}}
    assert reading.run(ACTOR, {"slug": "turkey"}) == answer
    variables = {"slug": "turkey"}
    assert reading.post({"query": ACTOR, "operationName": "", "variables": variables}).json() == answer
    parameters = {"query": ACTOR, "operationName": "", "variables": json.dumps(variables)}
    assert reading.client.get("/graphql", params=parameters).json() == answer


@pytest.mark.parametrize("name", [None, "Nobody", ""])
@pytest.mark.parametrize("text", [TWO, ACTOR])
def test_an_operation_that_is_not_there(reading: Api, text: str, name: str | None) -> None:
    """Several operations without a name in the request, or with an unknown name."""
    if text == ACTOR and not name:
        return
    answer = reading.post({"query": text, "operationName": name, "variables": {"slug": "turkey"}}).json()
    assert "data" not in answer
    assert codes(answer) == {"BAD_USER_INPUT"}
    assert "operation" in answer["errors"][0]["message"]


@pytest.mark.parametrize("text", ["#", "fragment F on Query { __typename }", "type A { b: Int }", "query"])
def test_a_document_without_an_operation(reading: Api, text: str) -> None:
    assert codes(reading.run(text)) <= {"GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED"}


def test_an_operation_of_a_kind_that_is_not_served(reading: Api) -> None:
    assert codes(reading.run("subscription { changed { id } }")) == {"GRAPHQL_VALIDATION_FAILED"}


# ---------------------------------------------------------------- what it says


def test_a_syntax_error_is_told_with_its_place(reading: Api) -> None:
    (error,) = reading.run("{ actor(slug: ) { name } }")["errors"]
    assert error["extensions"]["code"] == "GRAPHQL_PARSE_FAILED"
    assert error["locations"] == [{"line": 1, "column": 15}]


def test_all_that_validation_finds_is_told_at_once(reading: Api) -> None:
    answer = reading.run('{ actor(slug: "x") { nam kin } nonsense }')
    assert len(answer["errors"]) == 3
    assert codes(answer) == {"GRAPHQL_VALIDATION_FAILED"}
    assert "name" in answer["errors"][0]["message"]


def test_a_document_with_a_thousand_errors_is_told_the_first(reading: Api) -> None:
    answer = reading.run("{ " + " ".join(f"x{n}" for n in range(1000)) + " }")
    assert len(answer["errors"]) < 30


@pytest.mark.parametrize(
    "text",
    [
        '{ actor(slug: "\\uD800") { name } }',
        '{ actor(slug: "\\uDE00\\uD83D") { name } }',
        '{ actor(slug: "a\nb") { name } }',
        '{ actor(slug: "\\q") { name } }',
        "{ actor(slug: 'x') { name } }",
        "{ actors(first: 1.) { totalCount } }",
        "{ actors(first: 08) { totalCount } }",
        "{ actors(first: 1x) { totalCount } }",
        "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
        "{ __typename } \u202e",
        "\x00",
    ],
)
def test_what_is_no_graphql(reading: Api, text: str) -> None:
    assert codes(reading.run(text)) == {"GRAPHQL_PARSE_FAILED"}


@pytest.mark.parametrize(
    "number", ["9" * 5_000, "-" + "9" * 5_000, "2147483648", "1e400", "0.5", '"1"', "true", "[1, 2]", "{}"]
)
def test_a_literal_that_is_no_such_number(reading: Api, number: str) -> None:
    assert codes(reading.run(f"{{ actors(first: {number}) {{ totalCount }} }}")) == {"GRAPHQL_VALIDATION_FAILED"}


def test_the_same_fault_is_told_each_time(reading: Api) -> None:
    """Also for a cached document."""
    first, *others = [reading.run("{ nonsense }") for _ in range(5)]
    assert all(other == first for other in others)


# ---------------------------------------------------------------- variables


@pytest.mark.parametrize("value", [None, 1, 1.5, True, [], ["a", "b"], {}, {"slug": "turkey"}, [[["a"]]]])
def test_a_variable_of_another_type(reading: Api, value: Any) -> None:
    answer = reading.run(ACTOR, {"slug": value})
    assert codes(answer) == {"BAD_USER_INPUT"}
    assert "$slug" in answer["errors"][0]["message"]


def test_a_variable_left_out(reading: Api) -> None:
    answer = reading.run(ACTOR)
    assert codes(answer) == {"BAD_USER_INPUT"}
    assert "$slug" in answer["errors"][0]["message"]


def test_a_variable_that_nobody_declared_is_passed_over(reading: Api) -> None:
    assert reading(ACTOR, {"slug": "turkey", "other": [1]}) == {"actor": {"name": "Turkey"}}


@pytest.mark.parametrize("value", [2**31, -(2**31) - 1, 2**63, 2**64, 1e300, "1", True, [1]])
def test_a_number_that_is_none(reading: Api, value: Any) -> None:
    answer = reading.run("query($first: Int) { actors(first: $first) { totalCount } }", {"first": value})
    assert codes(answer) == {"BAD_USER_INPUT"}


def test_all_wrong_variables_are_told_at_once(reading: Api) -> None:
    answer = reading.run(
        "query($first: Int, $on: Date) { actors(first: $first, filter: { activeOn: $on }) { totalCount } }",
        {"first": "x", "on": "yesterday"},
    )
    assert len(answer["errors"]) == 2


def test_a_variable_of_900_levels(reading: Api) -> None:
    value: Any = "x"
    for _ in range(900):
        value = [value]
    answer = reading.run("query($slug: [String!]) { actors(filter: { slug: $slug }) { totalCount } }", {"slug": value})
    assert codes(answer) == {"BAD_USER_INPUT"}


BIG = "x" * 500_000
ANYWHERE = {
    "slug": "query($x: String!) { actor(slug: $x) { name } }",
    "slugs": "query($x: String!) { actors(filter: { slug: [$x] }) { totalCount } }",
    "country": "query($x: String!) { actors(filter: { countryCode: [$x] }) { totalCount } }",
    "language": "query($x: String!) { documents(filter: { language: [$x] }) { totalCount } }",
    "names": "query($x: String!) { actors(filter: { text: $x }) { totalCount } }",
    "words": "query($x: String!) { statements(filter: { text: $x }) { totalCount } }",
    "search": "query($x: String!) { search(text: $x) { totalCount } }",
    "topic": "query($x: String!) { topic(slug: $x) { name } }",
    "project": "query($x: String!) { project(slug: $x) { name } }",
    "id": "query($x: ID!) { node(id: $x) { id } }",
    "ids": "query($x: ID!) { relations(filter: { involving: [$x] }) { totalCount } }",
    "cursor": "query($x: String!) { actors(after: $x) { totalCount } }",
}
ODD = {
    "a NUL": "a\x00b",
    "only a NUL": "\x00",
    "nothing": "",
    "blanks": " \t\n",
    "wildcards": "%_*?[a]",
    "quotes": "'\"`;--",
    "operators": 'AND OR NOT NEAR( " ) ^ - : *',
    "a backslash": "\\",
    "emoji": "👩‍👩‍👧‍👦🇸🇾",
    "right to left": "\u202eحلب\u200f",
    "combining": "e\u0301" * 50,
    "beyond all planes": "\U0010ffff",
    "half a megabyte": BIG,
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
@pytest.mark.parametrize("place", ANYWHERE)
def test_any_text_may_be_given_anywhere(reading: Api, place: str, text: str) -> None:
    """The result is found, not found or a client error; never an internal error, never SQL."""
    response = reading.post({"query": ANYWHERE[place], "variables": {"x": text}})
    assert response.status_code == 200, response.text
    assert {error["extensions"]["code"] for error in response.json().get("errors", ())} <= {"BAD_USER_INPUT"}
    assert [entry["event"] for entry in reading.log] == ["operation"]


# ---------------------------------------------------------------- how it is answered

NEVER_EXECUTED: dict[str, Any] = {
    "syntax": {"query": "{"},
    "validation": {"query": "{ nonsense }"},
    "limits": {"query": "{ a " * 30 + "}" * 30},
    "name": {"query": TWO, "operationName": "Nobody"},
    "no name": {"query": TWO},
    "variables": {"query": ACTOR, "variables": {"slug": 1}},
    "argument": {"query": "{ actors(first: 0) { totalCount } }"},
}
EXECUTED: dict[str, Any] = {
    "good": {"query": "{ __typename }"},
    "id": {"query": '{ node(id: "nonsense") { id } }'},
    "forbidden": {"query": 'mutation { createTopic(input: { name: "x" }) { topic { id } } }'},
}


@pytest.mark.parametrize("body", NEVER_EXECUTED.values(), ids=NEVER_EXECUTED)
@pytest.mark.parametrize(("accept", "status"), [(MODERN, 400), ("application/json", 200), ("*/*", 200), (None, 200)])
def test_what_was_never_executed(reading: Api, body: Any, accept: str | None, status: int) -> None:
    """Clients of GraphQL over HTTP read the status too; older clients read the body alone."""
    response = reading.post(body, **({"accept": accept} if accept else {}))
    assert response.status_code == status
    assert response.headers["content-type"].partition(";")[0] == (MODERN if accept == MODERN else "application/json")
    assert "data" not in response.json()
    assert "accept" in response.headers["vary"].lower()


@pytest.mark.parametrize("body", EXECUTED.values(), ids=EXECUTED)
@pytest.mark.parametrize("accept", [MODERN, f"{MODERN}, application/json;q=0.9", "application/json", "*/*"])
def test_what_was_executed(reading: Api, body: Any, accept: str) -> None:
    """The status is 200 whatever the result, and there is `data`, possibly null."""
    response = reading.post(body, accept=accept)
    assert response.status_code == 200
    assert response.headers["content-type"].partition(";")[0] == (MODERN if MODERN in accept else "application/json")
    assert "data" in response.json()


@pytest.mark.parametrize(
    "header", ["Bearer nonsense", "Bearer", "Bearer ", "Basic YTpi", "nonsense", "", "Bearer a b", "Bearer \xff"]
)
def test_a_token_that_is_none(reading: Api, header: str) -> None:
    """A client that sends a malformed token is not served as anonymous."""
    headers = [(b"authorization", header.encode("latin-1"))]
    response = reading.client.post("/graphql", json={"query": "{ __typename }"}, headers=headers)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert codes(response.json()) == {"UNAUTHENTICATED"}
    assert header.partition(" ")[2] not in response.text or not header.partition(" ")[2].strip()


def test_a_good_token_is_known_whatever_the_case_of_its_scheme(reading: Api) -> None:
    for scheme in ("Bearer", "bearer", "BEARER"):
        response = reading.post({"query": "{ viewer { name } }"}, authorization=f"{scheme} {reading.tokens['anna']}")
        assert response.json() == {"data": {"viewer": {"name": "anna"}}}
