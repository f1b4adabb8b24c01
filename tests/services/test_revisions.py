"""Every change is written down: who, when, what, before and after. What must not be written down is not."""

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from api.database.database import Database
from api.security.viewer import OPERATOR
from api.services.annotators import AddAnnotator, add_annotator, issue_token, revoke_token
from api.services.revisions import snapshot
from models import (
    Actor,
    Adjudication,
    Annotator,
    Assignment,
    Codebook,
    Document,
    Membership,
    Project,
    ProjectMember,
    Relation,
    Revision,
    RevisionAction,
    Role,
    Stance,
    Statement,
    Token,
    Topic,
    now,
)
from tests.services.conftest import World, key_of, told, towards
from tests.services.test_roles import MUTATIONS

KINDS = (
    Assignment,
    Adjudication,
    Actor,
    Codebook,
    Document,
    Membership,
    Project,
    ProjectMember,
    Relation,
    Stance,
    Statement,
    Topic,
)
WRITES = {
    "recordStance": ("Stance", "CREATED"),
    "recordStances": ("Stance", "CREATED"),
    "withdrawStance": ("Stance", "DELETED"),
    "createStatement": ("Statement", "CREATED"),
    "createActor": ("Actor", "CREATED"),
    "updateActor": ("Actor", "UPDATED"),
    "mergeActors": ("Actor", "MERGED"),
    "createMembership": ("Membership", "CREATED"),
    "createRelation": ("Relation", "CREATED"),
    "updateRelation": ("Relation", "UPDATED"),
    "deleteRelation": ("Relation", "DELETED"),
    "createDocument": ("Document", "CREATED"),
    "deleteStatement": ("Statement", "DELETED"),
    "createTopic": ("Topic", "CREATED"),
    "updateTopic": ("Topic", "UPDATED"),
    "undo": ("Stance", "DELETED"),
    "nextAssignment": ("Assignment", "CREATED"),
    "extendAssignment": ("Assignment", "UPDATED"),
    "finishAssignment": ("Assignment", "UPDATED"),
    "skipAssignment": ("Assignment", "UPDATED"),
    "createProject": ("Project", "CREATED"),
    "updateProject": ("Project", "UPDATED"),
    "closeProject": ("Project", "UPDATED"),
    "reopenProject": ("Project", "UPDATED"),
    "addProjectMember": ("ProjectMember", "UPDATED"),
    "removeProjectMember": ("ProjectMember", "DELETED"),
    "addProjectDocuments": ("Project", "UPDATED"),
    "publishCodebook": ("Codebook", "CREATED"),
    "adjudicate": ("Adjudication", "CREATED"),
}
TOGETHER = {
    "createProject": {("Codebook", "CREATED"), ("ProjectMember", "CREATED")},
    "publishCodebook": {("Project", "UPDATED")},
}
"""What else some of them write."""


def test_every_mutation_writes_one(world: World) -> None:
    """Of its kind, by whoever asked, at that time; with nothing before what is new and nothing after what is gone."""
    me = world.api("{ viewer { id } }", as_="ada")["viewer"]["id"]
    for mutation, (_, given) in MUTATIONS.items():
        wanted, kind = given(world, "ada"), mutation[0].upper() + mutation[1:]
        known, began = {r.id for r in world.revisions()}, now()
        fields = "results { errors { message } }" if mutation == "recordStances" else "errors { message }"
        world.api(f"mutation($i: {kind}Input!) {{ {mutation}(input: $i) {{ {fields} }} }}", {"i": wanted}, "ada")
        written = [r for r in world.revisions() if r.id not in known]
        assert written, mutation
        for revision in written:
            assert f"ann_{revision.annotator_id}" == me
            assert began <= revision.created_at <= now()
            what = (revision.entity_type, str(revision.action))
            assert what in {WRITES[mutation], *TOGETHER.get(mutation, ())}
            assert (revision.before is None) is (revision.action is RevisionAction.CREATED)
            assert (revision.after is None) is (revision.action is RevisionAction.DELETED)
            for state in filter(None, (revision.before, revision.after)):
                assert state.get("id", str(revision.entity_id)) == str(revision.entity_id)


def _busy_life(world: World) -> None:
    """A bit of everything, by several people."""
    change = world.api.change
    a, b, c = (world.actor(f"Name {n}", aliases=[{"name": f"Alias {n}", "language": "en"}]) for n in "abc")
    topic, document = world.topic(), world.document("One two three.", publisherId=b)
    attributes = [{"name": "colour", "value": "#ff9900"}]
    for _ in range(2):
        change("updateTopic", {"id": topic, "attributes": attributes}, "topic { id }")
        change("updateTopic", {"id": topic, "description": "Which?"}, "topic { id }")
    change("updateActor", {"id": a, "attributes": attributes}, "actor { id }")
    first, second = world.statement(a, "One", document), world.statement(b, "two", document, reportedById=c)
    third = world.statement(c, "three", document)
    for who, label in (("anna", "SUPPORT"), ("anton", "OPPOSE"), ("anna", "MIXED"), ("anna", "MIXED")):
        for statement in (first, second):
            world.record(statement, topic, who, label=label, confidence=0.1 + 0.2)
            world.record(statement, a, who, label=label, holderId=c)
            world.record(statement, b, who, label=label, holderId=c, rationale=label)
    project = world.api('{ project(slug: "default") { id } }')["project"]["id"]
    for label in ("OPPOSE", "NEUTRAL"):
        for target in (a, b):
            decided = {"projectId": project, "statementId": first, "holderId": c, "target": {"actorId": target}}
            change("adjudicate", {**decided, "label": label, "cause": "ERROR"}, "adjudication { id }")
    gone = world.stance(third, topic)["id"]
    change("withdrawStance", {"id": gone}, "stanceId", "anna")
    world.record(third, topic)
    relations = [world.relation(a, c, evidenceIds=[first, second]), world.relation(a, b), world.relation(b, c)]
    change("updateRelation", {"id": relations[0], "evidenceIds": [third], "validFrom": "2015-09-30"}, "relation { id }")
    change("deleteRelation", {"id": relations[2]}, "relationId")
    world.membership(a, c)
    world.membership(b, c, role="wing")
    change(
        "updateActor", {"id": a, "name": "Renamed", "aliases": [{"name": "Again", "script": "Latn"}]}, "actor { id }"
    )
    change("updateActor", {"id": a, "activeFrom": "2000-01-01", "kind": "STATE"}, "actor { id }")
    merged = {"intoId": b, "duplicateId": a, "force": True}  # one is a state by now
    assert told(change("mergeActors", merged, "actor { id }")) == set()
    change("updateActor", {"id": b, "description": "Survived."}, "actor { id }")
    fourth = world.statement(b, "One", world.document("One two"))
    change("deleteStatement", {"id": fourth}, "statementId")
    assert told(world.merge(c, b)) == set()
    change("updateActor", {"id": b, "name": "All of them"}, "actor { id }")
    _busy_project(world, document)


def _busy_project(world: World, document: str) -> None:
    """One with everything that can be done in it."""
    change = world.api.change
    project = world.make("createProject", {"name": "A project", "targets": [towards(world.topic())]})
    change("addProjectDocuments", {"projectId": project, "documentIds": [document]}, "added")
    anna = {"projectId": project, "annotatorId": world.api("{ viewer { id } }", as_="anna")["viewer"]["id"]}
    for role in ("ANNOTATOR", "CURATOR"):
        change("addProjectMember", {**anna, "role": role}, "created")
    given = change("nextAssignment", {"projectId": project}, "assignment { id }", "anna")["assignment"]
    for mutation in ("extendAssignment", "finishAssignment"):
        change(mutation, {"id": given["id"]}, "assignment { id }", "anna")
    change("removeProjectMember", anna, "projectMemberId")
    change("publishCodebook", {"projectId": project, "guidelines": "Read thrice."}, "created")
    change("updateProject", {"id": project, "overlap": 3, "name": "Another"}, "project { id }")
    for mutation in ("closeProject", "reopenProject"):
        change(mutation, {"id": project}, "project { id }")


def _histories(world: World) -> Iterator[list[Revision]]:
    by_entity: dict[Any, list[Revision]] = {}
    for revision in world.revisions():
        by_entity.setdefault(revision.entity_id, []).append(revision)
    yield from by_entity.values()


def test_each_follows_from_the_one_before(world: World) -> None:
    """From its creation on, what a revision names as before is what stood; the last is what stands."""
    _busy_life(world)
    standing = {row.id: row for kind in KINDS for row in world.rows(select(kind))}
    seen = set()
    for history in _histories(world):
        first, *_, last = [history[0], *history]
        if first.entity_type in ("Annotator", "Token"):
            continue
        assert (first.action, first.before) == (RevisionAction.CREATED, None)
        state: dict[str, Any] = dict(first.after or {})
        for revision in history[1:]:
            assert revision.action is not RevisionAction.CREATED
            before = revision.before or {}
            known = {name: value for name, value in before.items() if name in state}
            assert known == {name: state[name] for name in known}, (revision.entity_type, revision.action)
            state |= revision.after or {}
            if "version" in (revision.after or {}):
                assert state["version"] == before["version"] + 1
        row = standing.pop(first.entity_id, None)
        if row is None:
            assert last.after is None or last.after.keys() == {"into", "former", "targets"}
        else:
            now_is = snapshot(row)
            assert {name: now_is[name] for name in now_is if name in state} == {
                name: value for name, value in state.items() if name in now_is
            }
        seen |= {(r.entity_type, str(r.action)) for r in history}
    assert [row for row in standing.values() if not getattr(row, "is_default", False)] == []
    assert seen >= set(WRITES.values())


def test_a_batch_tells_who_recorded_each(world: World) -> None:
    """One revision for each stance that changed, none for those that did not."""
    statement, topics = world.statement(), [world.topic() for _ in range(3)]
    world.record(statement, topics[0])
    before = world.count(Revision)
    stances = [{"statementId": statement, "target": towards(t), "label": "SUPPORT"} for t in topics]
    text = "mutation($input: RecordStancesInput!) { recordStances(input: $input) { results { created } } }"
    world.api(text, {"input": {"stances": stances}}, "anna")
    assert world.count(Revision) == before + 2


def test_a_documents_text_is_in_none(world: World) -> None:
    """It never changes, and the hash tells it; nor is it there after its publisher was merged."""
    publisher, survivor = world.actor(), world.actor()
    document = world.document("Unmistakable words that stand in the text alone.", publisherId=publisher)
    world.merge(publisher, survivor)
    written = world.revisions(document)
    assert [str(r.action) for r in written] == ["CREATED", "UPDATED"]
    assert written[0].after is not None
    assert len(written[0].after["text_sha256"]) == 64
    assert "text" not in written[0].after
    everything = json.dumps([[r.before, r.after] for r in world.revisions()])
    assert "Unmistakable" not in everything


def test_a_tokens_hash_is_in_none(world: World) -> None:
    """Neither the secret nor what is stored of it; who was given one, and when it was taken away, is told."""

    async def work(database: Database) -> str:
        async with database.transaction() as session:
            issued = await issue_token(session, OPERATOR, "anna", days=30)
            assert issued is not None
            assert await revoke_token(session, OPERATOR, issued.key)
            assert await revoke_token(session, OPERATOR, issued.key)  # again: nothing new
            return issued.secret

    secret = world.api.inside(work)
    hashes = world.rows(select(Token.sha256))
    everything = json.dumps([[r.before, r.after] for r in world.revisions()])
    assert not [text for text in (*hashes, *world.api.tokens.values(), secret) if text in everything]
    (token,) = world.rows(select(Token).where(Token.revoked_at.is_not(None)))
    created, revoked = [r for r in world.revisions() if r.entity_id == token.id]
    assert (str(created.action), str(revoked.action), created.annotator_id) == ("CREATED", "UPDATED", None)
    assert created.after is not None
    assert revoked.after is not None
    assert (created.after["revoked_at"], created.after["annotator_id"]) == (None, str(token.annotator_id))
    assert revoked.after["revoked_at"] is not None


def test_the_operators_changes_have_no_annotator(world: World) -> None:
    """Whoever has the machine is nobody in particular; a name that is taken is refused and writes nothing."""

    async def work(database: Database) -> tuple[Any, Any]:
        async with database.transaction() as session:
            command = AddAnnotator(name="zoe", role=Role.ANNOTATOR)
            return await add_annotator(session, OPERATOR, command), await add_annotator(session, OPERATOR, command)

    made, refused = world.api.inside(work)
    (revision,) = world.revisions(f"ann_{made.key}")
    assert (str(revision.action), revision.entity_type, revision.annotator_id) == ("CREATED", "Annotator", None)
    assert [str(error.code) for error in refused.errors] == ["DUPLICATE"]
    assert (made.created, refused.created, refused.key) == (True, False, made.key)
    assert len(world.rows(select(Annotator).where(Annotator.name == "zoe"))) == 1


def test_revisions_are_in_the_order_they_were_written(world: World) -> None:
    """Their ids sort as their times do, also within one transaction."""
    statement, topic = world.statement(), world.topic()
    stances = [
        {"statementId": statement, "target": towards(topic), "label": "SUPPORT", "rationale": f"Reading {n}"}
        for n in range(200)
    ]
    text = "mutation($input: RecordStancesInput!) { recordStances(input: $input) { results { stance { id } } } }"
    results = world.api(text, {"input": {"stances": stances}}, "anna")["recordStances"]["results"]
    key = key_of(results[0]["stance"]["id"])
    by_id = world.rows(select(Revision).where(Revision.entity_id == key).order_by(Revision.id))
    assert [r.after["version"] for r in by_id] == list(range(1, 201))
