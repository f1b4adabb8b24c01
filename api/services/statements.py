"""Creates statements, anchored in documents, and deletes them."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api import limits
from api.errors import ErrorCode
from api.ids import Id
from api.security.policies import require
from api.security.viewer import Viewer
from api.services import anchors, validation
from api.services.outcome import Outcome, Problems, version_conflict
from api.services.references import References, locked
from api.services.revisions import created, deleted
from api.services.search_index import delete_words, index_words
from api.services.visible_rows import count_visible
from models import (
    Actor,
    Adjudication,
    Assignment,
    Base,
    Document,
    ProjectStatement,
    RelationEvidence,
    Role,
    Stance,
    Statement,
    StatementKind,
    new_id,
)


@dataclass(frozen=True, kw_only=True)
class CreateStatement:
    """Marks a span of a document as a statement of an actor."""

    document_id: Id
    """The document that contains the statement."""
    speaker_id: Id
    """The actor that makes the statement."""
    reported_by_id: Id | None = None
    """The actor that reports the statement, if it is neither the speaker nor the publisher."""
    kind: StatementKind
    """How the document renders the statement."""
    stated_on: dt.date | None = None
    """The date of the statement, if it is known."""
    anchor: anchors.TextAnchor
    """The span of the document's text."""


@dataclass(frozen=True, kw_only=True)
class DeleteStatement:
    """Deletes a statement that no stance, relation, assignment or decision refers to."""

    id: Id
    """The statement to delete."""
    expected_version: int | None = None
    """The version that you read. If the current version is another, nothing changes and the error is CONFLICT."""


async def create_statement(
    session: AsyncSession, viewer: Viewer, command: CreateStatement, *, key: UUID | None = None
) -> Outcome:
    """Create a statement. One with the same document, span and speaker is a duplicate."""
    require(viewer, Role.ANNOTATOR)
    problems, references = Problems(), References()
    wanted = references.want(problems, command.document_id, "documentId", of="Document")
    speaker = references.want(problems, command.speaker_id, "speakerId", of="Actor")
    reporter = references.want(problems, command.reported_by_id, "reportedById", of="Actor")
    validation.optional_text(problems, command.anchor.exact or None, "anchor", "exact", limit=limits.QUOTE)
    await references.load(session)
    document_id, speaker_id, reported_by_id = references.key(wanted), references.key(speaker), references.key(reporter)
    span = None
    if document_id is not None:
        # Lock the document, so that two requests for the same statement run one after the other.
        text = await session.scalar(select(Document.text).where(Document.id == document_id).with_for_update())
        span = anchors.find(text or "", command.anchor, problems)
    if problems or document_id is None or speaker_id is None or span is None:
        return problems.refused()
    there = await session.scalar(
        select(Statement.id).where(
            Statement.document_id == document_id,
            Statement.start == span.start,
            Statement.end == span.end,
            Statement.speaker_id == speaker_id,
        )
    )
    if there is not None:
        problems.add(ErrorCode.DUPLICATE, "a statement of this speaker with this position exists already", "anchor")
        return problems.refused(there)
    statement = Statement(
        id=key or new_id(),
        document_id=document_id,
        speaker_id=speaker_id,
        reported_by_id=reported_by_id,
        kind=command.kind,
        stated_on=command.stated_on,
        **{name: getattr(span, name) for name in anchors.TextSpan.__slots__},
    )
    await created(session, viewer, statement)
    await index_words(session, Statement, statement.id, statement.exact)
    await _count(session, speaker_id, 1)
    return Outcome(statement.id, created=True)


async def delete_statement(session: AsyncSession, viewer: Viewer, command: DeleteStatement) -> Outcome:
    """Delete a statement, also from projects that contain it, unless somebody's work refers to it."""
    require(viewer, Role.CURATOR)
    return await remove_statement(session, viewer, command)


async def remove_statement(session: AsyncSession, viewer: Viewer, command: DeleteStatement) -> Outcome:
    """Delete a statement as `delete_statement` does, without a check of the caller's role.

    For curators, and for annotators that undo a statement of their own.
    """
    problems, references = Problems(), References()
    wanted = references.want(problems, command.id, "id", of="Statement")
    await references.load(session)
    key = references.key(wanted)
    if key is None:
        return problems.refused()
    statement = await locked(session, select(Statement).where(Statement.id == key))
    version_conflict(problems, command.expected_version, statement.version)
    counts, others_may = await count_visible(session, viewer, key, tuple(_DEPENDENTS))
    for number, noun in zip(counts, _DEPENDENTS.values(), strict=True):
        if number:
            message = f"{number} {noun}{'s'[: number > 1]} refer{'s'[: number == 1]} to the statement"
            problems.add(ErrorCode.CONFLICT, message, "id")
    if others_may:
        message = "the statement is in a project that hides others' work from you: ask a curator to delete it"
        problems.add(ErrorCode.CONFLICT, message, "id")
    if problems:
        return problems.refused()
    await delete_words(session, key)
    chosen = delete(ProjectStatement).where(ProjectStatement.statement_id == key)
    projects = sorted(map(str, await session.scalars(chosen.returning(ProjectStatement.project_id))))
    await deleted(session, viewer, statement, **({"projects": projects} if projects else {}))
    await _count(session, statement.speaker_id, -1)
    return Outcome(key, parents={"document": statement.document_id})


# Models whose rows must not lose their statement, with their noun in messages.
_DEPENDENTS: Mapping[type[Base], str] = {
    Stance: "stance",
    RelationEvidence: "relation",
    Assignment: "assignment",
    Adjudication: "decision",
}


async def _count(session: AsyncSession, speaker_id: UUID, by: int) -> None:
    await session.execute(
        update(Actor).where(Actor.id == speaker_id).values(statement_count=Actor.statement_count + by)
    )
