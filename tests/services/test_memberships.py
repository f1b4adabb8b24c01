"""Entering memberships."""

from typing import Any

from models import Membership
from tests.services.conftest import World, nobody, told

READ = "membership { id member { id } group { id } role validFrom validTo version }"


def create(world: World, member: str, group: str, **given: Any) -> Any:
    """The payload of a new membership."""
    return world.api.change("createMembership", {"memberId": member, "groupId": group, **given}, READ)


def test_what_is_sent_is_what_stands(world: World) -> None:
    """All fields, and from both ends."""
    member, group = world.actor(), world.actor()
    given = {"role": "founder", "validFrom": "2017-01-28", "validTo": "2024-11-29"}
    membership = create(world, member, group, **given)["membership"]
    ends = {"member": {"id": member}, "group": {"id": group}}
    assert membership == {"id": membership["id"], "version": 1, **ends, **given}
    seen = "... on Actor { memberOf { edges { node { id } } } members { edges { node { id } } } }"
    edge = [{"node": {"id": membership["id"]}}]
    assert world.node(member, seen) == {"__typename": "Actor", "memberOf": {"edges": edge}, "members": {"edges": []}}
    assert world.node(group, seen) == {"__typename": "Actor", "memberOf": {"edges": []}, "members": {"edges": edge}}


def test_what_is_left_out_is_null(world: World) -> None:
    """Role and dates may be unknown."""
    payload = create(world, world.actor(), world.actor(), role=None, validFrom=None, validTo=None)
    assert {payload["membership"][name] for name in ("role", "validFrom", "validTo")} == {None}


def test_duplicates(world: World) -> None:
    """Of the same two, role and beginning there is one, which is shown; all else is another membership."""
    member, group, old = world.actor(), world.actor(), world.actor()
    world.merge(old, member)
    first = create(world, member, group)["membership"]
    with world.unchanged():
        for who, more in ((member, {}), (member, {"validTo": "2024-11-29"}), (old, {})):
            payload = create(world, who, group, **more)
            assert told(payload) == {("DUPLICATE", "input.memberId")}
            assert payload["membership"] == first
    for more in ({"role": "founder"}, {"validFrom": "2017-01-28"}, {"role": "founder", "validFrom": "2017-01-28"}):
        assert told(create(world, member, group, **more)) == set()
        assert told(create(world, member, group, **more)) == {("DUPLICATE", "input.memberId")}
    assert told(create(world, group, member)) == set()
    assert world.count(Membership) == 5


def test_what_is_wrong_is_told(world: World) -> None:
    """All of it at once; nobody belongs to themselves, by whatever name."""
    actor, old = world.actor(), world.actor()
    world.merge(old, actor)
    period = {"validFrom": "2024-11-30", "validTo": "2024-11-29"}
    with world.unchanged():
        payload = create(world, nobody("Actor"), nobody("Topic"), role=" ", **period)
        assert payload["membership"] is None
        assert told(payload) == {
            ("NOT_FOUND", "input.memberId"),
            ("INVALID", "input.groupId"),
            ("INVALID", "input.role"),
            ("INVALID", "input.validTo"),
        }
        for group in (actor, old):
            assert told(create(world, actor, group)) == {("INVALID", "input.groupId")}
