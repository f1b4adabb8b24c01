"""Twenty annotators, five hundred statements, three readings of each, and everything that goes wrong on the way.

What came of it is read from the database itself.
"""

import datetime as dt
import random
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.testclient import TestClient

from api.app import create
from api.database.database import Database
from api.ids import global_id
from models import Annotator as Person
from models import Assignment, ProjectStatement, Revision, Stance
from tests.cli.processes import serving
from tests.conftest import Api, Template, settings, with_database
from tests.feed.followers import Follower
from tests.services.conftest import World, key_of
from tests.services.team import people, team
from tests.team.annotating import Annotator, Line, annotated

pytestmark = pytest.mark.soak

ANNOTATORS, OVERLAP = 20, 3
DOCUMENTS = (20,) * 25
LEASE_SECONDS = 6.0
LEASE = dt.timedelta(seconds=LEASE_SECONDS)


@dataclass(frozen=True)
class Office:
    """A project to be annotated, and who is to do it."""

    url: str
    project: str
    statements: Sequence[str]
    topic: str
    tokens: dict[str, str]
    curator: str
    """The token of somebody who sees everything."""
    begin: str
    """The cursor of the feed's last change before the work begins."""


@pytest.fixture
def office(migrated: Template) -> Iterator[Office]:
    """A blind project of five hundred statements."""
    url = migrated.copy()
    with TestClient(create(settings(url)), raise_server_exceptions=False) as client:
        world = World(Api(client, url, migrated.tokens))
        tokens = people(world, ANNOTATORS)
        work = team(world, documents=DOCUMENTS, overlap=OVERLAP, blind=True)
        topic = world.topic()
        (*_, last) = world.api("{ changes(first: 100) { edges { cursor } } }", as_="karl")["changes"]["edges"]
        yield Office(url, work.project, work.statements, topic, tokens, migrated.tokens["karl"], last["cursor"])
    migrated.drop(url)


def test_a_team_finishes(office: Office, backend: str) -> None:
    """Nothing is lost, nothing is there twice, and no statement ever has more than three annotators."""
    with ExitStack() as stack:
        # SQLite has one writer; over Postgres several servers share the work.
        servers = [
            stack.enter_context(serving(url=office.url, lease_minutes=str(LEASE_SECONDS / 60), log_level="error"))
            for _ in range(1 if backend == "sqlite" else 2)
        ]
        annotators = [
            Annotator(
                name,
                Line(servers[number % len(servers)].address, token),
                office.project,
                office.topic,
                LEASE_SECONDS,
                random.Random(number),
            )
            for number, (name, token) in enumerate(office.tokens.items())
        ]
        follower = Follower(
            tuple(server.address for server in servers),
            office.begin,
            random.Random(7),
            token=office.curator,
            narrowed={"projectId": office.project, "types": ["ASSIGNMENT", "STANCE"]},
            kept="id",
        )

        def follow(over: threading.Event) -> None:
            follower.stop = over
            follower.follow()

        annotated(annotators, [follow])
    mishaps = sum((Counter(annotator.mishaps) for annotator in annotators), Counter())
    assert {"skipped", "crashed", "fell asleep", "hung up", "posted twice", "reconnected"} <= set(mishaps), mishaps
    left = with_database(office.url, lambda database: _left(database, key_of(office.project)))
    left.every_statement_has_its_annotators(len(office.statements))
    left.each_finished_assignment_has_its_stance()
    left.what_was_acknowledged_is_there(annotators)
    left.each_change_has_its_revision()
    left.never_more_than_the_overlap_at_once()
    assert follower.visits > 5, "the line was cut often enough"
    assert follower.errors == []
    left.is_what_was_followed([revision for _, revision in follower.seen])


@dataclass(frozen=True)
class Left:
    """What the work left behind."""

    names: dict[UUID, str]
    places: Sequence[ProjectStatement]
    assignments: Sequence[Assignment]
    stances: Sequence[Stance]
    revisions: Sequence[Revision]
    """In the order in which the changes were made."""

    def is_what_was_followed(self, log: Sequence[str]) -> None:
        """All changes, each once, in the feed's order."""
        assert list(log) == [global_id("Revision", revision.id) for revision in self.revisions]

    def every_statement_has_its_annotators(self, number: int) -> None:
        finished = [a for a in self.assignments if a.status == "FINISHED"]
        assert len(self.places) == number
        assert {(place.finished, place.is_open) for place in self.places} == {(OVERLAP, False)}
        assert set(Counter(a.statement_id for a in finished).values()) == {OVERLAP}
        assert len(finished) == number * OVERLAP
        assert len({(a.statement_id, a.annotator_id) for a in self.assignments}) == len(self.assignments)

    def each_finished_assignment_has_its_stance(self) -> None:
        read = Counter((s.statement_id, s.annotator_id) for s in self.stances)
        assert set(read.values()) == {1}, "nobody recorded the same twice"
        given = {(a.statement_id, a.annotator_id): a.status for a in self.assignments}
        assert {place for place, status in given.items() if status == "FINISHED"} <= set(read)
        assert set(read) <= set(given), "nobody read what they were not given"

    def what_was_acknowledged_is_there(self, annotators: Sequence[Annotator]) -> None:
        stances = {s.id: (self.names[s.annotator_id], str(s.label)) for s in self.stances}
        finished = {a.id: self.names[a.annotator_id] for a in self.assignments if a.status == "FINISHED"}
        for annotator in annotators:
            for id, label in annotator.stances.values():
                assert stances[key_of(id)] == (annotator.name, label)
            for id in annotator.finished.values():
                assert finished[key_of(id)] == annotator.name

    def each_change_has_its_revision(self) -> None:
        """As many as an entity has versions, each following on the last, the last being what stands."""
        chains: dict[UUID, list[Revision]] = {}
        for revision in self.revisions:
            chains.setdefault(revision.entity_id, []).append(revision)
        rows: list[Any] = [*self.assignments, *self.stances]
        assert set(chains) == {row.id for row in rows}
        for row in rows:
            chain = chains[row.id]
            assert [str(r.action) for r in chain] == ["CREATED"] + ["UPDATED"] * (row.version - 1)
            assert [r.before for r in chain[1:]] == [r.after for r in chain[:-1]]
            last = chain[-1].after
            assert last is not None
            assert (last["version"], last["annotator_id"]) == (row.version, str(row.annotator_id))
            assert {r.annotator_id for r in chain} == {row.annotator_id}

    def never_more_than_the_overlap_at_once(self) -> None:
        """Gone through as it was: whoever was given a statement was one of three then, and not later only."""
        here: dict[str, dict[str, tuple[str, dt.datetime]]] = {}
        for revision in self.revisions:
            after = revision.after
            if revision.entity_type != "Assignment" or after is None:
                continue
            until = dt.datetime.fromisoformat(after["leased_until"])
            others = here.setdefault(after["statement_id"], {})
            others[after["annotator_id"]] = (after["status"], until)
            if after["status"] == "LEASED":
                at = until - LEASE
                busy = [status for status, end in others.values() if status == "FINISHED" or _holds(status, end, at)]
                assert len(busy) <= OVERLAP
            assert [status for status, _ in others.values()].count("FINISHED") <= OVERLAP


def _holds(status: str, until: dt.datetime, at: dt.datetime) -> bool:
    return status == "LEASED" and until > at


async def _left(database: Database, project: UUID) -> Left:
    async with database.transaction() as session:
        return Left(
            names={p.id: p.name for p in await session.scalars(select(Person))},
            places=await _of(session, ProjectStatement, project),
            assignments=await _of(session, Assignment, project),
            stances=await _of(session, Stance, project),
            revisions=(
                await session.scalars(
                    select(Revision)
                    .where(Revision.project_id == project, Revision.entity_type.in_(["Assignment", "Stance"]))
                    .order_by(Revision.place, Revision.id)
                )
            ).all(),
        )


async def _of(session: AsyncSession, model: Any, project: UUID) -> Sequence[Any]:
    return (await session.scalars(select(model).where(model.project_id == project))).all()
