"""Introspection is executed once, off the event loop, and is bounded."""

from typing import Any

import pytest
from graphql import build_client_schema, get_introspection_query, parse

from api.graphql import introspection
from api.graphql.documents import Documents
from api.graphql.introspection import Introspection
from api.graphql.standard_introspection import is_standard
from api.schema.build import build
from api.settings import load
from tests.conftest import Api

STANDARD = get_introspection_query(descriptions=True, input_value_deprecation=True)


@pytest.fixture
def executed(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """Grows by the name of each introspection that is executed."""
    found: list[str | None] = []
    execute = Introspection._executed

    def counted(self: Introspection, operation: Any, variables: Any) -> Any:
        found.append(operation.name)
        return execute(self, operation, variables)

    monkeypatch.setattr(Introspection, "_executed", counted)
    return found


def test_the_standard_query_is_answered_from_memory(bare: Api, executed: list[str | None]) -> None:
    first, second = bare(STANDARD), bare(STANDARD)
    assert first == second
    assert executed == ["IntrospectionQuery"]


def test_other_variables_are_executed_anew(bare: Api, executed: list[str | None]) -> None:
    query = "query Named($name: String!, $on: Boolean = true) { __type(name: $name) { name kind @include(if: $on) } }"
    assert bare(query, {"name": "Actor"}) == {"__type": {"name": "Actor", "kind": "OBJECT"}}
    assert bare(query, {"name": "Actor"}) == {"__type": {"name": "Actor", "kind": "OBJECT"}}
    assert bare(query, {"name": "Actor", "on": False}) == {"__type": {"name": "Actor"}}
    assert bare(query, {"name": "Topic"}) == {"__type": {"name": "Topic", "kind": "OBJECT"}}
    assert len(executed) == 3


def test_it_stands_beside_what_is_read(bare: Api) -> None:
    answer = bare("{ a: __schema { queryType { name } } topics { totalCount } __typename }")
    assert answer == {"a": {"queryType": {"name": "Query"}}, "topics": {"totalCount": 0}, "__typename": "Query"}


def test_many_at_once_are_refused(bare: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every value counts, under whatever names it is asked for."""
    monkeypatch.setattr(introspection, "MAX_VALUES", 10_000)
    each = "{ types { name fields { name args { name type { name } } type { name ofType { name } } } } }"
    query = "{ " + " ".join(f"a{n}: __schema {each}" for n in range(80)) + " }"
    answer = bare.run(query)
    (error,) = answer["errors"]
    assert error["extensions"] == {"code": "LIMIT_EXCEEDED", "limit": 10_000}
    assert "10,000 values: ask for it in several requests" in error["message"]


OF_A_TYPE = """kind name description isOneOf specifiedByURL ofType { name kind } interfaces { name kind }
    possibleTypes { name kind } enumValues { name description isDeprecated } inputFields { name description }
    fields { name args { name defaultValue } type { name kind } }"""

OPTIONS = {
    "plain": {"descriptions": False},
    "urql and Apollo": {},
    "GraphiQL": {"schema_description": True, "input_value_deprecation": True, "one_of": True},
    "graphql-codegen": {"schema_description": True, "specified_by_url": True, "directive_is_repeatable": True},
    "Relay": {"directive_is_repeatable": True, "input_value_deprecation": True, "type_depth": 7},
    "all": {
        "specified_by_url": True,
        "directive_is_repeatable": True,
        "schema_description": True,
        "input_value_deprecation": True,
        "one_of": True,
        "type_depth": 12,
    },
}


@pytest.mark.parametrize("tool", OPTIONS)
def test_tools_can_introspect(bare: Api, tool: str) -> None:
    """With the default limits; the schema that tools build of the answer is ours."""
    query = get_introspection_query(**OPTIONS[tool])  # type: ignore[arg-type]
    built = build_client_schema(bare(query))
    assert set(built.type_map) == set(build().schema.type_map)
    assert is_standard(parse(query))


@pytest.mark.parametrize(
    "query",
    [
        "{ __schema { queryType { name } } }",
        STANDARD.replace("queryType {", "queryType { fields { name }"),
        STANDARD.replace("__schema {", "s: __schema {"),
        STANDARD.replace("__schema {", "topics { totalCount } __schema {"),
        STANDARD.replace("queryType {", "queryType @skip(if: true) {"),
        STANDARD + " query Other { __typename }",
    ],
)
def test_no_other_query_is_standard(query: str) -> None:
    assert not is_standard(parse(query))


def test_older_forms_of_the_standard_query_are_standard() -> None:
    older = STANDARD.replace("Type { name kind }", "Type { name }").replace("\n", " ")
    assert older != STANDARD
    assert is_standard(parse(older))


def test_no_other_document_evicts_the_standard_query(
    bare: Api, executed: list[str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare = Documents.prepare
    prepared: list[str] = []

    def counted(self: Documents, text: str) -> Any:
        prepared.append(text)
        return prepare(self, text)

    monkeypatch.setattr(Documents, "prepare", counted)
    query = get_introspection_query(descriptions=False, schema_description=True)
    bare(query)
    for number in range(load({}).plan_cache_size + 1):
        bare(f"{{ a{number}: __typename }}" if number > 40 else f"{{ a{number}: __schema {{ queryType {{ name }} }} }}")
    executed.clear()
    prepared.clear()
    bare(query)
    assert executed == prepared == []


def test_depth_and_fields_count_within_introspection(bare: Api) -> None:
    unwrapped = "ofType { " * 25 + "name" + " }" * 25
    fields = f"fragment F on __Type {{ {OF_A_TYPE} }} {{ __schema {{ "
    fields += " ".join(f"a{n}: queryType {{ ...F }}" for n in range(90)) + " } }"
    for query, limit in [(f"{{ __schema {{ queryType {{ {unwrapped} }} }} }}", "depth"), (fields, "number of fields")]:
        (error,) = bare.run(query)["errors"]
        assert error["extensions"]["code"] == "LIMIT_EXCEEDED"
        assert f"the {limit} of this document is" in error["message"]
