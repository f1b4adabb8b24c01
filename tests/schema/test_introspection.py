"""Introspection is executed once, off the event loop, and is bounded."""

from typing import Any

import pytest
from graphql import get_introspection_query

from api.schema import introspection
from api.schema.introspection import Introspection
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
