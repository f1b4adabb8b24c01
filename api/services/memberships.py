"""Creates memberships of actors in groups."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import ErrorCode
from api.ids import Id
from api.names import Name, Normalized
from api.security.policies import require
from api.security.viewer import Viewer
from api.services import validation
from api.services.outcome import Outcome, Problems
from api.services.references import References, locked
from api.services.revisions import created
from models import Actor, Membership, Role, new_id


@dataclass(frozen=True, kw_only=True)
class CreateMembership(Normalized):
    """Creates a membership: an actor belongs to a group for a period."""

    member_id: Id
    """The member."""
    group_id: Id
    """The group."""
    role: Name | None = None
    """The member's role in the group."""
    valid_from: dt.date | None = None
    """The first day, if it is known."""
    valid_to: dt.date | None = None
    """The last day, if the membership has ended."""


async def create_membership(
    session: AsyncSession, viewer: Viewer, command: CreateMembership, *, key: UUID | None = None
) -> Outcome:
    """Create a membership. One with the same member, group, role and first day is a duplicate."""
    require(viewer, Role.CURATOR)
    problems, references = Problems(), References()
    member = references.want(problems, command.member_id, "memberId", of="Actor")
    group = references.want(problems, command.group_id, "groupId", of="Actor")
    validation.optional_name(problems, command.role, "role")
    validation.period(problems, command.valid_from, command.valid_to, "validTo")
    await references.load(session)
    member_id, group_id = references.key(member), references.key(group)
    if member_id is not None and member_id == group_id:
        problems.invalid("an actor cannot belong to itself", "groupId")
    if problems or member_id is None or group_id is None:
        return problems.refused()
    # Lock the member, so that two requests for the same membership run one after the other.
    await locked(session, select(Actor).where(Actor.id == member_id))
    same = select(Membership.id).where(
        Membership.member_id == member_id,
        Membership.group_id == group_id,
        Membership.valid_from.is_not_distinct_from(command.valid_from),
        Membership.role.is_not_distinct_from(command.role),
    )
    there = await session.scalar(same.limit(1))
    if there is not None:
        problems.add(ErrorCode.DUPLICATE, "this membership exists already", "memberId")
        return problems.refused(there)
    membership = Membership(
        id=key or new_id(),
        member_id=member_id,
        group_id=group_id,
        role=command.role,
        valid_from=command.valid_from,
        valid_to=command.valid_to,
    )
    await created(session, viewer, membership)
    return Outcome(membership.id, created=True)
