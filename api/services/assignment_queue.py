"""A project's queue: which statement an annotator is to read next, and whether a statement still has room for them.

Whoever looks into the queue holds it: the project's row is locked until the transaction ends, so that what was found
is still true when it is written. On SQLite, which has one writer, that is so anyway.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, distinct, exists, func, literal, literal_column, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from api.database.constructs import CurrentInstant
from api.services.stances.lookup import TAKES_PART
from models import Assignment, AssignmentStatus, Project, ProjectStatement, ProjectStatus

_LATEST = 20
"""In the documents of how many of their latest assignments an annotator is kept."""

_PLACE = ProjectStatement
_IS_OPEN: ColumnElement[bool] = literal_column("project_statement.is_open")
"""Written as the partial index has it: SQLite knows it by the letter alone."""

Condition = ColumnElement[bool]


def _is(column: Any, status: AssignmentStatus) -> Condition:
    # Written into the statement, so that the partial index of what is leased serves any plan.
    is_it: Condition = column == literal(status, column.type, literal_execute=True)
    return is_it


@dataclass(frozen=True, slots=True)
class Turn:
    """An annotator's turn at the queue of a project, which nobody else moves until the transaction ends."""

    session: AsyncSession
    project_id: UUID
    annotator_id: UUID
    status: ProjectStatus
    overlap: int
    takes_part: bool
    at: dt.datetime
    """The present, by the database's clock."""

    @classmethod
    async def take(cls, session: AsyncSession, project_id: UUID, annotator_id: UUID) -> Self | None:
        """Wait for the queue; none where there is no such project."""
        # A lock that leaves alone who records stances: they look at the project's key only.
        held = select(Project.status, Project.overlap, TAKES_PART, CurrentInstant()).where(Project.id == project_id)
        of = held.with_for_update(key_share=True, of=Project)
        found = (await session.execute(of, {"annotator_id": annotator_id})).one_or_none()
        return None if found is None else cls(session, project_id, annotator_id, *found)

    # ------------------------------------------------------------------ conditions

    def _running(self, given: Any) -> Condition:
        return and_(_is(given.status, AssignmentStatus.LEASED), given.leased_until > self.at)

    def _has_room(self, statement_id: Any) -> Condition:
        """Whether fewer others than the overlap are done with the statement or at work on it."""
        other = aliased(Assignment)
        others = select(func.count()).where(
            other.project_id == self.project_id,
            other.statement_id == statement_id,
            other.annotator_id != self.annotator_id,
            or_(_is(other.status, AssignmentStatus.FINISHED), self._running(other)),
        )
        return others.scalar_subquery() < self.overlap

    def _mine(self, given: Any) -> Condition:
        return and_(given.project_id == self.project_id, given.annotator_id == self.annotator_id)

    def _placed(self, given: Any) -> Condition:
        """Where `given` stands in the project's order."""
        return and_(_PLACE.project_id == self.project_id, _PLACE.statement_id == given.statement_id)

    # ------------------------------------------------------------------ looking

    async def has_room(self, statement_id: UUID) -> bool:
        """Whether the annotator would be one of no more than the overlap."""
        return bool(await self.session.scalar(select(self._has_room(literal(statement_id, _PLACE.statement_id.type)))))

    async def begun(self) -> Assignment | None:
        """What the annotator has begun and can go on with: what they hold; else what they held last."""
        held = (
            select(Assignment)
            .join(_PLACE, self._placed(Assignment))
            .where(self._mine(Assignment), _is(Assignment.status, AssignmentStatus.LEASED), _IS_OPEN)
            .where(self._has_room(Assignment.statement_id))
            .order_by(Assignment.leased_until.desc())
        )
        return (await self.session.scalars(held.limit(1))).one_or_none()

    async def fresh(self) -> UUID | None:
        """The key of a statement that the annotator never had, and that has room."""
        for wanted in self._preferred():
            found: UUID | None = await self.session.scalar(wanted.limit(1))
            if found is not None:
                return found
        return None

    def _preferred(self) -> Iterator[Select[UUID]]:
        """What to give first: what keeps a document with who began it, and annotators out of each other's way."""
        mine = aliased(Assignment)
        had = exists().where(self._mine(mine), mine.statement_id == _PLACE.statement_id)
        left = select(_PLACE.statement_id).where(
            _PLACE.project_id == self.project_id, _IS_OPEN, ~had, self._has_room(_PLACE.statement_id)
        )
        latest = self._latest_documents()
        yield left.join(latest, latest.c.document_id == _PLACE.document_id).order_by(
            latest.c.begun_at.desc(), _PLACE.position
        )
        in_order, free = left.order_by(_PLACE.position), _PLACE.document_id.not_in(self._busy_documents())
        yield in_order.where(free, _PLACE.position > self._here())
        yield in_order.where(free)
        yield in_order

    def _latest(self) -> Any:
        given = aliased(Assignment)
        latest = select(given.statement_id, given.created_at).where(self._mine(given))
        return latest.order_by(given.created_at.desc(), given.id.desc())

    def _latest_documents(self) -> Any:
        """The documents of the annotator's latest assignments, and when each was begun last."""
        latest, place = self._latest().limit(_LATEST).subquery(), aliased(_PLACE)
        return (
            select(place.document_id, func.max(latest.c.created_at).label("begun_at"))
            .join(latest, latest.c.statement_id == place.statement_id)
            .where(place.project_id == self.project_id)
            .group_by(place.document_id)
            .subquery()
        )

    def _here(self) -> Any:
        """Where in the project's order the annotator is: nobody walks again past all that they have done."""
        latest, place = self._latest().limit(1).subquery(), aliased(_PLACE)
        here = select(place.position).join(latest, latest.c.statement_id == place.statement_id)
        return here.where(place.project_id == self.project_id).scalar_subquery()

    def _busy_documents(self) -> Any:
        """The documents at which as many others are at work as may be at one statement."""
        given, place = aliased(Assignment), aliased(_PLACE)
        return (
            select(place.document_id)
            .join(given, and_(given.project_id == place.project_id, given.statement_id == place.statement_id))
            .where(given.project_id == self.project_id, self._running(given), given.annotator_id != self.annotator_id)
            .group_by(place.document_id)
            .having(func.count(distinct(given.annotator_id)) >= self.overlap)
        )

    # ------------------------------------------------------------------ writing

    async def count_finished(self, statement_id: UUID) -> None:
        """One annotator more is done with the statement."""
        finished = _PLACE.finished + 1
        await self.session.execute(
            update(_PLACE)
            .where(_PLACE.project_id == self.project_id, _PLACE.statement_id == statement_id)
            .values(finished=finished, is_open=finished < self.overlap)
            .execution_options(synchronize_session=False)
        )
