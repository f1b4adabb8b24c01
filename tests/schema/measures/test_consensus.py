"""What a team says together."""

from typing import Any

import pytest

from tests.schema.measures.conftest import Team, Units, make_team
from tests.services.conftest import World

PRO, CON, EVEN, VAGUE = ({"label": label} for label in ("SUPPORT", "OPPOSE", "NEUTRAL", "UNCLEAR"))
UNITS: Units = [[PRO, PRO, CON], [PRO, CON, None], [EVEN, None, None], [CON, CON, CON], [VAGUE, VAGUE, PRO]]
FIELDS = """statement { id } holder { id } target { ... on Topic { id } ... on Actor { id } } method label support tie
  votes { label count posterior } adjudication { label }"""
OF_PROJECT = f"""consensus(method: $method, first: $first, after: $after) {{
  totalCount pageInfo {{ hasNextPage endCursor }} edges {{ node {{ {FIELDS} }} }} }}"""


def of_project(team: Team, method: str, as_: str | None = "karl", first: int | None = None, after: Any = None) -> Any:
    variables = {"method": ("ConsensusMethod!", method), "first": ("Int", first), "after": ("String", after)}
    return team.ask(OF_PROJECT, as_, **variables)["consensus"]


def of_statement(team: Team, statement: str, method: str, as_: str | None = "karl") -> Any:
    query = f"""query($id: ID!, $p: ID, $m: ConsensusMethod!) {{ node(id: $id) {{ ... on Statement {{
      consensus(projectId: $p, method: $m) {{ {FIELDS} }} }} }} }}"""
    return team.api(query, {"id": statement, "p": team.project, "m": method}, as_)["node"]["consensus"]


def told(found: Any, *names: str) -> list[Any]:
    return [tuple(edge["node"][name] for name in names) for edge in found["edges"]]


def test_the_majority_and_its_ties(team: Team) -> None:
    statements = team.annotate(UNITS)
    found = of_project(team, "MAJORITY")
    assert [edge["node"]["statement"]["id"] for edge in found["edges"]] == statements
    assert told(found, "label", "support", "tie") == [
        ("SUPPORT", 2 / 3, False),
        (None, 1 / 2, True),
        ("NEUTRAL", 1.0, False),
        ("OPPOSE", 1.0, False),
        ("UNCLEAR", 2 / 3, False),
    ]
    assert found["edges"][0]["node"]["votes"] == [
        {"label": "SUPPORT", "count": 2, "posterior": None},
        {"label": "OPPOSE", "count": 1, "posterior": None},
    ]
    assert found["edges"][0]["node"]["target"] == {"id": team.topic}
    assert found["edges"][0]["node"]["holder"] == {"id": team.speaker}


@pytest.mark.parametrize("method", ["MAJORITY", "DAWID_SKENE", "ADJUDICATED"])
def test_a_statement_has_what_its_project_has(team: Team, method: str) -> None:
    statements = team.annotate(UNITS)
    team.adjudicate(statements[1], "MIXED")
    found = [edge["node"] for edge in of_project(team, method)["edges"]]
    assert [of_statement(team, statement, method) for statement in statements] == [[node] for node in found]
    assert [node["method"] for node in found] == [method] * 5
    walked: list[Any] = []
    cursor = None
    for _ in range(3):
        page = of_project(team, method, first=2, after=cursor)
        walked += [edge["node"] for edge in page["edges"]]
        cursor = page["pageInfo"]["endCursor"]
    assert walked == found
    assert page["pageInfo"]["hasNextPage"] is False


def test_decisions_and_what_needs_none(team: Team) -> None:
    statements = team.annotate(UNITS)
    team.adjudicate(statements[1], "MIXED")
    team.adjudicate(statements[4], "SUPPORT")
    found = of_project(team, "ADJUDICATED")
    assert told(found, "label", "support", "tie", "adjudication") == [
        (None, None, False, None),
        ("MIXED", 0.0, False, {"label": "MIXED"}),
        ("NEUTRAL", 1.0, False, None),
        ("OPPOSE", 1.0, False, None),
        ("SUPPORT", 1 / 3, False, {"label": "SUPPORT"}),
    ]
    # What was decided is told beside other methods too.
    assert told(of_project(team, "MAJORITY"), "label", "adjudication")[1] == (None, {"label": "MIXED"})
    # A decision outlives the stances it was made of.
    ids = [
        s["node"]
        for s in team.api(
            "query($s: ID!) { stances(filter: {statement: [$s]}) { edges { node { id annotator { name } } } } }",
            {"s": statements[1]},
            "karl",
        )["stances"]["edges"]
    ]
    for stance in ids:
        team.api.change("withdrawStance", {"id": stance["id"]}, "stanceId", stance["annotator"]["name"])
    assert told(of_project(team, "ADJUDICATED"), "label", "support")[1] == ("MIXED", None)
    assert told(of_project(team, "MAJORITY"), "label") == [("SUPPORT",), ("NEUTRAL",), ("OPPOSE",), ("UNCLEAR",)]


def test_the_model_looks_at_the_whole_project(team: Team) -> None:
    """Who mostly errs counts for less, in a statement asked for alone too."""
    statements = team.annotate([*[[PRO, PRO, CON]] * 6, *[[CON, CON, PRO]] * 6, [PRO, None, CON]])
    (unit,) = of_statement(team, statements[-1], "DAWID_SKENE")
    assert unit["label"] == "SUPPORT"
    assert unit["support"] > 0.99
    assert sum(vote["posterior"] for vote in unit["votes"]) == pytest.approx(1, abs=1e-5)
    (unit,) = of_statement(team, statements[-1], "MAJORITY")
    assert (unit["label"], unit["tie"]) == (None, True)


def test_all_statements_of_a_page_are_read_at_once(team: Team) -> None:
    statements = team.annotate(UNITS)
    query = """query($p: ID) { statements(first: 100) { edges { node {
      id consensus(projectId: $p) { label holder { name } target { ... on Topic { name } } } } } } }"""
    edges = team.api(query, {"p": team.project}, "karl")["statements"]["edges"]
    # The statements; their stances and decisions; holders and targets.
    assert team.api.statements == 1 + 2 + 2
    labels = {edge["node"]["id"]: [c["label"] for c in edge["node"]["consensus"]] for edge in edges}
    assert [labels[s] for s in statements] == [["SUPPORT"], [None], ["NEUTRAL"], ["OPPOSE"], ["UNCLEAR"]]


def test_without_a_project_it_is_the_default_one(world: World) -> None:
    query = "query($id: ID!) { node(id: $id) { ... on Statement { consensus { label } } } }"
    statement = world.statement()
    assert world.api(query, {"id": statement})["node"]["consensus"] == []
    world.stance(statement)
    assert world.api(query, {"id": statement})["node"]["consensus"] == [{"label": "SUPPORT"}]


def test_blindness_leaves_an_annotator_with_their_own(world: World) -> None:
    team = make_team(world, 3, blind=True)
    statements = team.annotate(UNITS)
    for method in ("MAJORITY", "DAWID_SKENE", "ADJUDICATED"):
        assert told(of_project(team, method, team.members[2]), "label") == [("OPPOSE",), ("OPPOSE",), ("SUPPORT",)]
        assert of_project(team, method, None)["edges"] == []
        assert of_statement(team, statements[0], method, team.members[2])[0]["label"] == "OPPOSE"
        assert of_statement(team, statements[0], method, None) == []


def test_what_is_no_project_is_told(team: Team) -> None:
    (statement,) = team.annotate(UNITS[:1])
    query = "query($id: ID!, $p: ID) { node(id: $id) { ... on Statement { consensus(projectId: $p) { label } } } }"
    (error,) = team.api.run(query, {"id": statement, "p": team.topic})["errors"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "argument": "projectId"}
    assert error["path"] == ["node", "consensus"]
