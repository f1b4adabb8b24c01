"""Updates `nothing_to_record` of a finished assignment when the annotator's stances change later (ADR 0022).

Progress and agreement count by that flag: an annotation that lost its stance counts as one without a stance.
"""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.security.viewer import Viewer
from api.services.missing_targets import lacks_stance
from api.services.revisions import snapshot, updated
from models import Assignment, AssignmentStatus


async def stance_changed(session: AsyncSession, viewer: Viewer, stance: Any) -> None:
    """Update the finished assignment that `stance`, withdrawn or restored just now, belongs to."""
    own = select(Assignment).where(
        Assignment.project_id == stance.project_id,
        Assignment.statement_id == stance.statement_id,
        Assignment.annotator_id == stance.annotator_id,
    )
    # Locked in every status: a concurrent `finish_assignment` holds this lock while it reads the stances.
    assignment = await session.scalar(own.with_for_update())
    if assignment is not None and assignment.status is AssignmentStatus.FINISHED:
        await store_nothing_to_record(session, viewer, assignment, await lacks_stance(session, assignment))


async def store_nothing_to_record(session: AsyncSession, viewer: Viewer, assignment: Assignment, value: bool) -> None:
    """Store the flag, with a revision; write nothing if the assignment has it already."""
    if assignment.nothing_to_record is not value:
        before = snapshot(assignment)
        assignment.nothing_to_record = value
        await updated(session, viewer, assignment, before)
