"""Codebooks: curators publish them in versions. A published version never changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api import limits
from api.ids import Id, global_id
from api.names import Normalized, Prose, Text
from api.security.viewer import Viewer
from api.services import validation
from api.services.outcome import Outcome, Problems, version_conflict
from api.services.project_access import locked_for_curator
from api.services.references import Reference, References
from api.services.revisions import State, revision, snapshot, updated, write_revisions
from api.services.stances.record import StanceTarget
from models import Codebook, CodebookLabel, CodebookTarget, Project, RevisionAction, StanceLabel, new_id, now

_LABELS = tuple(StanceLabel)

Target = tuple[UUID | None, UUID | None]
"""The key of an actor, the key of a topic: one of them is None."""


@dataclass(frozen=True, kw_only=True)
class LabelDefinition(Normalized):
    """Defines a label in a codebook."""

    label: StanceLabel
    """The label."""
    definition: Annotated[Prose, limits.TEXT]
    """When annotators use the label."""
    examples: Annotated[Sequence[Text], limits.EXAMPLES] | None = None
    """Example quotes for the label, with the reason."""


@dataclass(frozen=True, kw_only=True)
class PublishCodebook(Normalized):
    """Publishes the next version of a project's codebook. A field that is left out stays as in the last version."""

    project_id: Id
    """The project."""
    guidelines: Annotated[Prose, limits.GUIDELINES] | None = None
    """The annotation guidelines, in Markdown."""
    labels: Sequence[LabelDefinition] | None = None
    """The definitions of these labels. Other labels keep their definition."""
    targets: Annotated[Sequence[StanceTarget], limits.TARGETS] | None = None
    """All targets that annotators judge in every statement, in this order. They replace the current targets."""
    free_targets: bool | None = None
    """True if annotators may record stances towards other targets too."""
    expected_version: int | None = None
    """The version of the project that you read. If its current version is another, nothing changes and the error is
    CONFLICT."""


@dataclass(frozen=True, slots=True)
class Definition:
    """The definition of a label, with examples."""

    definition: str
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CodebookContent:
    """The content of a version of a codebook."""

    guidelines: str
    labels: Mapping[StanceLabel, Definition]
    targets: tuple[Target, ...] = ()
    free_targets: bool = True


DEFAULT_LABELS: Mapping[StanceLabel, Definition] = MappingProxyType(
    {
        StanceLabel.SUPPORT: Definition(
            "The holder sides with the target: praises or defends it, helps it, calls for it, or wants it to succeed."
        ),
        StanceLabel.OPPOSE: Definition(
            "The holder is against the target: condemns or fights it, rejects it, or wants it to fail or to end."
        ),
        StanceLabel.NEUTRAL: Definition(
            "The holder speaks of the target and takes no side: reports on it, or calls on all sides alike."
        ),
        StanceLabel.MIXED: Definition(
            "The holder is for the target in one respect and against it in another, and both are said."
        ),
        StanceLabel.UNCLEAR: Definition(
            "The words may be read in more than one way, or more would have to be known than the document tells."
        ),
    }
)
"""The definitions of labels that a project does not define itself."""


@dataclass(frozen=True, slots=True)
class CodebookChanges:
    """The changes to a codebook in a command; None leaves a value as it is."""

    guidelines: str | None
    labels: Sequence[LabelDefinition] | None
    targets: Sequence[StanceTarget] | None
    free_targets: bool | None


@dataclass(frozen=True, slots=True)
class CheckedChanges:
    """The changes to a codebook after the checks, with the references in them."""

    changes: CodebookChanges
    problems: Problems
    targets: tuple[Reference | None, ...] | None

    def apply(self, before: CodebookContent, references: References) -> CodebookContent:
        """Return the content `before` with the changes."""
        changes = self.changes
        labels = {d.label: Definition(d.definition, tuple(d.examples or ())) for d in changes.labels or ()}
        content = replace(before, labels={**before.labels, **labels})
        if changes.guidelines is not None:
            content = replace(content, guidelines=changes.guidelines)
        if self.targets is not None:
            content = replace(content, targets=_keys(self.targets, references))
        if changes.free_targets is not None:
            content = replace(content, free_targets=changes.free_targets)
        if not content.free_targets and not content.targets and not self.problems:
            self.problems.invalid("must be true if there are no targets: nothing could be recorded", "freeTargets")
        return content


def check_changes(changes: CodebookChanges, problems: Problems, references: References) -> CheckedChanges:
    """Check the changes to a codebook, and register the references in them."""
    validation.optional_prose(problems, changes.guidelines, "guidelines", limit=limits.GUIDELINES)
    _check_labels(problems, changes.labels or ())
    if changes.targets is None:
        return CheckedChanges(changes, problems, None)
    if not validation.count(problems, len(changes.targets), limits.TARGETS, "targets"):
        return CheckedChanges(changes, problems, ())
    return CheckedChanges(
        changes, problems, tuple(_want(problems, references, n, t) for n, t in enumerate(changes.targets))
    )


def _want(problems: Problems, references: References, place: int, target: StanceTarget) -> Reference | None:
    path = ("targets", str(place))
    if (target.actor_id is None) is (target.topic_id is None):
        problems.invalid("give either actorId or topicId", *path)
        return None
    actor = references.want(problems, target.actor_id, *path, "actorId", of="Actor")
    return actor or references.want(problems, target.topic_id, *path, "topicId", of="Topic")


def _check_labels(problems: Problems, labels: Sequence[LabelDefinition]) -> None:
    seen: set[StanceLabel] = set()
    for place, defined in enumerate(labels):
        path = ("labels", str(place))
        if defined.label in seen:
            problems.invalid(f"{defined.label} is defined twice", *path, "label")
        seen.add(defined.label)
        validation.prose(problems, defined.definition, *path, "definition")
        examples = defined.examples or ()
        validation.count(problems, len(examples), limits.EXAMPLES, *path, "examples")
        for number, example in enumerate(examples):
            validation.text(problems, example, *path, "examples", str(number))


def _keys(targets: Sequence[Reference | None], references: References) -> tuple[Target, ...]:
    """Return the keys of the targets without duplicates: two actors may have been merged."""
    found = [(r.type_name, references.key(r)) for r in targets if r is not None]
    return tuple(dict.fromkeys((key, None) if name == "Actor" else (None, key) for name, key in found if key))


async def publish_codebook(session: AsyncSession, viewer: Viewer, command: PublishCodebook) -> Outcome:
    """Insert the next version of a codebook, unless it equals the current one.

    New stances are recorded under the new version. Existing stances keep the version that they were recorded under.
    """
    problems, references = Problems(), References()
    project = await locked_for_curator(session, viewer, problems, command.project_id, "projectId")
    changes = CodebookChanges(command.guidelines, command.labels, command.targets, command.free_targets)
    checked = check_changes(changes, problems, references)
    await references.load(session)
    if project is None:
        return problems.refused()
    version_conflict(problems, command.expected_version, project.version)
    before = await load_content(session, project)
    content = checked.apply(before, references)
    if problems:
        return problems.refused(project.codebook_id)
    if project.codebook_id is not None and content == before:
        return Outcome(project.codebook_id)
    was = snapshot(project)
    number = await session.scalar(select(func.max(Codebook.number)).where(Codebook.project_id == project.id))
    codebook = await write_codebook(session, viewer, project, content, (number or 0) + 1)
    await write_revisions(session, [codebook_revision(viewer, codebook, content)])
    await updated(session, viewer, project, was)
    return Outcome(codebook.id, created=True)


async def load_content(session: AsyncSession, project: Project) -> CodebookContent:
    """Return the content of a project's codebook; without one, the project's guidelines and the default labels."""
    codebook = await session.get(Codebook, project.codebook_id) if project.codebook_id else None
    if codebook is None:
        return CodebookContent(project.guidelines, DEFAULT_LABELS)
    mine = select(CodebookLabel).where(CodebookLabel.codebook_id == codebook.id)
    labels = {row.label: Definition(row.definition, tuple(row.examples)) for row in await session.scalars(mine)}
    named = select(CodebookTarget).where(CodebookTarget.codebook_id == codebook.id).order_by(CodebookTarget.position)
    targets = tuple((row.target_actor_id, row.target_topic_id) for row in await session.scalars(named))
    return CodebookContent(codebook.guidelines, {**DEFAULT_LABELS, **labels}, targets, codebook.free_targets)


async def write_codebook(
    session: AsyncSession, viewer: Viewer, project: Project, content: CodebookContent, number: int
) -> Codebook:
    """Insert a version of a codebook, and make it the project's current one."""
    codebook = Codebook(
        id=new_id(),
        created_at=now(),
        project_id=project.id,
        number=number,
        guidelines=content.guidelines,
        free_targets=content.free_targets,
        annotator_id=viewer.annotator_id,
    )
    session.add(codebook)
    await session.flush()
    session.add_all(CodebookLabel(codebook_id=codebook.id, **row) for row in _label_rows(content))
    session.add_all(
        CodebookTarget(codebook_id=codebook.id, position=place, target_actor_id=actor, target_topic_id=topic)
        for place, (actor, topic) in enumerate(content.targets)
    )
    await session.flush()
    project.codebook_id, project.guidelines = codebook.id, content.guidelines
    return codebook


def _label_rows(content: CodebookContent) -> list[dict[str, Any]]:
    return [
        {"label": label, "position": place, "definition": defined.definition, "examples": list(defined.examples)}
        for place, label in enumerate(_LABELS)
        for defined in (content.labels[label],)
    ]


def codebook_revision(viewer: Viewer, codebook: Codebook, content: CodebookContent) -> dict[str, Any]:
    """Return the revision of a new version, with its labels and targets."""
    labels = [{**row, "label": str(row["label"])} for row in _label_rows(content)]
    targets = [
        global_id(name, key)
        for target in content.targets
        for name, key in zip(("Actor", "Topic"), target, strict=True)
        if key is not None
    ]
    state: State = {**snapshot(codebook), "labels": labels, "targets": targets}
    return revision(viewer, RevisionAction.CREATED, Codebook, codebook.id, None, state)
