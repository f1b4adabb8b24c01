"""Undoes a merger of actors: both are restored, with all rows that referred to them.

The revisions with the merger as their cause record what it changed. Rows that were created since stay with the
survivor. A merger cannot be undone if a row that it changed was changed since, by a later merger or so that the row
differs from what the merger left. A change and its undo cancel out.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, delete, func, insert, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.ids import global_id
from api.security.viewer import Viewer
from api.security.visibility import VIEWER, caller, visibility_of, visible
from api.services import attributes
from api.services.actor_merge import BATCH_SIZE, FORMER, TARGETS, batches, move_revisions
from api.services.actors import FIELDS, state, with_children, write_names
from api.services.references import locked
from api.services.revisions import caused_by, parse_value, revision, same_state, snapshot, updated, write_revisions
from api.services.undo_restore import column_words, restored_row
from models import (
    Actor,
    ActorAttribute,
    ActorRedirect,
    Adjudication,
    Base,
    CodebookTarget,
    Document,
    Membership,
    Relation,
    RelationEvidence,
    Revision,
    RevisionAction,
    Stance,
    Statement,
    now,
)
from models.base import table_of

Refuse = Callable[[str], None]
_MODELS: Mapping[str, type[Any]] = {m.__name__: m for m in (Statement, Document, Stance, Membership, Relation)}
_REVISIONS = table_of(Revision)
_NEWER = _REVISIONS.alias("newer").c


@dataclass(frozen=True, slots=True)
class _Unmerge:
    session: AsyncSession
    viewer: Viewer
    change: Revision
    """The merger's revision of the survivor."""
    gone: Revision
    """The merger's revision of the duplicate."""

    @property
    def into(self) -> UUID:
        return self.change.entity_id

    @property
    def duplicate(self) -> UUID:
        return self.gone.entity_id

    def revisions(self, action: RevisionAction, *types: str) -> Any:
        """Return the query for the merger's revisions of rows of these types, in order."""
        mine = select(Revision).where(Revision.cause_id == self.change.id, Revision.id > self.change.id)
        return mine.where(Revision.action == action, Revision.entity_type.in_(types)).order_by(Revision.id)

    async def revision_batches(self, action: RevisionAction, *types: str) -> AsyncIterator[Sequence[Revision]]:
        """Yield the same in batches, without revisions that are written meanwhile with the same cause."""
        ours = select(Revision.id).where(Revision.cause_id == self.change.id)
        last = await self.session.scalar(ours.order_by(Revision.id.desc()).limit(1))
        query = self.revisions(action, *types).where(Revision.id <= last).limit(BATCH_SIZE)
        page = query
        while batch := (await self.session.scalars(page)).all():
            yield batch
            page = query.where(Revision.id > batch[-1].id)


def is_unmerged(row: Any) -> ColumnElement[bool]:
    """Return the condition that the revision `row` belongs to a merger that was undone, or to its undo."""
    cause: ColumnElement[UUID | None] = row["cause_id"]
    other = _REVISIONS.alias()
    restored = select(other.c.cause_id).where(
        other.c.cause_id.is_not(None),
        other.c.entity_type == Actor.__name__,
        other.c.action == RevisionAction.CREATED,
    )
    return cause.is_not(None) & cause.in_(restored)


async def unmerge(session: AsyncSession, viewer: Viewer, change: Revision, refuse: Refuse) -> None:
    """Undo the merger whose revision of the survivor is `change`.

    If it cannot be undone, `refuse` is called with the reason, and nothing is written.
    """
    gone = await session.scalar(
        select(Revision).where(
            Revision.cause_id == change.id,
            Revision.action == RevisionAction.MERGED,
            Revision.entity_id == UUID((change.after or {})["absorbed"]),
        )
    )
    assert gone is not None
    work = _Unmerge(session, viewer, change, gone)
    if (reason := await _obstacle(work)) is not None:
        refuse(reason)
        return
    with caused_by(session, change.id):
        await _split(work)


async def _split(work: _Unmerge) -> None:
    session = work.session
    into = await locked(session, select(Actor).where(Actor.id == work.into).options(*with_children()))
    merged = state(into)
    moved = await _count_statements(work)
    before = work.change.before or {}
    for name in FIELDS.content:
        setattr(into, name, parse_value(table_of(Actor).c[name], before[name]))
    into.statement_count -= moved
    await session.flush()
    await session.execute(delete(ActorRedirect).where(ActorRedirect.former_id == work.duplicate))
    await _make_duplicate(work, moved)
    await _write_children(session, into, before)
    former = [UUID(key) for key in (work.gone.after or {})[FORMER]]
    for some in batches(former):
        redirects = update(ActorRedirect).where(ActorRedirect.former_id.in_(some), ActorRedirect.actor_id == into.id)
        await session.execute(redirects.values(actor_id=work.duplicate))
    await _move_back(work)
    await _revert_decisions(work)
    await _revert_targets(work)
    await _restore_dropped(work)
    await updated(session, work.viewer, into, merged, **{name: before[name] for name in FIELDS.children})


async def _make_duplicate(work: _Unmerge, statements: int) -> None:
    before = work.gone.before or {}
    actor = await restored_row(work.session, Actor, before, _never)
    assert actor is not None
    actor.statement_count, actor.updated_at = statements, now()
    work.session.add(actor)
    await work.session.flush()
    await _write_children(work.session, actor, before)
    state_ = {**snapshot(actor), **{name: before[name] for name in FIELDS.children}}
    created = revision(work.viewer, RevisionAction.CREATED, Actor, actor.id, None, state_)
    await write_revisions(work.session, [created])


def _never(message: str) -> None:
    raise AssertionError(message)  # actors have no foreign keys


async def _write_children(session: AsyncSession, actor: Actor, before: Mapping[str, Any]) -> None:
    children = {name: child.parse(before[name]) for name, child in FIELDS.children.items()}
    await write_names(session, actor.id, actor.name, children["aliases"])
    await attributes.write(session, ActorAttribute, actor.id, children["attributes"])


# ---------------------------------------------------------------- obstacles


async def _obstacle(work: _Unmerge) -> str | None:
    """Return why the merger cannot be undone, without revealing rows that the caller may not see; None if it can."""
    restored = work.revisions(RevisionAction.CREATED, Actor.__name__).limit(1)
    if await work.session.scalar(restored) is not None:
        return "this merger was undone already"
    return await _changed_since(work) or await _taken_item(work) or await _gone_since(work)


async def _changed_since(work: _Unmerge) -> str | None:
    condition = visible(Revision, _NEWER, visibility_of(work.viewer))
    row = await _first_change(work, true() if condition is None else condition)
    if row is not None and row.cause_id is not None:
        later = global_id(Revision.__name__, row.cause_id)
        return f"a later merger ({later}) changed what this merger changed: undo the later merger first"
    if row is not None:
        done = "deleted" if row.action is RevisionAction.DELETED else "changed"
        what = global_id(row.entity_type, row.entity_id)
        return f"the {row.entity_type.lower()} {what}, which the merger changed, was {done} since: undo that first"
    if await _first_change(work, true()) is not None:
        return "something that the merger changed was changed since"
    return None


async def _first_change(work: _Unmerge, condition: ColumnElement[bool]) -> Row[Any] | None:
    """Return the first newer revision, among those that meet `condition`, of a row that differs from the merger's."""
    part, viewer = _REVISIONS.alias(), {VIEWER: caller(work.viewer)}
    newer = (
        select(_NEWER.entity_id)
        .join(part, (part.c.entity_id == _NEWER.entity_id) & (part.c.id < _NEWER.id))
        .where(part.c.cause_id == work.change.id, _NEWER.cause_id.is_distinct_from(work.change.id))
        .where(~is_unmerged(_NEWER))
        .order_by(_NEWER.id)
    )
    keys = dict.fromkeys((await work.session.scalars(newer.where(condition), viewer)).all())
    details = newer.add_columns(*(_NEWER[n] for n in ("entity_type", "action", "cause_id", "before", "after")))
    for some in batches(list(keys)):
        changes: dict[UUID, list[Row[Any]]] = {}
        for row in await work.session.execute(details.where(_NEWER.entity_id.in_(some))):
            changes.setdefault(row.entity_id, []).append(row)
        for rows in changes.values():
            merged = any(row.cause_id is not None for row in rows)
            if merged or not same_state(rows[0].before, rows[-1].after):
                return rows[0]
    return None


async def _taken_item(work: _Unmerge) -> str | None:
    """Return a message if another actor has the duplicate's Wikidata item now."""
    item = (work.gone.before or {})["wikidata_id"]
    if item is None:
        return None
    other = await work.session.scalar(select(Actor.slug).where(Actor.wikidata_id == item, Actor.id != work.into))
    return None if other is None else f"{item} belongs to the actor {other!r} now: take it away there first"


async def _gone_since(work: _Unmerge) -> str | None:
    """Return a message if a row that the merger deleted refers to a row that no longer exists."""
    wanted: dict[Any, set[UUID]] = {}
    async for batch in work.revision_batches(RevisionAction.DELETED, *_MODELS):
        for part in batch:
            table = table_of(_MODELS[part.entity_type])
            was = part.before or {}
            for column in (c for c in table.columns if c.foreign_keys and was.get(c.name) is not None):
                (foreign,) = column.foreign_keys
                wanted.setdefault((foreign.column, column_words(column.name)), set()).add(UUID(was[column.name]))
            evidence = {UUID(key) for key in was.get("evidence", ())}
            wanted.setdefault((table_of(Statement).c.id, "a statement that is evidence"), set()).update(evidence)
    for (column, words), keys in wanted.items():
        for some in batches(sorted(keys - {work.duplicate})):
            there = select(func.count()).select_from(column.table).where(column.in_(some))
            if await work.session.scalar(there) != len(some):
                return f"something that the merger deleted cannot be restored: {words} is gone"
    return None


# ---------------------------------------------------------------- restoring


async def _count_statements(work: _Unmerge) -> int:
    """Return how many statements the merger moved from the duplicate to the survivor as speaker."""
    number = 0
    async for batch in work.revision_batches(RevisionAction.UPDATED, Statement.__name__):
        number += sum("speaker_id" in (part.before or {}) for part in batch)
    return number


async def _move_back(work: _Unmerge) -> None:
    """Change the moved foreign keys from the survivor back to the duplicate."""
    async for batch in work.revision_batches(RevisionAction.UPDATED, *_MODELS):
        keys: dict[tuple[str, str], list[UUID]] = {}
        for part in batch:
            (column,) = (name for name in part.before or {} if name != "version")
            keys.setdefault((part.entity_type, column), []).append(part.entity_id)
        for (type_name, column), some in keys.items():
            await _point_at_duplicate(work, _MODELS[type_name], column, some)


async def _point_at_duplicate(work: _Unmerge, model: type[Any], column: str, keys: Sequence[UUID]) -> None:
    own = [c for c in table_of(model).c if c.key in ("id", "version", "project_id", "annotator_id")]
    rows = (await work.session.execute(select(*own).where(model.id.in_(keys)).with_for_update())).all()
    values = {column: work.duplicate, "version": model.version + 1, "updated_at": now()}
    change = update(model).where(model.id.in_(keys)).values(values)
    await work.session.execute(change.execution_options(synchronize_session=False))
    await write_revisions(work.session, move_revisions(work.viewer, model, column, rows, work.duplicate, work.into))


async def _revert_decisions(work: _Unmerge) -> None:
    """Restore the keys of adjudications, and which of them are current."""
    parts = (await work.session.scalars(work.revisions(RevisionAction.UPDATED, Adjudication.__name__))).all()
    was = {part.entity_id: part.before or {} for part in parts}
    rows: list[Adjudication] = []
    for some in batches(sorted(was)):
        rows += await work.session.scalars(select(Adjudication).where(Adjudication.id.in_(some)))
    before = {row.id: snapshot(row) for row in rows}
    # First the keys, then the flags: a unique index allows one current adjudication for each key.
    for names in (("holder_id", "target_actor_id"), ("superseded", "supersedes_id")):
        for row in rows:
            for name in names:
                setattr(row, name, parse_value(table_of(Adjudication).c[name], was[row.id][name]))
        await work.session.flush()
    action = RevisionAction.UPDATED
    await write_revisions(
        work.session,
        [revision(work.viewer, action, Adjudication, row.id, before[row.id], snapshot(row)) for row in rows],
    )


async def _revert_targets(work: _Unmerge) -> None:
    """Restore the duplicate in codebooks' targets."""
    for codebook, position, dropped in (work.gone.after or {})[TARGETS]:
        place = {"codebook_id": UUID(codebook), "position": position}
        if dropped:
            await work.session.execute(insert(CodebookTarget).values(**place, target_actor_id=work.duplicate))
        else:
            here = (CodebookTarget.codebook_id == place["codebook_id"], CodebookTarget.position == position)
            await work.session.execute(update(CodebookTarget).where(*here).values(target_actor_id=work.duplicate))


async def _restore_dropped(work: _Unmerge) -> None:
    """Insert the rows that the merger deleted, each with its version incremented."""
    async for batch in work.revision_batches(RevisionAction.DELETED, *_MODELS):
        by_type: dict[str, list[Revision]] = {}
        for part in batch:
            by_type.setdefault(part.entity_type, []).append(part)
        for type_name, parts in by_type.items():
            await _put_back(work, _MODELS[type_name], parts)


async def _put_back(work: _Unmerge, model: type[Base], parts: Sequence[Revision]) -> None:
    columns, at = table_of(model).c, now()
    states = [{**(part.before or {}), "version": (part.before or {})["version"] + 1} for part in parts]
    rows = [{n: parse_value(columns[n], v) for n, v in each.items() if n in columns} for each in states]
    rows = [{**row, "updated_at": at} for row in rows]
    if model is Stance:
        days = await _days(work.session, {row["statement_id"] for row in rows})
        rows = [{**row, "stated_on_sort": days[row["statement_id"]]} for row in rows]
    await work.session.execute(insert(model), rows)
    evidence = [
        {"relation_id": UUID(each["id"]), "statement_id": UUID(key)}
        for each in states
        for key in each.get("evidence", ())
    ]
    if evidence:
        await work.session.execute(insert(RelationEvidence), evidence)
    created = [revision(work.viewer, RevisionAction.CREATED, model, UUID(each["id"]), None, each) for each in states]
    await write_revisions(work.session, created)


async def _days(session: AsyncSession, statements: Iterable[UUID]) -> Mapping[UUID, Any]:
    query = select(Statement.id, Statement.stated_on_sort).where(Statement.id.in_(list(statements)))
    return {row.id: row.stated_on_sort for row in await session.execute(query)}
