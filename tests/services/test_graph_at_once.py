"""Several who edit the graph at the same time, from two servers: each finds what the others left, and no error page."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from sqlalchemy import func, select

from models import Actor, ActorRedirect, Membership, Relation, Statement
from tests.services.conftest import Send, World, at_once, key_of, told

Two = tuple[Send, Send]

READ = {
    "createActor": "actor { id slug name version }",
    "updateActor": "actor { id slug name version }",
    "mergeActors": "actor { id slug name version }",
    "createTopic": "topic { id slug }",
    "createMembership": "membership { id }",
    "createRelation": "relation { id }",
    "updateRelation": "relation { id version summary }",
    "deleteRelation": "relationId",
    "createStatement": "statement { id speaker { id } }",
    "deleteStatement": "statementId",
}
Asked = tuple[str, Mapping[str, Any]]


def run(two: Two, *asked: Asked) -> list[Any]:
    """The payloads of all that is asked at once, by turns of two servers; none may be an error page."""

    def call(n: int, mutation: str, given: Mapping[str, Any]) -> Any:
        kind = mutation[0].upper() + mutation[1:]
        fields = f"{READ[mutation]} errors {{ code path message }}"
        text = f"mutation($input: {kind}Input!) {{ {mutation}(input: $input) {{ {fields} }} }}"
        answer = two[n % 2](text, {"input": given}, "karl")
        assert "errors" not in answer, (mutation, answer)
        return answer["data"][mutation]

    return at_once([partial(call, n, *each) for n, each in enumerate(asked)])


def test_one_slug(world: World, two: Two) -> None:
    """Asked for by two, it is one's; made of one name, slugs are made different."""
    for n in range(3):
        came = run(two, *[("createActor", {"name": "A", "slug": f"slug-{n}", "kind": "STATE"})] * 4)
        assert sorted(map(sorted, map(told, came))) == [[]] + [[("DUPLICATE", "input.slug")]] * 3
    for mutation, noun, more in (("createActor", "actor", {"kind": "STATE"}), ("createTopic", "topic", {})):
        came = run(two, *[(mutation, {"name": "The same name", **more})] * 4)
        slugs = {payload[noun]["slug"] for payload in came}
        assert slugs == {"the-same-name", *(f"the-same-name-{n}" for n in (2, 3, 4))}


def test_one_membership(world: World, two: Two) -> None:
    """Entered by several at once, it is there once."""
    for _ in range(5):
        given = {"memberId": world.actor(), "groupId": world.actor(), "role": "founder"}
        before = world.count(Membership)
        came = run(two, *[("createMembership", given)] * 4)
        assert world.count(Membership) == before + 1
        assert sorted(map(sorted, map(told, came))) == [[]] + [[("DUPLICATE", "input.memberId")]] * 3
        assert len({payload["membership"]["id"] for payload in came}) == 1


def test_one_statement(world: World, two: Two) -> None:
    """Marked by several at once, it is there once, and counted once."""
    document = world.document()
    for _ in range(3):
        speaker = world.actor()
        given = {"documentId": document, "speakerId": speaker, "kind": "QUOTATION", "anchor": {"exact": "two"}}
        came = run(two, *[("createStatement", given)] * 4)
        assert sorted(map(sorted, map(told, came))) == [[]] + [[("DUPLICATE", "input.anchor")]] * 3
        assert len({payload["statement"]["id"] for payload in came}) == 1
        assert world.rows(select(Actor.statement_count).where(Actor.id == key_of(speaker))) == [1]


def test_one_expected_version(world: World, two: Two) -> None:
    """Of several edits of the same version one gets through."""
    actor, relation = world.actor(), world.relation()
    came = run(two, *[("updateActor", {"id": actor, "name": f"N{n}", "expectedVersion": 1}) for n in range(4)])
    assert sorted(map(sorted, map(told, came))) == [[]] + [[("CONFLICT", "input.expectedVersion")]] * 3
    assert {payload["actor"]["version"] for payload in came} == {2}
    came = run(two, *[("updateRelation", {"id": relation, "summary": f"S{n}", "expectedVersion": 1}) for n in range(4)])
    assert sorted(map(sorted, map(told, came))) == [[]] + [[("CONFLICT", "input.expectedVersion")]] * 3
    assert {payload["relation"]["version"] for payload in came} == {2}


def test_a_relation_edited_and_deleted(world: World, two: Two) -> None:
    """Deleted once; who comes later is told that there is none."""
    for _ in range(4):
        relation = world.relation()
        came = run(
            two,
            ("deleteRelation", {"id": relation}),
            ("updateRelation", {"id": relation, "summary": "Still there."}),
            ("deleteRelation", {"id": relation}),
            ("updateRelation", {"id": relation, "summary": "Really."}),
        )
        assert sorted(map(sorted, map(told, (came[0], came[2])))) == [[], [("NOT_FOUND", "input.id")]]
        edits = [told(payload) for payload in (came[1], came[3])]
        assert all(edit in (set(), {("NOT_FOUND", "input.id")}) for edit in edits)
        written = [str(r.action) for r in world.revisions(relation)]
        assert written == ["CREATED", *["UPDATED"] * edits.count(set()), "DELETED"]
    assert world.count(Relation) == 0


def test_an_actor_edited_and_merged(world: World, two: Two) -> None:
    """The edit lands on the duplicate before the merger or on the survivor after it."""
    for n in range(4):
        survivor, duplicate = world.actor(f"Survivor {n}"), world.actor(f"Duplicate {n}")
        edited, merged, again = run(
            two,
            ("updateActor", {"id": duplicate, "description": "Edited."}),
            ("mergeActors", {"intoId": survivor, "duplicateId": duplicate}),
            ("updateActor", {"id": duplicate, "description": "Edited again."}),
        )
        assert told(merged) == told(edited) == told(again) == set()
        assert {payload["actor"]["id"] for payload in (edited, again)} <= {survivor, duplicate}
        assert world.node(duplicate, "... on Actor { id }")["id"] == survivor


def test_merged_both_ways(world: World, two: Two) -> None:
    """Each into the other: one of them stays, with everything."""
    for _ in range(4):
        one, other = world.actor(), world.actor()
        world.statement(one)
        world.statement(other)
        came = run(
            two,
            ("mergeActors", {"intoId": one, "duplicateId": other}),
            ("mergeActors", {"intoId": other, "duplicateId": one}),
            ("mergeActors", {"intoId": one, "duplicateId": other}),
        )
        refusals = sorted(map(sorted, map(told, came)))
        assert refusals == [[], [("INVALID", "input.duplicateId")], [("INVALID", "input.duplicateId")]]
        (left,) = world.rows(select(Actor).where(Actor.id.in_([key_of(one), key_of(other)])))
        assert left.statement_count == 2
        assert {world.node(each, "... on Actor { id }")["id"] for each in (one, other)} == {
            payload["actor"]["id"] for payload in came if payload["actor"] and not payload["errors"]
        }


def test_merged_in_a_chain(world: World, two: Two) -> None:
    """A into B and B into C at once: whatever the order, all that is left of A and B leads to a living actor."""
    for _ in range(4):
        a, b, c = (world.actor() for _ in range(3))
        world.statement(a)
        came = run(
            two,
            ("mergeActors", {"intoId": b, "duplicateId": a}),
            ("mergeActors", {"intoId": c, "duplicateId": b}),
        )
        assert [told(payload) for payload in came] == [set(), set()]
        assert {world.node(each, "... on Actor { id }")["id"] for each in (a, b, c)} == {c}
        led_to = select(ActorRedirect.actor_id).where(ActorRedirect.former_id.in_([key_of(a), key_of(b)]))
        assert set(world.rows(led_to)) == {key_of(c)}


def test_statements_and_ties_of_an_actor_that_is_merged(world: World, two: Two) -> None:
    """Made while it goes: they are the survivor's, and its count is right."""
    for _ in range(4):
        survivor, duplicate, other = world.actor(), world.actor(), world.actor()
        documents = [world.document() for _ in range(3)]

        def marked(document: str, speaker: str = duplicate) -> Asked:
            given = {"documentId": document, "speakerId": speaker, "kind": "QUOTATION", "anchor": {"exact": "two"}}
            return ("createStatement", given)

        tie = {"sourceId": duplicate, "targetId": other, "kind": "ALLIANCE", "form": "COOPERATION"}
        came = run(
            two,
            marked(documents[0]),
            marked(documents[1]),
            ("mergeActors", {"intoId": survivor, "duplicateId": duplicate}),
            ("createRelation", tie),
            marked(documents[2]),
        )
        assert [told(payload) for payload in came] == [set()] * 5
        (actor,) = world.rows(select(Actor).where(Actor.id == key_of(survivor)))
        speaks = select(func.count()).select_from(Statement).where(Statement.speaker_id == key_of(survivor))
        assert world.rows(speaks) == [actor.statement_count] == [3]
