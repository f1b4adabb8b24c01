"""Looks up what commands refer to by global id: all ids of one type in one statement."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from api.database.retry import TransactionConflict
from api.errors import ErrorCode
from api.ids import Id, MalformedId, parse
from api.services.outcome import Problems
from models import (
    Actor,
    ActorRedirect,
    Annotator,
    Assignment,
    Document,
    Membership,
    Project,
    Relation,
    Stance,
    Statement,
    Topic,
)

# What is wanted of a row beside its key; most are only asked whether they exist.
_COLUMNS: Mapping[str, tuple[InstrumentedAttribute[Any], ...]] = {
    "Actor": (Actor.id,),
    "Annotator": (Annotator.id, Annotator.name, Annotator.role, Annotator.active),
    "Assignment": (Assignment.id, Assignment.project_id, Assignment.annotator_id),
    "Document": (Document.id,),
    "Membership": (Membership.id,),
    "Project": (Project.id, Project.status),
    "Relation": (Relation.id,),
    "Stance": (Stance.id,),
    "Statement": (Statement.id, Statement.speaker_id, Statement.stated_on_sort),
    "Topic": (Topic.id,),
}


T = TypeVar("T")


async def locked(session: AsyncSession, query: Select[T]) -> T:
    """The row of `query`, which was there a moment ago, locked until the transaction ends.

    :raises Contended: where somebody deleted or merged it meanwhile: begun anew, the use case finds how it stands now.
    """
    row = (await session.scalars(query.with_for_update())).one_or_none()
    if row is None:
        raise TransactionConflict("it went while this waited for it")
    return row


@dataclass(frozen=True, slots=True)
class Reference:
    """An id in a command: well formed, not yet known to lead anywhere."""

    type_name: str
    key: UUID
    problems: Problems
    path: tuple[str, ...]


@dataclass(slots=True)
class References:
    """Ids gathered from one command or many, then looked up together."""

    _wanted: dict[str, set[UUID]] = field(default_factory=dict)
    _found: dict[tuple[str, UUID], Any] = field(default_factory=dict)
    default_project: Any = None
    """The project of stances that name none, where it was looked up."""
    named: set[tuple[UUID, UUID]] = field(default_factory=set)
    """Project and target: what stances may be towards in projects that restrict them, where that was looked up."""
    projects_of: dict[str, dict[UUID, list[Any]]] = field(default_factory=lambda: {"Leased": {}, "Expecting": {}})
    """By statement, where that was looked up: the projects in which the caller holds a lease on it, and the open
    projects of the caller in which it is to be annotated."""

    def want(self, problems: Problems, text: Id | None, *path: str, of: str) -> Reference | None:
        """Note the id at `path`, of the type `of`; a malformed one is a problem, a missing one is None."""
        if text is None:
            return None
        try:
            type_name, key = parse(text, of)
        except MalformedId as error:
            problems.invalid(str(error), *path)
            return None
        self._wanted.setdefault(type_name, set()).add(key)
        return Reference(type_name, key, problems, path)

    async def load(self, session: AsyncSession) -> None:
        """Look everything up that is wanted: a statement for each type. Merged actors lead to their survivors."""
        for type_name, keys in self._wanted.items():
            columns = _COLUMNS[type_name]
            for row in await session.execute(select(*columns).where(columns[0].in_(sorted(keys)))):
                self._found[type_name, row.id] = row
        missing = [key for key in self._wanted.get("Actor", ()) if ("Actor", key) not in self._found]
        if missing:
            led_to = select(ActorRedirect.former_id, ActorRedirect.actor_id.label("id"))
            for former in await session.execute(led_to.where(ActorRedirect.former_id.in_(missing))):
                self._found["Actor", former.former_id] = former

    def wanted(self, type_name: str) -> list[UUID]:
        """The keys wanted of one type."""
        return sorted(self._wanted.get(type_name, ()))

    def accept(self, type_name: str, asked: UUID, row: Any) -> None:
        """Take in a row that was looked up elsewhere: `asked` leads to it."""
        self._found[type_name, asked] = row
        if type_name == "Default":
            self.default_project = row

    def row(self, reference: Reference | None) -> Any:
        """The row that `reference` leads to, with `_COLUMNS`; None where there is none, which is a problem."""
        if reference is None:
            return None
        row = self._found.get((reference.type_name, reference.key))
        if row is None:
            self.not_found(reference)
        return row

    @staticmethod
    def not_found(reference: Reference) -> None:
        """Note that there is no such row: also where the caller may not see it."""
        reference.problems.add(ErrorCode.NOT_FOUND, f"there is no {reference.type_name} with this id", *reference.path)

    def key(self, reference: Reference | None) -> UUID | None:
        """The key of that row."""
        row = self.row(reference)
        key: UUID | None = None if row is None else row.id
        return key
