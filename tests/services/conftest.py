"""A small world to change: made through the front door, over a database that holds nothing else."""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Barrier
from typing import Any, TypeVar
from uuid import UUID

import pytest
from sqlalchemy import Executable, Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.testclient import TestClient

from api.app import create
from api.database.database import Database
from api.ids import global_id, parse_any
from models import Annotator, Base, Project, ProjectMember, ProjectRole, ProjectStatus, Revision, Role, new_id
from tests.conftest import Api, settings

T = TypeVar("T")

ANY_STANCE = """stance {
  id version label intensity confidence rationale createdAt updatedAt
  holder { id } statement { id } annotator { name } project { slug }
  target { ... on Actor { id } ... on Topic { id } }
} created clientMutationId"""
"""All there is to read in the payload of recordStance."""


def told(payload: Mapping[str, Any]) -> set[tuple[str, str]]:
    """What a payload's errors are: code and path."""
    return {(error["code"], ".".join(error["path"])) for error in payload["errors"]}


def codes(answer: Mapping[str, Any]) -> list[str]:
    """The codes of an answer's errors."""
    return [error["extensions"]["code"] for error in answer.get("errors", ())]


def key_of(id: str) -> UUID:
    """The key behind a global id."""
    return parse_any(id)[1]


def nobody(type_name: str) -> str:
    """A well-formed id that leads to nothing."""
    return global_id(type_name, new_id())


def at_once(calls: Sequence[Callable[[], T]]) -> list[T]:
    """What all of `calls` give, each begun in a thread of its own as nearly at once as can be."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], T]) -> T:
        barrier.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


@dataclass
class World:
    """Makes what a test needs by the mutations that a client would use, and looks at what came of it."""

    api: Api
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    # ---------------------------------------------------------------- making

    def make(self, mutation: str, given: Mapping[str, Any], as_: str = "karl") -> str:
        """The id of what a mutation made without complaint."""
        noun = mutation.removeprefix("create").lower()
        payload = self.api.change(mutation, given, f"{noun} {{ id }}", as_)
        assert payload["errors"] == []
        return str(payload[noun]["id"])

    def actor(self, name: str | None = None, **more: Any) -> str:
        """A new actor's id."""
        return self.make(
            "createActor", {"name": name or f"Actor {next(self._numbers)}", "kind": "ORGANIZATION", **more}
        )

    def topic(self, name: str | None = None, **more: Any) -> str:
        """A new topic's id."""
        return self.make("createTopic", {"name": name or f"Topic {next(self._numbers)}", **more})

    def document(self, text: str = "One two three.", **more: Any) -> str:
        """A new document's id."""
        return self.make("createDocument", {"title": "A report", "language": "en", "text": text, **more})

    def statement(
        self, speaker: str | None = None, exact: str = "two", document: str | None = None, **more: Any
    ) -> str:
        """A new statement's id; in a document and by a speaker of its own where none is named."""
        given = {
            "documentId": document or self.document(f"One {exact} three."),
            "speakerId": speaker or self.actor(),
            "kind": "QUOTATION",
            "anchor": {"exact": exact},
            **more,
        }
        return self.make("createStatement", given, "anna")

    def relation(self, source: str | None = None, target: str | None = None, **more: Any) -> str:
        """A new alliance's id."""
        ends = {"sourceId": source or self.actor(), "targetId": target or self.actor()}
        return self.make("createRelation", {**ends, "kind": "ALLIANCE", "form": "COOPERATION", **more})

    def membership(self, member: str | None = None, group: str | None = None, **more: Any) -> str:
        """A new membership's id."""
        return self.make(
            "createMembership", {"memberId": member or self.actor(), "groupId": group or self.actor(), **more}
        )

    def record(self, statement: str, target: str, as_: str = "anna", **more: Any) -> Any:
        """The payload of a stance recorded, or refused."""
        given = {"statementId": statement, "target": towards(target), "label": "SUPPORT", **more}
        return self.api.change("recordStance", given, ANY_STANCE, as_)

    def stance(self, statement: str | None = None, target: str | None = None, as_: str = "anna", **more: Any) -> Any:
        """A stance recorded without complaint, with all its fields."""
        payload = self.record(statement or self.statement(), target or self.topic(), as_, **more)
        assert payload["errors"] == []
        return payload["stance"]

    def merge(self, duplicate: str, into: str, payload: str = "actor { id name slug version aliases { name } }") -> Any:
        """The payload of a merger, by a curator."""
        return self.api.change("mergeActors", {"intoId": into, "duplicateId": duplicate}, payload)

    def project(self, slug: str, **more: Any) -> str:
        """A new project's id; whose role is ANNOTATOR takes part in it."""
        more.setdefault("public", not more.get("blind"))
        project = Project(id=new_id(), slug=slug, name=slug.title(), guidelines="Read twice.", **more)
        self.write(lambda session: session.add(project))
        annotators = select(Annotator.id).where(Annotator.role == Role.ANNOTATOR)

        async def join(database: Database) -> None:
            async with database.transaction() as session:
                for key in await session.scalars(annotators):
                    session.add(ProjectMember(project_id=project.id, annotator_id=key, role=ProjectRole.ANNOTATOR))

        self.api.inside(join)
        return global_id("Project", project.id)

    def close_projects(self) -> None:
        """Close every project there is. No mutation does that yet."""
        self.execute(update(Project).values(status=ProjectStatus.CLOSED))

    def execute(self, statement: Executable, rows: Sequence[Mapping[str, Any]] | None = None) -> None:
        """Carry out a statement, for each of `rows` where there are any, behind the server's back."""

        async def work(database: Database) -> None:
            async with database.transaction() as session:
                await session.execute(statement, rows)

        self.api.inside(work)

    def write(self, change: Callable[[AsyncSession], None]) -> None:
        """Change the database behind the server's back."""

        async def work(database: Database) -> None:
            async with database.transaction() as session:
                change(session)

        self.api.inside(work)

    # ---------------------------------------------------------------- looking

    def rows(self, query: Select[*tuple[Any, ...]]) -> list[Any]:
        """All rows of a query, entities as they are."""

        async def work(database: Database) -> list[Any]:
            async with database.transaction() as session:
                result = await session.execute(query)
                return [row[0] if len(row) == 1 else tuple(row) for row in result]

        return self.api.inside(work)

    def count(self, model: type[Base]) -> int:
        """How many rows a table holds."""
        (number,) = self.rows(select(func.count()).select_from(model))
        return int(number)

    def revisions(self, *ids: str) -> list[Revision]:
        """The revisions of what has these ids, or all there are, in the order they were written."""
        query = select(Revision).order_by(Revision.created_at, Revision.id)
        return self.rows(query.where(Revision.entity_id.in_(map(key_of, ids))) if ids else query)

    def node(self, id: str, fields: str) -> Any:
        """What `node` gives for an id; `fields` begins with the type: `... on Actor { name }`."""
        query = f"query($id: ID!) {{ node(id: $id) {{ __typename {fields} }} }}"
        return self.api(query, {"id": id}, "karl")["node"]

    def search(self, text: str, type_name: str = "ACTOR") -> list[str]:
        """The ids of what a search finds, best first."""
        query = """query($text: String!, $types: [SearchType!]) { search(text: $text, types: $types, first: 100) {
            edges { node { ... on Node { id } } } } }"""
        found = self.api(query, {"text": text, "types": [type_name]})["search"]["edges"]
        return [edge["node"]["id"] for edge in found]

    def everything(self) -> dict[str, list[str]]:
        """All rows of all tables."""

        async def work(database: Database) -> dict[str, list[str]]:
            async with database.transaction() as session:
                tables = Base.metadata.sorted_tables
                return {t.name: sorted(map(str, await session.execute(select(t)))) for t in tables}

        return self.api.inside(work)

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Holds that the block changes nothing at all in the database."""
        before = self.everything()
        yield
        assert self.everything() == before


def towards(target: str) -> dict[str, str]:
    """A stance's target as the input wants it."""
    return {"topicId" if target.startswith("top_") else "actorId": target}


@pytest.fixture
def world(bare: Api) -> World:
    """A world with nothing in it but people."""
    return World(bare)


Send = Callable[[str, Mapping[str, Any], str], Any]
"""Posts an operation with variables as somebody: the answer's JSON."""


def sender(client: TestClient, tokens: Mapping[str, str]) -> Send:
    """Posts to `client` from whatever thread; unlike `Api`, it keeps no log."""

    def send(query: str, variables: Mapping[str, Any], as_: str) -> Any:
        body = {"query": query, "variables": dict(variables)}
        return client.post("/graphql", json=body, headers={"authorization": f"Bearer {tokens[as_]}"}).json()

    return send


@pytest.fixture
def two(bare: Api) -> Iterator[tuple[Send, Send]]:
    """Two servers over the database of `world`, each with connections of its own."""
    with TestClient(create(settings(bare.url)), raise_server_exceptions=False) as other:
        yield sender(bare.client, bare.tokens), sender(other, bare.tokens)
