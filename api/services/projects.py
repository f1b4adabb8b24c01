"""Creates, edits, closes and reopens projects."""

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
from api.services.codebooks import DEFAULT_LABELS, CodebookChanges, CodebookContent, LabelDefinition
from api.services.outcome import KEEP, Keep, Outcome, Problems, version_conflict
from api.services.project_access import locked_for_curator
from api.services.project_statements import StatementSelection
from api.services.references import References
from api.services.revisions import created, snapshot, updated, write_revisions
from api.services.stances.record import StanceTarget
from models import Project, ProjectMember, ProjectRole, ProjectStatus, Role, new_id, now


@dataclass(frozen=True, kw_only=True)
class CreateProject(Normalized):
    """Creates a project with the first version of its codebook. The caller becomes its curator."""

    name: Name
    """The name of the project."""
    slug: str | None = None
    """A short name for URLs, unique among projects (default: derived from the name)."""
    guidelines: Annotated[Prose, limits.GUIDELINES] | None = None
    """The annotation guidelines, in Markdown."""
    blind: bool | None = None
    """True if annotators see only their own stances while the project is open (default: false)."""
    public: bool | None = None
    """True if callers without a token see the project's stances while it is open (default: false)."""
    overlap: Annotated[int, limits.OVERLAP] | None = None
    """Number of annotators for each statement (default: 1)."""
    document_ids: Annotated[Sequence[Id], limits.PROJECT_ROWS] | None = None
    """Adds the statements in these documents to the project."""
    filter: StatementSelection | None = None
    """Adds the statements that this filter selects; with `documentIds`, only those in these documents."""
    labels: Sequence[LabelDefinition] | None = None
    """The definitions of these labels. Other labels have their default definition."""
    targets: Annotated[Sequence[StanceTarget], limits.TARGETS] | None = None
    """The targets that annotators judge in every statement, in this order."""
    free_targets: bool | None = None
    """True if annotators may record stances towards other targets too (default: true)."""


@dataclass(frozen=True, kw_only=True)
class UpdateProject(Normalized):
    """Edits a project. A field that is left out stays as it is. `publishCodebook` changes the guidelines."""

    id: Id
    """The project to edit."""
    name: Name | Keep = KEEP
    """The name of the project."""
    slug: str | Keep = KEEP
    """A short name for URLs, unique among projects."""
    blind: bool | Keep = KEEP
    """True if annotators see only their own stances while the project is open."""
    public: bool | Keep = KEEP
    """True if callers without a token see the project's stances while it is open."""
    overlap: Annotated[int, limits.OVERLAP] | Keep = KEEP
    """Number of annotators for each statement."""
    expected_version: int | None = None
    """The version that you read. If the current version is another, nothing changes and the error is CONFLICT."""


@dataclass(frozen=True, kw_only=True)
class CloseProject:
    """Closes a project: nothing in it can change, and everyone can see its stances."""

    id: Id
    """The project to close."""
    expected_version: int | None = None
    """The version that you read. If the current version is another, nothing changes and the error is CONFLICT."""


@dataclass(frozen=True, kw_only=True)
class ReopenProject:
    """Reopens a closed project."""

    id: Id
    """The project to reopen."""
    expected_version: int | None = None
    """The version that you read. If the current version is another, nothing changes and the error is CONFLICT."""


async def create_project(
    session: AsyncSession, viewer: Viewer, command: CreateProject, *, key: UUID | None = None
) -> Outcome:
    """Create a project with its codebook, its statements and its curator, in one transaction."""
    require(viewer, Role.CURATOR)
    problems, references = Problems(), References()
    changes = CodebookChanges(command.guidelines, command.labels, command.targets, command.free_targets)
    checked = codebooks.check_changes(changes, problems, references)
    selection = project_statements.check_selection(command.document_ids, command.filter, problems, references)
    await _check(session, problems, command)
    await references.load(session)
    content = checked.apply(CodebookContent("", DEFAULT_LABELS), references)
    conditions = selection.conditions(references) if selection else None
    if problems:
        return problems.refused()
    project = Project(
        id=key or new_id(),
        name=command.name,
        slug=command.slug or await slugs.find_free(session, Project, command.name),
        guidelines=content.guidelines,
        blind=bool(command.blind),
        public=bool(command.public),
        overlap=1 if command.overlap is None else command.overlap,
    )
    session.add(project)
    await session.flush()
    codebook = await codebooks.write_codebook(session, viewer, project, content, 1)
    statements = 0 if conditions is None else await project_statements.add_statements(session, project.id, conditions)
    await created(session, viewer, project, statements=statements)
    await write_revisions(session, [codebooks.codebook_revision(viewer, codebook, content)])
    if viewer.annotator_id is not None:
        part = {"annotator_id": viewer.annotator_id, "role": ProjectRole.CURATOR}
        await created(session, viewer, ProjectMember(id=new_id(), created_at=now(), project_id=project.id, **part))
    return Outcome(project.id, created=True)


async def _check(session: AsyncSession, problems: Problems, command: CreateProject) -> None:
    validation.name(problems, command.name, "name")
    await slugs.check(session, problems, Project, command.slug)
    _check_overlap(problems, 1 if command.overlap is None else command.overlap)
    if command.blind and command.public:
        problems.invalid(_EXCLUSIVE, "public")


def _check_overlap(problems: Problems, overlap: int) -> None:
    if not 1 <= overlap <= limits.OVERLAP.maximum:
        problems.invalid(f"must be from 1 to {limits.OVERLAP.maximum}, not {overlap}", "overlap")


async def update_project(session: AsyncSession, viewer: Viewer, command: UpdateProject) -> Outcome:
    """Edit a project. If nothing is different, nothing is written."""
    problems = Problems()
    project = await locked_for_curator(session, viewer, problems, command.id, "id")
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
        await project_statements.update_open_statements(session, project)
    return Outcome(project.id)


async def _check_changes(session: AsyncSession, problems: Problems, project: Project, changes: dict[str, Any]) -> None:
    for name in [name for name, value in changes.items() if value is None]:
        problems.invalid("must not be null", name)
        del changes[name]
    if "name" in changes:
        validation.name(problems, changes["name"], "name")
    await slugs.check(session, problems, Project, changes.get("slug"))
    _check_overlap(problems, changes.get("overlap", project.overlap))
    if changes.get("blind", project.blind) and changes.get("public", project.public):
        problems.invalid(_EXCLUSIVE, "public" if "public" in changes else "blind")


_EXCLUSIVE = "a blind project cannot be public: annotators would see each other's stances"


async def close_project(session: AsyncSession, viewer: Viewer, command: CloseProject) -> Outcome:
    """Close a project. Closing a closed project changes nothing."""
    return await _set_status(session, viewer, command, ProjectStatus.CLOSED)


async def reopen_project(session: AsyncSession, viewer: Viewer, command: ReopenProject) -> Outcome:
    """Reopen a project. Reopening an open project changes nothing."""
    return await _set_status(session, viewer, command, ProjectStatus.OPEN)


async def _set_status(
    session: AsyncSession, viewer: Viewer, command: CloseProject | ReopenProject, status: ProjectStatus
) -> Outcome:
    problems = Problems()
    project = await locked_for_curator(session, viewer, problems, command.id, "id", closed_too=True)
    if project is None or version_conflict(problems, command.expected_version, project.version):
        return problems.refused(project.id if project else None)
    if project.status is not status:
        before = snapshot(project)
        project.status = status
        await updated(session, viewer, project, before)
    return Outcome(project.id)
