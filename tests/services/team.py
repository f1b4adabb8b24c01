"""A team at work on a project: annotators with tokens, statements to annotate, and the queue as they see it."""

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select, update

from api.database.database import Database
from api.ids import global_id
from api.security.viewer import OPERATOR
from api.services.annotators import AddAnnotator, add_annotator, issue_token
from models import (
    Annotator,
    Assignment,
    CodebookTarget,
    Document,
    Project,
    ProjectMember,
    ProjectRole,
    ProjectStatement,
    Role,
    Stance,
    Statement,
    StatementKind,
    new_id,
)
from tests.services.conftest import World, key_of

LONG_AGO = dt.datetime(2024, 11, 29, tzinfo=dt.UTC)
NEXT = """mutation($input: NextAssignmentInput!) { nextAssignment(input: $input) {
  assignment { id status leasedUntil version statement { id } } exhausted errors { code path message } } }"""
FINISH = """mutation($input: FinishAssignmentInput!) { finishAssignment(input: $input) {
  assignment { id status version } errors { code path message } } }"""
SHOWN = "assignment { id status reason leasedUntil version statement { id document { id } } annotator { name } }"


@dataclass
class Team:
    """Annotators of a project whose statements stand in some documents, in their order."""

    world: World
    project: str
    statements: Sequence[str]

    def next(self, as_: str = "anna") -> Any:
        """The payload of nextAssignment."""
        return self.world.api.change("nextAssignment", {"projectId": self.project}, f"{SHOWN} exhausted", as_)

    def given(self, as_: str = "anna") -> Any:
        """An assignment given without complaint."""
        payload = self.next(as_)
        assert (payload["errors"], payload["exhausted"]) == ([], False)
        return payload["assignment"]

    def finish(self, assignment: str, as_: str = "anna") -> Any:
        """The payload of finishAssignment."""
        return self.world.api.change("finishAssignment", {"id": assignment}, SHOWN, as_)

    def extend(self, assignment: str, as_: str = "anna") -> Any:
        """The payload of extendAssignment."""
        return self.world.api.change("extendAssignment", {"id": assignment}, SHOWN, as_)

    def skip(self, assignment: str, as_: str = "anna", reason: str = "Not my language") -> Any:
        """The payload of skipAssignment."""
        return self.world.api.change("skipAssignment", {"id": assignment, "reason": reason}, SHOWN, as_)

    def done(self, as_: str = "anna") -> str:
        """The statement that an annotator was given and finished."""
        given = self.given(as_)
        assert self.finish(given["id"], as_)["errors"] == []
        return str(given["statement"]["id"])

    def expire(self, *assignments: str) -> None:
        """Let the time of leases run out: of these, or of all there are."""
        over = update(Assignment).values(leased_until=LONG_AGO)
        self.world.execute(over.where(Assignment.id.in_(map(key_of, assignments))) if assignments else over)

    def check(self) -> None:
        """No statement has more annotators than the overlap, nobody has one twice, and all counts are right."""
        now = dt.datetime.now(dt.UTC)
        (overlap,) = self.world.rows(select(Project.overlap).where(Project.id == key_of(self.project)))
        given = self.world.rows(select(Assignment).where(Assignment.project_id == key_of(self.project)))
        placed = self.world.rows(select(ProjectStatement).where(ProjectStatement.project_id == key_of(self.project)))
        assert len({(a.statement_id, a.annotator_id) for a in given}) == len(given)
        for place in placed:
            here = [a for a in given if a.statement_id == place.statement_id]
            finished = sum(a.status == "FINISHED" for a in here)
            running = sum(a.status == "LEASED" and a.leased_until > now for a in here)
            assert finished + running <= overlap
            assert (place.finished, place.is_open) == (finished, finished < overlap)
            assert not any(self._lacks_stance(a) for a in here if a.status == "FINISHED" and not a.nothing_to_record)

    def _lacks_stance(self, assignment: Assignment) -> bool:
        """Whether a target of the project's codebook has no stance of the annotator's."""
        of_project = Project.id == assignment.project_id
        targets = self.world.rows(
            select(CodebookTarget).join(Project, Project.codebook_id == CodebookTarget.codebook_id).where(of_project)
        )
        own = (Stance.statement_id == assignment.statement_id, Stance.annotator_id == assignment.annotator_id)
        stances = self.world.rows(select(Stance).where(Stance.project_id == assignment.project_id, *own))
        judged = {stance.target_actor_id or stance.target_topic_id for stance in stances}
        return not {target.target_actor_id or target.target_topic_id for target in targets} <= judged


def people(world: World, number: int) -> dict[str, str]:
    """So many new annotators: name → token."""

    async def work(database: Database) -> dict[str, str]:
        secrets = {}
        async with database.transaction() as session:
            for name in (f"annotator {n}" for n in range(number)):
                await add_annotator(session, OPERATOR, AddAnnotator(name=name, role=Role.ANNOTATOR))
                issued = await issue_token(session, OPERATOR, name)
                assert issued is not None
                secrets[name] = issued.secret
        return secrets

    return world.api.inside(work)


def team(world: World, documents: Sequence[int] = (2, 2), slug: str = "team", **project: Any) -> Team:
    """A project in which all annotators take part, with so many statements in each of its documents."""
    made = world.project(slug, **{"overlap": 2, **project})
    speaker = key_of(world.actor())
    texts, statements, places = [], [], []
    for number, size in enumerate(documents):
        words = [f"<{number}.{n}>" for n in range(size)]
        texts.append(_document(f"Document {number}", " ".join(words)))
        statements += _statements(texts[-1], words, speaker)
    places = [
        {
            "project_id": key_of(made),
            "statement_id": statement["id"],
            "document_id": statement["document_id"],
            "position": position,
        }
        for position, statement in enumerate(statements, 1)
    ]
    for model, rows in ((Document, texts), (Statement, statements), (ProjectStatement, places)):
        world.execute(insert(model), rows)
    return Team(world, made, [global_id("Statement", s["id"]) for s in statements])


def _document(title: str, text: str) -> dict[str, Any]:
    return {
        "id": new_id(),
        "title": title,
        "sort_title": title.lower(),
        "language": "en",
        "text": text,
        "text_sha256": hashlib.sha256(text.encode()).hexdigest(),
    }


def _statements(document: Mapping[str, Any], words: Sequence[str], speaker: Any) -> list[dict[str, Any]]:
    rows, at = [], 0
    for word in words:
        span = {"start": at, "end": at + len(word), "start_utf16": at, "end_utf16": at + len(word)}
        rows.append(
            {
                "id": new_id(),
                "document_id": document["id"],
                "speaker_id": speaker,
                "kind": StatementKind.QUOTATION,
                "exact": word,
                "prefix": "",
                "suffix": "",
                **span,
            }
        )
        at += len(word) + 1
    return rows


def joined(world: World, project: str, name: str, role: ProjectRole) -> None:
    """Let somebody take part in a project, in that role."""
    (key,) = world.rows(select(Annotator.id).where(Annotator.name == name))
    world.write(lambda session: session.add(ProjectMember(project_id=key_of(project), annotator_id=key, role=role)))
