"""Assignments: leases statements of a project's queue to annotators, who extend, finish or skip them.

Every request locks the queue until it is written (see `assignment_queue`). FINISHED and SKIPPED are final. Skipping
again changes nothing; finishing again changes `nothing_to_record` only.
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
from api.services.assignment_queue import LockedQueue
from api.services.finished_assignments import store_nothing_to_record
from api.services.missing_targets import lacks_stance, listed, missing_targets
from api.services.outcome import Outcome, Problems
from api.services.references import References
from api.services.revisions import created, snapshot, updated
from api.services.visible_rows import is_visible
from models import Assignment, AssignmentStatus, ProjectStatus, new_id


@dataclass(frozen=True, kw_only=True)
class NextAssignment:
    """Leases a statement to the caller. Returns the same assignment again until the caller finishes or skips it."""

    project_id: Id
    """The project."""


@dataclass(frozen=True, kw_only=True)
class ExtendAssignment:
    """Extends the lease of an assignment, also after it expired."""

    id: Id
    """The assignment to extend."""


@dataclass(frozen=True, kw_only=True)
class FinishAssignment:
    """Finishes an assignment. Idempotent."""

    id: Id
    """The assignment to finish."""
    nothing_to_record: bool | None = None
    """True if the caller read the statement and has no stance to record, at all or towards some targets of the
    project's codebook. Otherwise the caller must have recorded a stance towards every target of the codebook. The flag
    is stored only if a stance is missing. Finishing a finished assignment again updates the flag: it becomes true if a
    stance is missing and this is true, and false if no stance is missing.
    """


@dataclass(frozen=True, kw_only=True)
class SkipAssignment:
    """Skips an assignment: the statement returns to the queue for other annotators. Idempotent."""

    id: Id
    """The assignment to skip."""
    reason: Annotated[str, limits.SKIP_REASON]
    """The reason, visible to curators."""


async def next_assignment(
    session: AsyncSession, viewer: Viewer, command: NextAssignment, *, lease: dt.timedelta
) -> Outcome:
    """Lease a statement to the caller: the unfinished one, or a new one with room. No row if none is left."""
    annotator_id = require_annotator(viewer)
    problems, references = Problems(), References()
    wanted = references.want(problems, command.project_id, "projectId", of="Project")
    if wanted is None:
        return problems.refused()
    queue = await LockedQueue.lock(session, wanted.key, annotator_id)
    if queue is None:
        references.key(wanted)
    if queue is None or _is_excluded(queue, problems, "projectId"):
        return problems.refused()
    unfinished = await queue.unfinished()
    if unfinished is not None:
        return await _extend(viewer, unfinished, queue, lease)
    statement_id = await queue.next_statement()
    if statement_id is None:
        return Outcome()
    assignment = Assignment(
        id=new_id(),
        project_id=queue.project_id,
        statement_id=statement_id,
        annotator_id=annotator_id,
        leased_until=queue.at + lease,
    )
    await created(session, viewer, assignment)
    return Outcome(assignment.id, created=True)


async def extend_assignment(
    session: AsyncSession, viewer: Viewer, command: ExtendAssignment, *, lease: dt.timedelta
) -> Outcome:
    """Extend a lease from now, also if it expired and the statement still has room."""
    problems = Problems()
    own = await _own_assignment(session, viewer, command.id, problems)
    if own is None or await _is_final(*own, problems):
        return problems.refused(own and own[0].id)
    return await _extend(viewer, *own, lease)


async def finish_assignment(session: AsyncSession, viewer: Viewer, command: FinishAssignment) -> Outcome:
    """Finish an assignment, also if its lease expired and the statement still has room."""
    problems = Problems()
    own = await _own_assignment(session, viewer, command.id, problems)
    if own is None:
        return problems.refused()
    assignment, queue = own
    if assignment.status is AssignmentStatus.FINISHED:
        await _finish_again(viewer, assignment, queue, command, problems)
        return problems.refused(assignment.id)
    if await _is_final(assignment, queue, problems):
        return problems.refused(assignment.id)
    missing = await missing_targets(session, assignment)
    if missing and not command.nothing_to_record:
        message = f"no stance yet towards {listed(missing)}: record them, or pass nothingToRecord: true"
        problems.add(ErrorCode.CONFLICT, message, "id")
        return problems.refused(assignment.id)
    without = bool(command.nothing_to_record) and await lacks_stance(session, assignment)
    await _end(viewer, assignment, queue, AssignmentStatus.FINISHED, nothing_to_record=without)
    await queue.count_finished(assignment.statement_id)
    return Outcome(assignment.id)


async def _finish_again(
    viewer: Viewer, assignment: Assignment, queue: LockedQueue, command: FinishAssignment, problems: Problems
) -> None:
    """Update `nothing_to_record`: the annotator passed it, or has recorded the missing stances since."""
    lacks = await lacks_stance(queue.session, assignment)
    value = lacks and (bool(command.nothing_to_record) or assignment.nothing_to_record)
    if value is not assignment.nothing_to_record and not _is_excluded(queue, problems, "id"):
        await store_nothing_to_record(queue.session, viewer, assignment, value)


async def skip_assignment(session: AsyncSession, viewer: Viewer, command: SkipAssignment) -> Outcome:
    """Skip an assignment; other annotators may get the statement."""
    problems = Problems()
    validation.text(problems, command.reason, "reason", limit=limits.SKIP_REASON)
    own = await _own_assignment(session, viewer, command.id, problems)
    if own is None:
        return problems.refused()
    assignment, queue = own
    skipped = assignment.status is AssignmentStatus.SKIPPED
    if not problems and not skipped and not await _is_final(assignment, queue, problems, takes_room=False):
        await _end(viewer, assignment, queue, AssignmentStatus.SKIPPED, reason=command.reason)
    return problems.refused(assignment.id)


_OwnAssignment = tuple[Assignment, LockedQueue]
"""An assignment of the caller's, with the locked queue of its project."""


async def _own_assignment(session: AsyncSession, viewer: Viewer, id: Id, problems: Problems) -> _OwnAssignment | None:
    annotator_id, references = require_annotator(viewer), References()
    wanted = references.want(problems, id, "id", of="Assignment")
    await references.load(session)
    row = references.row(wanted)
    if row is None or wanted is None:
        return None
    if row.annotator_id != annotator_id:
        if await is_visible(session, viewer, Assignment, row.id):
            raise Forbidden("this assignment belongs to another annotator")
        references.not_found(wanted)
        return None
    queue = await LockedQueue.lock(session, row.project_id, annotator_id)
    assert queue is not None, "projects are never deleted"
    # Locked: withdrawing or restoring a stance reads the assignment after this transaction commits.
    return await session.get_one(Assignment, row.id, with_for_update=True), queue


async def _is_final(assignment: Assignment, queue: LockedQueue, problems: Problems, *, takes_room: bool = True) -> bool:
    """True if the assignment cannot change; the reason is added to `problems`."""
    if assignment.status is not AssignmentStatus.LEASED:
        problems.add(ErrorCode.CONFLICT, f"the assignment is {assignment.status.lower()}, which is final", "id")
    elif not _is_excluded(queue, problems, "id") and takes_room and not await queue.has_room(assignment.statement_id):
        message = "the lease expired, and enough other annotators have the statement now: request the next assignment"
        problems.add(ErrorCode.CONFLICT, message, "id")
    return bool(problems)


async def _end(
    viewer: Viewer,
    assignment: Assignment,
    queue: LockedQueue,
    status: AssignmentStatus,
    *,
    reason: str | None = None,
    nothing_to_record: bool = False,
) -> None:
    before = snapshot(assignment)
    assignment.status, assignment.reason, assignment.nothing_to_record = status, reason, nothing_to_record
    await updated(queue.session, viewer, assignment, before)


async def _extend(viewer: Viewer, assignment: Assignment, queue: LockedQueue, lease: dt.timedelta) -> Outcome:
    before = snapshot(assignment)
    assignment.leased_until = queue.at + lease
    await updated(queue.session, viewer, assignment, before)
    return Outcome(assignment.id)


def _is_excluded(queue: LockedQueue, problems: Problems, path: str) -> bool:
    """True if the annotator may not work in the project; the conflict is added to `problems`."""
    if not queue.takes_part:
        problems.add(ErrorCode.CONFLICT, "you are no member of this project: ask its curators to add you", path)
    elif queue.status is ProjectStatus.CLOSED:
        problems.add(ErrorCode.CONFLICT, "this project is closed", path)
    return bool(problems)
