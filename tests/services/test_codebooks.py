"""Codebooks: published in versions, under which stances are recorded."""

from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from models import Codebook, CodebookTarget, Project, ProjectStatement, StanceLabel
from tests.services.conftest import Send, World, at_once, key_of, nobody, told, towards
from tests.services.test_project_members import let
from tests.services.test_projects import add, create, edit, me, statements

CODEBOOK = """codebook { id number guidelines freeTargets createdAt publishedBy { name } project { id }
  labels { label definition examples } targets { target { __typename ... on Actor { id } ... on Topic { id } } } }
  created"""
VERSIONS = """query($id: ID!, $after: String) { node(id: $id) { ... on Project {
  guidelines version codebook { number } codebookVersions(first: 2, after: $after) { totalCount pageInfo { endCursor }
  edges { node { number guidelines } } } } } }"""
OLD = """query($id: ID!, $after: String, $filter: StanceFilter) { node(id: $id) { ... on Project {
  stancesUnderOldCodebook(first: 2, after: $after, filter: $filter) { totalCount pageInfo { endCursor hasNextPage }
  edges { node { id codebook { number } } } } } } }"""
PUBLISH = """mutation($i: PublishCodebookInput!) { publishCodebook(input: $i) {
  created codebook { number } errors { code path } } }"""
ADD = """mutation($i: AddProjectDocumentsInput!) { addProjectDocuments(input: $i) {
  added project { version } errors { code path } } }"""
USUAL = [str(label) for label in StanceLabel]


def publish(world: World, project: str, as_: str = "karl", **given: Any) -> Any:
    """The payload of a new version."""
    return world.api.change("publishCodebook", {"projectId": project, **given}, CODEBOOK, as_)


def old(world: World, project: str, as_: str | None = "karl", **given: Any) -> list[str]:
    """The ids of the stances to look at again, fetched page by page."""
    found: list[str] = []
    more: dict[str, Any] = {}
    while True:
        page = world.api(OLD, {"id": project, **given, **more}, as_)["node"]["stancesUnderOldCodebook"]
        found += [edge["node"]["id"] for edge in page["edges"]]
        if not page["pageInfo"]["hasNextPage"]:
            assert page["totalCount"] == len(found)
            return found
        more = {"after": page["pageInfo"]["endCursor"]}


def test_the_first_version(world: World) -> None:
    """Comes with the project: what each label usually means, in one order, and whatever the project says itself."""
    topic, actor = world.topic(), world.actor()
    labels = [{"label": "MIXED", "definition": "Both.", "examples": ['"yes, but"', "😀 да"]}]
    given = {"labels": labels, "targets": [towards(topic), towards(actor), towards(topic)]}
    project = world.make("createProject", {"name": "A project", "guidelines": "# Read", **given})
    with world.unchanged():
        payload = publish(world, project)
    codebook = payload["codebook"]
    assert (payload["created"], payload["errors"], codebook["number"]) == (False, [], 1)
    assert [one["label"] for one in codebook["labels"]] == USUAL
    assert codebook["labels"][3] == labels[0]
    assert all(one["definition"] and one["examples"] == [] for one in codebook["labels"] if one["label"] != "MIXED")
    assert [one["target"] for one in codebook["targets"]] == [
        {"__typename": "Topic", "id": topic},
        {"__typename": "Actor", "id": actor},
    ]
    assert (codebook["guidelines"], codebook["freeTargets"], codebook["publishedBy"]) == (
        "# Read",
        True,
        {"name": "karl"},
    )
    assert codebook["project"] == {"id": project}


def test_the_next_version(world: World) -> None:
    """Is as the last one where nothing is said; what is the same is no new version; old ones stay as they were."""
    first, second = world.topic(), world.actor()
    project = world.make("createProject", {"name": "A", "guidelines": "One", "targets": [towards(first)]})
    one = publish(world, project)["codebook"]
    payload = publish(world, project, guidelines="Two", labels=[{"label": "SUPPORT", "definition": "For it."}])
    two = payload["codebook"]
    assert (payload["created"], two["number"], two["guidelines"], two["targets"]) == (True, 2, "Two", one["targets"])
    assert two["labels"] == [{"label": "SUPPORT", "definition": "For it.", "examples": []}, *one["labels"][1:]]
    three = publish(world, project, targets=[towards(second), towards(first)], freeTargets=False)["codebook"]
    assert [t["target"]["id"] for t in three["targets"]] == [second, first]
    assert (three["freeTargets"], three["labels"], three["guidelines"]) == (False, two["labels"], "Two")
    with world.unchanged():
        again = {"guidelines": "Two", "freeTargets": False, "targets": [towards(second), towards(first)]}
        for given in ({}, again, dict.fromkeys(("guidelines", "labels", "targets", "freeTargets"))):
            assert publish(world, project, **given) == {"codebook": three, "created": False, "errors": []}
    shown = world.api(VERSIONS, {"id": project})["node"]
    assert (shown["guidelines"], shown["version"], shown["codebook"]) == ("Two", 3, {"number": 3})
    assert [edge["node"]["number"] for edge in shown["codebookVersions"]["edges"]] == [3, 2]
    assert shown["codebookVersions"]["totalCount"] == 3
    rest = world.api(VERSIONS, {"id": project, "after": shown["codebookVersions"]["pageInfo"]["endCursor"]})["node"]
    assert [edge["node"] for edge in rest["codebookVersions"]["edges"]] == [{"number": 1, "guidelines": "One"}]
    published = [r.after or {} for r in world.revisions() if r.entity_type == "Codebook"]
    assert [(after["number"], len(after["labels"]), len(after["targets"])) for after in published] == [
        (1, 5, 1),
        (2, 5, 1),
        (3, 5, 2),
    ]


def test_what_is_wrong_is_told(world: World) -> None:
    """In its place; a codebook without any target to record is none."""
    project = create(world)["project"]
    with world.unchanged():
        payload = publish(
            world,
            project["id"],
            guidelines=" ",
            labels=[{"label": "MIXED", "definition": "x", "examples": ["fine", ""]}],
            targets=[towards(nobody("Actor")), {"topicId": "x"}],
        )
        assert told(payload) == {
            ("INVALID", "input.guidelines"),
            ("INVALID", "input.labels.0.examples.1"),
            ("NOT_FOUND", "input.targets.0.actorId"),
            ("INVALID", "input.targets.1.topicId"),
        }
        assert payload["codebook"]["number"] == 1
        assert told(publish(world, project["id"], freeTargets=False)) == {("INVALID", "input.freeTargets")}
        stale = publish(world, project["id"], guidelines="Late", expectedVersion=2)
        assert told(stale) == {("CONFLICT", "input.expectedVersion")}
        assert told(publish(world, nobody("Project"), guidelines="x")) == {("NOT_FOUND", "input.projectId")}


def test_the_default_project_gets_one_too(world: World) -> None:
    """Its first version is made of its guidelines and what labels usually mean."""
    (key,) = world.rows(select(Project.id).where(Project.is_default))
    before = world.stance()
    payload = publish(world, f"prj_{key}", guidelines="Now with guidelines.")
    assert (payload["created"], payload["codebook"]["number"]) == (True, 1)
    assert [one["label"] for one in payload["codebook"]["labels"]] == USUAL
    assert old(world, f"prj_{key}") == [before["id"]]


def test_stances_keep_their_version(world: World) -> None:
    """Until they are recorded again, be it as they were; till then they are to be looked at again."""
    project = create(world)["project"]["id"]
    let(world, project, me(world, "anna"))
    topics = [world.topic() for _ in range(4)]
    statement = world.statement()
    stances = [world.stance(statement, topic, projectId=project)["id"] for topic in topics]
    number = "... on Stance { version label codebook { number } }"
    assert old(world, project) == []
    publish(world, project, guidelines="Two")
    assert old(world, project) == stances
    assert world.node(stances[0], number)["codebook"] == {"number": 1}
    world.stance(statement, topics[0], projectId=project)
    assert world.node(stances[0], number) == {
        "__typename": "Stance",
        "version": 2,
        "label": "SUPPORT",
        "codebook": {"number": 2},
    }
    fresh = world.stance(statement, world.topic(), projectId=project)["id"]
    assert old(world, project) == stances[1:]
    assert old(world, project, filter={"target": topics[2]}) == [stances[2]]
    assert world.node(fresh, number)["codebook"] == {"number": 2}
    publish(world, project, guidelines="Three")
    assert set(old(world, project)) == {*stances, fresh}
    assert world.api.statements == 1


def test_what_is_hidden_is_not_to_be_looked_at(world: World) -> None:
    """In a blind project annotators find their own stances alone there; who has no token finds none."""
    project = create(world, blind=True)["project"]["id"]
    statement, topic = world.statement(), world.topic()
    mine = {}
    for name in ("anna", "anton"):
        let(world, project, me(world, name))
        mine[name] = world.stance(statement, topic, name, projectId=project)["id"]
    publish(world, project, guidelines="Two")
    assert [old(world, project, name) for name in ("anna", "anton")] == [[mine["anna"]], [mine["anton"]]]
    assert old(world, project, None) == []
    assert set(old(world, project)) == set(mine.values())


def test_below_other_rows(world: World) -> None:
    """What is to be looked at again in the project of a stance, of a codebook, and of each project of a page."""
    project = create(world)["project"]["id"]
    let(world, project, me(world, "anna"))
    stance = world.stance(projectId=project)["id"]
    publish(world, project, guidelines="Two")
    under = "stancesUnderOldCodebook { totalCount edges { node { id } } }"
    wanted = {"totalCount": 1, "edges": [{"node": {"id": stance}}]}
    seen = world.node(stance, f"... on Stance {{ project {{ {under} }} codebook {{ project {{ {under} }} }} }}")
    assert seen["project"]["stancesUnderOldCodebook"] == wanted
    assert seen["codebook"]["project"]["stancesUnderOldCodebook"] == wanted
    edges = world.api(f"{{ projects {{ edges {{ node {{ id {under} }} }} }} }}", as_="karl")["projects"]["edges"]
    found = {edge["node"]["id"]: edge["node"]["stancesUnderOldCodebook"] for edge in edges}
    assert found[project] == wanted
    assert [one["totalCount"] for id, one in found.items() if id != project] == [0]


@pytest.mark.parametrize("kind", ["topic", "actor"])
def test_targets_that_are_not_free(world: World, kind: str) -> None:
    """Only what the codebook names can be judged, by whatever id it goes; also in a batch, also in the first place."""
    named, other, former = ((world.actor if kind == "actor" else world.topic)() for _ in range(3))
    if kind == "actor":
        world.merge(former, named)
    given: dict[str, Any] = {"targets": [towards(named)], "freeTargets": False}
    project = create(world, **given)["project"]["id"]
    let(world, project, me(world, "anna"))
    statement = world.statement()
    refused = {("INVALID", "input.target")}
    with world.unchanged():
        assert told(world.record(statement, other, projectId=project)) == refused
        assert told(world.record(statement, nobody("Topic"), projectId=project)) == {
            ("NOT_FOUND", "input.target.topicId")
        }
    assert told(world.record(statement, named, projectId=project)) == set()
    if kind == "actor":
        assert told(world.record(statement, former, projectId=project, label="OPPOSE")) == set()
    stances = [
        {"statementId": statement, "target": towards(t), "label": "MIXED", "projectId": project} for t in (other, named)
    ]
    text = """mutation($i: RecordStancesInput!) { recordStances(input: $i) {
        results { created stance { label } errors { code path } } } }"""
    results = world.api(text, {"i": {"stances": stances}}, "anna")["recordStances"]["results"]
    assert [told(r) for r in results] == [{("INVALID", "input.stances.0.target")}, set()]
    assert told(world.record(statement, other)) == set(), "the default project is as free as ever"
    publish(world, project, freeTargets=True)
    assert told(world.record(statement, other, projectId=project)) == set()


def test_a_stance_towards_what_is_no_longer_named(world: World) -> None:
    """Stays, and can no longer be revised."""
    project = create(world)["project"]["id"]
    let(world, project, me(world, "anna"))
    statement, named, other = world.statement(), world.topic(), world.topic()
    stance = world.stance(statement, other, projectId=project)
    publish(world, project, targets=[towards(named)], freeTargets=False)
    with world.unchanged():
        again = world.record(statement, other, projectId=project, label="OPPOSE")
    assert told(again) == {("INVALID", "input.target")}
    assert old(world, project) == [stance["id"]]


def test_recording_takes_no_more_under_a_codebook(world: World) -> None:
    """Whatever the codebook says: what it takes to record is what it took before."""
    project, topic = create(world)["project"]["id"], world.topic()
    let(world, project, me(world, "anna"))
    taken = []
    world.stance(world.statement(), topic)
    taken.append(world.api.statements)
    restricted: dict[str, Any] = {"targets": [towards(topic)], "freeTargets": False}
    for given in ({}, restricted):
        publish(world, project, **given)
        world.stance(world.statement(), topic, projectId=project)
        taken.append(world.api.statements)
    assert len(set(taken)) == 1, taken


def test_merged_targets(world: World) -> None:
    """A codebook that names two actors which become one names that one, once."""
    one, two, topic = world.actor(), world.actor(), world.topic()
    project = create(world, targets=[towards(t) for t in (one, topic, two)])["project"]["id"]
    world.merge(one, two)
    codebook = publish(world, project)["codebook"]
    assert [t["target"]["id"] for t in codebook["targets"]] == [topic, two]
    assert world.count(CodebookTarget) == 2


def test_published_by_several_at_once(world: World, two: tuple[Send, Send]) -> None:
    """Each gets a number of its own, without a hole, and says what it was given."""
    project = create(world)["project"]["id"]
    calls = [
        partial(two[n % 2], PUBLISH, {"i": {"projectId": project, "guidelines": f"Version of {n}"}}, "karl")
        for n in range(6)
    ]
    payloads = [answer["data"]["publishCodebook"] for answer in at_once(calls)]
    assert [payload["errors"] for payload in payloads] == [[]] * 6
    assert sorted(payload["codebook"]["number"] for payload in payloads) == [2, 3, 4, 5, 6, 7]
    rows = world.rows(select(Codebook).order_by(Codebook.number))
    assert {row.number: row.guidelines for row in rows[1:]} == {
        payload["codebook"]["number"]: f"Version of {n}" for n, payload in enumerate(payloads)
    }
    (stands,) = world.rows(select(Project).where(Project.id == key_of(project)))
    assert (stands.codebook_id, stands.guidelines, stands.version) == (rows[-1].id, rows[-1].guidelines, 7)


def test_of_one_expected_version(world: World, two: tuple[Send, Send]) -> None:
    """One gets through."""
    project = create(world)["project"]["id"]
    given = {"projectId": project, "expectedVersion": 1}
    calls = [partial(two[n % 2], PUBLISH, {"i": {**given, "guidelines": f"{n}"}}, "karl") for n in range(4)]
    payloads = [answer["data"]["publishCodebook"] for answer in at_once(calls)]
    assert sorted(map(sorted, map(told, payloads))) == [[]] + [[("CONFLICT", "input.expectedVersion")]] * 3


def test_documents_added_by_several_at_once(world: World, two: tuple[Send, Send]) -> None:
    """Each statement once, at a place of its own, and all of them counted once."""
    project = create(world)["project"]["id"]
    documents = [world.document("One two three.") for _ in range(4)]
    marked = [world.statement(exact=e, document=d) for d in documents for e in ("One", "two", "three")]
    orders = [documents, documents[::-1], documents[:2], documents[1:], documents[:1], documents]
    calls = [
        partial(two[n % 2], ADD, {"i": {"projectId": project, "documentIds": ids}}, "karl")
        for n, ids in enumerate(orders)
    ]
    payloads = [answer["data"]["addProjectDocuments"] for answer in at_once(calls)]
    assert [payload["errors"] for payload in payloads] == [[]] * 6
    assert sum(payload["added"] for payload in payloads) == len(marked)
    positions = world.rows(select(ProjectStatement.position).order_by(ProjectStatement.position))
    assert positions == list(range(1, len(marked) + 1))
    assert set(statements(world, project)) == set(marked)


def test_stances_are_recorded_while_a_project_changes(world: World, two: tuple[Send, Send]) -> None:
    """Nobody stands in anybody's way, and each stance is under a version that there was."""
    project, statement = create(world)["project"]["id"], world.statement()
    let(world, project, me(world, "anna"))
    record = """mutation($i: RecordStanceInput!) { recordStance(input: $i) {
        stance { codebook { number } } errors { code } } }"""
    calls: list[Any] = []
    for n in range(6):
        one = {"statementId": statement, "target": towards(world.topic()), "label": "SUPPORT", "projectId": project}
        calls.append(partial(two[n % 2], record, {"i": one}, "anna"))
        calls.append(partial(two[n % 2], PUBLISH, {"i": {"projectId": project, "guidelines": f"{n}"}}, "karl"))
    answers = at_once(calls)
    assert [answer for answer in answers if "errors" in answer] == []
    numbers = [answer["data"]["recordStance"]["stance"]["codebook"]["number"] for answer in answers[::2]]
    assert set(numbers) <= set(range(1, 8))
    assert told(edit(world, project, overlap=2)) == told(add(world, project, filter={})) == set()
