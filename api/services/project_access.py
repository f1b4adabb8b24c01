"""Who takes part in a project, and as what: the one place where that is looked up."""

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


async def part_in(session: AsyncSession, viewer: Viewer, project_id: UUID) -> ProjectRole | None:
    """As what the caller takes part in the project; None where they do not."""
    member = select(ProjectMember.role).where(ProjectMember.project_id == project_id)
    found: ProjectRole | None = await session.scalar(member.where(ProjectMember.annotator_id == viewer.annotator_id))
    return found


async def curated(
    session: AsyncSession, viewer: Viewer, problems: Problems, text: Id, *path: str, closed_too: bool = False
) -> Project | None:
    """The project whose id stands at `path`, which the caller curates, locked against other curators.

    None where there is none, which is a problem; so is one that is closed, unless that is looked for.

    :raises Unauthenticated, Forbidden: where the caller does not curate it.
    """
    require(viewer, Role.VIEWER)
    references = References()
    wanted = references.want(problems, text, *path, of="Project")
    await references.load(session)
    key = references.key(wanted)
    if key is None:
        return None
    # Stances that refer to it are recorded meanwhile.
    project = await session.scalar(select(Project).where(Project.id == key).with_for_update(key_share=True))
    assert project is not None, "projects stay"
    require_curator_of(viewer, await part_in(session, viewer, key))
    if project.status is ProjectStatus.CLOSED and not closed_too:
        problems.add(ErrorCode.CONFLICT, "this project is closed: reopen it first", *path)
    return project
