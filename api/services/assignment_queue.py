"""The assignment queue of a project: selects the next statement for an annotator, within the project's overlap.

Each use of the queue locks the project's row until the transaction ends, so that no other request changes the queue
between the lookup and the write. SQLite needs no lock: it has one writer.
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

_LATEST_ASSIGNMENTS = 20
"""An annotator gets statements from the documents of this many latest assignments first."""

_PLACE = ProjectStatement
_IS_OPEN: ColumnElement[bool] = literal_column("project_statement.is_open")
"""Spelled as in the partial index: SQLite compares the text to decide if the index applies."""

Condition = ColumnElement[bool]


def _is(column: Any, status: AssignmentStatus) -> Condition:
    # A literal, since a generic plan uses the partial index of leases for a literal only.
    condition: Condition = column == literal(status, column.type, literal_execute=True)
    return condition


@dataclass(frozen=True, slots=True)
class LockedQueue:
    """The queue of a project for one annotator, locked until the transaction ends."""

    session: AsyncSession
    project_id: UUID
    annotator_id: UUID
    status: ProjectStatus
    overlap: int
    takes_part: bool
    at: dt.datetime
    """The current time of the database."""

    @classmethod
    async def lock(cls, session: AsyncSession, project_id: UUID, annotator_id: UUID) -> Self | None:
        """Wait for the lock of the queue, and return it; None if there is no such project."""
        query = select(Project.status, Project.overlap, TAKES_PART, CurrentInstant()).where(Project.id == project_id)
        # FOR NO KEY UPDATE does not block transactions that record stances: these only check the foreign key.
        locking = query.with_for_update(key_share=True, of=Project)
        found = (await session.execute(locking, {"annotator_id": annotator_id})).one_or_none()
        return None if found is None else cls(session, project_id, annotator_id, *found)

    # ------------------------------------------------------------------ conditions

    def _is_leased(self, assignment: Any) -> Condition:
        return and_(_is(assignment.status, AssignmentStatus.LEASED), assignment.leased_until > self.at)

    def _has_room(self, statement_id: Any) -> Condition:
        """True if fewer other annotators than the overlap have finished or leased the statement."""
        other = aliased(Assignment)
        others = select(func.count()).where(
            other.project_id == self.project_id,
            other.statement_id == statement_id,
            other.annotator_id != self.annotator_id,
            or_(_is(other.status, AssignmentStatus.FINISHED), self._is_leased(other)),
        )
        return others.scalar_subquery() < self.overlap

    def _mine(self, assignment: Any) -> Condition:
        return and_(assignment.project_id == self.project_id, assignment.annotator_id == self.annotator_id)

    def _placed(self, assignment: Any) -> Condition:
        """Join an assignment to its statement's place in the project."""
        return and_(_PLACE.project_id == self.project_id, _PLACE.statement_id == assignment.statement_id)

    # ------------------------------------------------------------------ lookup

    async def has_room(self, statement_id: UUID) -> bool:
        """True if the annotator may work on the statement without exceeding the overlap."""
        return bool(await self.session.scalar(select(self._has_room(literal(statement_id, _PLACE.statement_id.type)))))

    async def unfinished(self) -> Assignment | None:
        """Return the annotator's leased assignment with the latest end, also if it expired and still has room."""
        query = (
            select(Assignment)
            .join(_PLACE, self._placed(Assignment))
            .where(self._mine(Assignment), _is(Assignment.status, AssignmentStatus.LEASED), _IS_OPEN)
            .where(self._has_room(Assignment.statement_id))
            .order_by(Assignment.leased_until.desc())
        )
        return (await self.session.scalars(query.limit(1))).one_or_none()

    async def next_statement(self) -> UUID | None:
        """Return the key of a statement that the annotator was never assigned and that has room."""
        for query in self._candidates():
            found: UUID | None = await self.session.scalar(query.limit(1))
            if found is not None:
                return found
        return None

    def _candidates(self) -> Iterator[Select[UUID]]:
        """Yield queries for candidates, the preferred first.

        An annotator stays in a document, and does not start a document on which enough others are at work.
        """
        mine = aliased(Assignment)
        assigned = exists().where(self._mine(mine), mine.statement_id == _PLACE.statement_id)
        candidates = select(_PLACE.statement_id).where(
            _PLACE.project_id == self.project_id, _IS_OPEN, ~assigned, self._has_room(_PLACE.statement_id)
        )
        latest = self._latest_documents()
        yield candidates.join(latest, latest.c.document_id == _PLACE.document_id).order_by(
            latest.c.begun_at.desc(), _PLACE.position
        )
        in_order, free = candidates.order_by(_PLACE.position), _PLACE.document_id.not_in(self._busy_documents())
        yield in_order.where(free, _PLACE.position > self._here())
        yield in_order.where(free)
        yield in_order

    def _latest(self) -> Any:
        mine = aliased(Assignment)
        latest = select(mine.statement_id, mine.created_at).where(self._mine(mine))
        return latest.order_by(mine.created_at.desc(), mine.id.desc())

    def _latest_documents(self) -> Any:
        """Return the documents of the annotator's latest assignments, each with the time of its latest assignment."""
        latest, place = self._latest().limit(_LATEST_ASSIGNMENTS).subquery(), aliased(_PLACE)
        return (
            select(place.document_id, func.max(latest.c.created_at).label("begun_at"))
            .join(latest, latest.c.statement_id == place.statement_id)
            .where(place.project_id == self.project_id)
            .group_by(place.document_id)
            .subquery()
        )

    def _here(self) -> Any:
        """Return the position of the annotator's latest assignment, so that the scan skips all earlier statements."""
        latest, place = self._latest().limit(1).subquery(), aliased(_PLACE)
        here = select(place.position).join(latest, latest.c.statement_id == place.statement_id)
        return here.where(place.project_id == self.project_id).scalar_subquery()

    def _busy_documents(self) -> Any:
        """Return the documents on which as many other annotators as the overlap are at work."""
        other, place = aliased(Assignment), aliased(_PLACE)
        return (
            select(place.document_id)
            .join(other, and_(other.project_id == place.project_id, other.statement_id == place.statement_id))
            .where(other.project_id == self.project_id, self._is_leased(other), other.annotator_id != self.annotator_id)
            .group_by(place.document_id)
            .having(func.count(distinct(other.annotator_id)) >= self.overlap)
        )

    # ------------------------------------------------------------------ write

    async def count_finished(self, statement_id: UUID) -> None:
        """Count one more finished annotation of the statement."""
        finished = _PLACE.finished + 1
        await self.session.execute(
            update(_PLACE)
            .where(_PLACE.project_id == self.project_id, _PLACE.statement_id == statement_id)
            .values(finished=finished, is_open=finished < self.overlap)
            .execution_options(synchronize_session=False)
        )
