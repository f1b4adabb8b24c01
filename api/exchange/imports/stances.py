"""Carries in stances, each as its annotator's."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import select

from api import limits
from api.database.step_runners import in_session
from api.errors import ErrorCode
from api.exchange import records
from api.exchange.format import Parsed
from api.exchange.imports.context import ImportContext, differences, error_text, id_of, optional_id_of
from api.exchange.imports.contradictions import StanceRequest, description, mixed_command, without_contradictions
from api.exchange.imports.report import RecordResult
from api.exchange.row_lookup import ResolvedKeys
from api.ids import Id, parse
from api.security.viewer import OPERATOR, Viewer
from api.services.outcome import Outcome
from api.services.project_members import AddProjectMember, add_project_member
from api.services.stances.record import RecordStance, RecordStances, StanceTarget, record_stances
from models import Actor, Annotator, Project, ProjectMember, ProjectRole, Role, Stance, Statement, Topic

_FIELDS = ("label", "intensity", "confidence", "rationale")


async def import_stances(entering: ImportContext, reads: Sequence[Parsed]) -> None:
    """Stances: by project, statement, holder, target and annotator; the annotators take part in the project."""
    good, found = await entering.lead(
        reads,
        statement=(Statement, "statement"),
        holder=(Actor, "holder"),
        target_actor=(Actor, "target"),
        target_topic=(Topic, "target"),
        annotator=(Annotator, "annotator"),
    )
    projects = await entering.keys.find(Project, {entering.options.project, *(read.record.project for read in good)})  # type: ignore[union-attr]
    by_annotator: dict[UUID, list[StanceRequest]] = {}
    for read in good:
        record = read.record
        assert isinstance(record, records.Stance)
        project = record.project or entering.options.project
        why = projects.missing(project, "project")
        if why is not None:
            entering.refuse(read, why)
        else:
            request = StanceRequest(read, record, _command(record, found, projects.row(project)))
            by_annotator.setdefault(found["annotator"].rows[record.annotator], []).append(request)
    for annotator, theirs in by_annotator.items():
        consistent = without_contradictions(entering, theirs)
        for start in range(0, len(consistent), limits.STANCES.maximum):
            await _record(entering, annotator, consistent[start : start + limits.STANCES.maximum])


async def _record(entering: ImportContext, annotator: UUID, requests: Sequence[StanceRequest]) -> None:
    """Record one annotator's readings. Who annotates is what the file says, whatever they may do now."""
    requests = await _with_membership(entering, annotator, requests)
    viewer = Viewer(annotator, Role.ANNOTATOR)
    command = RecordStances(stances=[request.command for request in requests])
    outcomes = await in_session(entering.session, record_stances(viewer, command))
    standing = await _existing_stances(entering, outcomes)
    for request, outcome in zip(requests, outcomes, strict=True):
        if outcome.created and outcome.key is not None:
            entering.created(request.read, outcome.key)
        elif outcome.key is not None and outcome.key in standing:
            await _match_existing(entering, viewer, request, outcome.key, standing[outcome.key])
        else:
            entering.refuse(request.read, error_text(Outcome(errors=tuple(_errors_within_command(outcome)))))


async def _match_existing(
    entering: ImportContext, viewer: Viewer, request: StanceRequest, row: UUID, stored: Mapping[str, Any]
) -> None:
    """Note a stance that is there already. If an earlier record of the file became it, labels must be the same."""
    origin, label = entering.origins.get(row), request.record.label
    if origin is None or stored["label"] == label:
        entering.matched(request.read, row, differences(request.record, stored, *_FIELDS))
        return
    why = description(entering, {stored["label"]: origin, label: request.read.place})
    if not entering.options.mix_contradictions:
        entering.refuse(request.read, f"{why}; {entering.located(origin)} was taken")
        return
    earlier = replace(request.command, **{name: stored[name] for name in _FIELDS})
    mixed = replace(mixed_command(earlier, [request.command]), expected_version=None)
    await in_session(entering.session, record_stances(viewer, RecordStances(stances=[mixed])))
    entering.report.remark(request.read.place, "stance", f"{why}: MIXED is recorded")
    entering.count(request.read, RecordResult.MATCHED)


def _command(record: records.Stance, found: Mapping[str, ResolvedKeys], project: UUID | None) -> RecordStance:
    target = StanceTarget(
        actor_id=optional_id_of(Actor, found["target_actor"].row(record.target_actor)),
        topic_id=optional_id_of(Topic, found["target_topic"].row(record.target_topic)),
    )
    return RecordStance(
        statement_id=id_of(Statement, found["statement"].row(record.statement)),
        holder_id=id_of(Actor, found["holder"].row(record.holder)),
        target=target,
        project_id=optional_id_of(Project, project),
        expected_version=0,  # what stands already is left as it is
        **{name: getattr(record, name) for name in _FIELDS},
    )


async def _with_membership(
    entering: ImportContext, annotator: UUID, requests: Sequence[StanceRequest]
) -> list[StanceRequest]:
    """The stances in projects that their annotator takes part in, from now on where not before, if that can be."""
    good = []
    for request in requests:
        project = request.command.project_id
        why = None if project is None else await _ensure_membership(entering, annotator, project)
        if why is None:
            good.append(request)
        else:
            entering.refuse(request.read, why)
    return good


async def _ensure_membership(entering: ImportContext, annotator: UUID, project: Id) -> str | None:
    """Why they cannot take part in a project; None where they do."""
    if (annotator, project) not in entering.members:
        why = None
        if await _lacks_membership(entering, annotator, project):
            key = id_of(Annotator, annotator)
            member = AddProjectMember(project_id=project, annotator_id=key, role=ProjectRole.ANNOTATOR)
            outcome = await add_project_member(entering.session, OPERATOR, member)
            why = error_text(outcome) if outcome.errors else None
        entering.members[annotator, project] = why
    return entering.members[annotator, project]


async def _lacks_membership(entering: ImportContext, annotator: UUID, project: Id) -> bool:
    part = select(ProjectMember.id).where(
        ProjectMember.project_id == Project.id, ProjectMember.annotator_id == annotator
    )
    open_to_all = select(Project.is_default | part.exists())
    return not await entering.session.scalar(open_to_all.where(Project.id == parse(project, "Project")[1]))


async def _existing_stances(
    entering: ImportContext, outcomes: Sequence[Outcome]
) -> Mapping[UUID | None, Mapping[str, Any]]:
    """What the stances say that stood in the way of those that were to be recorded."""
    keys = {
        outcome.key
        for outcome in outcomes
        if outcome.key is not None and all(error.code is ErrorCode.CONFLICT for error in outcome.errors)
    }
    query = select(Stance.id, *(getattr(Stance, name) for name in _FIELDS))
    return {row.id: row._mapping for row in await entering.rows(query, Stance.id, keys)}


def _errors_within_command(outcome: Outcome) -> Any:
    """Its errors without the place in the batch, which means nothing to who wrote the file."""
    for error in outcome.errors:
        yield type(error)(error.code, error.message, ("input", *error.path[3:]))
