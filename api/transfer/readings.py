"""Carries in stances, each as its annotator's."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from api import limits
from api.database import in_session
from api.errors import ErrorCode
from api.identifiers import Id, parse
from api.interchange import records
from api.interchange.format import Read
from api.security.viewer import OPERATOR, Viewer
from api.services.outcome import Outcome
from api.services.project_members import AddProjectMember, add_project_member
from api.services.recording import RecordStance, RecordStances, StanceTarget, record_stances
from api.transfer.entering import Entering, differences, id_of, id_or_none, told, what
from api.transfer.keys import Found
from api.transfer.report import Fate
from models import Actor, Annotator, Project, ProjectMember, ProjectRole, Role, Stance, Statement, Topic

_SAID = ("label", "intensity", "confidence", "rationale")


async def stances(entering: Entering, reads: Sequence[Read]) -> None:
    """Stances: by project, statement, holder, target and annotator; the annotators take part in the project."""
    good, found = await entering.lead(
        reads,
        statement=(Statement, "statement"),
        holder=(Actor, "holder"),
        target_actor=(Actor, "target"),
        target_topic=(Topic, "target"),
        annotator=(Annotator, "annotator"),
    )
    projects = await entering.keys.find(Project, {entering.project, *(read.record.project for read in good)})  # type: ignore[union-attr]
    by_annotator: dict[UUID, list[Read]] = {}
    for read in good:
        record = read.record
        assert isinstance(record, records.Stance)
        why = projects.missing(record.project or entering.project, "project")
        if why is not None:
            entering.refuse(read, why)
        else:
            by_annotator.setdefault(found["annotator"].rows[record.annotator], []).append(read)
    for annotator, theirs in by_annotator.items():
        for start in range(0, len(theirs), limits.STANCES.maximum):
            await _record(entering, annotator, theirs[start : start + limits.STANCES.maximum], found, projects)


async def _record(
    entering: Entering, annotator: UUID, reads: Sequence[Read], found: Mapping[str, Found], projects: Found
) -> None:
    """Record one annotator's readings. Who annotates is what the file says, whatever they may do now."""
    asked = [(read, _command(entering, read.record, found, projects)) for read in reads]  # type: ignore[arg-type]
    asked = await _taking_part(entering, annotator, asked)
    reads, commands = [read for read, _ in asked], [command for _, command in asked]
    viewer = Viewer(annotator, Role.ANNOTATOR)
    outcomes = await in_session(entering.session, record_stances(viewer, RecordStances(stances=commands)))
    standing = await _standing(entering, outcomes)
    for read, outcome in zip(reads, outcomes, strict=True):
        if outcome.created:
            entering.report.add(what(read), Fate.CREATED)
        elif outcome.key in standing:
            entering.matched(read, differences(read.record, standing[outcome.key], *_SAID))
        else:
            entering.refuse(read, told(Outcome(errors=tuple(_without_place(outcome)))))


def _command(entering: Entering, record: records.Stance, found: Mapping[str, Found], projects: Found) -> RecordStance:
    target = StanceTarget(
        actor_id=id_or_none(Actor, found["target_actor"].row(record.target_actor)),
        topic_id=id_or_none(Topic, found["target_topic"].row(record.target_topic)),
    )
    return RecordStance(
        statement_id=id_of(Statement, found["statement"].row(record.statement)),
        holder_id=id_of(Actor, found["holder"].row(record.holder)),
        target=target,
        project_id=id_or_none(Project, projects.row(record.project or entering.project)),
        expected_version=0,  # what stands already is left as it is
        **{name: getattr(record, name) for name in _SAID},
    )


async def _taking_part(
    entering: Entering, annotator: UUID, asked: Sequence[tuple[Read, RecordStance]]
) -> list[tuple[Read, RecordStance]]:
    """What is asked in projects that they take part in. Where they do not yet, they do from now on, if they can."""
    good = []
    for read, command in asked:
        why = None if command.project_id is None else await _take_part(entering, annotator, command.project_id)
        if why is None:
            good.append((read, command))
        else:
            entering.refuse(read, why)
    return good


async def _take_part(entering: Entering, annotator: UUID, project: Id) -> str | None:
    """Why they cannot take part in a project; None where they do."""
    if (annotator, project) not in entering.members:
        why = None
        if await _needs_part(entering, annotator, project):
            key = id_of(Annotator, annotator)
            member = AddProjectMember(project_id=project, annotator_id=key, role=ProjectRole.ANNOTATOR)
            outcome = await add_project_member(entering.session, OPERATOR, member)
            why = told(outcome) if outcome.errors else None
        entering.members[annotator, project] = why
    return entering.members[annotator, project]


async def _needs_part(entering: Entering, annotator: UUID, project: Id) -> bool:
    part = select(ProjectMember.id).where(
        ProjectMember.project_id == Project.id, ProjectMember.annotator_id == annotator
    )
    open_to_all = select(Project.is_default | part.exists())
    return not await entering.session.scalar(open_to_all.where(Project.id == parse(project, "Project")[1]))


async def _standing(entering: Entering, outcomes: Sequence[Outcome]) -> Mapping[UUID | None, Mapping[str, Any]]:
    """What the stances say that stood in the way of those that were to be recorded."""
    keys = {
        outcome.key
        for outcome in outcomes
        if outcome.key is not None and all(error.code is ErrorCode.CONFLICT for error in outcome.errors)
    }
    query = select(Stance.id, *(getattr(Stance, name) for name in _SAID))
    return {row.id: row._mapping for row in await entering.rows(query, Stance.id, keys)}


def _without_place(outcome: Outcome) -> Any:
    """Its errors without the place in the batch, which means nothing to who wrote the file."""
    for error in outcome.errors:
        yield type(error)(error.code, error.message, ("input", *error.path[3:]))
