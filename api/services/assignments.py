"""Assignments: statements leased to annotators from a project's queue, extended, finished and skipped by them.

Whoever asks is alone at the queue until what they asked for is written, see `queue`. What is finished or skipped stays
so; skipping once more changes nothing, finishing once more only whether there was nothing to record.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Annotated

from sqlalchemy.ext.asyncio import AsyncSession

from api import limits
from api.errors import ErrorCode, Forbidden
from api.ids import Id
from api.security.policies import require_annotator
from api.security.viewer import Viewer
from api.services import validation
from api.services.assignment_queue import Turn
from api.services.finished_assignments import store_nothing_to_record
from api.services.missing_targets import lacks_stance, listed, missing_targets
from api.services.outcome import Outcome, Problems
from api.services.references import References
from api.services.revisions import created, snapshot, updated
from api.services.visible_rows import is_visible
from models import Assignment, AssignmentStatus, ProjectStatus, new_id


@dataclass(frozen=True, kw_only=True)
class NextAssignment:
    """Asks for a statement to annotate. Safe to repeat: what the caller still has is given again."""

    project_id: Id
    """In which project."""


@dataclass(frozen=True, kw_only=True)
class ExtendAssignment:
    """Asks for more time for a statement, or for a statement back whose time ran out."""

    id: Id
    """Which assignment."""


@dataclass(frozen=True, kw_only=True)
class FinishAssignment:
    """Says that the caller is done with a statement. Safe to repeat."""

    id: Id
    """Which assignment."""
    nothing_to_record: bool | None = None
    """Whether the caller judged the statement and has no stance to record: none at all, or none towards some targets of
    the project's codebook. Without it, every target of the codebook must have a stance of the caller's. It is stored
    only where a stance is missing. A finished assignment can be finished again to change it: it becomes true where a
    stance is missing and this is true, and false once no stance is missing.
    """


@dataclass(frozen=True, kw_only=True)
class SkipAssignment:
    """Gives a statement back, for others to annotate. Safe to repeat."""

    id: Id
    """Which assignment."""
    reason: Annotated[str, limits.SKIP_REASON]
    """Why, for the curators to see."""


async def next_assignment(
    session: AsyncSession, viewer: Viewer, command: NextAssignment, *, lease: dt.timedelta
) -> Outcome:
    """A statement leased to the caller: the one they hold, else one that has room. No row where nothing is left."""
    annotator_id = require_annotator(viewer)
    problems, references = Problems(), References()
    wanted = references.want(problems, command.project_id, "projectId", of="Project")
    if wanted is None:
        return problems.refused()
    turn = await Turn.take(session, wanted.key, annotator_id)
    if turn is None:
        references.key(wanted)
    if turn is None or _keeps_out(turn, problems, "projectId"):
        return problems.refused()
    begun = await turn.begun()
    if begun is not None:
        return await _leased(viewer, begun, turn, lease)
    statement_id = await turn.fresh()
    if statement_id is None:
        return Outcome()
    assignment = Assignment(
        id=new_id(),
        project_id=turn.project_id,
        statement_id=statement_id,
        annotator_id=annotator_id,
        leased_until=turn.at + lease,
    )
    await created(session, viewer, assignment)
    return Outcome(assignment.id, created=True)


async def extend_assignment(
    session: AsyncSession, viewer: Viewer, command: ExtendAssignment, *, lease: dt.timedelta
) -> Outcome:
    """A lease that runs from now on, also where it had run out and the statement still has room."""
    problems = Problems()
    held = await _held(session, viewer, command.id, problems)
    if held is None or await _stays(*held, problems):
        return problems.refused(held and held[0].id)
    return await _leased(viewer, *held, lease)


async def finish_assignment(session: AsyncSession, viewer: Viewer, command: FinishAssignment) -> Outcome:
    """An annotator done with a statement; one whose lease had run out, where the statement still has room."""
    problems = Problems()
    held = await _held(session, viewer, command.id, problems)
    if held is None:
        return problems.refused()
    assignment, turn = held
    if assignment.status is AssignmentStatus.FINISHED:
        await _finish_again(viewer, assignment, turn, command, problems)
        return problems.refused(assignment.id)
    if await _stays(assignment, turn, problems):
        return problems.refused(assignment.id)
    missing = await missing_targets(session, assignment)
    if missing and not command.nothing_to_record:
        message = f"no stance yet towards {listed(missing)}: record them, or pass nothingToRecord: true"
        problems.add(ErrorCode.CONFLICT, message, "id")
        return problems.refused(assignment.id)
    without = bool(command.nothing_to_record) and await lacks_stance(session, assignment)
    await _ended(viewer, assignment, turn, AssignmentStatus.FINISHED, nothing_to_record=without)
    await turn.count_finished(assignment.statement_id)
    return Outcome(assignment.id)


async def _finish_again(
    viewer: Viewer, assignment: Assignment, turn: Turn, command: FinishAssignment, problems: Problems
) -> None:
    """Store `nothingToRecord` as it is now: the annotator says so, or has recorded since what was missing."""
    lacks = await lacks_stance(turn.session, assignment)
    value = lacks and (bool(command.nothing_to_record) or assignment.nothing_to_record)
    if value is not assignment.nothing_to_record and not _keeps_out(turn, problems, "id"):
        await store_nothing_to_record(turn.session, viewer, assignment, value)


async def skip_assignment(session: AsyncSession, viewer: Viewer, command: SkipAssignment) -> Outcome:
    """A statement that an annotator will not read; another may."""
    problems = Problems()
    validation.text(problems, command.reason, "reason", limit=limits.SKIP_REASON)
    held = await _held(session, viewer, command.id, problems)
    if held is None:
        return problems.refused()
    assignment, turn = held
    skipped = assignment.status is AssignmentStatus.SKIPPED
    if not problems and not skipped and not await _stays(assignment, turn, problems, takes_room=False):
        await _ended(viewer, assignment, turn, AssignmentStatus.SKIPPED, reason=command.reason)
    return problems.refused(assignment.id)


_Held = tuple[Assignment, Turn]
"""An assignment of the caller's, and their turn at its project's queue."""


async def _held(session: AsyncSession, viewer: Viewer, id: Id, problems: Problems) -> _Held | None:
    annotator_id, references = require_annotator(viewer), References()
    wanted = references.want(problems, id, "id", of="Assignment")
    await references.load(session)
    row = references.row(wanted)
    if row is None or wanted is None:
        return None
    if row.annotator_id != annotator_id:
        if await is_visible(session, viewer, Assignment, row.id):
            raise Forbidden("this assignment is another annotator's")
        references.not_found(wanted)
        return None
    turn = await Turn.take(session, row.project_id, annotator_id)
    assert turn is not None, "projects are not deleted"
    # Locked: whoever withdraws or restores a stance looks at the assignment after this is written.
    return await session.get_one(Assignment, row.id, with_for_update=True), turn


async def _stays(assignment: Assignment, turn: Turn, problems: Problems, *, takes_room: bool = True) -> bool:
    """Whether the assignment must stay as it is; noted as a conflict."""
    if assignment.status is not AssignmentStatus.LEASED:
        problems.add(ErrorCode.CONFLICT, f"it is {assignment.status.lower()}, and stays so", "id")
    elif not _keeps_out(turn, problems, "id") and takes_room and not await turn.has_room(assignment.statement_id):
        message = "its time ran out, and as many others as are wanted have the statement: ask for the next one"
        problems.add(ErrorCode.CONFLICT, message, "id")
    return bool(problems)


async def _ended(
    viewer: Viewer,
    assignment: Assignment,
    turn: Turn,
    status: AssignmentStatus,
    *,
    reason: str | None = None,
    nothing_to_record: bool = False,
) -> None:
    before = snapshot(assignment)
    assignment.status, assignment.reason, assignment.nothing_to_record = status, reason, nothing_to_record
    await updated(turn.session, viewer, assignment, before)


async def _leased(viewer: Viewer, assignment: Assignment, turn: Turn, lease: dt.timedelta) -> Outcome:
    before = snapshot(assignment)
    assignment.leased_until = turn.at + lease
    await updated(turn.session, viewer, assignment, before)
    return Outcome(assignment.id)


def _keeps_out(turn: Turn, problems: Problems, path: str) -> bool:
    """Whether the project gives nothing to the annotator, and takes nothing from them; noted as a conflict."""
    if not turn.takes_part:
        problems.add(ErrorCode.CONFLICT, "you take no part in this project: ask its curators", path)
    elif turn.status is ProjectStatus.CLOSED:
        problems.add(ErrorCode.CONFLICT, "this project is closed", path)
    return bool(problems)
