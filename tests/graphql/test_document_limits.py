"""How much may be asked: what just keeps within a bound is answered, one beyond it is refused and told so."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from graphql import GraphQLError, Lexer, Source, TokenKind, get_introspection_query, parse

from api.graphql.document_limits import check
from api.settings import load
from tests.conftest import Api

FIELDS = (
    "id slug name kind description countryCode wikidataId activeFrom activeTo createdAt updatedAt version"
    " memberOf { totalCount } members { totalCount } alliances { totalCount } oppositions { totalCount }"
)
"""Twenty fields of an actor."""


def tokens(number: int) -> str:
    """A document of so many lexical tokens."""

    def document(slugs: int) -> str:
        lists = ['"x" ' * 900] * 5 + ['"x" ' * slugs]
        fields = (f"a{n}: actors(filter: {{ slug: [{each}] }}) {{ totalCount }}" for n, each in enumerate(lists))
        return "{ " + " ".join(fields) + " }"

    lexer, counted = Lexer(Source(document(0))), 0
    while lexer.advance().kind is not TokenKind.EOF:
        counted += 1
    return document(number - counted)


def depth(number: int) -> str:
    """Fields nested so deep."""
    chain = ["stancesHeld(first: 1)", "edges", "node", "statement", "document", "publisher"]
    names = ['actor(slug: "bbc-news")', *chain * 10][: number - 1]
    leaf = {"stancesHeld(first: 1)": "totalCount", "edges": "cursor"}.get(names[-1], "id")
    return "{ " + " { ".join([*names, leaf]) + " }" * number


def aliases(number: int) -> str:
    """Fields under so many names of one's own."""
    return "{ " + " ".join(f"a{n}: __typename" for n in range(number)) + " }"


def fragments(number: int) -> str:
    """Definitions and spreads of fragments: so many together."""
    defined = number // 2
    spreads = [f"...f{n % defined}" for n in range(number - defined)]
    return f"{{ {' '.join(spreads)} }} " + " ".join(f"fragment f{n} on Query {{ __typename }}" for n in range(defined))


def directives(number: int) -> str:
    """So many directives, in all the places where they may stand."""
    inline = ["... @include(if: true) { __typename }"] * (number - 3)
    return (
        "{ viewer @skip(if: false) { name @include(if: true) } "
        + " ".join(inline)
        + " ...f @include(if: true) } fragment f on Query { __typename }"
    )


def fields(number: int) -> str:
    """Fields, so many of them once the fragments are written out."""
    spread, rest = min((number - 1) // 20, 98), 0
    rest = number - 1 - 20 * spread
    return f'{{ {"__typename " * rest} actor(slug: "x") {{ {"...f " * spread} }} }} fragment f on Actor {{ {FIELDS} }}'


def repeats(number: int) -> str:
    """Fields, so many of which bear a name that one beside them bears, some of them in inline fragments."""
    return "{ " + "__typename " * (number - 9) + "... on Query { " + "__typename " * 10 + "} }"


def nodes(number: int) -> str:
    """Nested pages of together so many nodes."""
    rest = number - 100 - 100 * 100 - 100 * 100 * 8
    pages = [
        f"p{n}: topics(first: {min(100, rest - at)}) {{ edges {{ node {{ id }} }} }}"
        for n, at in enumerate(range(0, rest, 100))
    ]
    nested = "statements(first: 100) { edges { node { stances(first: 8) { edges { node { id } } } } } }"
    return f"{{ actors(first: 100) {{ edges {{ node {{ {nested} }} }} }} {' '.join(pages)} }}"


BOUNDS: list[tuple[Callable[[int], str], int]] = [
    (tokens, 5_000),
    (depth, 20),
    (aliases, 100),
    (fragments, 100),
    (directives, 100),
    (fields, 2_000),
    (repeats, 100),
    (nodes, 100_000),
]


@pytest.mark.parametrize(("document", "most"), BOUNDS, ids=[document.__name__ for document, _ in BOUNDS])
def test_at_the_bound_is_answered(
    reading: Api, backend: str, document: Callable[[int], str], most: int, request: pytest.FixtureRequest
) -> None:
    answer = reading.run(document(most))
    assert "errors" not in answer, answer["errors"]


@pytest.mark.parametrize(("document", "most"), BOUNDS, ids=[document.__name__ for document, _ in BOUNDS])
def test_one_beyond_the_bound_is_refused(
    reading: Api, document: Callable[[int], str], most: int, request: pytest.FixtureRequest
) -> None:
    (error,) = reading.run(document(most + 1))["errors"]
    assert error["extensions"]["code"] == "LIMIT_EXCEEDED"
    assert f"{most:,}" in error["message"] or str(most) in error["message"]
    assert reading("{ __typename }") == {"__typename": "Query"}


def test_bounds_are_settings(serve: Callable[..., Api]) -> None:
    """An operator may draw each bound elsewhere."""
    closer = serve(
        max_tokens="100", max_depth="3", max_aliases="1", max_fragments="2", max_directives="3", max_nodes="100"
    )
    for document in (
        aliases(2),
        fragments(3),
        directives(4),
        depth(4),
        "{ actors(first: 100) { edges { node { id } } } topics(first: 1) { totalCount } }",
    ):
        (error,) = closer.run(document)["errors"]
        assert error["extensions"]["code"] == "LIMIT_EXCEEDED", document
    assert closer.run("{ viewer { name } }") == {"data": {"viewer": None}}


def test_several_operations_are_measured_together(reading: Api) -> None:
    """A document cannot hide a large operation behind a small one."""
    (error,) = reading.post(
        {"query": f"query small {{ __typename }} query large {aliases(101)}", "operationName": "small"}
    ).json()["errors"]
    assert error["extensions"]["code"] == "LIMIT_EXCEEDED"


def test_what_a_mutation_gives_back_is_measured_too(api: Api) -> None:
    """A payload over the bound on nodes is refused before anything is changed."""
    text = """
      mutation($input: CreateActorInput!) { createActor(input: $input) { actor {
        statements(first: 100) { edges { node { stances(first: 100) { edges { node { holder {
          statements(first: 100) { totalCount } } } } } } } } } errors { message } } }"""
    (error,) = api.run(text, {"input": {"name": "Too much", "kind": "STATE"}}, as_="karl")["errors"]
    assert error["extensions"]["code"] == "LIMIT_EXCEEDED"
    assert api('{ actors(filter: { text: "Too much" }) { totalCount } }') == {"actors": {"totalCount": 0}}


def lists(number: int) -> str:
    """Lists of rows within one row, so many of them."""
    each = " ".join(f"s{n}: statements(first: 1) {{ totalCount }}" for n in range(number))
    return f'{{ actor(slug: "x") {{ {each} }} }}'


def test_what_planning_costs_is_bounded_before_anything_is_planned(serve: Callable[..., Api]) -> None:
    """The message names the limit, the value and the way out."""
    strict = serve(max_plan_cost="100")
    assert strict.run(lists(4)) == {"data": {"actor": None}}
    answer = strict.run(lists(5))
    assert "data" not in answer
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "LIMIT_EXCEEDED"
    assert "cost of planning of this document is 106; the most is 100" in error["message"]
    assert error["message"].endswith("split it up")
    spread = "{ %s } fragment f on Actor { statements(first: 1) { totalCount } }"
    roots = " ".join(f'a{n}: actor(slug: "x") {{ ...f }}' for n in range(5))
    assert "is 110;" in strict.run(spread % roots)["errors"][0]["message"]
    merged = '{ actor(slug: "x") { ...f ...f ...f ...f ...f ...f } } fragment f on Actor { statements { totalCount } }'
    assert strict.run(merged) == {"data": {"actor": None}}


def test_lists_in_filters_are_bounded(reading: Api) -> None:
    query = "query($ids: [ID!]) { statements(filter: {speaker: $ids}) { totalCount } }"
    ids = ["act_01937537-a000-7000-8000-000000000000"] * 1_001
    assert reading(query, {"ids": ids[:-1]}) == {"statements": {"totalCount": 0}}
    answer = reading.run(query, {"ids": ids})
    assert "data" not in answer
    (error,) = answer["errors"]
    assert error["extensions"] == {"code": "LIMIT_EXCEEDED", "argument": "filter.speaker", "limit": 1_000}
    assert error["message"] == (
        "filter.speaker: at most 1,000 values, not 1,001 (STANCEGRAPH_MAX_FILTER_VALUES); ask for them in several requests"
    )
    network = "query($ids: [ID!]) { network(filter: {involving: $ids}) { balance { ties } } }"
    assert reading.run(network, {"ids": ids})["errors"][0]["extensions"]["limit"] == 1_000


def test_the_length_of_lists_in_filters_is_a_setting(serve: Any) -> None:
    api = serve(max_filter_values="2")
    ids = ["act_01937537-a000-7000-8000-000000000000"] * 3
    page = "query($ids: [ID!]) { statements(filter: {speaker: $ids}) { totalCount } }"
    network = "query($ids: [ID!]) { network(filter: {involving: $ids}) { balance { ties } } }"
    for query in (page, network):
        assert "errors" not in api.run(query, {"ids": ids[:2]})
        (error,) = api.run(query, {"ids": ids})["errors"]
        assert error["extensions"]["code"] == "LIMIT_EXCEEDED"
        assert error["extensions"]["limit"] == 2
        assert "at most 2 values, not 3 (STANCEGRAPH_MAX_FILTER_VALUES)" in error["message"]


# ---------------------------------------------------------------- fragments


def doubling(number: int) -> str:
    """Fragments each of which spreads the next one twice: 2 ** number fields written out."""
    each = " ".join(f"fragment f{n} on Query {{ ...f{n + 1} ...f{n + 1} }}" for n in range(number))
    return f"{{ ...f0 }} {each} fragment f{number} on Query {{ __typename }}"


def calls(work: Callable[[], object]) -> int:
    """How many calls `work` makes: what it costs, on any machine."""
    made = 0

    def count(_frame: FrameType, event: str, _what: Any) -> None:
        nonlocal made
        made += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return made


def test_doubling_fragments_are_refused(reading: Api) -> None:
    """Sixteen of them are a text of 600 signs, and 65,536 fields."""
    (error,) = reading.run(doubling(16))["errors"]
    assert error["extensions"]["code"] == "LIMIT_EXCEEDED"
    assert "65,536" in error["message"]
    (error,) = reading.run(doubling(32))["errors"]
    assert "astronomic" in error["message"]


def test_doubling_fragments_within_the_bound_are_answered(reading: Api) -> None:
    assert reading(doubling(10)) == {"__typename": "Query"}


@pytest.mark.parametrize("document", [doubling, aliases, fields, repeats, lambda n: "{ a " * n + "}" * n])
def test_measuring_costs_what_the_document_is_long(document: Callable[[int], str]) -> None:
    """Twice the document, twice the calls: however its fragments double."""
    loose = {
        f"STANCEGRAPH_MAX_{name}": "100000000" for name in ("DEPTH", "ALIASES", "FRAGMENTS", "DIRECTIVES", "FIELDS")
    }
    short, long, refused = parse(document(60)), parse(document(120)), set[str]()

    def measured(node: Any) -> None:
        try:
            check(node, load(loose))
        except GraphQLError as refusal:
            refused.add(refusal.message)

    measured(short)  # what is made once is made now
    assert calls(lambda: measured(long)) < 2.5 * calls(lambda: measured(short))
    assert all("astronomic" in message or "repeated" in message for message in refused)


@pytest.mark.parametrize("size", [1, 2, 3, 33])
def test_circles_of_fragments_are_told_by_validation(reading: Api, size: int) -> None:
    each = " ".join(f"fragment f{n} on Query {{ __typename ...f{(n + 1) % size} }}" for n in range(size))
    (error,) = reading.run(f"{{ ...f0 }} {each}")["errors"]
    assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert "within itself" in error["message"]


@pytest.mark.parametrize("number", [400, 620])
def test_long_chains_of_fragments_are_refused(reading: Api, number: int) -> None:
    """Each spreads the next: there are more of them than Python lets calls be nested."""
    each = " ".join(f"fragment f{n} on Query {{ ...f{n + 1} }}" for n in range(number))
    (error,) = reading.run(f"{{ ...f0 }} {each} fragment f{number} on Query {{ __typename }}")["errors"]
    assert error["extensions"]["code"] == "LIMIT_EXCEEDED"


def test_deep_chains_of_fragments_are_measured(reading: Api) -> None:
    """Few fragments, each with its spread far inside it."""
    nested = "{ viewer " * 25
    each = " ".join(f"fragment f{n} on Query {nested} {{ ...f{n + 1} }} {'}' * 25}" for n in range(49))
    (error,) = reading.run(f"{{ ...f0 }} {each} fragment f49 on Query {{ __typename }}")["errors"]
    assert error["extensions"]["code"] == "LIMIT_EXCEEDED"


def test_fragments_of_one_name_are_all_measured(reading: Api) -> None:
    """Validation compares the fields of each of them, pair by pair, before it says that names are taken."""
    first = "fragment f on Query { " + "viewer { name } " * 1_000 + "}"
    (error,) = reading.run(f"{first} fragment f on Query {{ __typename }} {{ ...f }}")["errors"]
    assert error["extensions"]["code"] == "LIMIT_EXCEEDED"


# ---------------------------------------------------------------- nesting


NESTED = {
    "fields": lambda n: "{ a " * n + "}" * n,
    "unclosed": lambda n: "{ a " * n,
    "inline fragments": lambda n: "{" + "... { " * n + "__typename" + "}" * n + "}",
    "lists": lambda n: "{ actors(filter: { slug: " + "[" * n + "]" * n + " }) { totalCount } }",
    "objects": lambda n: "{ actors(filter: " + "{ a: " * n + "1" + "}" * n + ") { totalCount } }",
    "types": lambda n: f"query($a: {'[' * n} Int {']' * n}) {{ __typename }}",
    "defaults": lambda n: (
        f"query($a: [String!] = {'[' * n} {']' * n}) {{ actors(filter: {{ slug: $a }}) {{ totalCount }} }}"
    ),
}


@pytest.mark.parametrize("nested", NESTED.values(), ids=NESTED)
@pytest.mark.parametrize("levels", [150, 190, 400, 5_000])
def test_deep_nesting_is_no_failure(reading: Api, nested: Callable[[int], str], levels: int) -> None:
    """Whether it is refused or answered: nothing in the server overflows, and it goes on answering."""
    response = reading.post({"query": nested(levels)})
    assert response.status_code == 200
    codes = {error["extensions"]["code"] for error in response.json().get("errors", ())}
    assert codes <= {"LIMIT_EXCEEDED", "GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED"}
    assert [entry["event"] for entry in reading.log] == ["operation"]


# ---------------------------------------------------------------- introspection


def test_the_usual_introspection_query_passes(reading: Api) -> None:
    """With all that clients may ask of it: GraphiQL and code generators send it."""
    text = get_introspection_query(
        descriptions=True,
        specified_by_url=True,
        directive_is_repeatable=True,
        schema_description=True,
        input_value_deprecation=True,
    )
    answer = reading(text)
    assert {"Query", "Mutation", "Actor"} <= {each["name"] for each in answer["__schema"]["types"]}
    assert reading.statements == 0


def test_introspection_in_circles_is_refused(reading: Api) -> None:
    """Types of fields of types of fields: each level multiplies the answer."""
    (error, *_) = reading.run(
        "{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }"
    )["errors"]
    assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
