"""A refused document costs little: its answer is short, and nothing of its request stays."""

import gc

from tests.conftest import Api

MARK = "only-in-the-variables-of-a-refused-document"


def test_nothing_of_a_refused_request_stays(reading: Api) -> None:
    """Its refusal is cached, and what the client sent with it is not."""
    for _ in range(2):  # worked out, then from the cache
        answer = reading.run("{ nothingOfThisName }", {"x": [MARK, len(MARK)]})
        assert answer["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
        del answer
    gc.collect()
    lists = (found for found in gc.get_objects() if type(found) is list and len(found) == 2)
    assert not [found for found in lists if type(found[0]) is str and found[0] == MARK]


def test_messages_are_short_however_long_the_document(reading: Api) -> None:
    fields = " ".join(f"tex{number}: 1" for number in range(1_000))
    response = reading.post({"query": f"{{ actors(filter: {{{fields}}}) {{ totalCount }} }}"})
    errors = response.json()["errors"]
    assert all(error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED" for error in errors)
    assert "tex0" in errors[0]["message"]
    assert len(response.content) < 20_000
