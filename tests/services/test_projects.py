"""Setting up projects, editing them, choosing what is to be annotated, closing and opening them."""

from typing import Any

import pytest
from sqlalchemy import select, update

from models import Codebook, Project, ProjectMember, ProjectStatement
from tests.services.conftest import World, codes, key_of, nobody, told, towards

READ = """project { id slug name guidelines status blind public overlap version createdAt updatedAt
  members { edges { node { role annotator { name } } } } codebook { number guidelines freeTargets }
  statements { totalCount edges { node { id } } } documents { totalCount } }"""


def create(world: World, as_: str = "karl", **given: Any) -> Any:
    """The payload of a new project."""
    return world.api.change("createProject", {"name": "Aleppo, 29 November", **given}, READ, as_)


def edit(world: World, id: str, as_: str = "karl", **given: Any) -> Any:
    """The payload of an edited project."""
    return world.api.change("updateProject", {"id": id, **given}, READ, as_)


def add(world: World, project: str, as_: str = "karl", **given: Any) -> Any:
    """The payload of statements added."""
    return world.api.change("addProjectDocuments", {"projectId": project, **given}, f"added {READ}", as_)


def turn(world: World, mutation: str, id: str, as_: str = "karl", **given: Any) -> Any:
    """The payload of a project closed or opened again."""
    return world.api.change(mutation, {"id": id, **given}, "project { id status version }", as_)


def me(world: World, name: str) -> str:
    """Somebody's id."""
    return str(world.api("{ viewer { id } }", as_=name)["viewer"]["id"])


def statements(world: World, project: str, **given: Any) -> list[str]:
    """The ids of what is to be annotated, in the project's order."""
    query = """query($id: ID!, $filter: StatementFilter, $order: StatementOrder, $first: Int, $after: String) {
        node(id: $id) { ... on Project { statements(filter: $filter, orderBy: $order, first: $first, after: $after) {
            totalCount edges { cursor node { id } } } } } }"""
    found = world.api(query, {"id": project, "first": 100, **given})["node"]["statements"]
    if "after" not in given and "first" not in given:
        assert found["totalCount"] == len(found["edges"])
    return [edge["node"]["id"] for edge in found["edges"]]


def test_what_is_sent_is_what_stands(world: World) -> None:
    """All in one: codebook, what is to be annotated, and its curator, who is whoever set it up."""
    document = world.document("One two three.")
    statement = world.statement(exact="two", document=document)
    world.statement()
    given: dict[str, Any] = {
        "slug": "aleppo",
        "guidelines": "# Read twice",
        "blind": True,
        "public": False,
        "overlap": 3,
    }
    payload = create(world, **given, documentIds=[document], freeTargets=False, targets=[towards(world.topic())])
    assert payload["errors"] == []
    project = payload["project"]
    assert {name: project[name] for name in given} == given
    assert (project["status"], project["version"], project["createdAt"]) == ("OPEN", 1, project["updatedAt"])
    assert project["members"]["edges"] == [{"node": {"role": "CURATOR", "annotator": {"name": "karl"}}}]
    assert project["codebook"] == {"number": 1, "guidelines": "# Read twice", "freeTargets": False}
    assert project["statements"] == {"totalCount": 1, "edges": [{"node": {"id": statement}}]}
    assert project["documents"] == {"totalCount": 1}
    told_of = {(r.entity_type, str(r.action)) for r in world.revisions() if r.project_id == key_of(project["id"])}
    assert told_of == {(kind, "CREATED") for kind in ("Project", "Codebook", "ProjectMember")}


def test_what_is_left_out(world: World) -> None:
    """Neither blind nor public, one annotator for each statement, nothing to annotate; a slug made of the name."""
    nulls: dict[str, Any] = dict.fromkeys(
        ("slug", "guidelines", "blind", "public", "overlap", "documentIds", "filter", "labels")
    )
    several: tuple[dict[str, Any], ...] = ({}, nulls)
    for number, more in enumerate(several, start=1):
        project = create(world, **more)["project"]
        assert project["slug"] == "aleppo-29-november" + f"-{number}" * (number > 1)
        assert [project[name] for name in ("guidelines", "blind", "public", "overlap")] == ["", False, False, 1]
        assert project["statements"]["totalCount"] == 0
        assert project["codebook"] == {"number": 1, "guidelines": "", "freeTargets": True}


def test_what_is_wrong_is_told(world: World) -> None:
    """All of it at once, and nothing is written."""
    taken = create(world)["project"]["slug"]
    with world.unchanged():
        payload = create(
            world,
            name=" ",
            slug=taken,
            guidelines="\0",
            blind=True,
            public=True,
            overlap=0,
            documentIds=[nobody("Document"), "x"],
            filter={"speakerIds": [nobody("Actor")], "statedFrom": "2024-11-30", "statedTo": "2024-11-29"},
            labels=[{"label": "SUPPORT", "definition": ""}, {"label": "SUPPORT", "definition": "Twice."}],
            targets=[towards(nobody("Topic"))],
        )
        assert payload["project"] is None
        assert told(payload) == {
            ("INVALID", "input.name"),
            ("DUPLICATE", "input.slug"),
            ("INVALID", "input.guidelines"),
            ("INVALID", "input.public"),
            ("INVALID", "input.overlap"),
            ("NOT_FOUND", "input.documentIds.0"),
            ("INVALID", "input.documentIds.1"),
            ("NOT_FOUND", "input.filter.speakerIds.0"),
            ("INVALID", "input.filter.statedTo"),
            ("INVALID", "input.labels.0.definition"),
            ("INVALID", "input.labels.1.label"),
            ("NOT_FOUND", "input.targets.0.topicId"),
        }
        too_many = create(world, documentIds=[nobody("Document")] * 1_001)
        assert told(too_many) == {("INVALID", "input.documentIds")}


def test_the_projects_order(world: World) -> None:
    """By the days of the documents, undated first, and as they stand in their texts; what is added comes behind."""
    late, early, undated, later_on = (
        world.document("One two three.", **({"publishedOn": day} if day else {}))
        for day in ("2024-11-30", "2024-11-28", None, "2020-01-01")
    )
    marked = {d: [world.statement(exact=e, document=d) for e in ("three", "One")] for d in (late, early, undated)}
    in_order = [s for d in (undated, early, late) for s in reversed(marked[d])]
    project = create(world, documentIds=[late, undated, early])["project"]["id"]
    assert statements(world, project) == in_order
    new, last = world.statement(exact="two", document=early), world.statement(document=later_on)
    payload = add(world, project, documentIds=[later_on, early])
    assert (payload["errors"], payload["added"], payload["project"]["version"]) == ([], 2, 2)
    in_order += [last, new]
    assert statements(world, project) == in_order
    assert payload["project"]["documents"]["totalCount"] == 4
    assert [statements(world, project, first=3, after=f"PLACE.{n}.{in_order[n - 1][4:]}") for n in (3, 6)] == [
        in_order[3:6],
        in_order[6:],
    ]
    (revision,) = [r for r in world.revisions(project) if str(r.action) == "UPDATED"]
    assert [state and state["statements"] for state in (revision.before, revision.after)] == [6, 8]


def test_adding_again_adds_nothing(world: World) -> None:
    """Neither statements nor revisions."""
    document = world.document("One two three.")
    for exact in ("One", "two"):
        world.statement(exact=exact, document=document)
    project = create(world)["project"]["id"]
    assert add(world, project, documentIds=[document, document])["added"] == 2
    with world.unchanged():
        again: tuple[dict[str, Any], ...] = ({"documentIds": [document]}, {"filter": {}}, {"documentIds": []})
        for given in again:
            payload = add(world, project, **given)
            assert (payload["added"], payload["errors"]) == (0, [])


def test_a_filter_chooses(world: World) -> None:
    """By speaker (also under the id of one that was merged), kind and day; all parts must hold."""
    a, b, former = (world.actor() for _ in range(3))
    world.merge(former, a)
    of_a = [world.statement(a, statedOn=day) for day in ("2024-11-27", "2024-11-28", "2024-11-29")]
    undated = world.statement(a)
    relayed = world.statement(b, kind="REPORTED_SPEECH", statedOn="2024-11-28")
    cases: list[tuple[dict[str, Any], set[str]]] = [
        ({}, {*of_a, undated, relayed}),
        ({"speakerIds": [former]}, {*of_a, undated}),
        ({"speakerIds": []}, set()),
        ({"kinds": ["REPORTED_SPEECH", "PARAPHRASE"]}, {relayed}),
        ({"statedFrom": "2024-11-28"}, {*of_a[1:], relayed}),
        ({"statedTo": "2024-11-28"}, {*of_a[:2], relayed}),
        ({"statedTo": "2024-11-28", "speakerIds": [a, b], "kinds": ["QUOTATION"]}, set(of_a[:2])),
        (dict.fromkeys(("speakerIds", "kinds", "statedFrom", "statedTo")), {*of_a, undated, relayed}),
    ]
    for chosen, wanted in cases:
        assert set(statements(world, create(world, filter=chosen)["project"]["id"])) == wanted, chosen
    document = world.document("Two words.")
    only = world.statement(a, exact="words", document=document)
    project = create(world, documentIds=[document], filter={"speakerIds": [a]})["project"]["id"]
    assert statements(world, project) == [only]


def test_its_statements_are_a_list_like_others(world: World) -> None:
    """Narrowed and ordered; the count of all of them asks the association alone."""
    speaker = world.actor()
    given = [world.statement(speaker, statedOn=f"2024-11-{day}") for day in (28, 27, 29)]
    other = world.statement()
    project = create(world, filter={})["project"]["id"]
    order = {"field": "STATED_ON", "direction": "DESC"}
    found = statements(world, project, filter={"speaker": [speaker]}, order=order)
    assert found == [given[2], given[0], given[1]]
    assert set(statements(world, project)) == {*given, other}
    assert world.api.statements == 1


def test_an_update(world: World) -> None:
    """What is left out stays, what is sent changes; nothing different changes nothing."""
    project = create(world)["project"]
    changes: dict[str, Any] = {"name": "Otherwise", "slug": "otherwise", "blind": True, "overlap": 2}
    for version, (name, value) in enumerate(changes.items(), start=2):
        changed = edit(world, project["id"], **{name: value})["project"]
        assert changed == {**project, name: value, "version": version, "updatedAt": changed["updatedAt"]}
        assert changed["updatedAt"] > project["updatedAt"]
        project = changed
    with world.unchanged():
        for given in ({}, changes, {**changes, "expectedVersion": 5}):
            assert edit(world, project["id"], **given) == {"project": project, "errors": []}


def test_a_bad_update(world: World) -> None:
    """Told in its place; of what excludes one another, where it was asked for."""
    other, blind = create(world, slug="other")["project"], create(world, blind=True)["project"]
    with world.unchanged():
        payload = edit(world, blind["id"], name=None, slug="other", blind=None, public=None, overlap=101)
        assert told(payload) == {
            ("DUPLICATE", "input.slug"),
            *(("INVALID", f"input.{name}") for name in ("name", "blind", "public", "overlap")),
        }
        assert payload["project"] == blind
        assert told(edit(world, blind["id"], public=True)) == {("INVALID", "input.public")}
        assert told(edit(world, other["id"], public=True, blind=True)) == {("INVALID", "input.public")}
        assert told(edit(world, other["id"], expectedVersion=2)) == {("CONFLICT", "input.expectedVersion")}
        assert told(edit(world, nobody("Project"))) == {("NOT_FOUND", "input.id")}
        assert told(edit(world, other["id"].replace("prj", "doc"))) == {("INVALID", "input.id")}
    assert told(edit(world, blind["id"], public=True, blind=False)) == set()


def test_overlap_says_what_is_open(world: World) -> None:
    """A statement wants annotators while fewer than so many are done with it."""
    one, two = world.statement(), world.statement()
    project = create(world, documentIds=[], overlap=2)["project"]["id"]
    add(world, project, filter={})
    mine = ProjectStatement.project_id == key_of(project)
    world.execute(update(ProjectStatement).where(ProjectStatement.statement_id == key_of(one)).values(finished=1))

    def is_open() -> dict[str, bool]:
        rows = world.rows(select(ProjectStatement.statement_id, ProjectStatement.is_open).where(mine))
        return {f"stm_{key}": value for key, value in rows}

    assert is_open() == {one: True, two: True}
    for overlap, wants in ((1, False), (2, True), (1, False), (3, True)):
        edit(world, project, overlap=overlap)
        assert is_open() == {one: wants, two: True}


def test_a_closed_project_stays_as_it_is(world: World) -> None:
    """Nothing changes in it but that it is opened again; closing it twice is closing it once."""
    project, document = create(world)["project"]["id"], world.document()
    assert turn(world, "closeProject", project)["project"]["status"] == "CLOSED"
    anton = {"projectId": project, "annotatorId": me(world, "anton")}
    with world.unchanged():
        assert turn(world, "closeProject", project, expectedVersion=2)["errors"] == []
        assert told(turn(world, "closeProject", project, expectedVersion=1)) == {("CONFLICT", "input.expectedVersion")}
        assert told(edit(world, project, name="Late")) == {("CONFLICT", "input.id")}
        assert told(add(world, project, documentIds=[document])) == {("CONFLICT", "input.projectId")}
        for mutation, given in (
            ("addProjectMember", {**anton, "role": "ANNOTATOR"}),
            ("removeProjectMember", {**anton, "annotatorId": me(world, "karl")}),
            ("publishCodebook", {"projectId": project, "guidelines": "Late."}),
        ):
            assert told(world.api.change(mutation, given, "clientMutationId")) == {("CONFLICT", "input.projectId")}
    opened = turn(world, "reopenProject", project)["project"]
    assert (opened["status"], opened["version"]) == ("OPEN", 3)
    assert told(edit(world, project, name="In time")) == set()


@pytest.mark.parametrize("mutation", ["updateProject", "reopenProject"])
def test_who_curates(world: World, mutation: str) -> None:
    """Its own curators, whatever their role; curators of the whole, unless they annotate in it."""
    project = create(world, as_="ada")["project"]["id"]
    text = (
        f"mutation($i: {mutation[0].upper()}{mutation[1:]}Input!) {{ {mutation}(input: $i) {{ errors {{ code }} }} }}"
    )

    def ask(who: str) -> list[str]:
        return codes(world.api.run(text, {"i": {"id": project}}, who))

    def let(who: str, role: str) -> None:
        given = {"projectId": project, "annotatorId": me(world, who), "role": role}
        assert told(world.api.change("addProjectMember", given, "created", "ada")) == set()

    assert [ask(who) for who in ("anna", "vera", "karl", "ada")] == [["FORBIDDEN"], ["FORBIDDEN"], [], []]
    for who, role, wanted in (
        ("anna", "ANNOTATOR", ["FORBIDDEN"]),
        ("anna", "CURATOR", []),
        ("vera", "CURATOR", []),
        ("karl", "ANNOTATOR", ["FORBIDDEN"]),
        ("karl", "CURATOR", []),
    ):
        let(who, role)
        assert ask(who) == wanted, (who, role)
    other = world.make("createProject", {"name": "Another"})
    answer = world.api.run(text, {"i": {"id": other}}, "anna")
    assert codes(answer) == ["FORBIDDEN"], "curating one project is not curating another"


def test_a_statement_that_goes_is_no_longer_to_be_annotated(world: World) -> None:
    """With no work resting on it, it goes from the projects too, and its last revision says from which."""
    statement, kept = world.statement(), world.statement()
    project = create(world, filter={})["project"]["id"]
    assert set(statements(world, project)) == {statement, kept}
    assert told(world.api.change("deleteStatement", {"id": statement}, "statementId")) == set()
    assert statements(world, project) == [kept]
    *_, last = world.revisions(statement)
    assert last.before is not None
    assert last.before["projects"] == [project.removeprefix("prj_")]
    world.stance(kept)
    assert told(world.api.change("deleteStatement", {"id": kept}, "statementId")) == {("CONFLICT", "input.id")}


def test_the_default_project_is_edited_like_others(world: World) -> None:
    """By curators of the whole."""
    world.execute(update(Project).values(public=False))
    project = world.api("{ projects { edges { node { id name } } } }")["projects"]["edges"][0]["node"]["id"]
    assert told(edit(world, project, overlap=2)) == set()
    assert codes(
        world.api.run(
            "mutation($i: UpdateProjectInput!) { updateProject(input: $i) { errors { code } } }",
            {"i": {"id": project, "overlap": 3}},
            "anna",
        )
    ) == ["FORBIDDEN"]
    assert world.count(ProjectMember) == world.count(Codebook) == 0


def test_what_it_takes(world: World) -> None:
    """However many statements are added, they are added by one statement."""
    document = world.document("One two three.")
    project = create(world)["project"]["id"]
    world.statement(exact="One", document=document)
    add(world, project, documentIds=[document])
    one = world.api.statements
    for exact in ("two", "three", "two three"):
        world.statement(exact=exact, document=document)
    assert add(world, project, documentIds=[document])["added"] == 3
    assert world.api.statements == one
