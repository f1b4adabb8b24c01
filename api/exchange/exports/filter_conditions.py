"""The SQL conditions of an export's filters for each type of record, with the visibility of stances (ADR 0018)."""

import datetime as dt
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, or_, select

from api.exchange.exports.filters import Filters
from api.security.visibility import Visibility, visible
from models import UNDATED, Document, Membership, ProjectStatement, Relation, Stance, Statement
from models.base import table_of

Condition = ColumnElement[bool]
_FIRST_DAY = UNDATED + dt.timedelta(days=1)


class FilterConditions:
    """Conditions that rows meet if they match the filters and the caller may see them."""

    def __init__(self, filters: Filters, visibility: Visibility) -> None:
        self._filters, self._visibility = filters, visibility

    def relations(self) -> list[Condition]:
        """Return the conditions on relations."""
        return self._ties(Relation, Relation.source_id, Relation.target_id)

    def memberships(self) -> list[Condition]:
        """Return the conditions on memberships."""
        return self._ties(Membership, Membership.member_id, Membership.group_id)

    def _ties(self, model: Any, one: Any, other: Any) -> list[Condition]:
        filters, found = self._filters, list[Condition]()
        days = [(filters.first, filters.last)] if filters.first or filters.last else []
        for first, last in [*days, *([(filters.as_of, filters.as_of)] if filters.as_of else [])]:
            # A period without an end is unbounded in that direction.
            if last is not None:
                found.append(model.valid_from_sort <= last)
            if first is not None:
                found.append(or_(model.valid_to.is_(None), model.valid_to >= first))
        if filters.actor is not None:
            found.append(or_(one == filters.actor, other == filters.actor))
        return found

    def documents(self) -> list[Condition]:
        """Return the conditions on documents.

        A document matches if one of its statements does. If there are only filters by date and language, a document
        that was published within the dates matches too.
        """
        filters, found = self._filters, self._language()
        if filters == Filters(language=filters.language, as_of=filters.as_of):
            return found
        row = table_of(Statement).alias()
        has_statement = exists().where(row.c.document_id == Document.id, *self._statements(row.c))
        published = false() if self._chooses_stances else self._within(Document.published_on_sort)
        return [*found, or_(has_statement, published)]

    def statements(self) -> list[Condition]:
        """Return the conditions on statements."""
        found = self._statements(table_of(Statement).c)
        return [*found, *self._in_language(table_of(Statement).c)]

    def stances(self) -> list[Condition]:
        """Return the conditions on stances."""
        own, statement = table_of(Stance).c, table_of(Statement).alias()
        found, filters = self._stances(own), self._filters
        if filters.first or filters.last:
            found.append(self._within(own.stated_on_sort))
        if filters.language is not None:
            within = exists().where(statement.c.id == own.statement_id, *self._in_language(statement.c))
            found.append(within)
        return found

    @property
    def _chooses_stances(self) -> bool:
        filters = self._filters
        return any(chosen is not None for chosen in (filters.project, filters.actor, filters.annotator))

    def _stances(self, row: Any) -> list[Condition]:
        """Return the conditions on stances themselves, without those on their statements."""
        filters, condition = self._filters, visible(Stance, row, self._visibility)
        found = [] if condition is None else [condition]
        if filters.project is not None:
            found.append(row.project_id == filters.project)
        if filters.annotator is not None:
            found.append(row.annotator_id == filters.annotator)
        if filters.actor is not None:
            found.append(or_(row.holder_id == filters.actor, row.target_actor_id == filters.actor))
        return found

    def _statements(self, row: Any) -> list[Condition]:
        """Return the conditions on statements, without the language: one of their stances matches, or they do."""
        filters, found = self._filters, list[Condition]()
        if filters.first or filters.last:
            found.append(self._within(row.stated_on_sort))
        if not self._chooses_stances:
            return found
        stance = table_of(Stance).alias()
        has_stance = exists().where(stance.c.statement_id == row.id, *self._stances(stance.c))
        return [*found, or_(has_stance, and_(*self._by_itself(row)))]

    def _by_itself(self, row: Any) -> list[Condition]:
        filters, found = self._filters, list[Condition]()
        if filters.annotator is not None:
            return [false()]
        if filters.actor is not None:
            found.append(row.speaker_id == filters.actor)
        if filters.project is not None:
            chosen = table_of(ProjectStatement).alias().c
            found.append(exists().where(chosen.statement_id == row.id, chosen.project_id == filters.project))
        return found

    def _within(self, day: Any) -> Condition:
        """Return the condition that a day is within the dates; undated rows never are (ADR 0005)."""
        within: Condition = day.between(self._filters.first or _FIRST_DAY, self._filters.last or dt.date.max)
        return within

    def _language(self) -> list[Condition]:
        language = self._filters.language
        return [] if language is None else [Document.language == language]

    def _in_language(self, row: Any) -> list[Condition]:
        language = self._filters.language
        if language is None:
            return []
        document = table_of(Document).alias().c
        return [row.document_id.in_(select(document.id).where(document.language == language))]
