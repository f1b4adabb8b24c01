"""Undoing: a change of one's own taken back, where nothing newer depends on it. It is a change like any other.

Each way back goes by the use case that makes such a change, so that what is refused there is refused here.
"""

import datetime as dt
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import ErrorCode, Forbidden
from api.ids import Id, global_id
from api.security.policies import require
from api.security.viewer import Viewer
from api.services.actor_unmerge import taken_back, unmerge
from api.services.actors import NamedAs, UpdateActor, update_actor
from api.services.attributes import Attribute
from api.services.outcome import Outcome, Problems
from api.services.references import References
from api.services.relations import DeleteRelation, UpdateRelation, delete_relation, update_relation
from api.services.revisions import deleted
from api.services.stances.withdraw import WithdrawStance, withdraw_stance
from api.services.statements import DeleteStatement, remove_statement
from api.services.topics import UpdateTopic, update_topic
from api.services.undo_restore import (
    restore_membership,
    restore_relation,
    restore_stance,
    restore_statement,
    revert_stance,
)
from api.services.visible_rows import is_visible
from models import (
    Actor,
    ActorKind,
    Base,
    Membership,
    Relation,
    RelationForm,
    RelationStatus,
    Revision,
    Role,
    Stance,
    Statement,
    Topic,
)
from models import RevisionAction as Action
from models.base import table_of


@dataclass(frozen=True, kw_only=True)
class Undo:
    """Undoes a change of one's own."""

    revision_id: Id
    """Which change: the last of its entity."""


@dataclass(frozen=True, slots=True)
class Undoing:
    """A change that is to be undone, and the row as it stands."""

    session: AsyncSession
    viewer: Viewer
    change: Revision
    row: Any
    problems: Problems

    @property
    def before(self) -> Mapping[str, Any]:
        """What the row was."""
        return self.change.before or {}

    def refuse(self, message: str) -> None:
        """Say what stands in the way."""
        self.problems.add(ErrorCode.CONFLICT, message, "revisionId")


async def undo(session: AsyncSession, viewer: Viewer, command: Undo) -> Outcome:
    """The last change of an entity taken back by whoever made it: the outcome is the revision that says so."""
    require(viewer, Role.ANNOTATOR)
    problems, references = Problems(), References()
    wanted = references.want(problems, command.revision_id, "revisionId", of="Revision")
    if wanted is None:
        return problems.refused()
    change = await session.get(Revision, wanted.key)
    mine = change is not None and change.annotator_id is not None and change.annotator_id == viewer.annotator_id
    if change is None or not (mine or await is_visible(session, viewer, Revision, wanted.key)):
        references.not_found(wanted)
        return problems.refused()
    if not mine:
        raise Forbidden("this change is another's")
    if change.cause_id is not None and change.action is Action.MERGED:
        # Of the duplicate's revision too it is the survivor that must not have changed since.
        change = await session.get_one(Revision, change.cause_id)
    elif change.cause_id is not None:
        problems.add(ErrorCode.CONFLICT, _PART, "revisionId")
        return problems.refused()
    way = _WAYS.get((change.entity_type, change.action))
    if way is None:
        problems.add(ErrorCode.CONFLICT, _no_way(change), "revisionId")
        return problems.refused()
    require(viewer, way.role)
    # Locked before it is looked whether anything is newer.
    row = await session.get(way.model, change.entity_id, with_for_update=True)
    undoing = Undoing(session, viewer, change, row, problems)
    fits = await _is_last(session, change) and (row is None) is (change.action is Action.DELETED)
    # What a merger touched is more than one row: `unmerge` looks at all of them.
    if fits or change.action is Action.MERGED:
        await way.back(undoing)
    else:
        undoing.refuse("something newer happened to it: what is to be undone must be its last change")
    return problems.refused() if problems else Outcome(await _last(session, change.entity_id))


def _no_way(change: Revision) -> str:
    what = change.entity_type.lower()
    if change.action is Action.CREATED:
        return f"what was entered as {what} stays: others may refer to it"
    return f"such a change of a {what} cannot be undone"


async def _is_last(session: AsyncSession, change: Revision) -> bool:
    later = table_of(Revision).alias()
    newer = exists().where(later.c.entity_id == change.entity_id, later.c.id > change.id, ~taken_back(later.c))
    return not await session.scalar(select(newer))


async def _last(session: AsyncSession, entity_id: UUID) -> UUID | None:
    mine = select(Revision.id).where(Revision.entity_id == entity_id)
    return await session.scalar(mine.order_by(Revision.id.desc()).limit(1))


# ---------------------------------------------------------------- ways back


@dataclass(frozen=True, slots=True)
class _Way:
    model: type[Base]
    role: Role
    back: Callable[[Undoing], Awaitable[None]]


def _take(undoing: Undoing, outcome: Outcome) -> None:
    """Let what stands in the way of the use case stand in the way of undoing."""
    for error in outcome.errors:
        undoing.refuse(error.message)


async def _withdraw(undoing: Undoing) -> None:
    command = WithdrawStance(id=_id("Stance", undoing.row.id))
    _take(undoing, await withdraw_stance(undoing.session, undoing.viewer, command))


async def _delete_relation(undoing: Undoing) -> None:
    command = DeleteRelation(id=_id("Relation", undoing.row.id))
    _take(undoing, await delete_relation(undoing.session, undoing.viewer, command))


async def _delete_statement(undoing: Undoing) -> None:
    # Others' statements are deleted by curators; whoever marked one takes it back.
    command = DeleteStatement(id=_id("Statement", undoing.row.id))
    _take(undoing, await remove_statement(undoing.session, undoing.viewer, command))


async def _delete_membership(undoing: Undoing) -> None:
    await deleted(undoing.session, undoing.viewer, undoing.row)


async def _update_actor(undoing: Undoing) -> None:
    if "name" not in undoing.before:
        undoing.refuse(_PART)
        return
    command = UpdateActor(id=_id("Actor", undoing.row.id), **_changed(undoing, UpdateActor))
    # A merger may have joined longer lists than an edit may give.
    _take(undoing, await update_actor(undoing.session, undoing.viewer, command, limited=False))


async def _unmerge(undoing: Undoing) -> None:
    if undoing.change.cause_id is None:
        undoing.refuse("this merger was made before mergers could be undone: what it moved is not known")
        return
    await unmerge(undoing.session, undoing.viewer, undoing.change, undoing.refuse)


async def _update_topic(undoing: Undoing) -> None:
    command = UpdateTopic(id=_id("Topic", undoing.row.id), **_changed(undoing, UpdateTopic))
    _take(undoing, await update_topic(undoing.session, undoing.viewer, command))


async def _update_relation(undoing: Undoing) -> None:
    if "form" not in undoing.before:
        undoing.refuse(_PART)
        return
    command = UpdateRelation(id=_id("Relation", undoing.row.id), **_changed(undoing, UpdateRelation))
    _take(undoing, await update_relation(undoing.session, undoing.viewer, command))


async def _revert_stance(undoing: Undoing) -> None:
    if "label" not in undoing.before:
        undoing.refuse(_PART)
        return
    await revert_stance(undoing.session, undoing.viewer, undoing.row, undoing.before, undoing.refuse)


def _restored(restore: Any) -> Callable[[Undoing], Awaitable[None]]:
    async def back(undoing: Undoing) -> None:
        await restore(undoing.session, undoing.viewer, undoing.before, undoing.refuse)

    return back


_PART = "it was part of a merger of actors, or of taking one back, and cannot be undone by itself"


def _id(type_name: str, key: UUID) -> Id:
    return Id(global_id(type_name, key))


def _changed(undoing: Undoing, command: type[Any]) -> dict[str, Any]:
    """Return the fields of an editing command that the change changed, with their former values.

    The other fields are left out: a merger or an import may have given them values that no edit may give.
    """
    after, editable = undoing.change.after or {}, {field.name for field in fields(command)}
    former = {n: value for n, value in undoing.before.items() if n not in after or after[n] != value}
    named = {_FIELDS.get(n, n): _READERS.get(n, _as_is)(value) for n, value in former.items()}
    return {n: value for n, value in named.items() if n in editable}


def _as_is(value: Any) -> Any:
    return value


def _day(text: str | None) -> dt.date | None:
    return None if text is None else dt.date.fromisoformat(text)


_FIELDS = {"evidence": "evidence_ids"}
"""Name in revisions → field of the command, where they differ."""
_READERS: Mapping[str, Callable[[Any], Any]] = {
    "kind": ActorKind,
    "form": RelationForm,
    "status": RelationStatus,
    "active_from": _day,
    "active_to": _day,
    "valid_from": _day,
    "valid_to": _day,
    "aliases": lambda states: [NamedAs(**alias) for alias in states],
    "attributes": lambda states: [Attribute(**attribute) for attribute in states],
    "evidence": lambda keys: [_id("Statement", UUID(key)) for key in keys],
}
"""Name in revisions → how its JSON value is read, where it is not the value itself."""

_WAYS: Mapping[tuple[str, Action], _Way] = {
    ("Stance", Action.CREATED): _Way(Stance, Role.ANNOTATOR, _withdraw),
    ("Stance", Action.UPDATED): _Way(Stance, Role.ANNOTATOR, _revert_stance),
    ("Stance", Action.DELETED): _Way(Stance, Role.ANNOTATOR, _restored(restore_stance)),
    ("Statement", Action.CREATED): _Way(Statement, Role.ANNOTATOR, _delete_statement),
    ("Statement", Action.DELETED): _Way(Statement, Role.CURATOR, _restored(restore_statement)),
    ("Relation", Action.CREATED): _Way(Relation, Role.CURATOR, _delete_relation),
    ("Relation", Action.UPDATED): _Way(Relation, Role.CURATOR, _update_relation),
    ("Relation", Action.DELETED): _Way(Relation, Role.CURATOR, _restored(restore_relation)),
    ("Membership", Action.CREATED): _Way(Membership, Role.CURATOR, _delete_membership),
    ("Membership", Action.DELETED): _Way(Membership, Role.CURATOR, _restored(restore_membership)),
    ("Actor", Action.UPDATED): _Way(Actor, Role.CURATOR, _update_actor),
    ("Actor", Action.MERGED): _Way(Actor, Role.CURATOR, _unmerge),
    ("Topic", Action.UPDATED): _Way(Topic, Role.CURATOR, _update_topic),
}
"""What can be undone. Nothing that others build upon by its mere existence can."""
