"""Adjudications: curators' decisions where annotators disagree."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import ErrorCode, Forbidden
from api.ids import Id
from api.names import Text
from api.security.viewer import Viewer
from api.services import validation
from api.services.outcome import Outcome, Problems
from api.services.project_access import locked_for_curator
from api.services.references import Reference, References
from api.services.revisions import created, revision, snapshot, write_revisions
from api.services.stances.lookup import Place
from api.services.stances.record import StanceTarget
from models import Adjudication, AdjudicationCause, RevisionAction, Stance, StanceLabel, new_id


@dataclass(frozen=True, kw_only=True)
class Adjudicate:
    """Decides which label counts where annotators disagree. The stances themselves do not change."""

    project_id: Id
    """The project."""
    statement_id: Id
    """The annotated statement."""
    holder_id: Id | None = None
    """The actor that takes the stance (default: the statement's speaker)."""
    target: StanceTarget
    """The actor or topic that the stance is about."""
    label: StanceLabel
    """The label that counts."""
    rationale: Text | None = None
    """The curator's reason for the decision."""
    cause: AdjudicationCause
    """The cause of the disagreement."""


async def adjudicate(session: AsyncSession, viewer: Viewer, command: Adjudicate) -> Outcome:
    """Insert a decision that supersedes the current one. If the current decision is the same, nothing is written."""
    problems, references = Problems(), References()
    project = await locked_for_curator(session, viewer, problems, command.project_id, "projectId")
    place = await _place(session, problems, references, command, None if project is None else project.id)
    validation.optional_text(problems, command.rationale, "rationale")
    if place is not None and not await session.scalar(select(exists(_at(Stance, place)))):
        problems.add(
            ErrorCode.NOT_FOUND,
            "no stance has this holder and target: there is nothing to decide",
            "target",
        )
    if problems or place is None:
        return problems.refused()
    if viewer.annotator_id is None:
        raise Forbidden("only annotators make decisions: use a token")
    current = await session.scalar(_at(Adjudication, place).where(~Adjudication.superseded).with_for_update())
    content = {"label": command.label, "rationale": command.rationale, "cause": command.cause}
    if current is not None:
        if all(getattr(current, name) == value for name, value in content.items()):
            return Outcome(current.id)
        await _supersede(session, viewer, current)
    decision = Adjudication(
        id=new_id(),
        **place._asdict(),
        **content,
        annotator_id=viewer.annotator_id,
        supersedes_id=None if current is None else current.id,
        superseded=False,
    )
    await created(session, viewer, decision)
    return Outcome(decision.id, created=True)


async def _place(
    session: AsyncSession, problems: Problems, references: References, command: Adjudicate, project_id: UUID | None
) -> Place | None:
    """Return the unit of the decision; None if a reference of the command is invalid."""
    target = command.target
    if (target.actor_id is None) is (target.topic_id is None):
        problems.invalid("give either actorId or topicId", "target")
    wanted: list[Reference | None] = [
        references.want(problems, command.statement_id, "statementId", of="Statement"),
        references.want(problems, command.holder_id, "holderId", of="Actor"),
        references.want(problems, target.actor_id, "target", "actorId", of="Actor"),
        references.want(problems, target.topic_id, "target", "topicId", of="Topic"),
    ]
    await references.load(session)
    statement, holder, actor, topic = (references.row(reference) for reference in wanted)
    if problems or project_id is None or statement is None:
        return None
    holder_id = statement.speaker_id if holder is None else holder.id
    return Place(project_id, statement.id, holder_id, actor and actor.id, topic and topic.id)


def _at(model: Any, place: Place) -> Select[Any]:
    """Return the query for the stances or adjudications of a unit."""
    return select(model).where(*(getattr(model, name) == key for name, key in place._asdict().items()))


async def _supersede(session: AsyncSession, viewer: Viewer, current: Adjudication) -> None:
    # Flush before the insert: a unique index allows one current adjudication for each place.
    before = snapshot(current)
    current.superseded = True
    await session.flush()
    action = RevisionAction.UPDATED
    await write_revisions(session, [revision(viewer, action, Adjudication, current.id, before, snapshot(current))])
