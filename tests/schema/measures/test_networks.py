"""Networks of relations, made by the front door and measured through it."""

import random
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations, permutations
from typing import Any

import pytest
from sqlalchemy import insert

from models import Relation, RelationKind, new_id
from tests.analysis.signed_data import TRIBES, case
from tests.conftest import Api, holding
from tests.services.conftest import World, codes, key_of, sender, world

__all__ = ["world"]

published = pytest.mark.skipif(not TRIBES.is_dir(), reason=f"{TRIBES.name} is not there (STANCEGRAPH_TEST_DATA)")

PAIR = "first { id } second { id } sign positive negative relations { id }"
BALANCE = """balance(timeLimitSeconds: 20) { actors ties ambivalent triads { ppp ppn pnn nnn } triangles { kind count }
  triangleIndex { value undefinedReason } walkIndex { value undefinedReason }
  frustration { count exact lowerBound index { value undefinedReason } partition { name } ties { sign } } }"""
ALLIES, ENEMIES = {"kind": "ALLIANCE"}, {"kind": "OPPOSITION", "form": "RIVALRY"}


def tied(world: World, actors: Sequence[str], ties: Sequence[tuple[int, int, int]], **more: Any) -> None:
    """Relations between actors, by their places: 1 and -1 for each sign, 0 for both."""
    for one, other, sign in ties:
        for kind in ([ALLIES] if sign >= 0 else []) + ([ENEMIES] if sign <= 0 else []):
            world.relation(actors[one], actors[other], **kind, **more)


def ask(api: Api, fields: str, arguments: str = "") -> Any:
    return api(f"{{ network{arguments} {{ {fields} }} }}")["network"]


# ---------------------------------------------------------------- published


@published
def test_signnets_own_cases(world: World) -> None:
    """Each among actors of its own, chosen by the filter."""
    degrees, ambivalent = case("K4 degrees"), case("complex triangles K4")
    signs = [{"P": 1, "N": -1, "A": 0}[letter] for letter in ambivalent["edge_types_in_order_12_13_14_23_24_34"]]
    cases = [
        (4, [(a - 1, b - 1, sign) for a, b, sign in degrees["edges"]], {}),
        (4, [(*pair, sign) for pair, sign in zip(combinations(range(4), 2), signs, strict=True)], {}),
        (5, [(*pair, 1) for pair in combinations(range(5), 2)], {}),
        (5, [(*pair, -1) for pair in permutations(range(5), 2)], {"directed": True}),
        (5, [(*pair, -1 if pair == (0, 1) else 1) for pair in combinations(range(5), 2)], {}),
    ]
    fields = f"{BALANCE} centrality {{ actors {{ positiveDegree negativeDegree pnIndex eigenvector }} }}"
    found = []
    for size, ties, more in cases:
        actors = [world.actor() for _ in range(size)]
        tied(world, actors, ties, **more)
        among = ", ".join(f'"{actor}"' for actor in actors)
        found.append(
            ask(world.api, f"{fields} directedTriads {{ kinds {{ kind count }} }}", f"(filter: {{between: [{among}]}})")
        )
    central = [[[actor[name] for actor in one["centrality"]["actors"]] for name in CENTRAL] for one in found]
    assert central[0][:2] == [degrees["degree_pos"], degrees["degree_neg"]]
    assert {one["kind"]: one["count"] for one in found[1]["balance"]["triangles"]} == ambivalent["counts"]
    assert central[2][2] == pytest.approx(case("K5 all positive")["pn_index"])
    assert found[2]["balance"]["frustration"]["index"]["value"] == 1
    census = {one["kind"]: one["count"] for one in found[3]["directedTriads"]["kinds"]}
    assert census == case("directed K5 all negative")["triad_census"]
    assert central[4][3] == pytest.approx(case("K5 one negative edge 1-2")["eigenvector_unscaled"], abs=5e-9)


CENTRAL = ("positiveDegree", "negativeDegree", "pnIndex", "eigenvector")


def test_what_is_undefined_says_why(world: World) -> None:
    star = [world.actor() for _ in range(4)]
    tied(world, star, [(0, other, -1) for other in (1, 2, 3)])
    found = ask(world.api, BALANCE)["balance"]
    assert found["triangleIndex"] == {"value": None, "undefinedReason": "NO_TRIANGLES"}
    assert found["walkIndex"] == {"value": pytest.approx(1.0), "undefinedReason": None}
    nobody = ask(
        world.api, f"{BALANCE} blocs(k: 2) {{ blocs {{ actors {{ id }} }} criterion }}", "(filter: {kind: []})"
    )
    assert nobody["balance"]["frustration"]["index"] == {"value": None, "undefinedReason": "NO_TIES"}
    assert nobody["balance"]["walkIndex"] == {"value": None, "undefinedReason": "NO_TIES"}
    assert nobody["blocs"] == {"blocs": [], "criterion": 0}
    two = [world.actor() for _ in range(2)]
    tied(world, two, [(0, 1, -1)])
    fields = "centrality { actors { pnIndex eigenvector } pnUndefinedReason eigenvectorUndefinedReason }"
    alone = ask(world.api, fields, f'(filter: {{involving: ["{two[0]}"]}})')["centrality"]
    assert alone["actors"] == [{"pnIndex": None, "eigenvector": None}] * 2
    assert (alone["pnUndefinedReason"], alone["eigenvectorUndefinedReason"]) == ("SINGULAR", "NO_DOMINANT")


# ---------------------------------------------------------------- ties


def test_ties_take_relations_of_one_direction_together(world: World) -> None:
    one, other = sorted([world.actor(), world.actor()])
    forth = [world.relation(one, other, **ALLIES, directed=True) for _ in range(2)]
    back = [world.relation(other, one, **ENEMIES, directed=True)]
    none = [world.relation(other, one, **ALLIES), world.relation(one, other, **ALLIES)]
    found = ask(
        world.api,
        f"""ties {{ source {{ id }} target {{ id }} directed sign positive negative relations {{ id }} }}
      ambivalent {{ {PAIR} }} balance {{ ties ambivalent }}""",
    )
    shown = {
        (tie["source"]["id"], tie["directed"]): (
            tie["sign"],
            tie["positive"],
            tie["negative"],
            [r["id"] for r in tie["relations"]],
        )
        for tie in found["ties"]
    }
    assert shown == {
        (one, True): ("POSITIVE", 2, 0, sorted(forth)),
        (other, True): ("NEGATIVE", 0, 1, back),
        (one, False): ("POSITIVE", 2, 0, sorted(none)),
    }
    (pair,) = found["ambivalent"]
    assert (pair["first"]["id"], pair["second"]["id"]) == (one, other)
    assert (pair["sign"], pair["positive"], pair["negative"]) == ("AMBIVALENT", 4, 1)
    assert [relation["id"] for relation in pair["relations"]] == sorted([*forth, *back, *none])
    assert found["balance"] == {"ties": 0, "ambivalent": 1}


def test_arguments_out_of_range_are_refused(reading: Api) -> None:
    for field, argument in (
        ("balance(timeLimitSeconds: 31) { ties }", "timeLimitSeconds"),
        ("blocs(k: 0) { k }", "k"),
        ("blocs(k: 51) { k }", "k"),
        ("blocs(k: 2, alpha: 1.5) { k }", "alpha"),
        ("blocs(k: 2, seed: -1) { k }", "seed"),
    ):
        (error,) = reading.run(f"{{ network {{ {field} }} }}")["errors"]
        assert error["extensions"] == {"code": "BAD_USER_INPUT", "argument": argument}


def test_what_was_read_is_kept_until_a_relation_changes(world: World) -> None:
    """What others record meanwhile makes nothing be read again."""
    one, other = world.actor(), world.actor()
    relation, statement, topic = world.relation(one, other), world.statement(), world.topic()
    query = "balance { ties } ambivalent { sign }"
    assert ask(world.api, query) == {"balance": {"ties": 1}, "ambivalent": []}
    for _ in range(2):
        world.stance(statement, topic, label="OPPOSE")
        assert ask(world.api, query)["balance"] == {"ties": 1}
        assert world.api.statements == 3  # the network, and for each of its fields a look for changes
    world.relation(one, other, **ENEMIES)
    assert ask(world.api, query) == {"balance": {"ties": 0}, "ambivalent": [{"sign": "AMBIVALENT"}]}
    assert world.api.statements == 4
    assert world.api.change("deleteRelation", {"id": relation}, "relationId")["errors"] == []
    assert ask(world.api, query) == {"balance": {"ties": 1}, "ambivalent": []}


@pytest.mark.parametrize("backend", ["postgres"], indirect=True)
def test_nothing_is_kept_while_an_earlier_transaction_may_still_add_to_it(world: World) -> None:
    kept, fresh = 2, 3  # the network, a look for changes, and the reading or not
    ask(world.api, "balance { ties }")
    with holding(world.api.url, "SELECT pg_current_xact_id()"):
        world.relation()
        for _ in range(2):
            assert ask(world.api, "balance { ties }")["balance"] == {"ties": 1}
            assert world.api.statements == fresh
    for statements in (fresh, kept):
        ask(world.api, "balance { ties }")
        assert world.api.statements == statements


def test_others_are_served_while_a_proof_is_sought(world: World) -> None:
    """Sixty actors with ties of random signs: no proof is found in the time that is given."""
    actors = [key_of(world.actor()) for _ in range(60)]
    chance = random.Random(1)
    ties = [
        {
            "id": new_id(),
            "source_id": one,
            "target_id": other,
            "kind": chance.choice(list(RelationKind)),
            "form": "OTHER",
        }
        for one, other in combinations(actors, 2)
        if chance.random() < 0.5
    ]
    world.execute(insert(Relation), ties)
    send = sender(world.api.client, world.api.tokens)
    with ThreadPoolExecutor(1) as thread:
        sought = thread.submit(
            send, "{ network { balance(timeLimitSeconds: 3) { frustration { count exact lowerBound } } } }", {}, "vera"
        )
        waits = []
        while not sought.done():
            began = time.perf_counter()
            assert "errors" not in send(
                "{ network { balance { triads { ppp } } centrality { actors { pnIndex } } } }", {}, "vera"
            )
            waits.append(time.perf_counter() - began)
    found = sought.result()["data"]["network"]["balance"]["frustration"]
    assert not found["exact"]
    assert 0 < found["lowerBound"] < found["count"]
    assert len(waits) > 3
    assert max(waits) < 2


def test_a_merged_actor_acts_as_its_survivor(world: World) -> None:
    one, other, third = (world.actor() for _ in range(3))
    world.relation(one, third)
    world.relation(other, third, **ENEMIES)
    assert ask(world.api, "balance { ties }")["balance"] == {"ties": 2}
    world.merge(other, into=one)
    assert ask(world.api, "ambivalent { positive negative }")["ambivalent"] == [{"positive": 1, "negative": 1}]


# ---------------------------------------------------------------- members that act as their groups

COLLAPSED = "ties { source { id } target { id } relations { id } } collapsed { relationsWithinGroups ambiguousMembers }"


def ends(found: Any) -> set[frozenset[str]]:
    return {frozenset((tie["source"]["id"], tie["target"]["id"])) for tie in found["ties"]}


def test_members_act_as_their_outermost_group_on_the_day(world: World) -> None:
    member, group, outer, enemy = (world.actor() for _ in range(4))
    world.membership(member, group, validFrom="2020-01-01", validTo="2020-12-31")
    world.membership(group, outer, validFrom="2020-07-01")
    world.relation(member, enemy, **ENEMIES)
    inside = world.relation(member, outer)
    acting = {"2019-12-31": member, "2020-01-01": group, "2020-07-01": outer, "2020-12-31": outer, "2021-01-01": member}
    for day, actor in acting.items():
        found = ask(world.api, COLLAPSED, f'(filter: {{asOf: "{day}"}}, collapseMembers: true)')
        within = actor == outer
        assert ends(found) == {frozenset((actor, enemy))} | (set() if within else {frozenset((actor, outer))}), day
        assert found["collapsed"] == {"relationsWithinGroups": int(within), "ambiguousMembers": 0}
    plain = ask(world.api, COLLAPSED)
    assert ends(plain) == {frozenset((member, enemy)), frozenset((member, outer))}
    assert [inside] in [[r["id"] for r in tie["relations"]] for tie in plain["ties"]]


def test_without_a_day_members_act_as_their_group_while_the_relation_holds(world: World) -> None:
    member, group, enemy, friend = (world.actor() for _ in range(4))
    world.membership(member, group, validFrom="2020-01-01", validTo="2020-12-31")
    world.relation(member, enemy, **ENEMIES, validFrom="2010-01-01", validTo="2019-12-31")
    world.relation(member, friend, validFrom="2010-01-01", validTo="2020-01-01")
    found = ask(world.api, COLLAPSED, "(collapseMembers: true)")
    assert ends(found) == {frozenset((member, enemy)), frozenset((group, friend))}


def test_who_belongs_to_several_groups_acts_as_itself(world: World) -> None:
    member, first, second, outer, enemy = (world.actor() for _ in range(5))
    for group in (first, second):
        world.membership(member, group)
    world.relation(member, enemy, **ENEMIES)
    found = ask(world.api, COLLAPSED, "(collapseMembers: true)")
    assert (ends(found), found["collapsed"]["ambiguousMembers"]) == ({frozenset((member, enemy))}, 1)
    for group in (first, second):  # which meet in one
        world.membership(group, outer)
    found = ask(world.api, COLLAPSED, "(collapseMembers: true)")
    assert (ends(found), found["collapsed"]["ambiguousMembers"]) == ({frozenset((outer, enemy))}, 0)


def test_who_are_one_anothers_members_act_as_themselves(world: World) -> None:
    one, other, enemy = (world.actor() for _ in range(3))
    world.membership(one, other)
    world.membership(other, one)
    world.relation(one, enemy, **ENEMIES)
    assert ends(ask(world.api, COLLAPSED, "(collapseMembers: true)")) == {frozenset((one, enemy))}


# ---------------------------------------------------------------- over time

SERIES = """query($from: Date!, $to: Date!, $step: PeriodStep!, $collapse: Boolean) {
  networkSeries(from: $from, to: $to, step: $step, collapseMembers: $collapse) { step periods {
    period { label start end } relations actors positive negative ambivalent triads { ppp ppn pnn nnn }
    triangleIndex { value undefinedReason } walkIndex { value undefinedReason }
    frustration { count exact lowerBound index { value undefinedReason } } } } }"""


@pytest.mark.parametrize("collapse", [False, True], ids=["as they are", "as their groups"])
def test_a_series_of_days_is_the_network_of_each_day(reading: Api, collapse: bool) -> None:
    given = {"from": "2024-11-25", "to": "2024-12-10", "step": "DAY", "collapse": collapse}
    found = reading(SERIES, given)["networkSeries"]["periods"]
    assert len(found) == 16
    for one in found:
        day = one["period"]["label"]
        arguments = f'(filter: {{asOf: "{day}"}}, collapseMembers: {str(collapse).lower()})'
        shown = ask(reading, BALANCE, arguments)["balance"]
        assert (one["actors"], one["positive"] + one["negative"]) == (shown["actors"], shown["ties"])
        assert one["ambivalent"] == shown["ambivalent"]
        for figure in ("triads", "triangleIndex", "walkIndex"):
            assert one[figure] == shown[figure]
        assert one["frustration"] == {
            name: shown["frustration"][name] for name in ("count", "exact", "lowerBound", "index")
        }


def test_relations_hold_in_the_periods_that_they_reach_into(world: World) -> None:
    one, other = world.actor(), world.actor()
    world.relation(one, other, validFrom="2020-03-31", validTo="2020-07-01")
    world.relation(one, other, **ENEMIES, validTo="2020-01-01")
    found = world.api(SERIES, {"from": "2019-12-15", "to": "2020-10-01", "step": "QUARTER"})["networkSeries"]["periods"]
    assert [(p["period"]["label"], p["positive"], p["negative"], p["ambivalent"]) for p in found] == [
        ("2019-Q4", 0, 1, 0),
        ("2020-Q1", 0, 0, 1),
        ("2020-Q2", 1, 0, 0),
        ("2020-Q3", 1, 0, 0),
        ("2020-Q4", 0, 0, 0),
    ]
    assert found[-1]["walkIndex"] == {"value": None, "undefinedReason": "NO_TIES"}


def test_members_act_as_their_group_in_the_periods_of_their_membership(world: World) -> None:
    member, group, enemy = (world.actor() for _ in range(3))
    world.membership(member, group, validFrom="2020-02-01", validTo="2020-02-29")
    world.relation(member, enemy, **ENEMIES)
    world.relation(member, group)
    given = {"from": "2020-01-01", "to": "2020-03-31", "step": "MONTH", "collapse": True}
    found = world.api(SERIES, given)["networkSeries"]["periods"]
    assert [(p["relations"], p["actors"], p["positive"], p["negative"]) for p in found] == [
        (2, 3, 1, 1),
        (2, 2, 0, 1),
        (2, 3, 1, 1),
    ]


def test_a_series_that_makes_no_sense_is_refused(reading: Api) -> None:
    for more, argument in (
        ({"to": "2019-12-31"}, "to"),
        ({"from": "1900-01-01", "step": "DAY"}, "step"),
    ):
        answer = reading.run(SERIES, {"from": "2020-01-01", "to": "2020-12-31", "step": "YEAR", **more})
        assert codes(answer) == ["BAD_USER_INPUT"]
        assert answer["errors"][0]["extensions"]["argument"] == argument
    text = '{ networkSeries(from: "2020-01-01", to: "2020-01-02", step: DAY, filter: {asOf: "2020-01-01"}) { step } }'
    (error,) = reading.run(text)["errors"]
    assert error["extensions"]["argument"] == "filter.asOf"
