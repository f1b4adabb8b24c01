"""Networks of stances, recorded by the front door and measured through it."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

from tests.conftest import Api
from tests.schema.measures.conftest import Team, Units, make_team
from tests.services.conftest import World, codes, world

__all__ = ["world"]

PRO, CON, NEITHER = {"label": "SUPPORT"}, {"label": "OPPOSE"}, {"label": "NEUTRAL"}
TIES = (
    "ties { source { id } target { id } sign weight positive negative statements { totalCount edges { node { id } } } }"
)

Told = dict[tuple[str, str], tuple[str, int, int, int]]


def ask(team: Team, fields: str = TIES, arguments: str = "", as_: str | None = "karl") -> Any:
    query = f'{{ stanceNetwork(projectId: "{team.project}"{arguments}) {{ {fields} }} }}'
    return team.api(query, as_=as_)["stanceNetwork"]


def told(found: Any) -> Told:
    """Of each tie, what it is."""
    return {
        (tie["source"]["id"], tie["target"]["id"]): (tie["sign"], tie["weight"], tie["positive"], tie["negative"])
        for tie in found["ties"]
    }


@pytest.fixture
def team(world: World) -> Team:
    return make_team(world, 3)


def test_ties_count_stances_and_lead_to_their_statements(team: Team) -> None:
    other, third = team.world.actor(), team.world.actor()
    towards_other = team.annotate([[PRO, PRO, CON], [PRO, NEITHER, None]], target=other)
    towards_third = team.annotate([[CON, PRO, None]], target=third)
    team.annotate([[PRO, PRO, PRO]])  # towards a topic
    team.annotate([[CON, CON, CON]], target=team.speaker)  # of themselves
    found = ask(
        team,
        f"actors {{ id }} {TIES} ambivalent {{ sign statements {{ edges {{ node {{ id }} }} }} relations {{ id }} }}",
    )
    assert told(found) == {
        (team.speaker, other): ("POSITIVE", 2, 3, 1),
        (team.speaker, third): ("AMBIVALENT", 0, 1, 1),
    }
    assert [actor["id"] for actor in found["actors"]] == sorted([team.speaker, other, third])
    statements = {
        tie["target"]["id"]: [edge["node"]["id"] for edge in tie["statements"]["edges"]] for tie in found["ties"]
    }
    assert statements == {other: sorted(towards_other), third: list(towards_third)}
    assert found["ambivalent"] == [
        {"sign": "AMBIVALENT", "statements": {"edges": [{"node": {"id": towards_third[0]}}]}, "relations": []}
    ]
    heavy = ask(team, arguments=", minimumWeight: 2")
    assert told(heavy) == {(team.speaker, other): ("POSITIVE", 2, 3, 1)}
    assert told(ask(team, arguments=", minimumWeight: 3")) == {}


def test_statements_behind_a_tie_are_paged(team: Team) -> None:
    other = team.world.actor()
    statements = sorted(team.annotate([[PRO, PRO, PRO]] * 5, target=other))
    fields = "ties { statements(first: 2%s) { totalCount pageInfo { hasNextPage endCursor } edges { node { id } } } }"
    seen, after = [], ""
    for _ in range(3):
        (tie,) = ask(team, fields % after)["ties"]
        seen += [edge["node"]["id"] for edge in tie["statements"]["edges"]]
        after = f', after: "{tie["statements"]["pageInfo"]["endCursor"]}"'
    assert (seen, tie["statements"]["totalCount"]) == (statements, 5)
    assert not tie["statements"]["pageInfo"]["hasNextPage"]


def test_by_consensus_each_reading_counts_once(team: Team) -> None:
    other, third = team.world.actor(), team.world.actor()
    units: Units = [[PRO, PRO, CON], [PRO, PRO, PRO], [CON, CON, PRO], [PRO, CON, None]]
    statements = team.annotate(units, target=other)
    team.annotate([[CON, CON, NEITHER]], target=third)
    found = ask(team, arguments=", consensus: MAJORITY")
    assert told(found) == {
        (team.speaker, other): ("POSITIVE", 1, 2, 1),
        (team.speaker, third): ("NEGATIVE", 1, 0, 1),
    }
    (tie,) = [tie for tie in found["ties"] if tie["target"]["id"] == other]
    assert [e["node"]["id"] for e in tie["statements"]["edges"]] == sorted(statements[:3])
    assert told(ask(team, arguments=", consensus: ADJUDICATED")) == {(team.speaker, other): ("POSITIVE", 1, 1, 0)}
    assert team.adjudicate(statements[0], "OPPOSE", target={"actorId": other})["errors"] == []
    assert told(ask(team, arguments=", consensus: ADJUDICATED")) == {(team.speaker, other): ("AMBIVALENT", 0, 1, 1)}


def test_period_and_actors_narrow_it(team: Team) -> None:
    speaker, other, third = team.speaker, team.world.actor(), team.world.actor()
    for day, target in (("2020-01-01", other), ("2020-12-31", third), (None, other)):
        dated = {} if day is None else {"statedOn": day}
        statement = team.world.statement(speaker=speaker, **dated)
        team.record(team.members[0], [statement], [PRO], target)
    assert told(ask(team))[speaker, other] == ("POSITIVE", 2, 2, 0)
    year = ', period: {from: "2020-01-01", to: "2020-12-31"}'
    assert set(told(ask(team, arguments=year))) == {(speaker, other), (speaker, third)}
    assert told(ask(team, arguments=year))[speaker, other] == ("POSITIVE", 1, 1, 0)
    assert set(told(ask(team, arguments=', period: {from: "2020-06-01"}'))) == {(speaker, third)}
    assert set(told(ask(team, arguments=f', actors: ["{speaker}", "{other}"]'))) == {(speaker, other)}
    assert told(ask(team, arguments=f', actors: ["{other}"]')) == {}
    survivor = team.world.actor()
    team.world.merge(other, into=survivor)
    assert set(told(ask(team, arguments=f', actors: ["{speaker}", "{other}"]'))) == {(speaker, survivor)}


def test_measures_take_both_directions_together(team: Team) -> None:
    """Three actors: one supports another twice, who opposes them once; both oppose the third, who supports one."""
    world, one = team.world, team.speaker
    other, third = world.actor(), world.actor()
    for source, target, said, times in (
        (one, other, PRO, 2),
        (other, one, CON, 1),
        (one, third, CON, 1),
        (other, third, CON, 1),
        (third, one, PRO, 1),
    ):
        for _ in range(times):
            team.record(team.members[0], [world.statement(speaker=source)], [said], target)
    found = ask(
        team,
        """balance { actors ties ambivalent triads { ppp ppn pnn nnn } triangleIndex { value undefinedReason }
      frustration { count exact partition { id } } } blocs(k: 2) { criterion blocs { actors { id } } }
      centrality { actors { actor { id } positiveDegree negativeDegree ambivalentDegree } }
      directedTriads { kinds { kind count } }""",
    )
    assert found["balance"] == {
        "actors": 3,
        "ties": 2,
        "ambivalent": 1,
        "triads": {"ppp": 0, "ppn": 0, "pnn": 0, "nnn": 0},
        "triangleIndex": {"value": None, "undefinedReason": "NO_TRIANGLES"},
        "frustration": {
            "count": 0,
            "exact": True,
            "partition": [[{"id": id} for id in sorted([one, other])], [{"id": third}]],
        },
    }
    assert found["blocs"]["criterion"] == 0
    degrees = {
        row["actor"]["id"]: (row["positiveDegree"], row["negativeDegree"], row["ambivalentDegree"])
        for row in found["centrality"]["actors"]
    }
    assert degrees == {one: (1, 0, 1), other: (1, 1, 0), third: (0, 1, 1)}
    assert found["directedTriads"]["kinds"] == [{"kind": "210-PNNNP", "count": 1}]


def test_only_stances_that_the_caller_sees_count(world: World) -> None:
    team = make_team(world, 2, blind=True)
    other = world.actor()
    team.annotate([[PRO, CON]], target=other)
    tie = (team.speaker, other)
    seen = {who: told(ask(team, as_=who)).get(tie) for who in (*team.members, "karl", "vera", None)}
    assert seen == {
        team.members[0]: ("POSITIVE", 1, 1, 0),
        team.members[1]: ("NEGATIVE", 1, 0, 1),
        "karl": ("AMBIVALENT", 0, 1, 1),
        "vera": None,
        None: None,
    }
    consensus = ask(team, arguments=", consensus: MAJORITY", as_=team.members[1])
    assert told(consensus) == {tie: ("NEGATIVE", 1, 0, 1)}


def test_arguments_that_make_no_sense_are_refused(team: Team) -> None:
    for arguments, argument in (
        (", minimumWeight: -1", "minimumWeight"),
        (f', actors: ["{team.topic}"]', "actors[0]"),
        (', actors: ["nobody"]', "actors[0]"),
    ):
        answer = team.api.run(f'{{ stanceNetwork(projectId: "{team.project}"{arguments}) {{ ties {{ sign }} }} }}')
        assert codes(answer) == ["BAD_USER_INPUT"]
        assert answer["errors"][0]["extensions"]["argument"] == argument
    assert codes(team.api.run('{ stanceNetwork(projectId: "act_1") { ties { sign } } }')) == ["BAD_USER_INPUT"]


STANCES = """{ stances(first: 100, filter: {label: [SUPPORT, OPPOSE]}) { edges { node { label
  holder { id } target { __typename ... on Actor { id } } } } } }"""


def test_the_default_project_is_that_of_the_seeds(reading: Api) -> None:
    """Counted again, one by one, of what the caller sees of the stances themselves."""
    counted: Counter[tuple[str, str]] = Counter()
    for edge in reading(STANCES)["stances"]["edges"]:
        stance: Mapping[str, Any] = edge["node"]
        if stance["target"]["__typename"] == "Actor" and stance["holder"]["id"] != stance["target"]["id"]:
            counted[stance["holder"]["id"], stance["target"]["id"]] += 1 if stance["label"] == "SUPPORT" else -1
    found = reading(f"{{ stanceNetwork {{ {TIES} }} }}")["stanceNetwork"]
    assert {pair: positive - negative for pair, (_, _, positive, negative) in told(found).items()} == counted
    assert found["ties"]
