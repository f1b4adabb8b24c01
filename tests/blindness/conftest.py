"""Two databases that differ by nothing but what a colleague did in an open blind project: recorded, and was given."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from graphql import build_schema
from sqlalchemy import select, update
from starlette.testclient import TestClient

from api.app import create
from api.database.database import Database
from api.ids import global_id, parse_any
from api.schema.build import build
from models import Annotator, Codebook, Project, ProjectMember, ProjectRole, ProjectStatement, Revision, Statement
from tests.blindness.mutations import Mutations
from tests.blindness.walk import Values, Walk
from tests.conftest import Api, Template, settings, with_database

RECORD = """mutation($input: RecordStanceInput!) { recordStance(input: $input) { stance { id } errors { message } } }"""
WITHDRAW = """mutation($input: WithdrawStanceInput!) { withdrawStance(input: $input) { errors { message } } }"""


@dataclass(frozen=True)
class Pair:
    """The same world before and after a colleague annotated, and who looks at it."""

    before: str
    after: str
    tokens: Any
    walk: Walk
    mutations: Mutations
    hidden: Sequence[str]
    """Ids of what the colleague recorded."""


async def _project(database: Database) -> None:
    """An open blind project in which anna, anton and ada annotate; ada may do everything elsewhere."""
    async with database.transaction() as session:
        project = Project(slug="blind", name="Blind", guidelines="Alone.", blind=True, overlap=2)
        session.add(project)
        await session.flush()
        names = select(Annotator.id).where(Annotator.name.in_(["anna", "anton", "ada"]))
        for key in await session.scalars(names.order_by(Annotator.name)):
            session.add(ProjectMember(project_id=project.id, annotator_id=key, role=ProjectRole.ANNOTATOR))
        session.add(Codebook(project_id=project.id, number=1, guidelines="Alone."))
        chosen = await session.execute(select(Statement.id, Statement.document_id).order_by(Statement.id).limit(5))
        for place, (statement, document) in enumerate(chosen, start=1):
            row = {"statement_id": statement, "document_id": document, "position": place}
            session.add(ProjectStatement(project_id=project.id, **row))


async def _go_by_a_codebook(database: Database) -> None:
    """So that all that was recorded was recorded before."""
    async with database.transaction() as session:
        for codebook in await session.scalars(select(Codebook)):
            own = update(Project).where(Project.id == codebook.project_id)
            await session.execute(own.values(codebook_id=codebook.id))


def _mark(api: Api) -> str:
    """A statement that anna marked, which is to be annotated in the project."""
    document = api("{ documents(first: 1) { edges { node { id text } } } }")["documents"]["edges"][0]["node"]
    given = {
        "documentId": document["id"],
        "speakerId": _ids(api, "actors", 1)[0],
        "kind": "QUOTATION",
        "anchor": {"exact": document["text"][:9], "start": 0},
    }
    payload = api.change("createStatement", given, "statement { id }", "anna")
    assert payload["errors"] == []
    statement = str(payload["statement"]["id"])

    async def choose(database: Database) -> None:
        async with database.transaction() as session:
            project = await session.scalar(select(Project.id).where(Project.slug == "blind"))
            keys = {"statement_id": parse_any(statement)[1], "document_id": parse_any(document["id"])[1]}
            session.add(ProjectStatement(project_id=project, position=6, **keys))

    api.inside(choose)
    return statement


def _lease(api: Api, project: str, as_: str) -> str:
    given = api.change("nextAssignment", {"projectId": project}, "assignment { id }", as_)["assignment"]
    return str(given["id"])


def _ids(api: Api, field: str, number: int) -> list[str]:
    edges = api(f"{{ {field}(first: {number}) {{ edges {{ node {{ id }} }} }} }}", as_="ada")[field]["edges"]
    return [edge["node"]["id"] for edge in edges]


def _record(api: Api, as_: str, **given: Any) -> str:
    payload = api(RECORD, {"input": given}, as_)["recordStance"]
    assert payload["errors"] == []
    return str(payload["stance"]["id"])


def _annotate(api: Api, as_: str, project: str, statements: Sequence[str], labels: Sequence[str]) -> list[str]:
    actor, topic = _ids(api, "actors", 1)[0], _ids(api, "topics", 1)[0]
    return [
        _record(api, as_, projectId=project, statementId=statement, label=label, target=target, rationale=f"by {as_}")
        for statement, label in zip(statements, labels, strict=True)
        for target in ({"actorId": actor}, {"topicId": topic})
    ]


@pytest.fixture(scope="session")
def pair(seeded: Template) -> Iterator[Pair]:
    """The two."""
    before = seeded.copy()
    with TestClient(create(settings(before))) as client:
        api = Api(client, before, seeded.tokens)
        api.inside(_project)
        project = api('{ project(slug: "blind") { id } }')["project"]["id"]
        statements = _ids(api, "statements", 3)
        marked, leased = _mark(api), _lease(api, project, "anna")
        own = _annotate(api, "anna", project, statements[:2], ["SUPPORT", "OPPOSE"])
    after = Template(seeded.backend, before, seeded.folder, seeded.tokens).copy()
    with TestClient(create(settings(after))) as client:
        api = Api(client, after, seeded.tokens)
        hidden = _annotate(api, "anton", project, statements, ["OPPOSE", "MIXED", "SUPPORT"])
        _annotate(api, "anton", project, statements[:1], ["UNCLEAR"])  # two revised
        _annotate(api, "anton", project, [marked], ["SUPPORT"])
        assignments = [leased, _lease(api, project, "anton")]
        assert api(WITHDRAW, {"input": {"id": hidden[-1]}}, "anton")["withdrawStance"]["errors"] == []
        values = _values(api, project, [*statements[:2], marked], own, hidden, assignments)
        api.inside(_go_by_a_codebook)
    with_database(before, _go_by_a_codebook)
    walk = Walk(build_schema(build().sdl()), values)
    yield Pair(before, after, seeded.tokens, walk, Mutations(walk), hidden)
    seeded.drop(before)
    seeded.drop(after)


def _values(
    api: Api,
    project: str,
    statements: Sequence[str],
    own: Sequence[str],
    hidden: Sequence[str],
    assignments: Sequence[str],
) -> Values:
    annotators, members, codebooks = api.inside(_in_projects)
    told = api(
        """query($s: ID!) { node(id: $s) { ... on Statement {
          document { id title } speaker { id slug name countryCode } statedOn stances { edges { node { target {
            ... on Actor { id } ... on Topic { id slug } } } } } } } }""",
        {"s": statements[0]},
        "anton",
    )["node"]
    targets = [edge["node"]["target"] for edge in told["stances"]["edges"]]
    ids = {
        "Actor": [told["speaker"]["id"], *(t["id"] for t in targets if t["id"].startswith("act_"))],
        "Adjudication": [],
        "Annotator": annotators,
        "Assignment": list(assignments),
        "Codebook": codebooks,
        "Document": [told["document"]["id"]],
        "Membership": [],
        "Project": [project],
        "ProjectMember": members,
        "Relation": _ids(api, "relations", 1),
        "Revision": api.inside(
            lambda database: _changes(database, own[0], statements[-1], hidden[0], hidden[-1], *assignments)
        ),
        "Stance": [own[0], hidden[0], hidden[-1]],
        "Statement": statements,
        "Topic": [t["id"] for t in targets if t["id"].startswith("top_")],
    }
    return Values(
        ids={name: list(dict.fromkeys(found)) for name, found in ids.items()},
        texts={
            "actor.slug": [told["speaker"]["slug"]],
            "topic.slug": [t["slug"] for t in targets if "slug" in t],
            "project.slug": ["blind"],
            "slug": [told["speaker"]["slug"]],
            "countryCode": ["SY"],
            "language": ["en"],
            "text": [told["speaker"]["name"], "by anton", "the"],
            "after": [],
        },
        dates=[told["statedOn"] or "2024-11-29"],
        instants=["2024-11-29T00:00:00Z", "2100-01-01T00:00:00Z"],
    )


async def _in_projects(database: Database) -> tuple[list[str], list[str], list[str]]:
    """Who annotates, that they do, and by what."""
    async with database.transaction() as session:
        members, codebooks = list(await session.scalars(select(ProjectMember))), await session.scalars(select(Codebook))
        return (
            sorted(global_id("Annotator", member.annotator_id) for member in members),
            [global_id("ProjectMember", member.id) for member in members],
            [global_id("Codebook", codebook.id) for codebook in codebooks],
        )


async def _changes(database: Database, *ids: str) -> list[str]:
    """The ids of the changes of some entities."""
    async with database.transaction() as session:
        mine = select(Revision.id).where(Revision.entity_id.in_([parse_any(text)[1] for text in ids]))
        return [global_id("Revision", key) for key in await session.scalars(mine.order_by(Revision.id))]
