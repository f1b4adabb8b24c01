"""Adjudications: what curators decide where annotators differ."""

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
from api.services.project_access import curated
from api.services.references import Reference, References
from api.services.revisions import created, revision, snapshot, write_revisions
from api.services.stances.lookup import Place
from api.services.stances.record import StanceTarget
from models import Adjudication, AdjudicationCause, RevisionAction, Stance, StanceLabel, new_id


@dataclass(frozen=True, kw_only=True)
class Adjudicate:
    """Decides what label is to count where annotators differ. The stances stay as they are."""

    project_id: Id
    """In which project."""
    statement_id: Id
    """What was read."""
    holder_id: Id | None = None
    """Whose stance it is: the statement's speaker where left out."""
    target: StanceTarget
    """What it is about."""
    label: StanceLabel
    """What is to count."""
    rationale: Text | None = None
    """Why, in the curator's words."""
    cause: AdjudicationCause
    """Why annotators differed."""


async def adjudicate(session: AsyncSession, viewer: Viewer, command: Adjudicate) -> Outcome:
    """A decision, in place of the one that stood, which is kept. Nothing is written where that one says the same."""
    problems, references = Problems(), References()
    project = await curated(session, viewer, problems, command.project_id, "projectId")
    place = await _place(session, problems, references, command, None if project is None else project.id)
    validation.optional_text(problems, command.rationale, "rationale")
    if place is not None and not await session.scalar(select(exists(_at(Stance, place)))):
        problems.add(ErrorCode.NOT_FOUND, "nobody recorded a stance here: there is nothing to decide", "target")
    if problems or place is None:
        return problems.refused()
    if viewer.annotator_id is None:
        raise Forbidden("decisions are made by annotators: use a token")
    stands = await session.scalar(_at(Adjudication, place).where(~Adjudication.superseded).with_for_update())
    said = {"label": command.label, "rationale": command.rationale, "cause": command.cause}
    if stands is not None:
        if all(getattr(stands, name) == value for name, value in said.items()):
            return Outcome(stands.id)
        await _supersede(session, viewer, stands)
    decision = Adjudication(
        id=new_id(),
        **place._asdict(),
        **said,
        annotator_id=viewer.annotator_id,
        supersedes_id=None if stands is None else stands.id,
        superseded=False,
    )
    await created(session, viewer, decision)
    return Outcome(decision.id, created=True)


async def _place(
    session: AsyncSession, problems: Problems, references: References, command: Adjudicate, project_id: UUID | None
) -> Place | None:
    """Where the decision stands; None where something is wrong with what the command refers to."""
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
    """The rows of stances or adjudications that stand there."""
    return select(model).where(*(getattr(model, name) == key for name, key in place._asdict().items()))


async def _supersede(session: AsyncSession, viewer: Viewer, stands: Adjudication) -> None:
    # Out of the way before the next one comes: but one may stand.
    before = snapshot(stands)
    stands.superseded = True
    await session.flush()
    action = RevisionAction.UPDATED
    await write_revisions(session, [revision(viewer, action, Adjudication, stands.id, before, snapshot(stands))])
