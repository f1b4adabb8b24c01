"""What Python computes stands in an answer as if the database had written it."""

from typing import Any

import pytest

from tests.conftest import Api
from tests.schema.measures.conftest import Team, make_team
from tests.services.conftest import World, codes, towards, world

__all__ = ["world"]

PRO, CON = {"label": "SUPPORT"}, {"label": "OPPOSE"}


@pytest.fixture
def team(world: World) -> Team:
    """Three annotators and two statements: of one, all say the same."""
    team = make_team(world, 3)
    team.annotate([[PRO, PRO, CON], [CON, CON, CON]])
    return team


def test_a_field_may_be_asked_several_times_with_other_arguments(team: Team) -> None:
    found = team.ask(
        """
      a: agreement(resamples: 0) { ...units } b: agreement(level: ORDINAL, resamples: 0) { ...units level }
      c: agreement(resamples: 0) @include(if: false) { units }""".replace("...units", "units __typename")
    )
    assert found == {
        "a": {"units": 2, "__typename": "Agreement"},
        "b": {"units": 2, "__typename": "Agreement", "level": "ORDINAL"},
    }


def test_arguments_may_be_variables_and_fields_may_stand_in_fragments(team: Team) -> None:
    query = """query($id: ID!, $level: Level = INTERVAL, $first: Int, $on: Boolean!) {
      node(id: $id) { ... on Project { ...Figures } } }
      fragment Figures on Project { agreement(level: $level, resamples: 0) {
        level gwetWeighting @skip(if: $on) pairs(first: $first) { edges { node { units } } } } }"""
    found = team.api(query, {"id": team.project, "first": 1, "on": True}, "karl")["node"]["agreement"]
    assert found == {"level": "INTERVAL", "pairs": {"edges": [{"node": {"units": 2}}]}}


def test_rows_within_hold_all_that_rows_hold(team: Team) -> None:
    """To a statement, to its consensus, to the target of that, a union; each step for all rows at once."""
    found = team.ask("""consensus(first: 5) { edges { node {
      statement { document { title } stances(first: 2) { totalCount edges { node { label } } }
        consensus(method: ADJUDICATED) { label target { __typename ... on Topic { name } ... on Actor { slug } } } }
    } } }""")
    assert team.api.statements == 7 + 1  # the default project: there is one, and it holds nothing of this
    (first, second) = [edge["node"]["statement"] for edge in found["consensus"]["edges"]]
    assert first["document"] == second["document"] == {"title": "A report"}
    assert first["stances"]["totalCount"] == 3
    assert [edge["node"]["label"] for edge in second["stances"]["edges"]] == ["OPPOSE", "OPPOSE"]


def test_what_is_recorded_and_its_consensus_come_in_one_answer(team: Team) -> None:
    (statement,) = team.statements(1)
    topic = {"statementId": statement, "projectId": team.project, "target": towards(team.topic)}
    below = f'stance {{ label statement {{ consensus(projectId: "{team.project}") {{ label votes {{ count }} }} }} }}'
    for number, member in enumerate(team.members, start=1):
        payload = team.api.change("recordStance", {**topic, "label": "SUPPORT"}, below, member)
        assert payload["stance"]["statement"]["consensus"] == [{"label": "SUPPORT", "votes": [{"count": number}]}]
    text = f"""mutation($input: RecordStancesInput!) {{ recordStances(input: $input) {{ results {{ {below} }} }} }}"""
    both = {"stances": [{**topic, "label": "OPPOSE"}, {**topic, "label": "MIXED"}]}
    results = team.api(text, {"input": both}, team.members[0])["recordStances"]["results"]
    assert [r["stance"]["statement"]["consensus"][0]["votes"] for r in results] == [[{"count": 2}, {"count": 1}]] * 2


def test_what_refuses_the_payload_refuses_the_change(team: Team) -> None:
    (statement,) = team.statements(1)
    given = {"statementId": statement, "projectId": team.project, "target": towards(team.topic), "label": "SUPPORT"}
    text = "mutation($input: RecordStanceInput!) { recordStance(input: $input) { stance { %s } } }"
    for field in (
        'project { agreement(targets: ["nothing"]) { units } }',
        "project { agreement(resamples: -1) { units } }",
        'statement { consensus(projectId: "nothing") { label } }',
    ):
        with team.world.unchanged():
            answer = team.api.run(text % field, {"input": given}, team.members[0])
        assert codes(answer) == ["BAD_USER_INPUT"]
        assert answer["errors"][0]["path"][:2] == ["recordStance", "stance"]
        assert answer["errors"][0]["path"][3] in ("agreement", "consensus")


def test_pages_within_are_bounded_by_all_their_rows(team: Team) -> None:
    query = """query($id: ID!) { node(id: $id) { ... on Project { consensus(first: 100) { edges { node { statement {
      stances(first: 100) { edges { node { holder { stancesHeld(first: 100) { edges { node {
        target { ... on Topic { id stancesReceived: name } } statement { stances(first: 20) { totalCount } } } } } } } } }
    } } } } } } }"""
    assert codes(team.api.run(query, {"id": team.project}, "karl")) == ["LIMIT_EXCEEDED"]


def test_no_text_is_taken_for_a_mark(team: Team) -> None:
    (statement,) = team.statements(1)
    rationale = "\x1f0:00000000-0000-0000-0000-000000000000\x1f"
    team.record(team.members[0], [statement], [{**PRO, "rationale": rationale}])
    query = """query($s: ID!, $p: ID!) { node(id: $s) { ... on Statement {
      stances { edges { node { rationale } } } consensus(projectId: $p) { label } } } }"""
    found: Any = team.api(query, {"s": statement, "p": team.project}, "karl")["node"]
    assert found["stances"]["edges"][0]["node"]["rationale"] == rationale
    assert found["consensus"] == [{"label": "SUPPORT"}]


def test_nothing_is_computed_of_nothing(reading: Api) -> None:
    found = reading(
        '{ project(slug: "none") { agreement { units } } statements(first: 1, after: null) { totalCount } }'
    )
    assert found["project"] is None
    assert reading.statements == 1
