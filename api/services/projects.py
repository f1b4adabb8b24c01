"""Projects: set up by curators, edited, closed and opened again by their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api import limits
from api.ids import Id
from api.names import Name, Normalized, Prose
from api.security.policies import require
from api.security.viewer import Viewer
from api.services import codebooks, project_statements, slugs, validation
from api.services.codebooks import USUAL, Content, Given, LabelDefinition
from api.services.outcome import KEEP, Keep, Outcome, Problems, version_conflict
from api.services.project_access import curated
from api.services.project_statements import StatementChoice
from api.services.references import References
from api.services.revisions import created, snapshot, updated, write_revisions
from api.services.stances.record import StanceTarget
from models import Project, ProjectMember, ProjectRole, ProjectStatus, Role, new_id, now


@dataclass(frozen=True, kw_only=True)
class CreateProject(Normalized):
    """Sets up a project, with the first version of its codebook. Whoever sets it up is its curator."""

    name: Name
    """What it is called."""
    slug: str | None = None
    """A short name for URLs; made of the name where left out."""
    guidelines: Annotated[Prose, limits.GUIDELINES] | None = None
    """How annotators are to read, in Markdown."""
    blind: bool | None = None
    """Whether annotators see only their own stances while it is open: false where left out."""
    public: bool | None = None
    """Whether those without a token see its stances while it is open: false where left out."""
    overlap: Annotated[int, limits.OVERLAP] | None = None
    """How many annotators each statement is to have: 1 where left out."""
    document_ids: Annotated[Sequence[Id], limits.PROJECT_ROWS] | None = None
    """To be annotated: the statements in these documents."""
    filter: StatementChoice | None = None
    """To be annotated: the statements that it chooses; with `documentIds`, those in these documents."""
    labels: Sequence[LabelDefinition] | None = None
    """What these labels mean; the others mean what they usually do."""
    targets: Annotated[Sequence[StanceTarget], limits.TARGETS] | None = None
    """What is to be judged in every statement, in this order."""
    free_targets: bool | None = None
    """Whether stances may also be towards whatever else a statement speaks of: true where left out."""


@dataclass(frozen=True, kw_only=True)
class UpdateProject(Normalized):
    """Edits a project: what is left out stays as it is. Its guidelines change with its codebook."""

    id: Id
    """Which project."""
    name: Name | Keep = KEEP
    """What it is called."""
    slug: str | Keep = KEEP
    """A short name for URLs."""
    blind: bool | Keep = KEEP
    """Whether annotators see only their own stances while it is open."""
    public: bool | Keep = KEEP
    """Whether those without a token see its stances while it is open."""
    overlap: Annotated[int, limits.OVERLAP] | Keep = KEEP
    """How many annotators each statement is to have."""
    expected_version: int | None = None
    """The version that was looked at: where it is no longer the version, nothing changes."""


@dataclass(frozen=True, kw_only=True)
class CloseProject:
    """Closes a project: nothing in it changes any more, and everybody sees its stances."""

    id: Id
    """Which project."""
    expected_version: int | None = None
    """The version that was looked at: where it is no longer the version, nothing changes."""


@dataclass(frozen=True, kw_only=True)
class ReopenProject:
    """Opens a closed project again."""

    id: Id
    """Which project."""
    expected_version: int | None = None
    """The version that was looked at: where it is no longer the version, nothing changes."""


async def create_project(
    session: AsyncSession, viewer: Viewer, command: CreateProject, *, key: UUID | None = None
) -> Outcome:
    """A new project, all in one: its codebook, what is to be annotated, and its curator."""
    require(viewer, Role.CURATOR)
    problems, references = Problems(), References()
    given = Given(command.guidelines, command.labels, command.targets, command.free_targets)
    said = codebooks.ask(given, problems, references)
    chosen = project_statements.ask(command.document_ids, command.filter, problems, references)
    await _check(session, problems, command)
    await references.load(session)
    content = said.over(Content("", USUAL), references)
    conditions = chosen.conditions(references) if chosen else None
    if problems:
        return problems.refused()
    project = Project(
        id=key or new_id(),
        name=command.name,
        slug=command.slug or await slugs.free(session, Project.slug, validation.slug_of(command.name)),
        guidelines=content.guidelines,
        blind=bool(command.blind),
        public=bool(command.public),
        overlap=1 if command.overlap is None else command.overlap,
    )
    session.add(project)
    await session.flush()
    codebook = await codebooks.write(session, viewer, project, content, 1)
    statements = 0 if conditions is None else await project_statements.add(session, project.id, conditions)
    await created(session, viewer, project, statements=statements)
    await write_revisions(session, [codebooks.revision_of(viewer, codebook, content)])
    if viewer.annotator_id is not None:
        part = {"annotator_id": viewer.annotator_id, "role": ProjectRole.CURATOR}
        await created(session, viewer, ProjectMember(id=new_id(), created_at=now(), project_id=project.id, **part))
    return Outcome(project.id, created=True)


async def _check(session: AsyncSession, problems: Problems, command: CreateProject) -> None:
    validation.name(problems, command.name, "name")
    await slugs.check(session, problems, Project.slug, command.slug)
    _check_overlap(problems, 1 if command.overlap is None else command.overlap)
    if command.blind and command.public:
        problems.invalid(_EXCLUSIVE, "public")


def _check_overlap(problems: Problems, overlap: int) -> None:
    if not 1 <= overlap <= limits.OVERLAP.maximum:
        problems.invalid(f"must be from 1 to {limits.OVERLAP.maximum}, not {overlap}", "overlap")


async def update_project(session: AsyncSession, viewer: Viewer, command: UpdateProject) -> Outcome:
    """A project edited; nothing is written where nothing is different."""
    problems = Problems()
    project = await curated(session, viewer, problems, command.id, "id")
    if project is None:
        return problems.refused()
    version_conflict(problems, command.expected_version, project.version)
    changes = {
        name: value
        for name in ("name", "slug", "blind", "public", "overlap")
        if (value := getattr(command, name)) is not KEEP and value != getattr(project, name)
    }
    await _check_changes(session, problems, project, changes)
    if problems or not changes:
        return problems.refused(project.id)
    before = snapshot(project)
    for name, value in changes.items():
        setattr(project, name, value)
    await updated(session, viewer, project, before)
    if "overlap" in changes:
        await project_statements.follow_overlap(session, project)
    return Outcome(project.id)


async def _check_changes(session: AsyncSession, problems: Problems, project: Project, changes: dict[str, Any]) -> None:
    for name in [name for name, value in changes.items() if value is None]:
        problems.invalid("must not be null", name)
        del changes[name]
    if "name" in changes:
        validation.name(problems, changes["name"], "name")
    await slugs.check(session, problems, Project.slug, changes.get("slug"))
    _check_overlap(problems, changes.get("overlap", project.overlap))
    if changes.get("blind", project.blind) and changes.get("public", project.public):
        problems.invalid(_EXCLUSIVE, "public" if "public" in changes else "blind")


_EXCLUSIVE = "a project in which annotators do not see each other's stances cannot show them to everybody"


async def close_project(session: AsyncSession, viewer: Viewer, command: CloseProject) -> Outcome:
    """A project closed. Closing it again changes nothing."""
    return await _set_status(session, viewer, command, ProjectStatus.CLOSED)


async def reopen_project(session: AsyncSession, viewer: Viewer, command: ReopenProject) -> Outcome:
    """A project open again. Opening one that is open changes nothing."""
    return await _set_status(session, viewer, command, ProjectStatus.OPEN)


async def _set_status(
    session: AsyncSession, viewer: Viewer, command: CloseProject | ReopenProject, status: ProjectStatus
) -> Outcome:
    problems = Problems()
    project = await curated(session, viewer, problems, command.id, "id", closed_too=True)
    if project is None or version_conflict(problems, command.expected_version, project.version):
        return problems.refused(project.id if project else None)
    if project.status is not status:
        before = snapshot(project)
        project.status = status
        await updated(session, viewer, project, before)
    return Outcome(project.id)
