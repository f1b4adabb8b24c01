"""Undoes a change of the caller's, if the row is still as the change left it. An undo is a change with a revision.

Each undo calls the service that makes the opposite change, so that the same checks apply.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import ErrorCode, Forbidden
from api.ids import Id, global_id
from api.security.policies import require
from api.security.viewer import Viewer
from api.services import actors, relations, topics
from api.services.actor_unmerge import is_unmerged, unmerge
from api.services.actors import UpdateActor, update_actor
from api.services.editable_fields import EditableFields
from api.services.outcome import Outcome, Problems
from api.services.references import References
from api.services.relations import DeleteRelation, UpdateRelation, delete_relation, update_relation
from api.services.revisions import State, deleted, same_state
from api.services.stances.withdraw import WithdrawStance, withdraw_stance
from api.services.statements import DeleteStatement, remove_statement
from api.services.topics import UpdateTopic, update_topic
from api.services.undo_restore import (
    Refuse,
    restore_membership,
    restore_relation,
    restore_stance,
    restore_statement,
    revert_stance,
)
from api.services.visible_rows import is_visible
from models import Actor, Base, Membership, Relation, Revision, Role, Stance, Statement, Topic
from models import RevisionAction as Action
from models.base import table_of


@dataclass(frozen=True, kw_only=True)
class Undo:
    """Undoes a change of the caller's."""

    revision_id: Id
    """The revision of the change. The object must still be as this change left it."""


@dataclass(frozen=True, slots=True)
class UndoContext:
    """A change to undo, and the current row."""

    session: AsyncSession
    viewer: Viewer
    change: Revision
    row: Any
    problems: Problems

    @property
    def before(self) -> State:
        """Return the state of the row before the change."""
        return self.change.before or {}

    def refuse(self, message: str) -> None:
        """Add a reason why the change cannot be undone."""
        self.problems.add(ErrorCode.CONFLICT, message, "revisionId")


async def undo(session: AsyncSession, viewer: Viewer, command: Undo) -> Outcome:
    """Undo a change by the annotator that made it. The outcome's key is the revision of the undo."""
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
        raise Forbidden("this change was made by another annotator")
    if change.cause_id is not None and change.action is Action.MERGED:
        # Undoing by the duplicate's revision undoes the merger too, which the survivor's revision stands for.
        change = await session.get_one(Revision, change.cause_id)
    elif change.cause_id is not None:
        problems.add(ErrorCode.CONFLICT, _PART, "revisionId")
        return problems.refused()
    inverse = _INVERSES.get((change.entity_type, change.action))
    if inverse is None:
        problems.add(ErrorCode.CONFLICT, _not_undoable(change), "revisionId")
        return problems.refused()
    require(viewer, inverse.role)
    # Lock the row before looking for newer changes.
    row = await session.get(inverse.model, change.entity_id, with_for_update=True)
    context = UndoContext(session, viewer, change, row, problems)
    unchanged = await _is_unchanged(session, change) and (row is None) is (change.action is Action.DELETED)
    # A merger changes many rows: `unmerge` checks all of them.
    if unchanged or change.action is Action.MERGED:
        await inverse.apply(context)
    else:
        context.refuse("it was changed since: undo the later changes first")
    return problems.refused() if problems else Outcome(await _last_revision(session, change.entity_id))


def _not_undoable(change: Revision) -> str:
    noun = change.entity_type.lower()
    if change.action is Action.CREATED:
        return f"creating this {noun} cannot be undone: others may refer to it"
    return f"such a change of this {noun} cannot be undone"


async def _is_unchanged(session: AsyncSession, change: Revision) -> bool:
    """True if the row is as the change left it: there are no later changes, or later changes and undos cancel out."""
    later = table_of(Revision).alias().c
    is_later = (later.entity_id == change.entity_id, later.id > change.id, ~is_unmerged(later))
    states = select(later.before, later.after).where(*is_later).limit(1)
    first = (await session.execute(states.order_by(later.id))).one_or_none()
    if first is None:
        return True
    # The row after a later deletion may differ from the row that this one deleted.
    if change.action is Action.DELETED or await session.scalar(
        select(exists().where(*is_later, later.cause_id.is_not(None)))
    ):
        return False
    last = (await session.execute(states.order_by(later.id.desc()))).one()
    return same_state(first.before, last.after)


async def _last_revision(session: AsyncSession, entity_id: UUID) -> UUID | None:
    mine = select(Revision.id).where(Revision.entity_id == entity_id)
    return await session.scalar(mine.order_by(Revision.id.desc()).limit(1))


# ---------------------------------------------------------------- inverse changes


_Apply: TypeAlias = Callable[[UndoContext], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Inverse:
    """How to undo one kind of change."""

    model: type[Base]
    role: Role
    """The role that the undo requires."""
    apply: _Apply


def _pass_errors(context: UndoContext, outcome: Outcome) -> None:
    """Report the errors of the service as reasons why the change cannot be undone."""
    for error in outcome.errors:
        context.refuse(error.message)


async def _withdraw(context: UndoContext) -> None:
    command = WithdrawStance(id=_id("Stance", context.row.id))
    _pass_errors(context, await withdraw_stance(context.session, context.viewer, command))


async def _delete_relation(context: UndoContext) -> None:
    command = DeleteRelation(id=_id("Relation", context.row.id))
    _pass_errors(context, await delete_relation(context.session, context.viewer, command))


async def _delete_statement(context: UndoContext) -> None:
    # Only curators delete statements, but annotators may undo their own.
    command = DeleteStatement(id=_id("Statement", context.row.id))
    _pass_errors(context, await remove_statement(context.session, context.viewer, command))


async def _delete_membership(context: UndoContext) -> None:
    await deleted(context.session, context.viewer, context.row)


async def _update_actor(context: UndoContext) -> None:
    if "name" not in context.before:
        context.refuse(_PART)
        return
    command = UpdateActor(id=_id("Actor", context.row.id), **_arguments(context, actors.FIELDS))
    # A merger may have made longer lists than the limits allow.
    _pass_errors(context, await update_actor(context.session, context.viewer, command, limited=False))


async def _unmerge(context: UndoContext) -> None:
    if context.change.cause_id is None:
        context.refuse("this merger was made by a version that did not record what it moved")
        return
    await unmerge(context.session, context.viewer, context.change, context.refuse)


async def _update_topic(context: UndoContext) -> None:
    command = UpdateTopic(id=_id("Topic", context.row.id), **_arguments(context, topics.FIELDS))
    _pass_errors(context, await update_topic(context.session, context.viewer, command))


async def _update_relation(context: UndoContext) -> None:
    if "form" not in context.before:
        context.refuse(_PART)
        return
    command = UpdateRelation(id=_id("Relation", context.row.id), **_arguments(context, relations.FIELDS))
    _pass_errors(context, await update_relation(context.session, context.viewer, command))


async def _revert_stance(context: UndoContext) -> None:
    if "label" not in context.before:
        context.refuse(_PART)
        return
    await revert_stance(context.session, context.viewer, context.row, context.before, context.refuse)


def _restore(restore: Callable[[AsyncSession, Viewer, State, Refuse], Awaitable[None]]) -> _Apply:
    async def apply(context: UndoContext) -> None:
        await restore(context.session, context.viewer, context.before, context.refuse)

    return apply


_PART = "this change is part of a merger of actors, or of its undo, and cannot be undone by itself"


def _id(type_name: str, key: UUID) -> Id:
    return Id(global_id(type_name, key))


def _arguments(context: UndoContext, fields: EditableFields) -> dict[str, Any]:
    return fields.undoing(context.before, context.change.after or {})


_INVERSES: Mapping[tuple[str, Action], _Inverse] = {
    ("Stance", Action.CREATED): _Inverse(Stance, Role.ANNOTATOR, _withdraw),
    ("Stance", Action.UPDATED): _Inverse(Stance, Role.ANNOTATOR, _revert_stance),
    ("Stance", Action.DELETED): _Inverse(Stance, Role.ANNOTATOR, _restore(restore_stance)),
    ("Statement", Action.CREATED): _Inverse(Statement, Role.ANNOTATOR, _delete_statement),
    ("Statement", Action.DELETED): _Inverse(Statement, Role.CURATOR, _restore(restore_statement)),
    ("Relation", Action.CREATED): _Inverse(Relation, Role.CURATOR, _delete_relation),
    ("Relation", Action.UPDATED): _Inverse(Relation, Role.CURATOR, _update_relation),
    ("Relation", Action.DELETED): _Inverse(Relation, Role.CURATOR, _restore(restore_relation)),
    ("Membership", Action.CREATED): _Inverse(Membership, Role.CURATOR, _delete_membership),
    ("Membership", Action.DELETED): _Inverse(Membership, Role.CURATOR, _restore(restore_membership)),
    ("Actor", Action.UPDATED): _Inverse(Actor, Role.CURATOR, _update_actor),
    ("Actor", Action.MERGED): _Inverse(Actor, Role.CURATOR, _unmerge),
    ("Topic", Action.UPDATED): _Inverse(Topic, Role.CURATOR, _update_topic),
}
"""The changes that can be undone. Creating what others may refer to cannot."""
