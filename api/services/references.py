"""Looks up the rows that commands refer to by global ID: all IDs of one type in one SQL statement."""

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

# The columns to load: the key first. For most types only the existence of the row matters.
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
    """Return the row of `query`, which was found just before, locked until the transaction ends.

    :raises TransactionConflict: if another transaction deleted or merged the row; a retry sees the new state.
    """
    row = (await session.scalars(query.with_for_update())).one_or_none()
    if row is None:
        raise TransactionConflict("the row was deleted while this transaction waited for its lock")
    return row


@dataclass(frozen=True, slots=True)
class Reference:
    """A well-formed ID in a command, whose row is not looked up yet."""

    type_name: str
    key: UUID
    problems: Problems
    path: tuple[str, ...]


@dataclass(slots=True)
class References:
    """Collects the IDs of one or many commands, and looks them up together."""

    _wanted: dict[str, set[UUID]] = field(default_factory=dict)
    _found: dict[tuple[str, UUID], Any] = field(default_factory=dict)
    default_project: Any = None
    """The default project, if it was looked up."""
    named: set[tuple[UUID, UUID]] = field(default_factory=set)
    """Pairs of project and allowed target, for projects with a restricted codebook, if they were looked up."""
    projects_of: dict[str, dict[UUID, list[Any]]] = field(default_factory=lambda: {"Leased": {}, "Expecting": {}})
    """By statement, if they were looked up: "Leased" are the projects in which the caller holds a lease on it,
    "Expecting" the open projects of the caller that contain it."""

    def want(self, problems: Problems, text: Id | None, *path: str, of: str) -> Reference | None:
        """Register the ID at `path`, of the type `of`. Return None for no ID; add a problem if it is malformed."""
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
        """Look up all registered IDs, in one SQL statement for each type. Merged actors resolve to their survivors."""
        for type_name, keys in self._wanted.items():
            columns = _COLUMNS[type_name]
            for row in await session.execute(select(*columns).where(columns[0].in_(sorted(keys)))):
                self._found[type_name, row.id] = row
        missing = [key for key in self._wanted.get("Actor", ()) if ("Actor", key) not in self._found]
        if missing:
            redirects = select(ActorRedirect.former_id, ActorRedirect.actor_id.label("id"))
            for former in await session.execute(redirects.where(ActorRedirect.former_id.in_(missing))):
                self._found["Actor", former.former_id] = former

    def wanted(self, type_name: str) -> list[UUID]:
        """Return the registered keys of one type."""
        return sorted(self._wanted.get(type_name, ()))

    def accept(self, type_name: str, requested_key: UUID, row: Any) -> None:
        """Store a row that was looked up elsewhere, under the key in the command."""
        self._found[type_name, requested_key] = row
        if type_name == "Default":
            self.default_project = row

    def row(self, reference: Reference | None) -> Any:
        """Return the row of `reference`, with `_COLUMNS`; add a problem and return None if there is none."""
        if reference is None:
            return None
        row = self._found.get((reference.type_name, reference.key))
        if row is None:
            self.not_found(reference)
        return row

    @staticmethod
    def not_found(reference: Reference) -> None:
        """Add the problem that the row does not exist, or that the caller may not see it."""
        reference.problems.add(ErrorCode.NOT_FOUND, f"there is no {reference.type_name} with this id", *reference.path)

    def key(self, reference: Reference | None) -> UUID | None:
        """Return the key of the row of `reference`, as `row` does."""
        row = self.row(reference)
        key: UUID | None = None if row is None else row.id
        return key
