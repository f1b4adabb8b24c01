"""Looks up the caller's role in a project: the only place that does."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import ErrorCode
from api.ids import Id
from api.security.policies import require, require_curator_of
from api.security.viewer import Viewer
from api.services.outcome import Problems
from api.services.references import References
from models import Project, ProjectMember, ProjectRole, ProjectStatus, Role


async def role_in(session: AsyncSession, viewer: Viewer, project_id: UUID) -> ProjectRole | None:
    """Return the caller's role in the project; None if they are no member."""
    member = select(ProjectMember.role).where(ProjectMember.project_id == project_id)
    found: ProjectRole | None = await session.scalar(member.where(ProjectMember.annotator_id == viewer.annotator_id))
    return found


async def locked_for_curator(
    session: AsyncSession, viewer: Viewer, problems: Problems, text: Id, *path: str, closed_too: bool = False
) -> Project | None:
    """Return the project with the ID at `path`, which the caller must curate, locked against other curators.

    If there is none, add a problem and return None. A closed project is a problem too, unless `closed_too`.

    :raises Unauthenticated, Forbidden: if the caller does not curate the project.
    """
    require(viewer, Role.VIEWER)
    references = References()
    wanted = references.want(problems, text, *path, of="Project")
    await references.load(session)
    key = references.key(wanted)
    if key is None:
        return None
    # FOR NO KEY UPDATE does not block transactions that record stances in the project.
    project = await session.scalar(select(Project).where(Project.id == key).with_for_update(key_share=True))
    assert project is not None, "projects are never deleted"
    require_curator_of(viewer, await role_in(session, viewer, key))
    if project.status is ProjectStatus.CLOSED and not closed_too:
        problems.add(ErrorCode.CONFLICT, "this project is closed: reopen it first", *path)
    return project
