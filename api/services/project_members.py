"""Adds members to projects, changes their role, and removes them."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import ErrorCode
from api.ids import Id
from api.security.viewer import Viewer
from api.services.outcome import Outcome, Problems
from api.services.project_access import locked_for_curator
from api.services.references import References
from api.services.revisions import created, deleted, snapshot, updated
from models import Assignment, AssignmentStatus, Project, ProjectMember, ProjectRole, Role, new_id, now


@dataclass(frozen=True, kw_only=True)
class AddProjectMember:
    """Adds a member to a project. A member that exists already gets the role."""

    project_id: Id
    """The project."""
    annotator_id: Id
    """The annotator to add."""
    role: ProjectRole
    """The role in the project."""


@dataclass(frozen=True, kw_only=True)
class RemoveProjectMember:
    """Removes a member from a project. Their work stays; statements leased to them return to the queue."""

    project_id: Id
    """The project."""
    annotator_id: Id
    """The annotator to remove."""


async def add_project_member(session: AsyncSession, viewer: Viewer, command: AddProjectMember) -> Outcome:
    """Add a member, or change their role. If they have the role already, nothing is written."""
    problems, references = Problems(), References()
    project = await locked_for_curator(session, viewer, problems, command.project_id, "projectId")
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
        problems.add(ErrorCode.CONFLICT, "the default project has no members: everyone may annotate in it", "projectId")
    if annotator is None:
        return
    if not annotator.active:
        problems.add(ErrorCode.CONFLICT, f"the annotator {annotator.name!r} is deactivated", "annotatorId")
    if role is ProjectRole.ANNOTATOR and annotator.role is Role.VIEWER:
        message = f"the annotator {annotator.name!r} may only read: the role {Role.ANNOTATOR} is required"
        problems.add(ErrorCode.CONFLICT, message, "annotatorId")


async def remove_project_member(session: AsyncSession, viewer: Viewer, command: RemoveProjectMember) -> Outcome:
    """Remove a member, and end their leases, so that the statements return to the queue immediately."""
    problems, references = Problems(), References()
    project = await locked_for_curator(session, viewer, problems, command.project_id, "projectId")
    wanted = references.want(problems, command.annotator_id, "annotatorId", of="Annotator")
    await references.load(session)
    annotator_id = references.key(wanted)
    member = None
    if project is not None and annotator_id is not None:
        member = await _member(session, project.id, annotator_id)
        if member is None:
            problems.add(ErrorCode.NOT_FOUND, "this annotator is no member of the project", "annotatorId")
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
