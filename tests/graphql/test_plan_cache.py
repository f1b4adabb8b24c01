"""Plans are kept for all values of their variables, and made for no more nodes than may be asked for."""

from typing import Any

from tests.conftest import Api


def _plans(api: Api) -> int:
    return len(api.execution.compiler._plans)


def test_one_plan_serves_all_values(bare: Api) -> None:
    query = """query($n: Int, $k: [ActorKind!], $t: String, $day: Date, $after: String) {
      actors(first: $n, after: $after, filter: {kind: $k, text: $t, activeOn: $day}) {
        totalCount edges { cursor } } }"""
    first: dict[str, Any] = {"n": 1, "k": ["STATE", "MEDIA"], "t": "syria", "day": "2024-01-01"}
    bare(query, first)
    before = _plans(bare)
    for other in ({"k": ["PERSON", "MEDIA", "STATE"]}, {"t": "other words"}, {"day": "1999-12-31"}):
        bare(query, {**first, **other})
    assert _plans(bare) == before
    bare(query, {**first, "day": None})
    assert _plans(bare) == before + 1


def test_another_size_is_another_plan(bare: Api) -> None:
    """The database plans for as many rows as are wanted."""
    query = "query($n: Int) { actors(first: $n) { edges { cursor } } }"
    bare(query, {"n": 1})
    before = _plans(bare)
    for size, plans in ((2, before + 1), (1, before + 1), (20, before + 2), (None, before + 2)):
        bare(query, {"n": size})
        assert _plans(bare) == plans


def test_nobody_and_annotators_and_curators_have_plans_of_their_own(bare: Api) -> None:
    query = "{ stances { totalCount } }"
    bare(query)
    before = _plans(bare)
    for caller, more in ((None, 0), ("anna", 1), ("vera", 1), ("karl", 2), ("ada", 2)):
        bare(query, as_=caller)
        assert _plans(bare) == before + more


def test_more_nodes_than_the_limit_are_refused_before_the_database_is_asked(bare: Api) -> None:
    query = """{ actors(first: 100) { edges { node { stancesHeld(first: %d) { edges { node {
      statement { stances(first: %d) { totalCount } } } } } } } } }"""
    assert bare(query % (30, 30)) == {"actors": {"edges": []}}
    answer = bare.run(query % (100, 100))
    assert "data" not in answer
    (error,) = answer["errors"]
    assert error["extensions"] == {"code": "LIMIT_EXCEEDED", "nodes": 1_010_100, "limit": 100_000}
    assert "1,010,100" in error["message"]
    assert "first" in error["message"]
    assert bare.statements == 0


def test_pages_of_twenty_count_where_no_size_is_given(bare: Api) -> None:
    deep = """{ actors(first: 100) { edges { node { stancesHeld { edges { node {
      statement { stances(first: %d) { totalCount } } } } } } } } }"""
    assert bare(deep % 48)
    (error,) = bare.run(deep % 49)["errors"]
    assert error["extensions"]["nodes"] == 100 + 100 * 20 + 100 * 20 * 49
