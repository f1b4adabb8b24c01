"""How well a team agrees, asked of the project."""

from typing import Any

import pytest

from api.analysis.agreement.agreement import compute_agreement
from api.analysis.agreement.bootstrap import Bootstrap
from api.analysis.agreement.levels import Level, value_of
from models import ProjectRole
from tests.analysis.definitions import ratings_of
from tests.conftest import Api
from tests.schema.measures.conftest import Team, Units, make_team
from tests.services.conftest import World

PRO, CON, EVEN, BOTH, VAGUE = ({"label": label} for label in ("SUPPORT", "OPPOSE", "NEUTRAL", "MIXED", "UNCLEAR"))
UNITS: Units = [
    [PRO, PRO, PRO],
    [PRO, {**CON, "intensity": 1}, CON],
    [EVEN, BOTH, None],
    [VAGUE, VAGUE, PRO],
    [PRO, None, None],
    [{**PRO, "intensity": 3}, {**PRO, "intensity": 1}, EVEN],
    [VAGUE, None, None],
]
FIGURE = "{ value lower upper undefinedReason intervalUndefinedReason undefinedResamples }"
EVERYTHING = f"""agreement(level: $level, seed: 7) {{
  level resamples seed units excludedUnits {{ reason count }} annotators pairableValues missingValues
  percentAgreement {FIGURE} krippendorffAlpha {FIGURE} gwet {FIGURE} gwetWeighting fleissKappa {FIGURE}
  confusion {{ first second firstValue secondValue count }}
}}"""


def figure(made: Any) -> dict[str, Any]:
    return {
        "value": made.value,
        "lower": made.lower,
        "upper": made.upper,
        "undefinedReason": made.undefined_reason,
        "intervalUndefinedReason": made.interval_undefined_reason,
        "undefinedResamples": made.undefined_resamples,
    }


@pytest.mark.parametrize("level", Level)
def test_figures_are_those_of_the_stances(team: Team, level: Level) -> None:
    team.annotate(UNITS)
    asked = team.ask(EVERYTHING, level=("Level!", level.value))["agreement"]
    matrix = [[None if s is None else value_of(s["label"], s.get("intensity"), level) for s in row] for row in UNITS]
    wanted = compute_agreement(ratings_of(matrix), level, Bootstrap(seed=7))
    assert {k: asked[k] for k in ("level", "resamples", "seed", "units", "annotators", "pairableValues")} == {
        "level": level,
        "resamples": 1000,
        "seed": 7,
        "units": wanted.units,
        "annotators": wanted.annotators,
        "pairableValues": wanted.pairable_values,
    }
    assert asked["excludedUnits"] == [{"reason": r, "count": n} for r, n in wanted.excluded.items()]
    assert asked["missingValues"] == (0 if level is Level.NOMINAL else 3)
    assert asked["percentAgreement"] == figure(wanted.percent_agreement)
    assert asked["krippendorffAlpha"] == figure(wanted.alpha)
    assert asked["gwet"] == figure(wanted.gwet)
    assert asked["gwetWeighting"] == wanted.gwet_weighting
    assert asked["fleissKappa"] == figure(wanted.fleiss_kappa)


def test_the_matrix_of_confusion_counts_each_two_annotators_once(team: Team) -> None:
    team.annotate(UNITS)
    asked = team.ask(EVERYTHING, level=("Level!", "NOMINAL"))["agreement"]
    cells = {(c["first"], c["second"]): c["count"] for c in asked["confusion"]}
    assert len(cells) == 25
    assert cells["SUPPORT", "SUPPORT"] == 3 + 1
    assert cells["SUPPORT", "OPPOSE"] == cells["OPPOSE", "SUPPORT"] == 2
    assert cells["OPPOSE", "OPPOSE"] == 1
    assert cells["UNCLEAR", "UNCLEAR"] == 1
    assert all(c["firstValue"] is c["secondValue"] is None for c in asked["confusion"])
    signed = team.ask(EVERYTHING, level=("Level!", "INTERVAL"))["agreement"]["confusion"]
    by_value = {(c["firstValue"], c["secondValue"]): c["count"] for c in signed}
    assert by_value[0, 0] == 1
    assert by_value[2, -1] == by_value[-1, -2] == 1
    assert by_value[3, 1] == by_value[3, 0] == by_value[1, 0] == 1
    assert all(c["first"] is c["second"] is None for c in signed)


def test_pairs_and_disputed_units_are_paged(team: Team) -> None:
    statements = team.annotate(UNITS)
    query = """agreement(resamples: 0) {
      pairs(first: 2, after: $pair) { totalCount pageInfo { hasNextPage hasPreviousPage endCursor } edges { cursor node {
        first { name } second { name } units percentAgreement cohenKappa undefinedReason } } }
      disagreements(first: 2, after: $unit) { totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        edges { cursor node { statement { id } holder { id } target { __typename ... on Topic { id } }
          disagreement values votes { label count } } } } }"""
    pairs: list[Any] = []
    units: list[Any] = []
    pair = unit = None
    for _ in range(3):
        made = team.ask(query, pair=("String", pair), unit=("String", unit))["agreement"]
        pairs += [edge["node"] for edge in made["pairs"]["edges"]]
        units += [edge["node"] for edge in made["disagreements"]["edges"]]
        assert (made["pairs"]["totalCount"], made["disagreements"]["totalCount"]) == (3, 5)
        assert made["disagreements"]["pageInfo"]["hasPreviousPage"] is (unit is not None)
        pair = made["pairs"]["pageInfo"]["endCursor"] or pair
        unit = made["disagreements"]["pageInfo"]["endCursor"]
    assert [(p["first"]["name"], p["second"]["name"], p["units"]) for p in pairs] == [
        ("member-0", "member-1", 5),
        ("member-0", "member-2", 4),
        ("member-1", "member-2", 4),
    ]
    told = [(statements.index(u["statement"]["id"]), round(u["disagreement"], 3), u["values"]) for u in units]
    assert told == [(2, 1.0, 2), (1, 0.667, 3), (3, 0.667, 3), (5, 0.667, 3), (0, 0.0, 3)]
    assert units[0]["target"] == {"__typename": "Topic", "id": team.topic}
    assert units[0]["holder"] == {"id": team.speaker}
    assert units[1]["votes"] == [{"label": "OPPOSE", "count": 2}, {"label": "SUPPORT", "count": 1}]


def test_stances_can_be_chosen(team: Team) -> None:
    """By statements, by targets, by annotators: what is left out does not count."""
    first, _ = team.annotate([[PRO, PRO, CON], [PRO, CON, CON]])
    actor = team.world.actor("Aimed at")
    team.record(team.members[0], [first], [CON], actor)
    query = """agreement(statementFilter: $statements, targets: $targets, annotators: $annotators, resamples: 0) {
      units annotators excludedUnits { reason count } percentAgreement { value } }"""

    def ask(statements: Any = None, targets: Any = None, annotators: Any = None) -> Any:
        return team.ask(
            query,
            statements=("StatementFilter", statements),
            targets=("[ID!]", targets),
            annotators=("[ID!]", annotators),
        )["agreement"]

    assert (ask()["units"], ask()["excludedUnits"][1]) == (2, {"reason": "ONE_VALUE", "count": 1})
    assert ask(targets=[team.topic])["excludedUnits"][1]["count"] == 0
    assert ask(targets=[actor])["units"] == 0
    assert ask(statements={"text": "said 000"})["units"] == 1
    assert ask(statements={"speaker": [actor]})["units"] == 0
    ids = {
        a["node"]["annotator"]["name"]: a["node"]["annotator"]["id"]
        for a in team.api("{ stances { edges { node { annotator { id name } } } } }", as_="karl")["stances"]["edges"]
    }
    two = ask(annotators=[ids["member-1"], ids["member-2"]])
    assert (two["units"], two["annotators"], two["percentAgreement"]["value"]) == (2, 2, 0.5)
    # A merged actor's id stands for the one that stays.
    other = team.world.actor("The same")
    team.world.merge(actor, other)
    assert ask(targets=[actor]) == ask(targets=[other])
    assert ask(targets=[actor])["excludedUnits"][1]["count"] == 1


def test_what_cannot_be_understood_is_told_with_its_argument(team: Team) -> None:
    def told(arguments: str, below: str = "units") -> Any:
        query = f"query($id: ID!) {{ node(id: $id) {{ ... on Project {{ agreement{arguments} {{ {below} }} }} }} }}"
        (error,) = team.api.run(query, {"id": team.project}, "karl")["errors"]
        assert error["extensions"]["code"] == "BAD_USER_INPUT"
        return error["extensions"]["argument"], error["path"]

    assert told('(targets: ["act_1"])') == ("targets[0]", ["node", "agreement"])
    assert told(f'(annotators: ["{team.topic}"])') == ("annotators[0]", ["node", "agreement"])
    assert told(f'(statementFilter: {{speaker: ["{team.topic}"]}})') == (
        "statementFilter.speaker[0]",
        ["node", "agreement"],
    )
    assert told("(resamples: 10001)") == ("resamples", ["node", "agreement"])
    assert told("(seed: -1)") == ("seed", ["node", "agreement"])
    assert told("", "pairs(first: 0) { totalCount }") == ("first", ["node", "agreement", "pairs"])
    for cursor in ("x", "PAIR:1", "PAIR:1:y", "PAIR:1:99999999999999999999", "DISAGREEMENT:0.5:3:é"):
        assert told("", f'p: pairs(after: "{cursor}") {{ totalCount }}') == ("after", ["node", "agreement", "p"])
    for cursor in ("DISAGREEMENT:nan:3", "DISAGREEMENT:-1.0:-3:é"):
        assert told("", f'disagreements(after: "{cursor}") {{ totalCount }}') == (
            "after",
            ["node", "agreement", "disagreements"],
        )


# ---------------------------------------------------------------- who sees what


def test_in_an_open_blind_project_an_annotator_gets_figures_over_their_own(world: World) -> None:
    team = make_team(world, 3, blind=True)
    team.annotate([[PRO, PRO, CON], [CON, CON, CON]])
    query = "agreement { units annotators percentAgreement { value undefinedReason } disagreements { totalCount } }"
    alone = {
        "units": 0,
        "annotators": 1,
        "percentAgreement": {"value": None, "undefinedReason": "NO_PAIRS"},
        "disagreements": {"totalCount": 0},
    }
    assert team.ask(query, "karl")["agreement"]["units"] == 2
    for member in team.members:
        assert team.ask(query, member)["agreement"] == alone
    assert team.ask(query, None)["agreement"] == {**alone, "annotators": 0}
    assert team.ask(query, "vera")["agreement"] == {**alone, "annotators": 0}
    # What was kept for one is not given to another; who comes to curate sees all, who comes to annotate no longer does.
    team.add("vera", ProjectRole.CURATOR)
    assert team.ask(query, "vera")["agreement"]["units"] == 2
    team.add("karl", ProjectRole.ANNOTATOR)
    assert team.ask(query, "karl")["agreement"] == {**alone, "annotators": 0}
    team.world.close_projects()
    assert team.ask(query, team.members[0])["agreement"]["units"] == 2
    assert team.ask(query, None)["agreement"]["units"] == 2


# ---------------------------------------------------------------- what it takes


def test_it_takes_a_look_for_changes_and_one_reading_until_there_is_one(team: Team) -> None:
    statements = team.annotate([[PRO, PRO, CON], [CON, CON, CON]])
    query = "agreement { percentAgreement { value } krippendorffAlpha { lower } pairs { totalCount } }"
    first = team.ask(query)
    assert team.api.statements == 3
    assert team.ask(query) == first
    assert team.api.statements == 2
    # Figures at another level are made of what was read.
    team.ask(query.replace("agreement", "agreement(level: ORDINAL)", 1))
    assert team.api.statements == 2
    team.record(team.members[2], statements[:1], [PRO])
    assert team.ask(query)["agreement"]["percentAgreement"]["value"] == 1.0
    assert team.api.statements == 3
    # What happens elsewhere is no change here, but where statements are chosen by what they say.
    team.world.stance()
    team.ask(query)
    assert team.api.statements == 2


def test_a_project_without_stances_has_no_figures(team: Team) -> None:
    made = team.ask("agreement { units gwet { undefinedReason } confusion { count } pairs { edges { cursor } } }")
    assert made["agreement"] == {
        "units": 0,
        "gwet": {"undefinedReason": "NO_PAIRS"},
        "confusion": [],
        "pairs": {"edges": []},
    }


def test_every_project_of_a_page_has_its_own(reading: Api) -> None:
    query = "{ projects { edges { node { slug agreement(resamples: 0) { units } } } } }"
    nodes = [edge["node"] for edge in reading(query)["projects"]["edges"]]
    assert {node["slug"]: node["agreement"]["units"] for node in nodes}
