"""A database with one good row in every table, in which tests try bad ones."""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from api.database.database import Database
from models import (
    Actor,
    ActorAlias,
    ActorAttribute,
    ActorKind,
    ActorRedirect,
    ActorTrigram,
    Adjudication,
    AdjudicationCause,
    Annotator,
    Assignment,
    Base,
    Codebook,
    CodebookLabel,
    CodebookTarget,
    Document,
    DocumentAttribute,
    Membership,
    Project,
    ProjectMember,
    ProjectRole,
    ProjectStatement,
    Relation,
    RelationEvidence,
    RelationForm,
    RelationKind,
    Revision,
    RevisionAction,
    Role,
    SearchEntry,
    Stance,
    StanceLabel,
    Statement,
    StatementKind,
    Token,
    Topic,
    TopicAttribute,
    new_id,
)
from tests.conftest import Template, settings

T = TypeVar("T")
DAY = dt.date(2024, 11, 29)
K: Mapping[str, UUID] = {
    name: new_id()
    for name in ("actor", "other", "group", "topic", "document", "statement", "ann", "codebook", "decision")
}
"""The keys of rows that others refer to."""


def good_rows() -> list[Base]:
    """One row for each table, and a few more to refer to."""
    project = Project(id=new_id(), slug="aleppo", name="Aleppo", guidelines="")
    targets: tuple[dict[str, UUID], ...] = ({"target_actor_id": K["other"]}, {"target_topic_id": K["topic"]})
    return [
        Actor(id=K["actor"], slug="actor", name="Actor", kind=ActorKind.STATE, wikidata_id="Q858"),
        Actor(id=K["other"], slug="other", name="Other", kind=ActorKind.PERSON),
        Actor(id=K["group"], slug="group", name="Group", kind=ActorKind.ARMED_GROUP),
        Topic(id=K["topic"], slug="topic", name="Topic"),
        Annotator(id=K["ann"], name="zoe", role=Role.ANNOTATOR),
        project,
        Codebook(id=K["codebook"], project_id=project.id, number=1, guidelines="", annotator_id=K["ann"]),
        CodebookLabel(codebook_id=K["codebook"], label=StanceLabel.SUPPORT, position=0, definition="", examples=[]),
        *(CodebookTarget(codebook_id=K["codebook"], position=n, **target) for n, target in enumerate(targets)),
        Project(slug="homs", name="Homs", guidelines="", codebook_id=K["codebook"]),
        ProjectMember(project_id=project.id, annotator_id=K["ann"], role=ProjectRole.ANNOTATOR),
        Document(
            id=K["document"],
            title="Title",
            publisher_id=K["other"],
            language="en",
            text="One two three.",
            text_sha256="0" * 64,
        ),
        Statement(
            id=K["statement"],
            document_id=K["document"],
            speaker_id=K["actor"],
            reported_by_id=K["other"],
            kind=StatementKind.QUOTATION,
            exact="two",
            prefix="One ",
            suffix=" three.",
            start=4,
            end=7,
            start_utf16=4,
            end_utf16=7,
        ),
        *(
            Stance(
                statement_id=K["statement"],
                holder_id=K["actor"],
                label=StanceLabel.SUPPORT,
                annotator_id=K["ann"],
                project_id=project.id,
                codebook_id=K["codebook"],
                stated_on_sort=DAY,
                **target,
            )
            for target in targets
        ),
        ProjectStatement(project_id=project.id, statement_id=K["statement"], document_id=K["document"], position=1),
        Assignment(
            project_id=project.id,
            statement_id=K["statement"],
            annotator_id=K["ann"],
            leased_until=dt.datetime(2024, 11, 29, tzinfo=dt.UTC),
        ),
        *(
            Adjudication(
                id=K["decision"] if number == 0 else new_id(),
                project_id=project.id,
                statement_id=K["statement"],
                holder_id=K["actor"],
                label=StanceLabel.SUPPORT,
                cause=AdjudicationCause.ERROR,
                annotator_id=K["ann"],
                supersedes_id=K["decision"] if number else None,
                **target,
            )
            for number, target in enumerate(targets)
        ),
        Relation(
            id=K["document"],
            source_id=K["actor"],
            target_id=K["other"],
            kind=RelationKind.ALLIANCE,
            form=RelationForm.COOPERATION,
        ),
        RelationEvidence(relation_id=K["document"], statement_id=K["statement"]),
        Membership(member_id=K["actor"], group_id=K["group"]),
        ActorAlias(actor_id=K["actor"], position=0, name="Alias"),
        ActorAttribute(actor_id=K["actor"], position=0, name="colour", value="#ff9900"),
        TopicAttribute(topic_id=K["topic"], position=0, name="colour", value="#ff9900"),
        DocumentAttribute(document_id=K["document"], position=0, name="author", value="Somebody"),
        ActorTrigram(actor_id=K["actor"], trigram="act", name_number=0, name_size=6),
        ActorRedirect(former_id=new_id(), former_slug="former", actor_id=K["actor"]),
        Token(annotator_id=K["ann"], sha256="f" * 64),
        Revision(
            annotator_id=K["ann"],
            action=RevisionAction.CREATED,
            entity_type="Actor",
            entity_id=K["actor"],
            project_id=project.id,
            owner_id=K["ann"],
        ),
        SearchEntry(entity_type="Topic", entity_id=K["topic"], words="topic"),
    ]


@dataclass(frozen=True)
class Filled:
    """A database with good rows; whatever a test does in it is taken back."""

    backend: str
    url: str

    def try_(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """What `work` gives, done in a transaction that is taken back."""

        async def run() -> T:
            database = Database(settings(self.url))
            try:
                async with database.engine.connect() as connection:
                    await connection.begin()
                    try:
                        return await work(connection)
                    finally:
                        await connection.rollback()
            finally:
                await database.close()

        return asyncio.run(run())


@pytest.fixture(scope="module")
def filled(migrated: Template) -> Iterator[Filled]:
    """The database with good rows."""
    url = migrated.copy()

    async def fill() -> None:
        database = Database(settings(url))
        try:
            async with AsyncSession(database.engine) as session, session.begin():
                for row in good_rows():
                    session.add(row)
                    await session.flush()
        finally:
            await database.close()

    asyncio.run(fill())
    yield Filled(migrated.backend, url)
    migrated.drop(url)
