"""Where annotators differ, curators decide."""

from functools import partial
from typing import Any

import pytest

from models import Adjudication, ProjectRole
from tests.schema.measures.conftest import Team, Units, make_team
from tests.services.conftest import World, at_once, codes, key_of, nobody, sender, told, towards

PRO, CON, EVEN, VAGUE = ({"label": label} for label in ("SUPPORT", "OPPOSE", "NEUTRAL", "UNCLEAR"))
UNITS: Units = [[PRO, PRO, CON], [PRO, PRO, PRO], [EVEN, CON, None], [CON, None, None], [PRO, CON, VAGUE]]
DISAGREEMENTS = """disagreements(first: $first, after: $after, decided: $decided) {
  totalCount pageInfo { hasNextPage endCursor } edges { cursor node {
    statement { id } holder { id } target { ... on Topic { id name } } votes { label count }
    stances { id label annotator { name } } adjudication { label } } } }"""


def disagreements(
    team: Team, as_: str | None = "karl", first: int | None = None, after: Any = None, decided: Any = None
) -> Any:
    variables = {"first": ("Int", first), "after": ("String", after), "decided": ("Boolean", decided)}
    return team.ask(DISAGREEMENTS, as_, **variables)["disagreements"]


def differing(team: Team, *args: Any, **more: Any) -> list[str]:
    return [edge["node"]["statement"]["id"] for edge in disagreements(team, *args, **more)["edges"]]


# ---------------------------------------------------------------- where annotators differ


def test_units_are_listed_where_annotators_gave_different_labels(team: Team) -> None:
    statements = team.annotate(UNITS)
    found = disagreements(team)
    assert team.api.statements == 1 + 3 + 1 + 4  # the project; when, stances, decisions; theirs; rows of each kind
    assert [edge["node"]["statement"]["id"] for edge in found["edges"]] == [statements[n] for n in (0, 2, 4)]
    assert found["totalCount"] == 3
    node = found["edges"][0]["node"]
    assert node["holder"] == {"id": team.speaker}
    assert node["target"] == {"id": team.topic, "name": "A truce"}
    assert node["votes"] == [{"label": "SUPPORT", "count": 2}, {"label": "OPPOSE", "count": 1}]
    assert [(s["label"], s["annotator"]["name"]) for s in node["stances"]] == [
        ("SUPPORT", "member-0"),
        ("SUPPORT", "member-1"),
        ("OPPOSE", "member-2"),
    ]
    assert node["adjudication"] is None


def test_they_are_paged_and_told_apart_by_whether_they_are_decided(team: Team) -> None:
    statements = team.annotate(UNITS)
    page = disagreements(team, first=2)
    assert page["pageInfo"]["hasNextPage"] is True
    # Another that is decided meanwhile shifts nothing.
    assert team.adjudicate(statements[2], "OPPOSE")["errors"] == []
    rest = disagreements(team, first=2, after=page["pageInfo"]["endCursor"])
    assert [edge["node"]["statement"]["id"] for edge in rest["edges"]] == [statements[4]]
    assert rest["pageInfo"]["hasNextPage"] is False
    assert differing(team, decided=True) == [statements[2]]
    assert differing(team, decided=False) == [statements[0], statements[4]]
    assert disagreements(team, decided=True)["edges"][0]["node"]["adjudication"] == {"label": "OPPOSE"}
    left = disagreements(team, decided=False, after=page["pageInfo"]["endCursor"])
    assert [edge["node"]["statement"]["id"] for edge in left["edges"]] == [statements[4]]


def test_blindness_hides_where_colleagues_differ(world: World) -> None:
    team = make_team(world, 3, blind=True)
    statements = team.annotate(UNITS)
    assert len(differing(team)) == 3
    for caller in (*team.members, "vera", None):
        assert differing(team, caller) == []
    # Who takes part sees what was decided, others do not.
    assert team.adjudicate(statements[0], "SUPPORT")["errors"] == []
    query = "adjudications { totalCount edges { node { label } } }"
    for caller, number in ((team.members[0], 1), ("karl", 1), ("vera", 0), (None, 0)):
        assert team.ask(query, caller)["adjudications"]["totalCount"] == number


# ---------------------------------------------------------------- deciding


def test_a_decision_is_shown_with_all_that_belongs_to_it(team: Team) -> None:
    statements = team.annotate(UNITS)
    payload = team.adjudicate(statements[0], "SUPPORT", rationale="He says so.", cause="AMBIGUOUS")
    decision = payload["adjudication"]
    assert decision["id"].startswith("adj_")
    assert {k: v for k, v in decision.items() if k not in ("id", "createdAt")} == {
        "label": "SUPPORT",
        "rationale": "He says so.",
        "cause": "AMBIGUOUS",
        "superseded": False,
        "decidedBy": {"name": "karl"},
        "project": {"id": team.project},
        "statement": {"id": statements[0]},
        "holder": {"id": team.speaker},
        "target": {"id": team.topic},
        "supersedes": None,
    }
    assert team.world.node(decision["id"], "... on Adjudication { label }") == {
        "__typename": "Adjudication",
        "label": "SUPPORT",
    }
    (revision,) = team.world.revisions(decision["id"])
    assert (revision.action, revision.entity_type) == ("CREATED", "Adjudication")
    assert revision.project_id == key_of(team.project)
    assert revision.after is not None
    assert revision.after["label"] == "SUPPORT"


def test_a_later_decision_supersedes_and_keeps_the_earlier(team: Team) -> None:
    (statement,) = team.annotate(UNITS[:1])
    first = team.adjudicate(statement, "SUPPORT")["adjudication"]
    second = team.adjudicate(statement, "OPPOSE", "ada")["adjudication"]
    third = team.adjudicate(statement, "OPPOSE", rationale="Read on.")["adjudication"]
    assert second["supersedes"] == {"id": first["id"], "label": "SUPPORT", "superseded": True}
    assert third["supersedes"]["id"] == second["id"]
    edges = team.ask("adjudications { edges { node { id superseded } } }")["adjudications"]["edges"]
    assert [edge["node"] for edge in edges] == [
        {"id": first["id"], "superseded": True},
        {"id": second["id"], "superseded": True},
        {"id": third["id"], "superseded": False},
    ]
    assert [r.action for r in team.world.revisions(first["id"])] == ["CREATED", "UPDATED"]
    assert [r.action for r in team.world.revisions(third["id"])] == ["CREATED"]


def test_the_same_again_changes_nothing(team: Team) -> None:
    (statement,) = team.annotate(UNITS[:1])
    first = team.adjudicate(statement, "SUPPORT", rationale="Yes.")
    with team.world.unchanged():
        # By the statement's speaker where no holder is named, or by naming them.
        again = team.adjudicate(statement, "SUPPORT", "ada", rationale="Yes.", holderId=team.speaker)
    assert again == first


def test_what_is_wrong_is_told_where_it_stands(team: Team) -> None:
    (statement,) = team.annotate(UNITS[:1])
    other = team.world.topic()
    with team.world.unchanged():
        bad = team.adjudicate(nobody("Statement"), "SUPPORT", holderId=team.topic, rationale=" ")
        assert told(bad) == {
            ("NOT_FOUND", "input.statementId"),
            ("INVALID", "input.holderId"),
            ("INVALID", "input.rationale"),
        }
        assert bad["adjudication"] is None
        assert told(team.adjudicate(statement, "SUPPORT", target=towards(other))) == {("NOT_FOUND", "input.target")}
        assert told(team.adjudicate(statement, "SUPPORT", projectId=nobody("Project"))) == {
            ("NOT_FOUND", "input.projectId")
        }
        missing = team.adjudicate(statement, "SUPPORT", target=towards(nobody("Topic")))
        assert told(missing) == {("NOT_FOUND", "input.target.topicId")}
    team.world.close_projects()
    with team.world.unchanged():
        assert told(team.adjudicate(statement, "SUPPORT")) == {("CONFLICT", "input.projectId")}


def test_curators_of_the_project_decide(world: World) -> None:
    team = make_team(world, 3)
    (statement,) = team.annotate(UNITS[:1])
    text = "mutation($input: AdjudicateInput!) { adjudicate(input: $input) { errors { message } } }"
    given = {
        "projectId": team.project,
        "statementId": statement,
        "target": towards(team.topic),
        "label": "OPPOSE",
        "cause": "GUIDELINE_GAP",
    }

    def refused(as_: str | None) -> list[str]:
        return codes(team.api.run(text, {"input": given}, as_))

    with world.unchanged():
        assert refused(None) == ["UNAUTHENTICATED"]
        assert refused("vera") == refused(team.members[0]) == ["FORBIDDEN"]
    team.add("vera", ProjectRole.CURATOR)
    assert refused("vera") == []
    # A curator of the whole who annotates here does not decide here.
    team.add("karl", ProjectRole.ANNOTATOR)
    with world.unchanged():
        assert refused("karl") == ["FORBIDDEN"]


def test_of_decisions_at_once_one_stands(team: Team) -> None:
    (statement,) = team.annotate(UNITS[:1])
    send = sender(team.api.client, team.api.tokens)
    text = "mutation($input: AdjudicateInput!) { adjudicate(input: $input) { adjudication { id } errors { code } } }"

    def decide(number: int) -> Any:
        given = {
            "projectId": team.project,
            "statementId": statement,
            "target": towards(team.topic),
            "label": "OPPOSE",
            "cause": "ERROR",
            "rationale": f"Reason {number}",
        }
        return send(text, {"input": given}, "karl" if number % 2 else "ada")["data"]["adjudicate"]

    made = at_once([partial(decide, number) for number in range(8)])
    assert all(payload["errors"] == [] for payload in made)
    rows = {row.id: row for row in team.world.rows(_all())}
    assert len(rows) == 8
    (stands,) = [row for row in rows.values() if not row.superseded]
    chain = [stands]
    while chain[-1].supersedes_id is not None:
        chain.append(rows[chain[-1].supersedes_id])
    assert len(chain) == 8


def _all() -> Any:
    from sqlalchemy import select

    return select(Adjudication)


# ---------------------------------------------------------------- merged actors


def test_decisions_follow_merged_actors(team: Team) -> None:
    """Of two that come to be about the same, the later stands and supersedes the other."""
    into, duplicate = team.world.actor("One"), team.world.actor("The same")
    (statement,) = team.statements(1)
    for actor in (into, duplicate):
        for member, said in zip(team.members, (PRO, CON, CON), strict=True):
            team.record(member, [statement], [said], actor)
    first = team.adjudicate(statement, "SUPPORT", target=towards(into))["adjudication"]
    second = team.adjudicate(statement, "OPPOSE", target=towards(duplicate))["adjudication"]
    team.world.merge(duplicate, into)
    edges = team.ask(
        "adjudications { edges { node { id superseded supersedes { id } target { ... on Actor { id } } } } }"
    )["adjudications"]["edges"]
    assert [edge["node"] for edge in edges] == [
        {"id": first["id"], "superseded": True, "supersedes": None, "target": {"id": into}},
        {"id": second["id"], "superseded": False, "supersedes": {"id": first["id"]}, "target": {"id": into}},
    ]
    (unit,) = disagreements(team)["edges"]
    assert unit["node"]["adjudication"] == {"label": "OPPOSE"}
    assert [r.action for r in team.world.revisions(second["id"])] == ["CREATED", "UPDATED"]


@pytest.mark.parametrize("first", [0, 101])
def test_pages_have_bounds(team: Team, first: int) -> None:
    query = "query($id: ID!, $f: Int) { node(id: $id) { ... on Project { disagreements(first: $f) { totalCount } } } }"
    (error,) = team.api.run(query, {"id": team.project, "f": first}, "karl")["errors"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "argument": "first"}
