"""Thousands of made-up documents get the same answer from the compiler as from the oracle, in one statement each."""

import json
import sys
import traceback
from typing import Any

import pytest
from graphql import GraphQLSchema
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from tests.conftest import Api
from tests.graphql.arguments import Pools
from tests.graphql.documents import Drawn, documents
from tests.graphql.oracle import Oracle

CALLERS = (None, "anna", "karl")
"""Nobody, an annotator with stances in blind projects, a curator."""
TOO_MUCH = "too large for the database"
"""SQLite's parser has only so much open at once; such documents are refused, and no example."""
PARTS = 4
"""Of the thousands, so that all cores have a share."""
SLOW_ALLOWED = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)


class Comparison:
    """Compares what the server answers with what the oracle does."""

    def __init__(self, api: Api, oracle: Oracle) -> None:
        self.api = api
        self.oracles = {caller: oracle.seen_by(caller) for caller in CALLERS}
        self.failed = False

    def check(self, drawn: Drawn, caller: str | None) -> None:
        try:
            self._check(drawn, caller)
        except AssertionError:
            if not self.failed:
                # What fails once and never again is only seen here.
                self.failed = True
                sys.stderr.write(f"as {caller}: {drawn.text}\n{json.dumps(drawn.variables)}\n")
                traceback.print_exc()
            raise

    def _check(self, drawn: Drawn, caller: str | None) -> None:
        response = self.api.post({"query": drawn.text, "variables": dict(drawn.variables)}, caller)
        answer = response.json()
        if "errors" in answer and TOO_MUCH in answer["errors"][0]["message"]:
            assume(False)
        assert "errors" not in answer, answer["errors"]
        wanted = self.oracles[caller].answer(drawn.text, drawn.variables)
        assert plain(answer["data"]) == plain(wanted)
        compiled = any(value != "Query" for value in wanted.values())
        assert self.api.statements == int(compiled)


def plain(value: Any) -> str:
    """JSON in the order of the fields, all numbers written alike."""
    return json.dumps(json.loads(json.dumps(value), parse_int=float), indent=1, ensure_ascii=False)


@pytest.fixture(scope="session")
def comparison(enriched: Api, oracle: Oracle) -> Comparison:
    return Comparison(enriched, oracle)


@settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],  # a failure is shown as it is: minutes of shrinking are for the slow test
    suppress_health_check=SLOW_ALLOWED,
)
@given(data=st.data(), caller=st.sampled_from(CALLERS))
def test_the_compiler_answers_as_the_oracle_does(
    comparison: Comparison, schema: GraphQLSchema, pools: Pools, data: st.DataObject, caller: str | None
) -> None:
    comparison.check(data.draw(documents(schema, pools)), caller)


CHANGES = """query($after: String) {
  changes(first: 100, after: $after) {
    edges { cursor node { entityType changes { field before after } } }
    pageInfo { hasNextPage }
  }
}"""


def test_each_change_is_told_as_the_oracle_tells_it(comparison: Comparison) -> None:
    """Of every kind of row, however seldom a made-up document comes to it."""
    after, more = None, True
    while more:
        comparison.check(Drawn(CHANGES, {"after": after}), "karl")
        page = comparison.api.run(CHANGES, {"after": after}, "karl")["data"]["changes"]
        after, more = page["edges"][-1]["cursor"], page["pageInfo"]["hasNextPage"]


@pytest.mark.soak
@pytest.mark.parametrize("part", range(PARTS))
@settings(
    max_examples=3_000 // PARTS,
    deadline=None,
    database=None,
    print_blob=True,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=SLOW_ALLOWED,
)
@given(data=st.data(), caller=st.sampled_from(CALLERS))
def test_the_compiler_answers_as_the_oracle_does_thousands_of_times(
    comparison: Comparison, schema: GraphQLSchema, pools: Pools, data: st.DataObject, caller: str | None, part: int
) -> None:
    comparison.check(data.draw(documents(schema, pools)), caller)
