"""Where actors are drawn, through the front door: all of them, steadily, and made of what is there now."""

import math
from itertools import pairwise
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create
from api.schema.measures import layout
from tests.conftest import Api, Template, settings
from tests.services.conftest import World, codes, world

__all__ = ["world"]

LAYOUT = "query($f: RelationFilter) { network(filter: $f) { layout { actor { id slug } x y } actors { id } } }"
DATES = ("2024-11-29", "2018-01-01", "2013-06-01")


def drawn(api: Api, given: Any = None, as_: str | None = None) -> dict[str, tuple[float, float]]:
    found = api(LAYOUT, {"f": given}, as_)["network"]
    assert [place["actor"]["id"] for place in found["layout"]] == [actor["id"] for actor in found["actors"]]
    return {place["actor"]["slug"]: (place["x"], place["y"]) for place in found["layout"]}


def test_each_actor_has_a_place_in_the_square(reading: Api) -> None:
    chosen: tuple[Any, ...] = ({"asOf": DATES[0]}, {"kind": ["ALLIANCE"]}, {"involving": []}, {"asOf": "1800-01-01"})
    for given in (None, *chosen):
        places = drawn(reading, given)
        assert all(0 <= x <= 1 and 0 <= y <= 1 for x, y in places.values())
        assert len(set(places.values())) == len(places)


def test_the_same_data_make_the_same_picture_in_each_database(migrated: Template) -> None:
    """Keys differ from one database to the next, and so does their order."""
    names = ["Ana", "Bo", "Cem", "Dov", "Eva", "Fay"]
    ties = [("Ana", "Bo", 1), ("Bo", "Cem", -1), ("Cem", "Dov", 1), ("Dov", "Ana", -1), ("Eva", "Fay", -1)]
    pictures = []
    for order in (1, -1):
        url = migrated.copy()
        with TestClient(create(settings(url))) as client:
            world = World(Api(client, url, migrated.tokens))
            ids = {name: world.actor(name) for name in names[::order]}
            for one, other, sign in ties[::order]:
                world.relation(ids[one], ids[other], kind="ALLIANCE" if sign > 0 else "OPPOSITION")
            pictures.append(drawn(world.api))
        migrated.drop(url)
    assert pictures[0].keys() == {name.lower() for name in names}
    assert all(math.dist(place, pictures[1][slug]) < 1e-4 for slug, place in pictures[0].items())


def test_allies_lie_nearer_than_opponents(reading: Api) -> None:
    places = drawn(reading, {"asOf": DATES[0]})
    query = """query($f: RelationFilter) { network(filter: $f) {
      relations { kind source { slug } target { slug } } } }"""
    lengths: dict[str, list[float]] = {"ALLIANCE": [], "OPPOSITION": []}
    for relation in reading(query, {"f": {"asOf": DATES[0]}})["network"]["relations"]:
        ends = (places[relation[end]["slug"]] for end in ("source", "target"))
        lengths[relation["kind"]].append(math.dist(*ends))
    near, far = (sum(of) / len(of) for of in lengths.values())
    assert near * 1.5 < far


def test_actors_stay_about_where_they_are_from_one_date_to_the_next(reading: Api) -> None:
    pictures = [drawn(reading, {"asOf": date}) for date in DATES]
    for one, other in pairwise(pictures):
        both = one.keys() & other.keys()
        assert len(both) > 3
        moved = sum(math.dist(one[slug], other[slug]) for slug in both) / len(both)
        assert moved < 0.25


def test_what_is_drawn_changes_with_what_is_there(world: World) -> None:
    first, second, third = (world.actor() for _ in range(3))
    world.relation(first, second)
    assert len(drawn(world.api)) == 2
    world.relation(second, third, kind="OPPOSITION")
    assert len(drawn(world.api)) == 3
    assert world.api.statements > 1
    drawn(world.api)
    again = world.api.statements
    drawn(world.api)
    assert world.api.statements == again


def test_a_filter_that_cannot_be_understood_is_refused(reading: Api) -> None:
    assert codes(reading.run(LAYOUT, {"f": {"involving": ["nobody"]}})) == ["BAD_USER_INPUT"]
    assert codes(reading.run('{ network(filter: {asOf: "soon"}) { layout { x } } }')) != []


def test_a_network_that_is_too_large_is_refused(reading: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "MAX_ACTORS", 5)
    (error,) = reading.run(LAYOUT)["errors"]
    assert (error["extensions"]["code"], error["extensions"]["limit"]) == ("LIMIT_EXCEEDED", 5)
    assert "the maximum for a layout is 5: narrow the network" in error["message"]


def test_members_act_as_their_groups(world: World) -> None:
    group, member, foe = (world.actor() for _ in range(3))
    world.membership(member, group)
    world.relation(member, foe, kind="OPPOSITION")
    query = "{ network(collapseMembers: true) { layout { actor { id } } } }"
    assert {place["actor"]["id"] for place in world.api(query)["network"]["layout"]} == {group, foe}
