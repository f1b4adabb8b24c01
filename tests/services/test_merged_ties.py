"""What joins two actors that are merged, and what they both had: dropped or folded, and kept in the revisions."""

from typing import Any

from sqlalchemy import select

from models import Membership, Relation, RelationEvidence
from tests.services.conftest import World, told


def last(world: World, id: str) -> dict[str, Any]:
    """What something was when it went."""
    revision = world.revisions(id)[-1]
    assert (str(revision.action), revision.after) == ("DELETED", None)
    assert revision.before is not None
    return revision.before


def test_ties_to_itself_are_dropped(world: World) -> None:
    """Relations and memberships between the two, in both directions; what they were is in the revision."""
    into, duplicate, statement = world.actor(), world.actor(), world.statement()
    relations = [
        world.relation(into, duplicate, evidenceIds=[statement], summary="Once two."),
        world.relation(duplicate, into, kind="OPPOSITION", form="RIVALRY"),
    ]
    memberships = [world.membership(into, duplicate, role="wing"), world.membership(duplicate, into)]
    assert told(world.merge(duplicate, into)) == set()
    assert [world.count(model) for model in (Relation, Membership, RelationEvidence)] == [0, 0, 0]
    for gone in (*relations, *memberships):
        assert world.node(gone, "id") is None
        assert last(world, gone)["version"] == 1
    first = last(world, relations[0])
    assert (first["summary"], first["evidence"]) == ("Once two.", [statement.removeprefix("stm_")])
    assert {first["source_id"], first["target_id"]} == {into.removeprefix("act_"), duplicate.removeprefix("act_")}
    assert last(world, memberships[0])["role"] == "wing"
    assert told(world.api.change("deleteStatement", {"id": statement}, "statementId")) == set()


def test_ties_that_were_moved_before_are_dropped_too(world: World) -> None:
    """A tie of A with C, moved to B by a first merger, joins C to itself in a second."""
    a, b, c = (world.actor() for _ in range(3))
    relation, membership = world.relation(a, c), world.membership(c, a)
    world.merge(a, b)
    assert world.count(Relation) == world.count(Membership) == 1
    world.merge(b, c)
    assert world.count(Relation) == world.count(Membership) == 0
    assert [str(r.action) for r in world.revisions(relation)] == ["CREATED", "UPDATED", "DELETED"]
    assert last(world, membership)["group_id"] == b.removeprefix("act_")


def test_relations_are_not_folded(world: World) -> None:
    """Several may hold at once: those of the duplicate stand beside the survivor's, each with its evidence."""
    into, duplicate, other = world.actor(), world.actor(), world.actor()
    evidence = [world.statement() for _ in range(2)]
    world.relation(into, other, evidenceIds=evidence[:1])
    world.relation(duplicate, other, evidenceIds=evidence[1:])
    world.merge(duplicate, into)
    seen = world.node(into, "... on Actor { relations { edges { node { evidence { edges { node { id } } } } } } }")
    shown = [[e["node"]["id"] for e in r["node"]["evidence"]["edges"]] for r in seen["relations"]["edges"]]
    assert sorted(shown) == sorted([[statement] for statement in evidence])


def test_memberships_that_become_equal_are_folded(world: World) -> None:
    """Of the same role and beginning one stays, the one that changed last; others stay all."""
    into, duplicate, group, member = (world.actor() for _ in range(4))
    older = [world.membership(duplicate, group, validTo="2020-01-01"), world.membership(member, into)]
    newer = [world.membership(into, group), world.membership(member, duplicate, validTo="2021-01-01")]
    others = [
        world.membership(duplicate, group, role="wing"),
        world.membership(duplicate, group, validFrom="2017-01-01"),
        world.membership(group, duplicate),
    ]
    world.merge(duplicate, into)
    left = {f"mem_{key}" for key in world.rows(select(Membership.id))}
    assert left == {*newer, *others}
    for gone in older:
        last(world, gone)
    seen = world.node(into, "... on Actor { memberOf { totalCount } members { totalCount } }")
    assert (seen["memberOf"]["totalCount"], seen["members"]["totalCount"]) == (3, 2)


def test_one_statement_may_be_evidence_of_both(world: World) -> None:
    """Evidence refers to relations, so nothing of it clashes."""
    into, duplicate, other, statement = world.actor(), world.actor(), world.actor(), world.statement()
    world.relation(into, other, evidenceIds=[statement])
    world.relation(duplicate, other, evidenceIds=[statement])
    assert told(world.merge(duplicate, into)) == set()
    assert world.count(RelationEvidence) == 2
