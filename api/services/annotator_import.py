"""Adds many annotators from a list, each with a token. Only operators may."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.names import Name, Normalized
from api.security.policies import require
from api.security.tokens import digest, new_secret
from api.security.viewer import Viewer
from api.services import validation
from api.services.annotators import token_state
from api.services.outcome import Problems
from api.services.revisions import revision, snapshot, write_revisions
from models import Annotator, RevisionAction, Role, Token, new_id, now


@dataclass(frozen=True, slots=True)
class Person(Normalized):
    """A row of the list: an annotator to add, and the line number."""

    place: int
    name: Name
    role: str
    """The name of a `Role`, in upper or lower case."""


@dataclass(frozen=True, slots=True)
class AddedPerson:
    """A new annotator with the secret of a new token. The secret is not stored."""

    name: str
    role: Role
    secret: str


@dataclass(frozen=True, slots=True)
class AnnotatorImport:
    """The result of the import: the new annotators and the number of existing ones, or the errors."""

    added: Sequence[AddedPerson] = ()
    matched: int = 0
    errors: Sequence[tuple[int, str]] = ()
    """Line numbers with an error message each."""


async def import_annotators(
    session: AsyncSession, viewer: Viewer, people: Sequence[Person], *, days: int | None = None
) -> AnnotatorImport:
    """Add the annotators of the list that do not exist yet, each with a token that expires after `days`, or never.

    Existing annotators with the same role do not change and get no token, so the same list can be imported again after
    it has grown. If a row has an error, nobody is added.
    """
    require(viewer, Role.ADMIN)
    rows = await session.execute(select(Annotator.name, Annotator.role, Annotator.active))
    there = {row.name: (row.role, row.active) for row in rows}
    errors: list[tuple[int, str]] = []
    lines: dict[str, int] = {}
    new: list[tuple[str, Role]] = []
    for person in people:
        role = Role.__members__.get(person.role.upper())
        messages = _errors_of(person, role, there.get(person.name), lines.get(person.name))
        errors += [(person.place, message) for message in messages]
        lines.setdefault(person.name, person.place)
        if not messages and role is not None and person.name not in there:
            new.append((person.name, role))
    if errors:
        return AnnotatorImport(errors=errors)
    return AnnotatorImport(await _added(session, viewer, new, days), matched=len(people) - len(new))


def _errors_of(person: Person, role: Role | None, there: tuple[Role, bool] | None, line: int | None) -> list[str]:
    """Return the errors of a row. `there` is the existing annotator with the name, `line` an earlier row with it."""
    problems = Problems(())
    validation.name(problems, person.name, "name")
    messages = [f"name: {error.message}" for error in problems.errors]
    if role is None:
        messages.append(f"role: {person.role[:60]!r} is not a role; the roles are {', '.join(Role)}")
    if line is not None:
        messages.append(f"{person.name!r} is in line {line} already")
    if there is not None and role is not None:
        is_now, active = there
        if is_now is not role:
            messages.append(f"{person.name!r} is {is_now} already, not {role}; see annotator role")
        elif not active:
            messages.append(f"{person.name!r} is deactivated; see annotator reactivate")
    return messages


async def _added(
    session: AsyncSession, viewer: Viewer, people: Sequence[tuple[str, Role]], days: int | None
) -> list[AddedPerson]:
    """Insert annotators, tokens and revisions, in three statements."""
    moment = now()
    expires_at = None if days is None else moment + dt.timedelta(days=days)
    secrets = [new_secret() for _ in people]
    annotators = [Annotator(id=new_id(), name=name, role=role, created_at=moment) for name, role in people]
    session.add_all(annotators)
    await session.flush()
    issued = [
        Token(id=new_id(), annotator_id=annotator.id, sha256=digest(secret), expires_at=expires_at, created_at=moment)
        for annotator, secret in zip(annotators, secrets, strict=True)
    ]
    session.add_all(issued)
    await session.flush()
    created = RevisionAction.CREATED
    await write_revisions(
        session,
        [
            *(revision(viewer, created, Annotator, row.id, None, snapshot(row)) for row in annotators),
            *(revision(viewer, created, Token, row.id, None, token_state(row)) for row in issued),
        ],
    )
    return [AddedPerson(name, role, secret) for (name, role), secret in zip(people, secrets, strict=True)]
