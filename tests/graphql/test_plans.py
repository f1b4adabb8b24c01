"""Plans: nothing is reckoned that is not asked for, one plan serves all values, nobody sees past visibility."""

import re

import pytest

from api.security.visibility import Visibility
from tests.graphql.compiling import DIALECTS, sql

pytestmark = pytest.mark.parametrize("dialect", DIALECTS)
LISTS = ("actors", "relations", "documents", "statements", "stances", "topics", "projects")


@pytest.mark.parametrize("field", LISTS)
def test_a_list_is_counted_only_where_its_length_is_asked_for(dialect: str, field: str) -> None:
    plain = "edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
    assert _counts(sql(f"{{ {field}(first: 3) {{ {plain} }} }}", dialect=dialect)) == 0
    assert _counts(sql(f"{{ {field}(first: 3) {{ totalCount {plain} }} }}", dialect=dialect)) == 1


@pytest.mark.parametrize("field", LISTS)
def test_a_length_asked_for_alone_fetches_no_rows(dialect: str, field: str) -> None:
    alone = sql(f"{{ {field}(first: 3) {{ totalCount __typename }} }}", dialect=dialect)
    assert "LIMIT" not in alone
    assert "ORDER BY" not in alone
    assert "row_number" not in alone


def test_a_length_that_is_skipped_is_not_counted(dialect: str) -> None:
    query = "query($x: Boolean!) { stances { edges { cursor } totalCount @include(if: $x) } }"
    assert _counts(sql(query, {"x": False}, dialect)) == 0
    assert _counts(sql(query, {"x": True}, dialect)) == 1


def _counts(statement: str) -> int:
    """How often a whole list is counted; `count(*) OVER ()` counts the page alone."""
    return len(re.findall(r"count\(\*\)(?! OVER)", statement))


def test_columns_that_are_not_asked_for_are_not_fetched(dialect: str) -> None:
    statement = sql(
        "{ documents { edges { node { title } } } statements { edges { node { document { id } } } } }", dialect=dialect
    )
    assert "text" not in re.findall(r"document_\d+\.(\w+)", statement)
    assert "exact" not in statement


def test_a_key_alone_joins_no_table(dialect: str) -> None:
    query = "{ statements { edges { node { document { id __typename } speaker { id } reportedBy { id } } } } }"
    statement = sql(query, dialect=dialect)
    assert "JOIN" not in statement
    assert not re.search(r"\b(actor|document)\b AS", statement)


def test_no_text_of_the_caller_stands_in_a_statement(dialect: str) -> None:
    odd = "zq'\"\\; --"
    query = """query($t: String!) { actors(filter: {text: $t, slug: [$t], countryCode: ["zq'"]}) { totalCount }
      search(text: $t) { totalCount }
      actor(slug: $t) { id } documents(filter: {language: ["zq'"], text: "zq'"}) { totalCount } }"""
    assert "zq" not in sql(query, {"t": odd}, dialect)


@pytest.mark.parametrize(
    "query",
    [
        "{ stances { edges { node { id } } } }",
        "{ stances { totalCount } }",
        '{ stances(after: "CREATED_AT.2024-01-01T00:00:00Z.00000000-0000-4000-8000-000000000000")'
        " { pageInfo { hasPreviousPage } } }",
        '{ node(id: "stn_00000000-0000-4000-8000-000000000000") { id } }',
        '{ nodes(ids: ["stn_00000000-0000-4000-8000-000000000000"]) { id } }',
        "{ actors { edges { node { stancesHeld { totalCount } } } } }",
        "{ actors { edges { node { stancesReceived { edges { node { label } } } } } } }",
        "{ actors { edges { node { stanceSummary { count } } } } }",
        "{ statements { edges { node { stances { totalCount } } } } }",
        "{ statements { edges { node { stanceCounts { count } } } } }",
        "{ statements(filter: {stanceLabel: [SUPPORT]}) { totalCount } }",
    ],
)
def test_no_stance_is_looked_at_without_asking_who_may_see_it(dialect: str, query: str) -> None:
    statement = sql(query, dialect=dialect)
    taken = len(re.findall(r"(?:FROM|JOIN|,) stance AS ", statement))
    assert taken > 0
    for visibility, asked in (
        (Visibility.ANONYMOUS, "public"),
        (Visibility.OTHER, "blind"),
        (Visibility.CURATOR, "blind"),
    ):
        assert len(re.findall(rf"project_\d+\.{asked}", sql(query, dialect=dialect, visibility=visibility))) == taken
