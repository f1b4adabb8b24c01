"""What became of an entity: its revisions, as changes of the fields that clients know."""

import datetime as dt
from typing import Any

from tests.conftest import Api
from tests.services.conftest import World, towards

HISTORY = """history(first: 100) { totalCount edges { cursor node {
  id at by { name } action entityType entityId entity { __typename id } project { id } changes { field before after } } } }"""

COLOUR = {"name": "colour", "value": "#ff9900"}


def history(world: World, type_name: str, id: str, as_: str | None = "karl") -> list[Any]:
    """The changes of what has this id, the latest first, in one statement."""
    query = f"query($id: ID!) {{ node(id: $id) {{ ... on {type_name} {{ {HISTORY} }} }} }}"
    found = world.api(query, {"id": id}, as_)["node"]
    assert world.api.statements == 1
    return [edge["node"] for edge in found["history"]["edges"]]


def changes(revision: Any) -> dict[str, Any]:
    """Field → before and after."""
    return {c["field"]: (c["before"], c["after"]) for c in revision["changes"]}


def test_of_a_stance(world: World) -> None:
    """Numbers are numbers, keys are ids, fields have the names of the schema."""
    statement, topic = world.statement(), world.topic()
    stance = world.stance(statement, topic, intensity=2, confidence=0.1 + 0.2, rationale='A "quote".')
    world.stance(statement, topic, label="MIXED", confidence=0.1 + 0.2)
    later, first = history(world, "Stance", stance["id"])
    assert (later["action"], first["action"]) == ("UPDATED", "CREATED")
    assert first["by"] == {"name": "anna"}
    assert (first["entityType"], first["entityId"]) == ("STANCE", stance["id"])
    assert first["entity"] == {"__typename": "Stance", "id": stance["id"]}
    told = changes(first)
    assert told["label"] == (None, "SUPPORT")
    assert told["intensity"] == (None, 2)
    assert told["confidence"] == (None, 0.1 + 0.2)
    assert told["rationale"] == (None, 'A "quote".')
    assert told["statement"] == (None, statement)
    assert told["target"] == (None, topic)
    assert told["holder"] == (None, stance["holder"]["id"])
    assert told["project"] == (None, first["project"]["id"])
    assert changes(later) == {
        "label": ("SUPPORT", "MIXED"),
        "intensity": (2, None),
        "rationale": ('A "quote".', None),
        "version": (1, 2),
    }


def test_of_everything_that_can_be_entered(world: World) -> None:
    """Each has a history that begins with its creation."""
    actor = world.actor(
        "One", aliases=[{"name": "Eins", "language": "de"}], activeFrom="2011-03-15", attributes=[COLOUR]
    )
    other, topic = world.actor(), world.topic()
    document = world.document(publisherId=actor)
    statement = world.statement(actor, "two", document)
    relation, membership = world.relation(actor, other, evidenceIds=[statement]), world.membership(actor, other)
    world.api.change("updateRelation", {"id": relation, "evidenceIds": []}, "relation { id }")
    for kind, id in (
        ("Actor", actor),
        ("Topic", topic),
        ("Document", document),
        ("Statement", statement),
        ("Relation", relation),
        ("Membership", membership),
    ):
        *_, first = history(world, kind, id)
        assert (first["action"], first["entityId"], first["entity"]["id"]) == ("CREATED", id, id)
    (of_actor,) = history(world, "Actor", actor)
    assert changes(of_actor)["aliases"] == (None, [{"name": "Eins", "language": "de", "script": None}])
    assert changes(of_actor)["attributes"] == (None, [COLOUR])
    assert changes(of_actor)["activeFrom"] == (None, "2011-03-15")
    assert changes(history(world, "Document", document)[0])["publisher"] == (None, actor)
    assert changes(history(world, "Statement", statement)[0])["quote.exact"] == (None, "two")
    changed, entered = history(world, "Relation", relation)
    assert changes(entered)["evidence"] == (None, [statement])
    assert changes(entered)["directed"] == (None, False)
    assert changes(changed) == {"evidence": ([statement], []), "version": (1, 2)}
    annotator = world.api("{ viewer { id } }", as_="anna")["viewer"]["id"]
    (of_annotator,) = history(world, "Annotator", annotator)
    assert (of_annotator["by"], changes(of_annotator)["role"]) == (None, (None, "ANNOTATOR"))


def test_after_a_merger(world: World) -> None:
    """The survivor tells whom it absorbed; what refers to it, whom it referred to before."""
    gone, stays = world.actor("Gone"), world.actor("Stays")
    document = world.document(publisherId=gone)
    world.merge(gone, stays)
    merged, _ = history(world, "Actor", stays)
    assert merged["action"] == "MERGED"
    assert changes(merged)["absorbed"] == (None, gone)
    moved, _ = history(world, "Document", document)
    assert changes(moved) == {"publisher": (gone, stays), "version": (1, 2)}
    (led_to,) = [c for c in feed(world.api, "karl") if c["entityId"] == gone and c["action"] == "MERGED"]
    assert led_to["entity"]["id"] == stays
    assert changes(led_to)["into"] == (None, stays)


def feed(api: Api, as_: str | None, **given: Any) -> list[Any]:
    """All changes that somebody sees, in their order."""
    query = """query($after: String, $types: [EntityType!], $projectId: ID) {
      changes(first: 100, after: $after, types: $types, projectId: $projectId) { pageInfo { hasNextPage endCursor }
        edges { cursor node { id action entityType entityId entity { id } by { name } changes { field before after } } } } }"""
    found: list[Any] = []
    page: Any = {"hasNextPage": True, "endCursor": given.pop("after", None)}
    while page["hasNextPage"]:
        answer = api(query, {"after": page["endCursor"], **given}, as_)["changes"]
        assert api.statements == 1
        found += [edge["node"] for edge in answer["edges"]]
        page = answer["pageInfo"]
    return found


def test_the_feed_tells_everything_once_and_in_order(world: World) -> None:
    """Also what is gone; of types and of a project where they are asked for."""
    project = world.project("aleppo")
    stance = world.stance(projectId=project)
    relation = world.relation()
    world.api.change("withdrawStance", {"id": stance["id"]}, "stanceId", "anna")
    world.api.change("deleteRelation", {"id": relation}, "relationId")
    told = feed(world.api, "karl")
    assert [c["id"] for c in told] == [f"rev_{r.id}" for r in world.revisions() if r.entity_type != "Token"]
    assert [(c["action"], c["entityId"], c["entity"]) for c in told[-2:]] == [
        ("DELETED", stance["id"], None),
        ("DELETED", relation, None),
    ]
    assert changes(told[-2])["label"] == ("SUPPORT", None)
    of_stances = feed(world.api, "karl", types=["STANCE"])
    assert [c["action"] for c in of_stances] == ["CREATED", "DELETED"]
    assert feed(world.api, "karl", projectId=project) == of_stances
    assert feed(world.api, "karl", types=[]) == []
    assert feed(world.api, "karl", types=["TOPIC", "RELATION"], projectId=project) == []


def test_a_cursor_is_good_for_ever(world: World) -> None:
    """Going on behind it shows what came since, and nothing twice."""
    world.topic()
    query = "{ changes(first: 100) { pageInfo { endCursor } edges { cursor } } }"
    cursor = world.api(query)["changes"]["pageInfo"]["endCursor"]
    assert feed(world.api, None, after=cursor) == []
    topic = world.topic()
    assert [c["entityId"] for c in feed(world.api, None, after=cursor)] == [topic]
    big = f"PLACE.{2**62}.{cursor.rpartition('.')[2]}"
    assert feed(world.api, None, after=big) == []
    for bad in ("", "PLACE.1", f"PLACE.{2**63}.{cursor.rpartition('.')[2]}", f"CHANGED.{cursor.partition('.')[2]}"):
        (error,) = world.api.run("query($a: String) { changes(after: $a) { edges { cursor } } }", {"a": bad})["errors"]
        assert error["extensions"]["code"] == "BAD_USER_INPUT"


def test_nobody_learns_what_is_hidden(world: World) -> None:
    """In a blind project, of others' stances; a token is told to nobody."""
    project = world.project("blind", blind=True)
    statement, topic = world.statement(), world.topic()
    mine = world.stance(statement, topic, "anna", projectId=project)["id"]
    theirs = world.stance(statement, topic, "anton", projectId=project)["id"]
    gone = world.stance(world.statement(), topic, "anton", projectId=project)["id"]
    world.api.change("withdrawStance", {"id": gone}, "stanceId", "anton")
    assert {c["entityId"] for c in feed(world.api, "anna", types=["STANCE"])} == {mine}
    assert {c["entityId"] for c in feed(world.api, "karl", types=["STANCE"])} == {mine, theirs, gone}
    assert feed(world.api, None, types=["STANCE"]) == []
    for revision in world.revisions(theirs, gone):
        seen = world.api("query($id: ID!) { node(id: $id) { id } }", {"id": f"rev_{revision.id}"}, "anna")
        assert seen["node"] is None
    counted = world.api("{ changes(types: [STANCE]) { totalCount } }", as_="anna")
    assert counted["changes"]["totalCount"] == 1
    assert not [r for r in feed(world.api, "ada") if "tok" in r["entityId"]]


VALUE = """query($id: ID!, $at: DateTime!) { node(id: $id) { ... on Stance {
  valueAt(at: $at) { label intensity confidence rationale } } } }"""


def test_the_value_of_a_stance_at_a_time(world: World) -> None:
    """Before it was there it has none; afterwards what it said then, whoever merged what meanwhile."""
    statement, topic = world.statement(holder := world.actor()), world.topic()
    stance = world.stance(statement, topic, intensity=3, confidence=0.25)["id"]
    world.stance(statement, topic, label="NEUTRAL", rationale="Second thoughts.")
    world.merge(holder, world.actor())
    first, second, moved = (r.created_at for r in world.revisions(stance))
    first_value = {"label": "SUPPORT", "intensity": 3, "confidence": 0.25, "rationale": None}
    second_value = {"label": "NEUTRAL", "intensity": None, "confidence": None, "rationale": "Second thoughts."}
    moment = dt.timedelta(microseconds=1)
    for at, value in (
        (first - moment, None),
        (first, first_value),
        (second - moment, first_value),
        (second, second_value),
        (moved + dt.timedelta(days=365), second_value),
    ):
        found = world.api(VALUE, {"id": stance, "at": at.isoformat()}, "anna")
        assert found["node"]["valueAt"] == value
        assert world.api.statements == 1


def test_a_batch_is_in_the_feed_in_its_order(world: World) -> None:
    """As its members were given."""
    statement, topics = world.statement(), [world.topic() for _ in range(30)]
    stances = [{"statementId": statement, "target": towards(t), "label": "SUPPORT"} for t in topics]
    text = "mutation($input: RecordStancesInput!) { recordStances(input: $input) { results { stance { id } } } }"
    results = world.api(text, {"input": {"stances": stances}}, "anna")["recordStances"]["results"]
    assert [c["entityId"] for c in feed(world.api, "anna", types=["STANCE"])] == [r["stance"]["id"] for r in results]
