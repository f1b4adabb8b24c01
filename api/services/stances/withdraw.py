"""Withdraws stances."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import ErrorCode, Forbidden
from api.ids import Id
from api.security.policies import may_withdraw, require
from api.security.viewer import Viewer
from api.services.finished_assignments import stance_changed
from api.services.outcome import Outcome, Problems, version_conflict
from api.services.references import References
from api.services.revisions import deleted
from api.services.visible_rows import is_visible
from models import Project, ProjectStatus, Revision, RevisionAction, Role, Stance


@dataclass(frozen=True, kw_only=True)
class WithdrawStance:
    """Withdraws a stance. Its history stays. A finished assignment that lacks a stance now has `nothingToRecord`."""

    id: Id
    """The stance to withdraw."""
    expected_version: int | None = None
    """The version that you read. If the current version is another, nothing changes and the error is CONFLICT."""


async def withdraw_stance(session: AsyncSession, viewer: Viewer, command: WithdrawStance) -> Outcome:
    """Delete a stance of the caller's. Idempotent: withdrawing the stance again changes nothing."""
    require(viewer, Role.ANNOTATOR)
    problems, references = Problems(), References()
    wanted = references.want(problems, command.id, "id", of="Stance")
    if wanted is None:
        return problems.refused()
    stance = await session.get(Stance, wanted.key, with_for_update=True)
    if stance is None or not await is_visible(session, viewer, Stance, wanted.key):
        withdrawn = select(Revision.before).where(
            Revision.entity_id == wanted.key,
            Revision.action == RevisionAction.DELETED,
            Revision.annotator_id == viewer.annotator_id,
        )
        was = await session.scalar(withdrawn.order_by(Revision.id.desc()).limit(1))
        if was is not None:
            return Outcome(wanted.key, parents={"statement": UUID(was["statement_id"])})
        references.not_found(wanted)
        return problems.refused()
    if not may_withdraw(viewer, stance.annotator_id):
        raise Forbidden("this stance is another annotator's")
    version_conflict(problems, command.expected_version, stance.version)
    if await session.scalar(select(Project.status).where(Project.id == stance.project_id)) is ProjectStatus.CLOSED:
        problems.add(ErrorCode.CONFLICT, "its project is closed", "id")
    if problems:
        return problems.refused()
    await deleted(session, viewer, stance)
    await stance_changed(session, viewer, stance)
    return Outcome(stance.id, parents={"statement": stance.statement_id})
