"""Stances that become equal when actors are merged: the one revised last stays, the others are in the revisions."""

import asyncio
import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update

from api.database.database import Database
from models import UNDATED, Annotator, Project, Stance, StanceLabel, Topic, new_id, now
from tests.services.conftest import Send, World, key_of, told


def left(world: World) -> set[str]:
    """The ids of the stances there are."""
    return {f"stn_{key}" for key in world.rows(select(Stance.id))}


def withdrawn(world: World, stance: str) -> dict[str, Any]:
    """What a stance that was folded had been."""
    revision = world.revisions(stance)[-1]
    assert (str(revision.action), revision.after) == ("DELETED", None)
    assert revision.before is not None
    return revision.before


@pytest.mark.parametrize("later", ["the duplicate's", "the survivor's"])
def test_the_one_revised_last_stays(world: World, later: str) -> None:
    """Not the one recorded last: as holder, as target, and in its reading whole."""
    into, duplicate, other, topic = world.actor(), world.actor(), world.actor(), world.topic()
    statement = world.statement(other)
    pairs: list[tuple[Any, Any]] = []
    for target_of, holder_of in ((topic, True), (other, True), (None, False)):
        of_into = {"holderId": into} if holder_of else {}
        of_duplicate = {"holderId": duplicate} if holder_of else {}
        old = world.stance(statement, target_of or into, **of_into, label="NEUTRAL")
        new = world.stance(statement, target_of or duplicate, **of_duplicate, label="NEUTRAL")
        revised: dict[str, Any] = {"label": "OPPOSE", "intensity": 3, "rationale": "Looked again."}
        if later == "the survivor's":
            pairs.append((world.stance(statement, target_of or into, **of_into, **revised), new))
        else:
            pairs.append((world.stance(statement, target_of or duplicate, **of_duplicate, **revised), old))
    assert told(world.merge(duplicate, into)) == set()
    assert left(world) == {kept["id"] for kept, _ in pairs}
    read = "... on Stance { label intensity rationale holder { id } target { ... on Node { id } } }"
    for kept, gone in pairs:
        stands = world.node(kept["id"], read)
        assert (stands["label"], stands["intensity"], stands["rationale"]) == ("OPPOSE", 3, "Looked again.")
        assert duplicate not in (stands["holder"]["id"], stands["target"]["id"])
        assert withdrawn(world, gone["id"])["label"] == "NEUTRAL"


@pytest.mark.parametrize("ends", ["ii dd id di", "dd di", "io do", "od oi"])
def test_all_that_become_one(world: World, ends: str) -> None:
    """However survivor, duplicate and others are holder and target: of all in one place one is left, the last."""
    into, duplicate, other, statement = world.actor(), world.actor(), world.actor(), world.statement()
    actors = {"i": into, "d": duplicate, "o": other}
    places = [(actors[end[0]], actors[end[1]]) for end in ends.split()]
    stances = [world.stance(statement, target, holderId=holder)["id"] for holder, target in places]
    assert told(world.merge(duplicate, into)) == set()
    assert left(world) == {stances[-1]}
    for gone in stances[:-1]:
        withdrawn(world, gone)


def test_what_does_not_become_equal_stays(world: World) -> None:
    """Of other annotators, in other projects, on other statements, towards others."""
    into, duplicate, other, topic = world.actor(), world.actor(), world.actor(), world.topic()
    statement, project = world.statement(other), world.project("aleppo")
    ids = {
        world.stance(statement, topic, holderId=into)["id"],
        world.stance(statement, topic, "anton", holderId=duplicate)["id"],
        world.stance(statement, topic, projectId=project, holderId=duplicate)["id"],
        world.stance(world.statement(other), topic, holderId=duplicate)["id"],
        world.stance(statement, world.topic(), holderId=duplicate)["id"],
        world.stance(statement, other, holderId=duplicate)["id"],
        world.stance(statement, into, holderId=other)["id"],
        world.stance(statement, duplicate, holderId=into)["id"],
    }
    assert told(world.merge(duplicate, into)) == set()
    assert left(world) == ids


def test_afterwards_the_place_is_one(world: World) -> None:
    """Recording by the old id finds the stance that was left; its version has risen with the move."""
    into, duplicate, topic = world.actor(), world.actor(), world.topic()
    statement = world.statement(duplicate)
    stance = world.stance(statement, topic)
    world.merge(duplicate, into)
    again = world.record(statement, topic, holderId=duplicate)
    assert (again["created"], again["stance"]["id"], again["stance"]["version"]) == (False, stance["id"], 2)
    assert again["stance"]["holder"]["id"] == into
    assert world.record(statement, topic)["stance"] == again["stance"]


def test_in_a_chain(world: World) -> None:
    """A's goes to B and then meets C's."""
    a, b, c, topic, statement = world.actor(), world.actor(), world.actor(), world.topic(), world.statement()
    stances = [world.stance(statement, topic, holderId=actor)["id"] for actor in (a, b, c)]
    world.merge(a, b)
    assert left(world) == {stances[1], stances[2]}
    world.merge(b, c)
    assert left(world) == {stances[2]}


def test_a_stance_revised_while_actors_are_merged(world: World, two: tuple[Send, Send]) -> None:
    """A reading that is being written when the merger comes to it is the last one, and stays."""
    into, duplicate, topic, statement = world.actor(), world.actor(), world.topic(), world.statement()
    early = world.stance(statement, topic, holderId=duplicate)["id"]
    late = world.stance(statement, topic, holderId=into)["id"]
    merge = "mutation($input: MergeActorsInput!) { mergeActors(input: $input) { actor { id } errors { code } } }"
    written = Event()

    async def revise(database: Database) -> None:
        async with database.transaction() as session:
            values = {"label": StanceLabel.OPPOSE, "version": 2, "updated_at": now() + dt.timedelta(seconds=5)}
            await session.execute(update(Stance).where(Stance.id == key_of(early)).values(values))
            written.set()
            # The other server's merger comes to this row meanwhile, and has to wait for it.
            await asyncio.sleep(0.5)

    with ThreadPoolExecutor(1) as threads:
        revising = threads.submit(world.api.inside, revise)
        assert written.wait(10)
        answer = two[1](merge, {"input": {"intoId": into, "duplicateId": duplicate}}, "karl")
        revising.result()
    assert answer["data"]["mergeActors"] == {"actor": {"id": into}, "errors": []}
    assert left(world) == {early}
    assert world.node(early, "... on Stance { label }")["label"] == "OPPOSE"
    assert withdrawn(world, late)["label"] == "SUPPORT"


def test_many_are_folded_at_once(world: World) -> None:
    """Thousands take no more statements than a few: a merger must not keep all others waiting."""
    into, duplicate, document = world.actor(), world.actor(), world.document(" ".join(f"<{n}>" for n in range(30)))
    statements = [world.statement(into, f"<{n}>", document) for n in range(30)]
    topics = [{"id": new_id(), "slug": f"topic-{n}", "name": "A topic", "sort_name": "a topic"} for n in range(40)]
    world.execute(insert(Topic), topics)
    (annotator,) = world.rows(select(Annotator.id).where(Annotator.name == "anna"))
    (project,) = world.rows(select(Project.id))
    for holder, label in ((into, StanceLabel.SUPPORT), (duplicate, StanceLabel.OPPOSE)):
        said = {"label": label, "annotator_id": annotator, "project_id": project, "stated_on_sort": UNDATED}
        places = [
            {"statement_id": key_of(statement), "holder_id": key_of(holder), "target_topic_id": topic["id"]}
            for statement in statements
            for topic in topics
        ]
        world.execute(insert(Stance), [{**said, **place} for place in places])
    assert told(world.merge(duplicate, into)) == set()
    assert world.api.statements < 60
    assert world.count(Stance) == 1_200
    assert world.rows(select(func.count()).where(Stance.label == StanceLabel.OPPOSE)) == [1_200]
    gone = [r.before for r in world.revisions() if str(r.action) == "DELETED"]
    assert len(gone) == 1_200
    assert all(before is not None and before["label"] == "SUPPORT" for before in gone)
