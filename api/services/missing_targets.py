"""Finds the targets of a project's codebook towards which an annotator has recorded no stance."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.ids import global_id
from models import Actor, Assignment, CodebookTarget, Project, Stance, Topic

_MAX_LISTED = 20


async def missing_targets(session: AsyncSession, assignment: Assignment) -> Sequence[str]:
    """Return name and global ID of the targets without a stance of the annotator's on the statement, in order.

    The targets come from the project's current codebook.
    """
    towards = or_(
        Stance.target_actor_id == CodebookTarget.target_actor_id,
        Stance.target_topic_id == CodebookTarget.target_topic_id,
    )
    targets = (
        select(
            func.coalesce(Actor.name, Topic.name).label("name"),
            func.coalesce(Actor.id, Topic.id).label("key"),
            CodebookTarget.target_actor_id,
        )
        .select_from(CodebookTarget)
        .join(Project, Project.codebook_id == CodebookTarget.codebook_id)
        .outerjoin(Actor, Actor.id == CodebookTarget.target_actor_id)
        .outerjoin(Topic, Topic.id == CodebookTarget.target_topic_id)
        .where(Project.id == assignment.project_id, ~exists().where(*_own(assignment), towards))
        .order_by(CodebookTarget.position)
    )
    return [
        f'"{row.name}" ({global_id("Actor" if row.target_actor_id else "Topic", row.key)})'
        for row in await session.execute(targets)
    ]


async def has_stance(session: AsyncSession, assignment: Assignment) -> bool:
    """True if the annotator recorded a stance on the statement in the project."""
    return bool(await session.scalar(select(exists().where(*_own(assignment)))))


async def lacks_stance(session: AsyncSession, assignment: Assignment) -> bool:
    """True if a target of the codebook has no stance of the annotator's, or the annotator recorded none at all."""
    return bool(await missing_targets(session, assignment)) or not await has_stance(session, assignment)


def listed(missing: Sequence[str]) -> str:
    """Return the targets as a list for an error message."""
    more = len(missing) - _MAX_LISTED
    return ", ".join([*missing[:_MAX_LISTED], *([f"{more} more"] if more > 0 else [])])


def _own(assignment: Assignment) -> tuple[Any, ...]:
    return (
        Stance.project_id == assignment.project_id,
        Stance.statement_id == assignment.statement_id,
        Stance.annotator_id == assignment.annotator_id,
    )
