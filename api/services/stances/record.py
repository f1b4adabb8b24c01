"""Stances: recorded, revised and withdrawn by annotators.

Recording is made for many at once: one stance is a batch of one. A batch takes the same handful of statements
however many stances are in it.
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
from api.services.stances.fused_insert import FRESH, at_once, text_of
from api.services.stances.lookup import OUTSIDER, Place, Reading, look_up, take_in
from models import ProjectStatus, Revision, RevisionAction, Stance, StanceLabel, new_id, now
from models.base import table_of

_MOST_SHOWN = 5
_WITH_INTENSITY = (StanceLabel.SUPPORT, StanceLabel.OPPOSE)


@dataclass(frozen=True, kw_only=True)
class StanceTarget:
    """What a stance is about: exactly one of the two."""

    actor_id: Id | None = None
    """An actor."""
    topic_id: Id | None = None
    """A topic."""


@dataclass(frozen=True, kw_only=True)
class RecordStance:
    """Records how the caller reads a statement. Safe to repeat: the same input again changes nothing."""

    statement_id: Id
    """What was read."""
    holder_id: Id | None = None
    """Whose stance it is: the statement's speaker where left out."""
    target: StanceTarget
    """What it is about."""
    label: StanceLabel
    """Where the holder stands."""
    intensity: int | None = None
    """From 1, mild, to 3, strong; only with SUPPORT and OPPOSE."""
    confidence: float | None = None
    """How sure the caller is, from 0 to 1."""
    rationale: Text | None = None
    """Why, in the caller's words."""
    project_id: Id | None = None
    """The project it is recorded in.

    Where left out: the project in which the caller holds a lease on the statement; else, of the open projects of the
    caller in which the statement is to be annotated, the only one in which the caller has a stance of the same holder
    and target; else the default project. INVALID where there are such projects, but neither a lease nor a stance says
    which is meant.
    """
    expected_version: int | None = None
    """The version that was looked at, 0 for none yet: where it is no longer the version, nothing changes."""


@dataclass(frozen=True, kw_only=True)
class RecordStances:
    """Records up to 1,000 stances in one transaction: good ones are kept, bad ones reported in their place."""

    stances: Annotated[Sequence[RecordStance], limits.STANCES]
    """The stances, in the order in which they are to be recorded."""


_PlaceWithin: TypeAlias = tuple[UUID, UUID, UUID | None, UUID | None]
"""The fields of `Place` but for the project."""


@dataclass(frozen=True, slots=True)
class _Given:
    """One command of a batch, what is wrong with it, and the key that a new stance is to have."""

    command: RecordStance
    problems: Problems
    key: UUID | None = None


@dataclass(frozen=True, slots=True)
class _Asked:
    """One command of a batch, with what it refers to."""

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
    """The stances that stand while a batch is worked through, and what is to be written of them at its end."""

    viewer: Viewer
    standing: dict[Place, Reading] = field(default_factory=dict)
    inserted: dict[Place, dict[str, Any]] = field(default_factory=dict)
    changed: dict[UUID, int] = field(default_factory=dict)
    """Key → the version that was looked at."""
    revisions: list[dict[str, Any]] = field(default_factory=list)


def record_stance(
    viewer: Viewer, command: RecordStance, *, key: UUID | None = None, shown: Projection | None = None
) -> Steps[Outcome]:
    """One live stance per project, statement, holder, target and annotator: recorded, revised, or left as it was.

    `key` is the id that a new one is to have, where seeds or an import name one; `shown` how a new one is shown.
    """
    (outcome,) = yield from _record(viewer, [_Given(command, Problems(), key)], shown)
    return outcome


def record_stances(viewer: Viewer, command: RecordStances) -> Steps[Sequence[Outcome]]:
    """As `record_stance` for each, in order; what is wrong with one does not touch the others."""
    require_annotator(viewer)
    if len(command.stances) > limits.STANCES.maximum:
        # There is no payload for the whole: told in the place of the first that is too many.
        beyond = Problems(("input", "stances", str(limits.STANCES.maximum)))
        beyond.invalid(f"{limits.STANCES.exceeded(len(command.stances))}; none was recorded")
        return [beyond.refused()] * len(command.stances)
    batch = [_Given(one, Problems(("input", "stances", str(place)))) for place, one in enumerate(command.stances)]
    return (yield from _record(viewer, batch))


def _record(viewer: Viewer, commands: Sequence[_Given], shown: Projection | None = None) -> Steps[list[Outcome]]:
    annotator_id = require_annotator(viewer)
    references = References()
    asked = [_ask(given, references) for given in commands]
    unplaced = [one.statement.key for one in asked if one.statement is not None and one.command.project_id is None]
    look = look_up(references, annotator_id, unplaced)
    fresh = _mostly(viewer, annotator_id, asked)
    found = yield look if fresh is None else at_once(look, asked[0], *fresh, shown)
    if fresh is not None and found and found[0][0] == FRESH:
        return [Outcome(fresh[0]["id"], created=True, text=text_of(found[0]))]
    batch = _Batch(viewer, take_in(found, references))
    outcomes = [_outcome(batch, a, references) for a in asked]
    if batch.revisions:
        yield _written(batch, annotator_id)
    return outcomes


def _mostly(
    viewer: Viewer, annotator_id: UUID, asked: Sequence[_Asked]
) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """The stance that a batch of one records where it is new, as mostly it is, and its revision."""
    one = asked[0] if len(asked) == 1 else None
    if one is None or one.problems or one.command.expected_version:
        return None
    reading, at = Reading(one.key or new_id(), *_content(one.command)), now()
    fresh = {**_columns(reading), "annotator_id": annotator_id, "created_at": at, "updated_at": at}
    state = {**_columns(reading), "id": str(reading.key), "annotator_id": str(annotator_id)}
    return fresh, revision(viewer, RevisionAction.CREATED, Stance, reading.key, None, state)


def _outcome(batch: _Batch, asked: _Asked, references: References) -> Outcome:
    place = _place_within(asked, references)
    project = _project(batch, asked, place, references)
    _check_project(asked, project, place, references)
    if asked.problems or place is None or project is None:
        return asked.problems.refused()
    return _take(batch, asked, Place(project.id, *place), project.codebook_id, references)


def _ask(given: _Given, references: References) -> _Asked:
    command, problems = given.command, given.problems
    target = command.target
    if (target.actor_id is None) is (target.topic_id is None):
        problems.invalid("give either actorId or topicId", "target")
    _check(command, problems)
    return _Asked(
        command,
        problems,
        given.key,
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


def _place_within(asked: _Asked, references: References) -> _PlaceWithin | None:
    """Where the stance stands within its project; None where there is no such statement."""
    statement = references.row(asked.statement)
    holder_id, actor_id, topic_id = (references.key(r) for r in (asked.holder, asked.actor, asked.topic))
    return None if statement is None else (statement.id, holder_id or statement.speaker_id, actor_id, topic_id)


def _check_project(asked: _Asked, project: Any, place: _PlaceWithin | None, references: References) -> None:
    """Check that the annotator may record in the project, and towards the target there."""
    if project is not None and project.status == OUTSIDER:
        asked.problems.add(ErrorCode.CONFLICT, "you take no part in this project: ask its curators", "projectId")
    if project is not None and project.status == ProjectStatus.CLOSED:
        asked.problems.add(ErrorCode.CONFLICT, "this project is closed", "projectId")
    if project is None or place is None or not project.restricted or asked.problems:
        return
    target = place[2] or place[3]
    if target is not None and (project.id, target) not in references.named:
        asked.problems.invalid("this project's codebook does not name this target, and leaves none free", "target")


def _project(batch: _Batch, asked: _Asked, place: _PlaceWithin | None, references: References) -> Any:
    """Return the project that the command names or implies (ADR 0022); None where there is none, which is a problem."""
    if asked.command.project_id is not None:
        return references.row(asked.project)
    leased, expecting = (_projects_of(kind, asked, references) for kind in ("Leased", "Expecting"))
    if len(leased) == 1:
        return leased[0]
    revised = [p for p in expecting if place is not None and Place(p.id, *place) in batch.standing]
    if len(revised) == 1:
        return revised[0]
    if leased or expecting:
        _refuse_guess(asked, leased or expecting, "" if leased else _or_default(references))
        return None
    if references.default_project is None:
        asked.problems.add(ErrorCode.NOT_FOUND, "there is no default project: name one", "projectId")
    return references.default_project


def _projects_of(kind: str, asked: _Asked, references: References) -> Sequence[Any]:
    return () if asked.statement is None else references.projects_of[kind].get(asked.statement.key, ())


def _refuse_guess(asked: _Asked, projects: Sequence[Any], other: str) -> None:
    """Refuse a command that names no project where it may be meant for several."""
    named = [f"{project.slug} ({global_id('Project', project.id)})" for project in projects[:_MOST_SHOWN]]
    if len(projects) > len(named):
        named.append(f"{len(projects) - len(named)} more")
    asked.problems.invalid(
        f"the statement is to be annotated in projects of the annotator: name one: {', '.join(named)}{other}",
        "projectId",
    )


def _or_default(references: References) -> str:
    default = references.default_project
    return "" if default is None else f"; or the default project ({global_id('Project', default.id)})"


def _take(batch: _Batch, asked: _Asked, place: Place, codebook_id: UUID | None, references: References) -> Outcome:
    """Record, revise, or leave one stance as it is, in memory."""
    command, stands = asked.command, batch.standing.get(place)
    if version_conflict(asked.problems, command.expected_version, stands.version if stands else 0):
        return asked.problems.refused(stands.key if stands else None)
    if stands is not None and (*_content(stands), stands.codebook_id) == (*_content(command), codebook_id):
        return Outcome(stands.key)
    said = {**dict(zip(_CONTENT, _content(command), strict=True)), "codebook_id": codebook_id}
    if stands is None:
        reading = Reading(asked.key or new_id(), **said)
        batch.inserted[place] = {"stated_on_sort": references.row(asked.statement).stated_on_sort}
    else:
        reading = replace(stands, **said, version=stands.version + 1)
        if place not in batch.inserted:
            batch.changed.setdefault(stands.key, stands.version)
    batch.standing[place] = reading
    before = _state(place, stands, batch.viewer) if stands else None
    action = RevisionAction.UPDATED if stands else RevisionAction.CREATED
    batch.revisions.append(
        revision(batch.viewer, action, Stance, reading.key, before, _state(place, reading, batch.viewer))
    )
    return Outcome(reading.key, created=stands is None)


def _written(batch: _Batch, annotator_id: UUID) -> WriteStep:
    at = now()
    fresh = [
        {
            **place._asdict(),
            **more,
            **_columns(batch.standing[place]),
            "annotator_id": annotator_id,
            "created_at": at,
            "updated_at": at,
        }
        for place, more in batch.inserted.items()
    ]
    revised = [
        {**_columns(reading), "updated_at": at, EXPECTED_VERSION: batch.changed[reading.key]}
        for reading in batch.standing.values()
        if reading.key in batch.changed
    ]
    # In one order everywhere, so that two batches wait for one another rather than both.
    fresh.sort(key=lambda row: (row["statement_id"], row["id"]))
    revised.sort(key=lambda row: row["id"])
    stance, revisions = table_of(Stance), table_of(Revision)
    return WriteStep({stance: fresh, revisions: batch.revisions}, {stance: revised})


_CONTENT = ("label", "intensity", "confidence", "rationale")


def _content(reading: RecordStance | Reading) -> tuple[Any, ...]:
    return (reading.label, reading.intensity, reading.confidence, reading.rationale)


def _columns(reading: Reading) -> dict[str, Any]:
    said = dict(zip(_CONTENT, _content(reading), strict=True))
    return {"id": reading.key, **said, "codebook_id": reading.codebook_id, "version": reading.version}


def _state(place: Place, reading: Reading, viewer: Viewer) -> State:
    keys = {name: None if key is None else str(key) for name, key in place._asdict().items()}
    codebook_id = None if reading.codebook_id is None else str(reading.codebook_id)
    own = {"id": str(reading.key), "codebook_id": codebook_id, "annotator_id": str(viewer.annotator_id)}
    return {**_columns(reading), **keys, **own}
