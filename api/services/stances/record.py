"""Records and revises stances: at most one per project, statement, holder, target and annotator (an upsert).

Every call is a batch, and a single stance is a batch of one. A batch of any size takes the same number of
SQL statements.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, TypeAlias
from uuid import UUID

from api import limits
from api.database.steps import EXPECTED_VERSION, Projection, Steps, WriteStep
from api.errors import ErrorCode
from api.ids import Id, global_id
from api.names import Text
from api.security.policies import require_annotator
from api.security.viewer import Viewer
from api.services import validation
from api.services.outcome import Outcome, Problems, version_conflict
from api.services.references import Reference, References
from api.services.revisions import State, revision
from api.services.stances.fused_insert import INSERTED, rendered_stance, with_insert
from api.services.stances.lookup import OUTSIDER, Place, StoredStance, lookup_step, parse_rows
from models import ProjectStatus, Revision, RevisionAction, Stance, StanceLabel, new_id, now
from models.base import table_of

_MAX_LISTED = 5
_WITH_INTENSITY = (StanceLabel.SUPPORT, StanceLabel.OPPOSE)


@dataclass(frozen=True, kw_only=True)
class StanceTarget:
    """The target of a stance: an actor or a topic, exactly one of the two."""

    actor_id: Id | None = None
    """The target actor."""
    topic_id: Id | None = None
    """The target topic."""


@dataclass(frozen=True, kw_only=True)
class RecordStance:
    """Records the caller's stance annotation of a statement. Idempotent: the same input again changes nothing."""

    statement_id: Id
    """The annotated statement."""
    holder_id: Id | None = None
    """The actor that takes the stance (default: the statement's speaker)."""
    target: StanceTarget
    """The actor or topic that the stance is about."""
    label: StanceLabel
    """The holder's position towards the target."""
    intensity: int | None = None
    """From 1 (mild) to 3 (strong). Only with SUPPORT and OPPOSE."""
    confidence: float | None = None
    """The caller's confidence in the label, from 0 to 1."""
    rationale: Text | None = None
    """The caller's reason for the label."""
    project_id: Id | None = None
    """The project that the stance is recorded in.

    Default: the project in which the caller holds a lease on the statement. If the caller holds no lease: the only
    open project of the caller that contains the statement and already has the caller's stance with the same holder
    and target. If no open project of the caller contains the statement: the default project. The error is INVALID if
    there are such projects, but neither a lease nor a stance decides between them.
    """
    expected_version: int | None = None
    """The version that you read, 0 if there was no stance. If the stance has another version, nothing changes and the
    error is CONFLICT."""


@dataclass(frozen=True, kw_only=True)
class RecordStances:
    """Records up to 1,000 stances in one transaction. Valid stances are recorded, invalid ones are reported."""

    stances: Annotated[Sequence[RecordStance], limits.STANCES]
    """The stances, recorded in this order."""


_PlaceWithin: TypeAlias = tuple[UUID, UUID, UUID | None, UUID | None]
"""The fields of `Place` without the project."""


@dataclass(frozen=True, slots=True)
class _Item:
    """A command of a batch, its problems, and the key for the stance if it is new."""

    command: RecordStance
    problems: Problems
    key: UUID | None = None


@dataclass(frozen=True, slots=True)
class _ResolvedItem:
    """A command of a batch with the references in it."""

    command: RecordStance
    problems: Problems
    key: UUID | None
    statement: Reference | None
    holder: Reference | None
    actor: Reference | None
    topic: Reference | None
    project: Reference | None


@dataclass(slots=True)
class _Batch:
    """The state of the stances while a batch is applied in memory, and the rows to write at its end."""

    viewer: Viewer
    current: dict[Place, StoredStance] = field(default_factory=dict)
    inserted: dict[Place, dict[str, Any]] = field(default_factory=dict)
    changed: dict[UUID, int] = field(default_factory=dict)
    """Key → the version that was read (optimistic locking)."""
    revisions: list[dict[str, Any]] = field(default_factory=list)


def record_stance(
    viewer: Viewer, command: RecordStance, *, key: UUID | None = None, projection: Projection | None = None
) -> Steps[Outcome]:
    """Insert a stance, update the stance with the same key, or leave the stance unchanged if it is equal.

    `key` is the key for a new stance, if seeds or an import fix it. `projection` renders a new stance in the statement
    that inserts it.
    """
    (outcome,) = yield from _record(viewer, [_Item(command, Problems(), key)], projection)
    return outcome


def record_stances(viewer: Viewer, command: RecordStances) -> Steps[Sequence[Outcome]]:
    """Apply `record_stance` to each stance, in order. An error in one stance does not affect the others."""
    require_annotator(viewer)
    if len(command.stances) > limits.STANCES.maximum:
        # The payload has no errors of its own: the first stance above the limit carries the message.
        beyond = Problems(("input", "stances", str(limits.STANCES.maximum)))
        beyond.invalid(f"{limits.STANCES.exceeded(len(command.stances))}; none was recorded")
        return [beyond.refused()] * len(command.stances)
    batch = [_Item(one, Problems(("input", "stances", str(place)))) for place, one in enumerate(command.stances)]
    return (yield from _record(viewer, batch))


def _record(viewer: Viewer, commands: Sequence[_Item], projection: Projection | None = None) -> Steps[list[Outcome]]:
    annotator_id = require_annotator(viewer)
    references = References()
    items = [_resolve(command, references) for command in commands]
    unplaced = [one.statement.key for one in items if one.statement is not None and one.command.project_id is None]
    lookup = lookup_step(references, annotator_id, unplaced)
    new = _new_stance(viewer, annotator_id, items)
    rows = yield lookup if new is None else with_insert(lookup, items[0], *new, projection)
    if new is not None and rows and rows[0][0] == INSERTED:
        return [Outcome(new[0]["id"], created=True, text=rendered_stance(rows[0]))]
    batch = _Batch(viewer, parse_rows(rows, references))
    outcomes = [_outcome(batch, item, references) for item in items]
    if batch.revisions:
        yield _write_step(batch, annotator_id)
    return outcomes


def _new_stance(
    viewer: Viewer, annotator_id: UUID, items: Sequence[_ResolvedItem]
) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Return the columns and the revision of the stance that a batch of one inserts if it is new; None for others."""
    item = items[0] if len(items) == 1 else None
    if item is None or item.problems or item.command.expected_version:
        return None
    stance, at = StoredStance(item.key or new_id(), *_content(item.command)), now()
    columns = {**_columns(stance), "annotator_id": annotator_id, "created_at": at, "updated_at": at}
    state = {**_columns(stance), "id": str(stance.key), "annotator_id": str(annotator_id)}
    return columns, revision(viewer, RevisionAction.CREATED, Stance, stance.key, None, state)


def _outcome(batch: _Batch, item: _ResolvedItem, references: References) -> Outcome:
    place = _place_within(item, references)
    project = _project(batch, item, place, references)
    _check_project(item, project, place, references)
    if item.problems or place is None or project is None:
        return item.problems.refused()
    return _apply(batch, item, Place(project.id, *place), project.codebook_id, references)


def _resolve(item: _Item, references: References) -> _ResolvedItem:
    command, problems = item.command, item.problems
    target = command.target
    if (target.actor_id is None) is (target.topic_id is None):
        problems.invalid("give either actorId or topicId", "target")
    _check(command, problems)
    return _ResolvedItem(
        command,
        problems,
        item.key,
        references.want(problems, command.statement_id, "statementId", of="Statement"),
        references.want(problems, command.holder_id, "holderId", of="Actor"),
        references.want(problems, target.actor_id, "target", "actorId", of="Actor"),
        references.want(problems, target.topic_id, "target", "topicId", of="Topic"),
        references.want(problems, command.project_id, "projectId", of="Project"),
    )


def _check(command: RecordStance, problems: Problems) -> None:
    if command.intensity is not None:
        if command.label not in _WITH_INTENSITY:
            problems.invalid(f"only SUPPORT and OPPOSE have an intensity, {command.label} has none", "intensity")
        elif not 1 <= command.intensity <= 3:
            problems.invalid(f"must be 1, 2 or 3, not {command.intensity}", "intensity")
    confidence = command.confidence
    if confidence is not None and not (math.isfinite(confidence) and 0 <= confidence <= 1):
        problems.invalid(f"must be from 0 to 1, not {confidence}", "confidence")
    validation.optional_text(problems, command.rationale, "rationale")


def _place_within(item: _ResolvedItem, references: References) -> _PlaceWithin | None:
    """Return the keys of the statement, holder and target of a stance; None if the statement does not exist."""
    statement = references.row(item.statement)
    holder_id, actor_id, topic_id = (references.key(r) for r in (item.holder, item.actor, item.topic))
    return None if statement is None else (statement.id, holder_id or statement.speaker_id, actor_id, topic_id)


def _check_project(item: _ResolvedItem, project: Any, place: _PlaceWithin | None, references: References) -> None:
    """Check that the annotator may record stances in the project, and towards this target."""
    if project is not None and project.status == OUTSIDER:
        item.problems.add(
            ErrorCode.CONFLICT, "you are no member of this project: ask its curators to add you", "projectId"
        )
    if project is not None and project.status == ProjectStatus.CLOSED:
        item.problems.add(ErrorCode.CONFLICT, "this project is closed", "projectId")
    if project is None or place is None or not project.restricted or item.problems:
        return
    target = place[2] or place[3]
    if target is not None and (project.id, target) not in references.named:
        item.problems.invalid("the project's codebook allows stances towards its own targets only", "target")


def _project(batch: _Batch, item: _ResolvedItem, place: _PlaceWithin | None, references: References) -> Any:
    """Return the project that the command names or implies (ADR 0022); add a problem and return None if none is."""
    if item.command.project_id is not None:
        return references.row(item.project)
    leased, expecting = (_projects_of(kind, item, references) for kind in ("Leased", "Expecting"))
    if len(leased) == 1:
        return leased[0]
    revised = [p for p in expecting if place is not None and Place(p.id, *place) in batch.current]
    if len(revised) == 1:
        return revised[0]
    if leased or expecting:
        _refuse_guess(item, leased or expecting, "" if leased else _or_default(references))
        return None
    if references.default_project is None:
        item.problems.add(ErrorCode.NOT_FOUND, "there is no default project: name one", "projectId")
    return references.default_project


def _projects_of(kind: str, item: _ResolvedItem, references: References) -> Sequence[Any]:
    return () if item.statement is None else references.projects_of[kind].get(item.statement.key, ())


def _refuse_guess(item: _ResolvedItem, projects: Sequence[Any], other: str) -> None:
    """Add the problem that the command names no project and several are possible."""
    named = [f"{project.slug} ({global_id('Project', project.id)})" for project in projects[:_MAX_LISTED]]
    if len(projects) > len(named):
        named.append(f"{len(projects) - len(named)} more")
    item.problems.invalid(
        f"the statement is in several projects of the annotator: name one of {', '.join(named)}{other}",
        "projectId",
    )


def _or_default(references: References) -> str:
    default = references.default_project
    return "" if default is None else f"; or the default project ({global_id('Project', default.id)})"


def _apply(
    batch: _Batch, item: _ResolvedItem, place: Place, codebook_id: UUID | None, references: References
) -> Outcome:
    """Insert or update the stance in the batch, or leave it as it is."""
    command, old = item.command, batch.current.get(place)
    if version_conflict(item.problems, command.expected_version, old.version if old else 0):
        return item.problems.refused(old.key if old else None)
    if old is not None and (*_content(old), old.codebook_id) == (*_content(command), codebook_id):
        return Outcome(old.key)
    content = {**dict(zip(_CONTENT, _content(command), strict=True)), "codebook_id": codebook_id}
    if old is None:
        stance = StoredStance(item.key or new_id(), **content)
        batch.inserted[place] = {"stated_on_sort": references.row(item.statement).stated_on_sort}
    else:
        stance = replace(old, **content, version=old.version + 1)
        if place not in batch.inserted:
            batch.changed.setdefault(old.key, old.version)
    batch.current[place] = stance
    before = _state(place, old, batch.viewer) if old else None
    action = RevisionAction.UPDATED if old else RevisionAction.CREATED
    batch.revisions.append(
        revision(batch.viewer, action, Stance, stance.key, before, _state(place, stance, batch.viewer))
    )
    return Outcome(stance.key, created=old is None)


def _write_step(batch: _Batch, annotator_id: UUID) -> WriteStep:
    at = now()
    new = [
        {
            **place._asdict(),
            **more,
            **_columns(batch.current[place]),
            "annotator_id": annotator_id,
            "created_at": at,
            "updated_at": at,
        }
        for place, more in batch.inserted.items()
    ]
    revised = [
        {**_columns(stored), "updated_at": at, EXPECTED_VERSION: batch.changed[stored.key]}
        for stored in batch.current.values()
        if stored.key in batch.changed
    ]
    # Every batch locks rows in the same order, so that two batches cannot deadlock.
    new.sort(key=lambda row: (row["statement_id"], row["id"]))
    revised.sort(key=lambda row: row["id"])
    stance, revisions = table_of(Stance), table_of(Revision)
    return WriteStep({stance: new, revisions: batch.revisions}, {stance: revised})


_CONTENT = ("label", "intensity", "confidence", "rationale")


def _content(stance: RecordStance | StoredStance) -> tuple[Any, ...]:
    return (stance.label, stance.intensity, stance.confidence, stance.rationale)


def _columns(stance: StoredStance) -> dict[str, Any]:
    content = dict(zip(_CONTENT, _content(stance), strict=True))
    return {"id": stance.key, **content, "codebook_id": stance.codebook_id, "version": stance.version}


def _state(place: Place, stance: StoredStance, viewer: Viewer) -> State:
    keys = {name: None if key is None else str(key) for name, key in place._asdict().items()}
    codebook_id = None if stance.codebook_id is None else str(stance.codebook_id)
    own = {"id": str(stance.key), "codebook_id": codebook_id, "annotator_id": str(viewer.annotator_id)}
    return {**_columns(stance), **keys, **own}
