"""Members of projects: let in, given another part, and let go by its curators."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import ErrorCode
from api.ids import Id
from api.security.viewer import Viewer
from api.services.outcome import Outcome, Problems
from api.services.project_access import curated
from api.services.references import References
from api.services.revisions import created, deleted, snapshot, updated
from models import Assignment, AssignmentStatus, Project, ProjectMember, ProjectRole, Role, new_id, now


@dataclass(frozen=True, kw_only=True)
class AddProjectMember:
    """Lets somebody take part in a project; who takes part already does so in this role from now on."""

    project_id: Id
    """In which project."""
    annotator_id: Id
    """Who."""
    role: ProjectRole
    """As what."""


@dataclass(frozen=True, kw_only=True)
class RemoveProjectMember:
    """Lets somebody take part no longer: what they recorded and finished stays, what they were given goes back."""

    project_id: Id
    """In which project."""
    annotator_id: Id
    """Who."""


async def add_project_member(session: AsyncSession, viewer: Viewer, command: AddProjectMember) -> Outcome:
    """A member, in the role given; nothing is written where they are that already."""
    problems, references = Problems(), References()
    project = await curated(session, viewer, problems, command.project_id, "projectId")
    wanted = references.want(problems, command.annotator_id, "annotatorId", of="Annotator")
    await references.load(session)
    annotator = references.row(wanted)
    _check(problems, project, annotator, command.role)
    if problems or project is None:
        return problems.refused()
    member = await _member(session, project.id, annotator.id)
    if member is None:
        member = ProjectMember(id=new_id(), project_id=project.id, annotator_id=annotator.id, role=command.role)
        member.created_at = now()
        await created(session, viewer, member)
        return Outcome(member.id, created=True)
    if member.role is not command.role:
        before = snapshot(member)
        member.role = command.role
        await updated(session, viewer, member, before)
    return Outcome(member.id)


def _check(problems: Problems, project: Project | None, annotator: Any, role: ProjectRole) -> None:
    if project is not None and project.is_default:
        problems.add(ErrorCode.CONFLICT, "everybody takes part in the default project", "projectId")
    if annotator is None:
        return
    if not annotator.active:
        problems.add(ErrorCode.CONFLICT, f"{annotator.name} no longer takes part in anything", "annotatorId")
    if role is ProjectRole.ANNOTATOR and annotator.role is Role.VIEWER:
        message = f"{annotator.name} may only read: let them have the role {Role.ANNOTATOR} first"
        problems.add(ErrorCode.CONFLICT, message, "annotatorId")


async def remove_project_member(session: AsyncSession, viewer: Viewer, command: RemoveProjectMember) -> Outcome:
    """A member gone; the statements that were leased to them return to the queue at once."""
    problems, references = Problems(), References()
    project = await curated(session, viewer, problems, command.project_id, "projectId")
    wanted = references.want(problems, command.annotator_id, "annotatorId", of="Annotator")
    await references.load(session)
    annotator_id = references.key(wanted)
    member = None
    if project is not None and annotator_id is not None:
        member = await _member(session, project.id, annotator_id)
        if member is None:
            problems.add(ErrorCode.NOT_FOUND, "they take no part in this project", "annotatorId")
    if problems or member is None:
        return problems.refused()
    await _end_leases(session, viewer, member)
    await deleted(session, viewer, member)
    return Outcome(member.id, parents={"project": member.project_id})


async def _member(session: AsyncSession, project_id: UUID, annotator_id: UUID) -> ProjectMember | None:
    mine = select(ProjectMember).where(ProjectMember.project_id == project_id)
    found: ProjectMember | None = await session.scalar(mine.where(ProjectMember.annotator_id == annotator_id))
    return found


async def _end_leases(session: AsyncSession, viewer: Viewer, member: ProjectMember) -> None:
    at = now()
    running = select(Assignment).where(
        Assignment.project_id == member.project_id,
        Assignment.annotator_id == member.annotator_id,
        Assignment.status == AssignmentStatus.LEASED,
        Assignment.leased_until > at,
    )
    for assignment in await session.scalars(running.order_by(Assignment.id).with_for_update()):
        before = snapshot(assignment)
        assignment.leased_until = at
        await updated(session, viewer, assignment, before)
