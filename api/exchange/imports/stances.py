"""Imports stances, each as recorded by its annotator."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import select

from api import limits
from api.database.step_runners import run_in_session
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


async def import_stances(context: ImportContext, reads: Sequence[Parsed]) -> None:
    """Import stances, matched by project, statement, holder, target and annotator.

    Annotators become members of the projects of their stances.
    """
    good, found = await context.resolve_references(
        reads,
        statement=(Statement, "statement"),
        holder=(Actor, "holder"),
        target_actor=(Actor, "target"),
        target_topic=(Topic, "target"),
        annotator=(Annotator, "annotator"),
    )
    projects = await context.keys.resolve(Project, {context.options.project, *(read.record.project for read in good)})  # type: ignore[union-attr]
    by_annotator: dict[UUID, list[StanceRequest]] = {}
    for read in good:
        record = read.record
        assert isinstance(record, records.Stance)
        project = record.project or context.options.project
        why = projects.missing(project, "project")
        if why is not None:
            context.refuse(read, why)
        else:
            request = StanceRequest(read, record, _command(record, found, projects.row(project)))
            by_annotator.setdefault(found["annotator"].rows[record.annotator], []).append(request)
    for annotator, requests in by_annotator.items():
        consistent = without_contradictions(context, requests)
        for start in range(0, len(consistent), limits.STANCES.maximum):
            await _record(context, annotator, consistent[start : start + limits.STANCES.maximum])


async def _record(context: ImportContext, annotator: UUID, requests: Sequence[StanceRequest]) -> None:
    """Record stances of one annotator, whose role in the database is not checked: the file names the annotator."""
    requests = await _with_membership(context, annotator, requests)
    viewer = Viewer(annotator, Role.ANNOTATOR)
    command = RecordStances(stances=[request.command for request in requests])
    outcomes = await run_in_session(context.session, record_stances(viewer, command))
    existing = await _existing_stances(context, outcomes)
    for request, outcome in zip(requests, outcomes, strict=True):
        if outcome.created and outcome.key is not None:
            context.report_created(request.read, outcome.key)
        elif outcome.key is not None and outcome.key in existing:
            await _match_existing(context, viewer, request, outcome.key, existing[outcome.key])
        else:
            context.refuse(request.read, error_text(Outcome(errors=tuple(_errors_within_command(outcome)))))


async def _match_existing(
    context: ImportContext, viewer: Viewer, request: StanceRequest, row: UUID, stored: Mapping[str, Any]
) -> None:
    """Count a stance that is in the database as matched; if it is from this file, the labels must be equal."""
    origin, label = context.origins.get(row), request.record.label
    if origin is None or stored["label"] == label:
        context.report_match(request.read, row, differences(request.record, stored, *_FIELDS))
        return
    why = description(context, {stored["label"]: origin, label: request.read.place})
    if not context.options.mix_contradictions:
        context.refuse(request.read, f"{why}; {context.location(origin)} was imported")
        return
    earlier = replace(request.command, **{name: stored[name] for name in _FIELDS})
    mixed = replace(mixed_command(earlier, [request.command]), expected_version=None)
    await run_in_session(context.session, record_stances(viewer, RecordStances(stances=[mixed])))
    context.report.remark(request.read.place, "stance", f"{why}: MIXED is recorded")
    context.count(request.read, RecordResult.MATCHED)


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
        expected_version=0,  # an existing stance is not changed
        **{name: getattr(record, name) for name in _FIELDS},
    )


async def _with_membership(
    context: ImportContext, annotator: UUID, requests: Sequence[StanceRequest]
) -> list[StanceRequest]:
    """Make the annotator a member of each stance's project; refuse stances in projects where that is impossible."""
    good = []
    for request in requests:
        project = request.command.project_id
        why = None if project is None else await _ensure_membership(context, annotator, project)
        if why is None:
            good.append(request)
        else:
            context.refuse(request.read, why)
    return good


async def _ensure_membership(context: ImportContext, annotator: UUID, project: Id) -> str | None:
    """Make an annotator a member of a project; return an error message, or None if the annotator is a member."""
    if (annotator, project) not in context.members:
        why = None
        if await _lacks_membership(context, annotator, project):
            key = id_of(Annotator, annotator)
            member = AddProjectMember(project_id=project, annotator_id=key, role=ProjectRole.ANNOTATOR)
            outcome = await add_project_member(context.session, OPERATOR, member)
            why = error_text(outcome) if outcome.errors else None
        context.members[annotator, project] = why
    return context.members[annotator, project]


async def _lacks_membership(context: ImportContext, annotator: UUID, project: Id) -> bool:
    part = select(ProjectMember.id).where(
        ProjectMember.project_id == Project.id, ProjectMember.annotator_id == annotator
    )
    open_to_all = select(Project.is_default | part.exists())
    return not await context.session.scalar(open_to_all.where(Project.id == parse(project, "Project")[1]))


async def _existing_stances(
    context: ImportContext, outcomes: Sequence[Outcome]
) -> Mapping[UUID | None, Mapping[str, Any]]:
    """Return the values of existing stances that requested stances conflict with."""
    keys = {
        outcome.key
        for outcome in outcomes
        if outcome.key is not None and all(error.code is ErrorCode.CONFLICT for error in outcome.errors)
    }
    query = select(Stance.id, *(getattr(Stance, name) for name in _FIELDS))
    return {row.id: row._mapping for row in await context.rows(query, Stance.id, keys)}


def _errors_within_command(outcome: Outcome) -> Any:
    """Return errors without their index in the batch, which means nothing to the author of the file."""
    for error in outcome.errors:
        yield type(error)(error.code, error.message, ("input", *error.path[3:]))
