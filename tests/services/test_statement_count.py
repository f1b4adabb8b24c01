"""The count of an actor's statements, kept beside the actor for the sake of an order: it must never be wrong."""

import random

import pytest
from sqlalchemy import func, select

from models import Actor, Statement
from tests.services.conftest import World, told


def counters(world: World) -> dict[str, int]:
    """What is kept beside each actor."""
    return {f"act_{key}": count for key, count in world.rows(select(Actor.id, Actor.statement_count))}


def counted(world: World) -> dict[str, int]:
    """What there is."""
    query = select(Actor.id, func.count(Statement.id)).outerjoin(Statement, Statement.speaker_id == Actor.id)
    return {f"act_{key}": count for key, count in world.rows(query.group_by(Actor.id))}


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_happens_the_counter_is_the_count(world: World, seed: int) -> None:
    """After each of many creations (refused ones too), deletions, mergers and edits of relayed statements."""
    chance = random.Random(seed)
    text = " ".join(str(n) for n in range(100, 130))
    document = world.document(text)
    former: list[str] = []
    actors = [world.actor() for _ in range(5)]
    statements: list[str] = []
    created = 0
    for _ in range(60):
        match chance.choice(["create"] * 5 + ["delete"] * 2 + ["merge", "actor"]):
            case "create":
                words = str(chance.randrange(100, 130))
                speaker, relay = chance.choice(actors + former), chance.choice([None, *actors])
                anchor = {"exact": words if chance.random() < 0.9 else "nowhere"}
                given = {"documentId": document, "speakerId": speaker, "kind": "QUOTATION", "anchor": anchor}
                payload = world.api.change(
                    "createStatement", {**given, "reportedById": relay}, "statement { id }", "anna"
                )
                if not payload["errors"]:
                    statements.append(payload["statement"]["id"])
                    created += 1
            case "delete" if statements:
                gone = statements.pop(chance.randrange(len(statements)))
                assert told(world.api.change("deleteStatement", {"id": gone}, "statementId")) == set()
            case "merge" if len(actors) > 2:
                into, duplicate = chance.sample(actors, 2)
                assert told(world.merge(duplicate, into)) == set()
                actors.remove(duplicate)
                former.append(duplicate)
            case "actor":
                actors.append(world.actor())
        assert counters(world) == counted(world)
    assert created > 20
    assert world.count(Statement) == len(statements) == sum(counters(world).values())
    edges = world.api(
        """{ actors(first: 100, orderBy: {field: STATEMENT_COUNT, direction: DESC}) { edges { node {
            id statements { totalCount } } } } }"""
    )["actors"]["edges"]
    in_order = [edge["node"]["statements"]["totalCount"] for edge in edges]
    assert in_order == sorted(in_order, reverse=True)
