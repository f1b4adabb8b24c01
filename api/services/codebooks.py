"""Codebooks: published in versions by curators of their project, never changed once they are."""

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
from api.services.project_access import curated
from api.services.references import Reference, References
from api.services.revisions import State, revision, snapshot, updated, write_revisions
from api.services.stances.record import StanceTarget
from models import Codebook, CodebookLabel, CodebookTarget, Project, RevisionAction, StanceLabel, new_id, now

_LABELS = tuple(StanceLabel)

Target = tuple[UUID | None, UUID | None]
"""The key of an actor or that of a topic."""


@dataclass(frozen=True, kw_only=True)
class LabelDefinition(Normalized):
    """What a label means in a codebook."""

    label: StanceLabel
    """Which label."""
    definition: Annotated[Prose, limits.TEXT]
    """When it is to be given."""
    examples: Annotated[Sequence[Text], limits.EXAMPLES] | None = None
    """Words that it would be given to, and why."""


@dataclass(frozen=True, kw_only=True)
class PublishCodebook(Normalized):
    """Publishes the next version of a project's codebook: what is left out is as in the version before."""

    project_id: Id
    """Which project."""
    guidelines: Annotated[Prose, limits.GUIDELINES] | None = None
    """How annotators are to read, in Markdown."""
    labels: Sequence[LabelDefinition] | None = None
    """What these labels mean; the others mean what they meant."""
    targets: Annotated[Sequence[StanceTarget], limits.TARGETS] | None = None
    """All that is to be judged in every statement, in this order, in place of what was."""
    free_targets: bool | None = None
    """Whether stances may also be towards whatever else a statement speaks of."""
    expected_version: int | None = None
    """The version of the project that was looked at: where it is no longer the version, nothing changes."""


@dataclass(frozen=True, slots=True)
class Defined:
    """What one label means."""

    definition: str
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Content:
    """All that a version of a codebook says."""

    guidelines: str
    labels: Mapping[StanceLabel, Defined]
    targets: tuple[Target, ...] = ()
    free_targets: bool = True


USUAL: Mapping[StanceLabel, Defined] = MappingProxyType(
    {
        StanceLabel.SUPPORT: Defined(
            "The holder sides with the target: praises or defends it, helps it, calls for it, or wants it to succeed."
        ),
        StanceLabel.OPPOSE: Defined(
            "The holder is against the target: condemns or fights it, rejects it, or wants it to fail or to end."
        ),
        StanceLabel.NEUTRAL: Defined(
            "The holder speaks of the target and takes no side: reports on it, or calls on all sides alike."
        ),
        StanceLabel.MIXED: Defined(
            "The holder is for the target in one respect and against it in another, and both are said."
        ),
        StanceLabel.UNCLEAR: Defined(
            "The words may be read in more than one way, or more would have to be known than the document tells."
        ),
    }
)
"""What labels mean where a project does not say."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a command says of a codebook; nothing where it is to stay."""

    guidelines: str | None
    labels: Sequence[LabelDefinition] | None
    targets: Sequence[StanceTarget] | None
    free_targets: bool | None


@dataclass(frozen=True, slots=True)
class Asked:
    """What a command says of a codebook, checked, with what it refers to."""

    given: Given
    problems: Problems
    targets: tuple[Reference | None, ...] | None

    def over(self, before: Content, references: References) -> Content:
        """What the codebook says where it said `before`."""
        given = self.given
        labels = {d.label: Defined(d.definition, tuple(d.examples or ())) for d in given.labels or ()}
        content = replace(before, labels={**before.labels, **labels})
        if given.guidelines is not None:
            content = replace(content, guidelines=given.guidelines)
        if self.targets is not None:
            content = replace(content, targets=_keys(self.targets, references))
        if given.free_targets is not None:
            content = replace(content, free_targets=given.free_targets)
        if not content.free_targets and not content.targets and not self.problems:
            self.problems.invalid("without named targets nothing could be recorded: name some", "freeTargets")
        return content


def ask(given: Given, problems: Problems, references: References) -> Asked:
    """Check what a command says of a codebook, and note what it refers to."""
    validation.optional_prose(problems, given.guidelines, "guidelines", limit=limits.GUIDELINES)
    _check_labels(problems, given.labels or ())
    if given.targets is None:
        return Asked(given, problems, None)
    if not validation.count(problems, len(given.targets), limits.TARGETS, "targets"):
        return Asked(given, problems, ())
    return Asked(given, problems, tuple(_want(problems, references, n, t) for n, t in enumerate(given.targets)))


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
    """The keys of targets, each once: two may have been merged."""
    found = [(r.type_name, references.key(r)) for r in targets if r is not None]
    return tuple(dict.fromkeys((key, None) if name == "Actor" else (None, key) for name, key in found if key))


async def publish_codebook(session: AsyncSession, viewer: Viewer, command: PublishCodebook) -> Outcome:
    """The next version of a codebook, which new stances are recorded under; none where it would say the same.

    Stances stay as they are, and keep the version that they were recorded under.
    """
    problems, references = Problems(), References()
    project = await curated(session, viewer, problems, command.project_id, "projectId")
    given = Given(command.guidelines, command.labels, command.targets, command.free_targets)
    asked = ask(given, problems, references)
    await references.load(session)
    if project is None:
        return problems.refused()
    version_conflict(problems, command.expected_version, project.version)
    before = await content_of(session, project)
    content = asked.over(before, references)
    if problems:
        return problems.refused(project.codebook_id)
    if project.codebook_id is not None and content == before:
        return Outcome(project.codebook_id)
    was = snapshot(project)
    number = await session.scalar(select(func.max(Codebook.number)).where(Codebook.project_id == project.id))
    codebook = await write(session, viewer, project, content, (number or 0) + 1)
    await write_revisions(session, [revision_of(viewer, codebook, content)])
    await updated(session, viewer, project, was)
    return Outcome(codebook.id, created=True)


async def content_of(session: AsyncSession, project: Project) -> Content:
    """What a project's codebook says; where it has none, its guidelines and what labels usually mean."""
    codebook = await session.get(Codebook, project.codebook_id) if project.codebook_id else None
    if codebook is None:
        return Content(project.guidelines, USUAL)
    mine = select(CodebookLabel).where(CodebookLabel.codebook_id == codebook.id)
    labels = {row.label: Defined(row.definition, tuple(row.examples)) for row in await session.scalars(mine)}
    named = select(CodebookTarget).where(CodebookTarget.codebook_id == codebook.id).order_by(CodebookTarget.position)
    targets = tuple((row.target_actor_id, row.target_topic_id) for row in await session.scalars(named))
    return Content(codebook.guidelines, {**USUAL, **labels}, targets, codebook.free_targets)


async def write(session: AsyncSession, viewer: Viewer, project: Project, content: Content, number: int) -> Codebook:
    """Write a version of a codebook, and let the project go by it."""
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


def _label_rows(content: Content) -> list[dict[str, Any]]:
    return [
        {"label": label, "position": place, "definition": defined.definition, "examples": list(defined.examples)}
        for place, label in enumerate(_LABELS)
        for defined in (content.labels[label],)
    ]


def revision_of(viewer: Viewer, codebook: Codebook, content: Content) -> dict[str, Any]:
    """The revision that tells of a new version, with all that belongs to it."""
    labels = [{**row, "label": str(row["label"])} for row in _label_rows(content)]
    targets = [
        global_id(name, key)
        for target in content.targets
        for name, key in zip(("Actor", "Topic"), target, strict=True)
        if key is not None
    ]
    state: State = {**snapshot(codebook), "labels": labels, "targets": targets}
    return revision(viewer, RevisionAction.CREATED, Codebook, codebook.id, None, state)
