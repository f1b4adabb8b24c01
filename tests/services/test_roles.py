"""Who may do what: every mutation against everybody who might ask."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from sqlalchemy import update

from api.database.database import Database
from api.security.viewer import OPERATOR
from api.services.annotators import issue_token, revoke_token
from models import Annotator, Project, ProjectRole, Revision, Role, Token, now
from tests.conftest import PEOPLE, Api
from tests.services.conftest import World, codes, towards
from tests.services.team import Team, joined, team

Given = Callable[[World, str], Mapping[str, Any]]
"""What somebody asks for: an input that is right in itself."""

WHO = {Role.VIEWER: "vera", Role.ANNOTATOR: "anna", Role.CURATOR: "karl", Role.ADMIN: "ada"}
RANK = list(Role)


def _stance(world: World, _caller: str) -> dict[str, Any]:
    return {"statementId": world.statement(), "target": towards(world.topic()), "label": "OPPOSE"}


def _own_stance(world: World, caller: str) -> dict[str, Any]:
    """A stance of the caller's own, or of anna's where the caller can have none."""
    may_record = caller in PEOPLE and PEOPLE[caller] is not Role.VIEWER
    return {"id": world.stance(as_=caller if may_record else "anna")["id"]}


def _own_change(world: World, caller: str) -> dict[str, Any]:
    """The last change of such a stance."""
    return {"revisionId": f"rev_{world.revisions(_own_stance(world, caller)['id'])[-1].id}"}


def _team(world: World) -> Team:
    """A project in which everybody takes part who might."""
    work = team(world, slug=f"team-{world.count(Project)}")
    for name in ("karl", "ada"):
        joined(world, work.project, name, ProjectRole.CURATOR)
    return work


def _own_assignment(world: World, caller: str) -> dict[str, Any]:
    """An assignment of the caller's own, or of anna's where the caller can have none."""
    may_annotate = caller in PEOPLE and PEOPLE[caller] is not Role.VIEWER
    return {"id": _team(world).given(caller if may_annotate else "anna")["id"]}


def _statement(world: World, _caller: str) -> dict[str, Any]:
    return {
        "documentId": world.document(),
        "speakerId": world.actor(),
        "kind": "PARAPHRASE",
        "anchor": {"exact": "two"},
    }


def _relation(world: World, _caller: str) -> dict[str, Any]:
    return {"sourceId": world.actor(), "targetId": world.actor(), "kind": "OPPOSITION", "form": "RIVALRY"}


def _project(world: World, closed: bool = False) -> str:
    """A project that has nobody in it but karl, who set it up."""
    project = world.make("createProject", {"name": "A project"})
    if closed:
        world.api.change("closeProject", {"id": project}, "project { id }")
    return project


def _member(world: World) -> dict[str, Any]:
    """Anton, who takes part in a project as an annotator."""
    anton = world.api("{ viewer { id } }", as_="anton")["viewer"]["id"]
    given = {"projectId": _project(world), "annotatorId": anton}
    world.api.change("addProjectMember", {**given, "role": "ANNOTATOR"}, "member { id }")
    return given


def _statements_of_a_project(world: World, _caller: str) -> dict[str, Any]:
    document = world.document()
    world.statement(document=document)
    return {"projectId": _project(world), "documentIds": [document]}


def _decision(world: World, _caller: str) -> dict[str, Any]:
    """In the default project, in which nobody is more than they are."""
    stance = world.stance()
    project = world.api('{ project(slug: "default") { id } }')["project"]["id"]
    about = {"statementId": stance["statement"]["id"], "target": towards(stance["target"]["id"])}
    return {"projectId": project, **about, "label": "OPPOSE", "cause": "AMBIGUOUS"}


MUTATIONS: Mapping[str, tuple[Role, Given]] = {
    "recordStance": (Role.ANNOTATOR, _stance),
    "recordStances": (Role.ANNOTATOR, lambda w, c: {"stances": [_stance(w, c)]}),
    "withdrawStance": (Role.ANNOTATOR, _own_stance),
    "nextAssignment": (Role.ANNOTATOR, lambda w, _c: {"projectId": _team(w).project}),
    "extendAssignment": (Role.ANNOTATOR, _own_assignment),
    "finishAssignment": (Role.ANNOTATOR, _own_assignment),
    "skipAssignment": (Role.ANNOTATOR, lambda w, c: {**_own_assignment(w, c), "reason": "Not my language"}),
    "createStatement": (Role.ANNOTATOR, _statement),
    "createActor": (Role.CURATOR, lambda _w, _c: {"name": "Somebody", "kind": "PERSON"}),
    "updateActor": (Role.CURATOR, lambda w, c: {"id": w.actor(), "name": f"Renamed by {c}"}),
    "mergeActors": (Role.CURATOR, lambda w, _c: {"intoId": w.actor(), "duplicateId": w.actor()}),
    "createMembership": (Role.CURATOR, lambda w, _c: {"memberId": w.actor(), "groupId": w.actor()}),
    "createRelation": (Role.CURATOR, _relation),
    "updateRelation": (Role.CURATOR, lambda w, c: {"id": w.relation(), "summary": f"As {c} has it."}),
    "deleteRelation": (Role.CURATOR, lambda w, _c: {"id": w.relation()}),
    "createDocument": (Role.CURATOR, lambda _w, _c: {"title": "A report", "language": "en", "text": "Words."}),
    "deleteStatement": (Role.CURATOR, lambda w, _c: {"id": w.statement()}),
    "createTopic": (Role.CURATOR, lambda _w, _c: {"name": "A topic"}),
    "updateTopic": (Role.CURATOR, lambda w, c: {"id": w.topic(), "name": f"Renamed by {c}"}),
    "undo": (Role.ANNOTATOR, _own_change),
    "createProject": (Role.CURATOR, lambda _w, _c: {"name": "A project"}),
    "updateProject": (Role.CURATOR, lambda w, c: {"id": _project(w), "name": f"Renamed by {c}"}),
    "closeProject": (Role.CURATOR, lambda w, _c: {"id": _project(w)}),
    "reopenProject": (Role.CURATOR, lambda w, _c: {"id": _project(w, closed=True)}),
    "addProjectMember": (Role.CURATOR, lambda w, _c: {**_member(w), "role": "CURATOR"}),
    "removeProjectMember": (Role.CURATOR, lambda w, _c: _member(w)),
    "addProjectDocuments": (Role.CURATOR, _statements_of_a_project),
    "publishCodebook": (Role.CURATOR, lambda w, _c: {"projectId": _project(w), "guidelines": "Read thrice."}),
    "adjudicate": (Role.CURATOR, _decision),
}
"""Each mutation, the least role that may, and what is asked for."""


def _text(mutation: str) -> str:
    kind = mutation[0].upper() + mutation[1:]
    fields = "results { errors { code message } }" if mutation == "recordStances" else "errors { code message }"
    return f"mutation($input: {kind}Input!) {{ {mutation}(input: $input) {{ {fields} }} }}"


def test_the_table_holds_every_mutation(reading: Api) -> None:
    """Whoever adds a mutation says here who may."""
    asked = reading("{ __schema { mutationType { fields { name } } } }")
    assert {field["name"] for field in asked["__schema"]["mutationType"]["fields"]} == MUTATIONS.keys()


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_who_may(world: World, mutation: str) -> None:
    """Nobody without a good token, nobody below the role; all from it upwards. A refusal changes nothing."""
    least, given = MUTATIONS[mutation]
    may = {name: RANK.index(role) >= RANK.index(least) for role, name in WHO.items()}
    tokens = {"nobody": None, "a stranger": "sg_never-issued", **{name: world.api.tokens[name] for name in may}}

    def ask(caller: str, variables: Mapping[str, Any]) -> Any:
        header = {} if tokens[caller] is None else {"authorization": f"Bearer {tokens[caller]}"}
        return world.api.post({"query": _text(mutation), "variables": {"input": variables}}, **header).json()

    refused = given(world, "nobody")
    with world.unchanged():
        for caller in [c for c in tokens if not may.get(c)]:
            answer = ask(caller, refused)
            assert codes(answer) == ["FORBIDDEN" if caller in may else "UNAUTHENTICATED"], (caller, answer)
            assert answer.get("data") is None
    for caller in [c for c in may if may[c]]:
        wanted = given(world, caller)
        before = world.count(Revision)
        answer = ask(caller, wanted)
        assert "errors" not in answer, (caller, answer)
        payload = answer["data"][mutation]
        assert not (payload["results"][0] if mutation == "recordStances" else payload)["errors"]
        assert world.count(Revision) > before


def test_a_refusal_names_its_field(world: World) -> None:
    """FORBIDDEN stands at the mutation's place in the answer, under its alias; the message names both roles."""
    text = 'mutation { first: createTopic(input: {name: "A topic"}) { topic { id } } }'
    (error,) = world.api.run(text, as_="anna")["errors"]
    assert error["path"] == ["first"]
    assert "CURATOR" in error["message"]
    assert "ANNOTATOR" in error["message"]


@pytest.mark.parametrize(
    "header", ["Bearer sg_never-issued", "Bearer", "Bearer ", "Basic YTpi", "sg_never-issued", "", "Bearer \u00e9"]
)
def test_a_bad_token_is_told_even_to_readers(reading: Api, header: str) -> None:
    """Whoever shows a token that is not good is told so at once, by status too, rather than taken for anonymous."""
    body = {"query": "{ viewer { id } }"}
    response = reading.client.post("/graphql", json=body, headers=[(b"authorization", header.encode("latin-1"))])
    assert response.status_code == 401
    assert codes(response.json()) == ["UNAUTHENTICATED"]
    assert response.headers["www-authenticate"] == "Bearer"


def _ended(api: Api, how: str) -> str:
    """A token of anna's that was good once."""

    async def work(database: Database) -> str:
        async with database.transaction() as session:
            issued = await issue_token(session, OPERATOR, "anna", days=1)
            assert issued is not None
            if how == "revoked":
                assert await revoke_token(session, OPERATOR, issued.key)
            elif how == "expired":
                past = now() - dt.timedelta(seconds=1)
                await session.execute(update(Token).where(Token.id == issued.key).values(expires_at=past))
            else:
                await session.execute(update(Annotator).where(Annotator.name == "anna").values(active=False))
            return issued.secret

    return api.inside(work)


@pytest.mark.parametrize("how", ["revoked", "expired", "of somebody deactivated"])
def test_a_token_ends(world: World, how: str) -> None:
    """Revoked, expired, or its owner deactivated: it is no longer good for anything."""
    given = {"input": MUTATIONS["createStatement"][1](world, "anna")}
    secret = _ended(world.api, how)
    with world.unchanged():
        body = {"query": _text("createStatement"), "variables": given}
        assert codes(world.api.post(body, authorization=f"Bearer {secret}").json()) == ["UNAUTHENTICATED"]


def test_get_changes_nothing(world: World) -> None:
    """A mutation sent by GET is refused, whoever sends it: a link must not change anything."""
    with world.unchanged():
        answer = world.api.client.get(
            "/graphql",
            params={"query": 'mutation { createTopic(input: {name: "A topic"}) { topic { id } } }'},
            headers={"authorization": f"Bearer {world.api.tokens['ada']}"},
        )
    assert "errors" in answer.json()
