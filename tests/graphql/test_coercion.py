"""Variables taken by the short way come out as graphql-core would have them; what is left to it, it may take or refuse."""

from typing import Any

import pytest
from graphql import GraphQLSchema, OperationDefinitionNode, get_variable_values, parse
from hypothesis import given
from hypothesis import strategies as st

from api.graphql.coercion import Coercion, Unusual
from api.schema.build import build

DECLARED = (
    "$id: ID!",
    "$ids: [ID!]!",
    "$maybe: [ID]",
    "$first: Int = 20",
    "$first: Int! = 5",
    "$size: Int",
    "$text: String!",
    "$share: Float",
    "$asOf: Date",
    "$label: StanceLabel!",
    "$labels: [StanceLabel!] = [SUPPORT]",
    "$on: Boolean!",
    "$filter: StanceFilter",
    "$orderBy: StanceOrder",
    "$input: RecordStanceInput!",
    "$batch: RecordStancesInput!",
    "$actor: UpdateActorInput!",
)

LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**33), 2**33),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(["SUPPORT", "ACTOR", "2024-11-29", "2024-02-30", "1", "act_1", "ASC", "STATED_ON", "", "null"]),
)
NAMES = st.sampled_from(
    [
        "statementId", "holderId", "target", "actorId", "topicId", "label", "intensity", "confidence", "rationale",
        "projectId", "expectedVersion", "stances", "clientMutationId", "field", "direction", "holder", "statedOn",
        "from", "to", "id", "name", "aliases", "language", "odd",
    ]
)  # fmt: skip
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=6)),
    max_leaves=12,
)
STANCE = st.fixed_dictionaries(
    {
        "statementId": st.text(max_size=3),
        "target": st.dictionaries(st.sampled_from(["actorId", "topicId"]), st.one_of(st.none(), st.text(max_size=3))),
        "label": st.sampled_from(["SUPPORT", "OPPOSE", "support", None]),
    },
    optional={
        "holderId": st.one_of(st.none(), st.text(max_size=3)),
        "intensity": st.one_of(st.none(), st.integers(-1, 5), st.floats(allow_nan=False)),
        "confidence": st.one_of(st.none(), st.floats(0, 1), st.integers(0, 1)),
        "clientMutationId": st.one_of(st.none(), st.text(max_size=3)),
    },
)


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build().schema


def compare(schema: GraphQLSchema, declared: str, given_: dict[str, Any]) -> None:
    """What the short way takes, graphql-core takes alike: equal, of the same types, in the same order."""
    (node,) = parse(f"query({declared}) {{ __typename }}").definitions
    assert isinstance(node, OperationDefinitionNode)
    try:
        taken = Coercion(schema, node.variable_definitions or ())(given_)
    except Unusual:
        return
    values = get_variable_values(schema, node.variable_definitions or (), given_)
    assert not isinstance(values, list), values
    assert repr(taken) == repr(dict(values.coerced))


@pytest.mark.parametrize("declared", DECLARED)
def test_whatever_is_taken_is_what_graphql_core_would_take(schema: GraphQLSchema, declared: str) -> None:
    name = declared[1:].partition(":")[0]

    @given(st.one_of(VALUES.map(lambda value: {name: value}), st.just({}), st.just({"other": 1})))
    def check(given_: dict[str, Any]) -> None:
        compare(schema, declared, given_)

    check()


@given(STANCE)
def test_inputs_are_taken_alike(value: dict[str, Any]) -> None:
    compare(build().schema, "$input: RecordStanceInput!", {"input": value})
    compare(build().schema, "$batch: RecordStancesInput!", {"batch": {"stances": [value, value]}})


def test_what_is_plain_goes_the_short_way(schema: GraphQLSchema) -> None:
    (node,) = parse("query($input: RecordStanceInput!, $first: Int = 20) { __typename }").definitions
    assert isinstance(node, OperationDefinitionNode)
    stance = {"statementId": "s", "target": {"topicId": "t"}, "label": "SUPPORT", "confidence": 0.5, "intensity": 2}
    taken = Coercion(schema, node.variable_definitions or ())({"input": stance})
    assert taken["first"] == 20
    assert taken["input"] == stance
