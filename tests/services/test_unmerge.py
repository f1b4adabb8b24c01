"""A merger undone: both actors are again what they were; what stands in the way is told, and nothing that is hidden."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import insert, select, update

from models import (
    Actor,
    Adjudication,
    Annotator,
    CodebookTarget,
    Project,
    ProjectMember,
    ProjectRole,
    Relation,
    RelationForm,
    RelationKind,
    Revision,
    RevisionAction,
    Stance,
)
from models.base import table_of
from tests.conftest import Api
from tests.services.conftest import World, key_of, told

UNDO = """mutation($input: UndoInput!) { undo(input: $input) {
  revision { action entityId entity { id } changes { field } } errors { code message path } } }"""
BOOKKEEPING = {"version", "updated_at"}


def merger(world: World, actor: str) -> str:
    """The id of the last revision in which an actor was merged."""
    merged = [r for r in world.revisions(actor) if r.action is RevisionAction.MERGED]
    return f"rev_{merged[-1].id}"


def undo(world: World, revision: str, as_: str = "karl") -> Any:
    """The payload."""
    return world.api(UNDO, {"input": {"revisionId": revision}}, as_)["undo"]


def refused(world: World, actor: str, as_: str = "karl") -> str:
    """Why the last merger of an actor is not undone: nothing changes."""
    with world.unchanged():
        payload = undo(world, merger(world, actor), as_)
    assert (told(payload), payload["revision"]) == ({("CONFLICT", "input.revisionId")}, None)
    return str(payload["errors"][0]["message"])


def tables(world: World) -> Mapping[str, list[dict[str, Any]]]:
    """All rows but the revisions, apart from versions, and from keys that mean nothing."""
    found = {}
    for mapper in Actor.registry.mappers:
        if mapper.class_ is Revision:
            continue
        table = table_of(mapper.class_)
        left_out = BOOKKEEPING | ({"id"} if table.name == "actor_alias" else set())
        if table.name == "actor_redirect":
            left_out = left_out | {"created_at"}
        columns = [c for c in table.columns if c.name not in left_out]
        rows = world.rows(select(*columns, 1))
        found[table.name] = sorted(({c.name: v for c, v in zip(columns, row, strict=False)} for row in rows), key=repr)
    return found


def populated(world: World) -> tuple[str, str]:
    """Two actors with everything that a merger changes: what is moved, folded, dropped, named and counted."""
    aliases = [{"name": "Party of God", "language": "en"}, {"name": "حزب الله", "language": "ar", "script": "Arab"}]
    into = world.actor("Hezbollah", slug="into", aliases=aliases[:1], attributes=[{"name": "colour", "value": "red"}])
    more = {"wikidataId": "Q41053", "countryCode": "LB", "activeFrom": "1985-02-16", "description": "The same."}
    duplicate = world.actor(
        "Hizballah", slug="duplicate", aliases=aliases, attributes=[{"name": "type", "value": "party"}], **more
    )
    older = world.actor("Hizbollah", slug="older")
    world.merge(older, duplicate)
    other, topic, document = world.actor(), world.topic(), world.document("One two three.")
    statement = world.statement(duplicate, "two", document)
    world.statement(into, "three", document)
    world.make(
        "createStatement",
        {
            "documentId": document,
            "speakerId": other,
            "reportedById": duplicate,
            "kind": "REPORTED_SPEECH",
            "anchor": {"exact": "One"},
        },
    )
    world.document(publisherId=duplicate)
    for holder, target in ((into, topic), (duplicate, topic), (duplicate, into), (into, duplicate), (other, duplicate)):
        world.stance(statement, target, holderId=holder)
    world.stance(statement, topic, holderId=into, label="OPPOSE")  # this one is folded upon
    world.stance(statement, duplicate, "anton", holderId=duplicate)
    for source, target in ((into, duplicate), (duplicate, other), (other, duplicate)):
        world.relation(source, target, evidenceIds=[statement], validFrom="2015-09-30")
    for member, group in ((into, other), (duplicate, other), (duplicate, into), (other, duplicate)):
        world.membership(member, group, role="wing")
    decided(world, statement, into, duplicate, topic)
    return into, duplicate


def decided(world: World, statement: str, into: str, duplicate: str, topic: str) -> None:
    """Decisions about both, and a codebook that names both, in a project of its own."""
    targets = [{"actorId": duplicate}, {"topicId": topic}, {"actorId": into}]
    project = world.make("createProject", {"name": "Judged", "targets": targets, "public": True})
    world.make("createProject", {"name": "Judged too", "targets": targets[:1], "public": True})
    me = world.api("{ viewer { id } }", as_="anna")["viewer"]["id"]
    world.api.change("addProjectMember", {"projectId": project, "annotatorId": me, "role": "ANNOTATOR"}, "created")
    for holder in (into, duplicate):
        world.stance(statement, topic, holderId=holder, projectId=project)
        decision = {"projectId": project, "statementId": statement, "holderId": holder, "target": {"topicId": topic}}
        given = {**decision, "label": "MIXED", "cause": "AMBIGUOUS"}
        assert told(world.api.change("adjudicate", given, "adjudication { id }")) == set()


def test_all_is_as_before(world: World) -> None:
    """Names, slugs, redirects, counts, ties, memberships, stances, decisions, codebooks: whatever the merger changed."""
    into, duplicate = populated(world)
    before = tables(world)
    assert told(world.merge(duplicate, into)) == set()
    assert tables(world) != before
    payload = undo(world, merger(world, into))
    assert payload["errors"] == []
    revision = payload["revision"]
    assert (revision["action"], revision["entityId"], revision["entity"]) == ("UPDATED", into, {"id": into})
    after = tables(world)
    for name, rows in before.items():
        assert after[name] == rows, name
    assert world.search("Hizballah")[0] == duplicate
    assert world.api('{ actor(slug: "older") { id } }')["actor"] == {"id": duplicate}
    assert world.node(duplicate, "... on Actor { id version }")["version"] == 3
    assert "undone already" in refused(world, into)


def test_over_and_over(world: World) -> None:
    """Merged and split, again and again, by the revision of either; in the end all is as it was."""
    into, duplicate = populated(world)
    before = tables(world)
    for one, other, named in ((duplicate, into, duplicate), (into, duplicate, into), (duplicate, into, into)):
        assert told(world.merge(one, other)) == set()
        assert undo(world, merger(world, named))["errors"] == []
        assert tables(world) == before


def test_the_last_merger_first(world: World) -> None:
    """A chain is taken back from its end; once that is done, the one before it stands free again."""
    into, duplicate = populated(world)
    third = world.actor("Third")
    world.relation(duplicate, third)
    before = tables(world)
    world.merge(duplicate, into)
    first = merger(world, into)
    world.merge(third, into)
    second = merger(world, into)
    with world.unchanged():
        assert told(undo(world, first)) == {("CONFLICT", "input.revisionId")}
    assert undo(world, second)["errors"] == []
    assert undo(world, first)["errors"] == []
    assert tables(world) == before
    world.merge(duplicate, into)
    world.merge(into, third)
    assert f"a later merger ({merger(world, third)})" in refused(world, duplicate)


def test_what_came_since_stays_with_the_survivor(world: World) -> None:
    """It was entered of the actor that there was."""
    into, duplicate, topic = world.actor(), world.actor(), world.topic()
    world.merge(duplicate, into)
    statement = world.statement(duplicate)  # its old id leads to the survivor
    stance = world.stance(statement, topic)["id"]
    assert undo(world, merger(world, into))["errors"] == []
    read = "... on Stance { holder { id } statement { speaker { id } } }"
    shown = world.node(stance, read)
    assert (shown["holder"]["id"], shown["statement"]["speaker"]["id"]) == (into, into)
    counted = dict(world.rows(select(Actor.id, Actor.statement_count)))
    assert (counted[key_of(into)], counted[key_of(duplicate)]) == (1, 0)


def test_what_stands_in_the_way(world: World) -> None:
    """What was moved and changed since, an edit of the survivor, an item given away, a statement that is gone."""
    into, duplicate = world.actor(), world.actor(wikidataId="Q1")
    relation, statement = world.relation(duplicate), world.statement()
    world.relation(into, duplicate, evidenceIds=[statement])
    world.merge(duplicate, into)
    world.api.change("deleteStatement", {"id": statement}, "statementId")
    assert "a statement that is evidence is gone" in refused(world, into)
    back = f"rev_{world.revisions(statement)[-1].id}"
    assert undo(world, back)["errors"] == []
    world.api.change("updateRelation", {"id": relation, "summary": "Since."}, "relation { id }")
    assert f"the relation {relation}, which the merger changed, was changed since" in refused(world, into)
    other, third = world.actor(), world.actor(wikidataId="Q3")
    world.api.change("updateActor", {"id": into, "wikidataId": None}, "actor { id }")
    world.api.change("updateActor", {"id": other, "wikidataId": "Q1"}, "actor { id }")
    assert "was changed since" in refused(world, into)
    fourth = world.actor(wikidataId="Q4")
    merged = {"intoId": third, "duplicateId": fourth, "force": True}
    assert told(world.api.change("mergeActors", merged, "actor { id }")) == set()
    world.api.change("updateActor", {"id": world.actor(), "wikidataId": "Q4"}, "actor { id }")
    assert "Q4 belongs to the actor" in refused(world, third)


def last(world: World, id: str) -> str:
    """The id of the last revision of something."""
    return f"rev_{world.revisions(id)[-1].id}"


def test_what_was_undone_stands_in_no_way(world: World) -> None:
    """An edit of the survivor, a stance revised, one withdrawn and a relation deleted: each counts until undone."""
    into, duplicate, topic = world.actor(wikidataId="Q1"), world.actor(wikidataId="Q2"), world.topic()
    statement = world.statement()
    revised = world.stance(statement, topic, "karl", holderId=duplicate)["id"]
    kept = world.stance(statement, duplicate, "karl")["id"]
    relation = world.relation(duplicate, evidenceIds=[statement])
    before = tables(world)
    forced = {"intoId": into, "duplicateId": duplicate, "force": True}
    assert told(world.api.change("mergeActors", forced, "actor { id }")) == set()

    def edit(**more: Any) -> None:
        assert told(world.api.change("updateActor", {"id": into, **more}, "actor { id }")) == set()

    changes: list[tuple[str, Any]] = [
        (into, lambda: edit(description="Since.")),
        (into, lambda: edit(attributes=[{"name": "colour", "value": "red"}])),
        (revised, lambda: world.stance(statement, topic, "karl", holderId=duplicate, label="OPPOSE")),
        (kept, lambda: world.api.change("withdrawStance", {"id": kept}, "stanceId", "karl")),
        (
            relation,
            lambda: world.api.change("updateRelation", {"id": relation, "summary": "Since."}, "relation { id }"),
        ),
        (relation, lambda: world.api.change("deleteRelation", {"id": relation}, "relationId")),
    ]
    for entity, change in changes:
        change()
        assert "undo that first" in refused(world, into)
        assert undo(world, last(world, entity))["errors"] == []
    assert [len(world.revisions(id)) for id in (revised, kept, relation)] == [4, 4, 6]
    assert undo(world, merger(world, into))["errors"] == []
    assert tables(world) == before


def test_what_was_undone_in_part_stands_in_the_way(world: World) -> None:
    """Of two edits, one taken back: the row is not as the merger left it."""
    into, duplicate = world.actor(), world.actor()
    world.merge(duplicate, into)
    for description in ("First.", "Second."):
        world.api.change("updateActor", {"id": into, "description": description}, "actor { id }")
    assert undo(world, last(world, into))["errors"] == []
    assert "was changed since" in refused(world, into)
    world.api.change("updateActor", {"id": into, "description": None}, "actor { id }")
    assert undo(world, merger(world, into))["errors"] == []


def test_nothing_hidden_is_told(world: World) -> None:
    """A curator who annotates in a blind project learns that something stands in the way, not what, nor how much."""
    project = world.project("blind", blind=True)
    (karl,) = world.rows(select(Annotator.id).where(Annotator.name == "karl"))
    part = {"project_id": key_of(project), "annotator_id": karl, "role": ProjectRole.ANNOTATOR}
    world.write(lambda session: session.add(ProjectMember(**part)))
    into, duplicate, topic = world.actor(), world.actor(), world.topic()
    statement = world.statement(duplicate)
    hidden = world.stance(statement, topic, projectId=project)["id"]
    world.merge(duplicate, into)
    world.stance(statement, topic, projectId=project, label="OPPOSE")
    assert refused(world, into) == "something that the merger changed was changed since"
    world.execute(update(Project).where(Project.id == key_of(project)).values(blind=False))
    assert hidden in refused(world, into)


def test_only_ones_own_and_only_as_a_whole(world: World) -> None:
    """Nobody takes back another's merger; nor a part of one; nor the taking back."""
    into, duplicate = world.actor(), world.actor()
    relation = world.relation(duplicate)
    world.merge(duplicate, into)
    revision = merger(world, into)
    answer = world.api.run(UNDO, {"input": {"revisionId": revision}}, "ada")
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    for id in (relation, into):
        if id is into:
            assert undo(world, revision)["errors"] == []
        with world.unchanged():
            payload = undo(world, f"rev_{world.revisions(id)[-1].id}")
        assert "by itself" in payload["errors"][0]["message"]


def test_many_rows(world: World) -> None:
    """Thousands go back, in batches."""
    number, into, duplicate, other = 2_100, world.actor(), world.actor(), world.actor()
    ends = {"source_id": key_of(duplicate), "target_id": key_of(other)}
    tie = {"kind": RelationKind.ALLIANCE, "form": RelationForm.OTHER}
    world.execute(insert(Relation), [{**ends, **tie} for _ in range(number)])
    world.merge(duplicate, into)
    assert undo(world, merger(world, into))["errors"] == []
    assert world.api.statements < 60
    left = world.rows(select(Relation.version).where(Relation.source_id == key_of(duplicate)))
    assert left == [3] * number


def test_lists_longer_than_an_edit_may_give(serve: Callable[..., Api]) -> None:
    """An edit of the survivor is undone, be it of its lists or of something else, and then the merger is."""
    world = World(serve(max_actor_aliases="2"))
    into, duplicate = (
        world.actor(
            aliases=[{"name": f"{who} {number}"} for number in range(2)],
            attributes=[{"name": f"{who} {number}", "value": "1"} for number in range(60)],
        )
        for who in ("One", "Another")
    )
    before = tables(world)
    assert told(world.merge(duplicate, into)) == set()
    merged, merged_by = tables(world), merger(world, into)
    edits: tuple[dict[str, Any], ...] = ({"description": "A group."}, {"aliases": []}, {"attributes": None})
    for edit in edits:
        assert world.api.change("updateActor", {"id": into, **edit}, "actor { id }")["errors"] == []
        assert "undo that first" in undo(world, merged_by)["errors"][0]["message"]
        assert undo(world, f"rev_{world.revisions(into)[-1].id}")["errors"] == []
        assert tables(world) == merged
    assert undo(world, merged_by)["errors"] == []
    assert tables(world) == before


# ---------------------------------------------------------------- what differs


def test_different_identities_are_not_merged_by_mistake(world: World) -> None:
    """CONFLICT tells of each difference; forced, the survivor stays what it says it is, and undoing gives all back."""
    said = {"wikidataId": "Q1", "countryCode": "LB", "activeFrom": "1985-02-16", "kind": "ARMED_GROUP"}
    into = world.actor(**said, attributes=[{"name": "gwno", "value": "660"}, {"name": "same", "value": "1"}])
    others = {"wikidataId": "Q2", "countryCode": "SY", "activeFrom": "1986-01-01", "kind": "POLITICAL_PARTY"}
    duplicate = world.actor(**others, attributes=[{"name": "gwno", "value": "652"}, {"name": "same", "value": "1"}])
    before = tables(world)
    with world.unchanged():
        payload = world.merge(duplicate, into)
    assert told(payload) == {("CONFLICT", "input.duplicateId")}
    (error,) = payload["errors"]
    for part in (
        "wikidataId is Q1",
        "Q2",
        "countryCode",
        "activeFrom",
        "kind",
        "'gwno' is '660'",
        "652",
        "force: true",
    ):
        assert part in error["message"], part
    assert "'same'" not in error["message"]
    forced = {"intoId": into, "duplicateId": duplicate, "force": True}
    payload = world.api.change("mergeActors", forced, "actor { wikidataId countryCode activeFrom kind }")
    assert (payload["actor"], payload["errors"]) == (said, [])
    assert undo(world, merger(world, into))["errors"] == []
    assert tables(world) == before


def test_what_only_one_says_is_kept(world: World) -> None:
    """The survivor takes over what it does not say itself; a period that would end before it begins is a difference."""
    said = {"wikidataId": "Q2", "countryCode": "SY", "activeTo": "2020-01-01", "description": "A group."}
    into, duplicate = world.actor(activeFrom="1985-02-16"), world.actor(**said)
    payload = world.merge(duplicate, into, "actor { wikidataId countryCode activeFrom activeTo description }")
    assert payload == {"actor": {**said, "activeFrom": "1985-02-16"}, "errors": []}
    late, early = world.actor(activeFrom="2000-01-01"), world.actor(activeTo="1990-01-01")
    assert "active from 2000-01-01 to 1990-01-01" in world.merge(early, late)["errors"][0]["message"]
    forced = {"intoId": late, "duplicateId": early, "force": True}
    shown = world.api.change("mergeActors", forced, "actor { activeFrom activeTo }")
    assert shown == {"actor": {"activeFrom": "2000-01-01", "activeTo": None}, "errors": []}


def test_what_is_in_the_world(world: World) -> None:
    """What the tests of this page rest on is really there."""
    populated(world)
    assert world.count(Stance) == 8
    assert world.count(Adjudication) == 2
    assert world.rows(select(CodebookTarget.position).where(CodebookTarget.target_actor_id.is_not(None))) != []
