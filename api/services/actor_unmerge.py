"""Takes a merger of actors back: both are again what they were, with all that was theirs.

The merger's revisions, which name it as their cause, hold what it changed. Rows that came since stay the survivor's.
Nothing is taken back where a row that the merger touched was changed since by something that still holds: a later
merger, or changes that leave the row otherwise than the merger did. A change and its undoing cancel out.
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
from api.services.actors import NamedAs, state, whole, write_names
from api.services.attributes import Attribute
from api.services.references import locked
from api.services.revisions import caused_by, revision, snapshot, updated, write_revisions
from api.services.undo_restore import column_value, column_words, restored_row
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
_COLUMNS = ("kind", "description", "country_code", "wikidata_id", "active_from", "active_to")
"""What the survivor may have taken over, or says otherwise than the duplicate."""


@dataclass(frozen=True, slots=True)
class _Unmerging:
    session: AsyncSession
    viewer: Viewer
    change: Revision
    """The survivor's revision."""
    gone: Revision
    """The duplicate's."""

    @property
    def into(self) -> UUID:
        return self.change.entity_id

    @property
    def duplicate(self) -> UUID:
        return self.gone.entity_id

    def parts(self, action: RevisionAction, *types: str) -> Any:
        """The revisions of what the merger changed, of some types, in order."""
        mine = select(Revision).where(Revision.cause_id == self.change.id, Revision.id > self.change.id)
        return mine.where(Revision.action == action, Revision.entity_type.in_(types)).order_by(Revision.id)

    async def part_batches(self, action: RevisionAction, *types: str) -> AsyncIterator[Sequence[Revision]]:
        """The same, some at a time. What is written meanwhile has the same cause and comes later."""
        ours = select(Revision.id).where(Revision.cause_id == self.change.id)
        last = await self.session.scalar(ours.order_by(Revision.id.desc()).limit(1))
        query = self.parts(action, *types).where(Revision.id <= last).limit(BATCH_SIZE)
        beyond = query
        while batch := (await self.session.scalars(beyond)).all():
            yield batch
            beyond = query.where(Revision.id > batch[-1].id)


def taken_back(row: Any) -> ColumnElement[bool]:
    """Whether the revision `row` was part of a merger that was taken back, or of the taking back: it counts no more."""
    cause: ColumnElement[UUID | None] = row["cause_id"]
    other = _REVISIONS.alias()
    made_again = select(other.c.cause_id).where(
        other.c.cause_id.is_not(None),
        other.c.entity_type == Actor.__name__,
        other.c.action == RevisionAction.CREATED,
    )
    return cause.is_not(None) & cause.in_(made_again)


async def unmerge(session: AsyncSession, viewer: Viewer, change: Revision, refuse: Refuse) -> None:
    """Split the survivor, of which `change` is the merger's revision, from the duplicate again.

    What stands in the way is told to `refuse`, and nothing is written then.
    """
    gone = await session.scalar(
        select(Revision).where(
            Revision.cause_id == change.id,
            Revision.action == RevisionAction.MERGED,
            Revision.entity_id == UUID((change.after or {})["absorbed"]),
        )
    )
    assert gone is not None
    work = _Unmerging(session, viewer, change, gone)
    if (why := await _obstacle(work)) is not None:
        refuse(why)
        return
    with caused_by(session, change.id):
        await _split(work)


async def _split(work: _Unmerging) -> None:
    session = work.session
    into = await locked(session, select(Actor).where(Actor.id == work.into).options(*whole()))
    merged = state(into)
    moved = await _count_statements(work)
    was = work.change.before or {}
    for name in _COLUMNS:
        setattr(into, name, column_value(table_of(Actor).c[name], was[name]))
    into.statement_count -= moved
    await session.flush()
    await session.execute(delete(ActorRedirect).where(ActorRedirect.former_id == work.duplicate))
    await _make_duplicate(work, moved)
    await write_names(session, into.id, into.name, _aliases(was))
    await attributes.write(session, ActorAttribute, into.id, _attributes(was))
    former = [UUID(key) for key in (work.gone.after or {})[FORMER]]
    for some in batches(former):
        redirects = update(ActorRedirect).where(ActorRedirect.former_id.in_(some), ActorRedirect.actor_id == into.id)
        await session.execute(redirects.values(actor_id=work.duplicate))
    await _move_back(work)
    await _revert_decisions(work)
    await _revert_targets(work)
    await _restore_dropped(work)
    more = {"aliases": was["aliases"], "attributes": was["attributes"]}
    await updated(session, work.viewer, into, merged, **more)


async def _make_duplicate(work: _Unmerging, statements: int) -> None:
    was = work.gone.before or {}
    actor = await restored_row(work.session, Actor, was, _never)
    assert actor is not None
    actor.statement_count, actor.updated_at = statements, now()
    work.session.add(actor)
    await work.session.flush()
    await write_names(work.session, actor.id, actor.name, _aliases(was))
    await attributes.write(work.session, ActorAttribute, actor.id, _attributes(was))
    again = {**snapshot(actor), "aliases": was["aliases"], "attributes": was["attributes"]}
    created = revision(work.viewer, RevisionAction.CREATED, Actor, actor.id, None, again)
    await write_revisions(work.session, [created])


def _never(message: str) -> None:
    raise AssertionError(message)  # an actor refers to nothing


def _aliases(was: Mapping[str, Any]) -> list[NamedAs]:
    return [NamedAs(**alias) for alias in was["aliases"]]


def _attributes(was: Mapping[str, Any]) -> list[Attribute]:
    return [Attribute(**attribute) for attribute in was["attributes"]]


# ---------------------------------------------------------------- what stands in the way


async def _obstacle(work: _Unmerging) -> str | None:
    """Say why the merger cannot be taken back, without a word of rows that the caller does not see; None if it can."""
    made_again = work.parts(RevisionAction.CREATED, Actor.__name__).limit(1)
    if await work.session.scalar(made_again) is not None:
        return "this merger was taken back already"
    return await _changed_since(work) or await _taken_item(work) or await _gone_since(work)


async def _changed_since(work: _Unmerging) -> str | None:
    shown = visible(Revision, _NEWER, visibility_of(work.viewer))
    row = await _first_change(work, true() if shown is None else shown)
    if row is not None and row.cause_id is not None:
        later = global_id(Revision.__name__, row.cause_id)
        return f"what the merger touched, a later merger ({later}) touched too: undo that first"
    if row is not None:
        done = "deleted" if row.action is RevisionAction.DELETED else "changed"
        what = global_id(row.entity_type, row.entity_id)
        return f"the {row.entity_type.lower()} {what}, which the merger touched, was {done} since: undo that first"
    if await _first_change(work, true()) is not None:
        return "something that the merger touched was changed since"
    return None


async def _first_change(work: _Unmerging, shown: ColumnElement[bool]) -> Row[Any] | None:
    """Return the first newer revision of a row that is no longer as the merger left it, of the revisions in `shown`."""
    part, viewer = _REVISIONS.alias(), {VIEWER: caller(work.viewer)}
    newer = (
        select(_NEWER.entity_id)
        .join(part, (part.c.entity_id == _NEWER.entity_id) & (part.c.id < _NEWER.id))
        .where(part.c.cause_id == work.change.id, _NEWER.cause_id.is_distinct_from(work.change.id))
        .where(~taken_back(_NEWER))
        .order_by(_NEWER.id)
    )
    keys = dict.fromkeys((await work.session.scalars(newer.where(shown), viewer)).all())
    whole = newer.add_columns(*(_NEWER[n] for n in ("entity_type", "action", "cause_id", "before", "after")))
    for some in batches(list(keys)):
        changes: dict[UUID, list[Row[Any]]] = {}
        for row in await work.session.execute(whole.where(_NEWER.entity_id.in_(some))):
            changes.setdefault(row.entity_id, []).append(row)
        for rows in changes.values():
            merged = any(row.cause_id is not None for row in rows)
            if merged or not _is_as_before(rows[0].before, rows[-1].after):
                return rows[0]
    return None


def _is_as_before(was: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> bool:
    """True if nothing differs but the version, which undoing raises too.

    Only what both say is compared: revisions of recorded stances leave out when the row was made.
    """
    if was is None or now is None:
        return was is now
    return all(was[name] == now[name] for name in was.keys() & now.keys() - {"version"})


async def _taken_item(work: _Unmerging) -> str | None:
    """Whether another actor has the duplicate's Wikidata item by now."""
    item = (work.gone.before or {})["wikidata_id"]
    if item is None:
        return None
    other = await work.session.scalar(select(Actor.slug).where(Actor.wikidata_id == item, Actor.id != work.into))
    return None if other is None else f"{item} belongs to the actor {other!r} now: take it away there first"


async def _gone_since(work: _Unmerging) -> str | None:
    """Whether what the merger dropped refers to something that is gone."""
    wanted: dict[Any, set[UUID]] = {}
    async for batch in work.part_batches(RevisionAction.DELETED, *_MODELS):
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
                return f"something that the merger dropped cannot be put back: {words} is gone"
    return None


# ---------------------------------------------------------------- what goes back


async def _count_statements(work: _Unmerging) -> int:
    """How many statements of the duplicate the survivor came to speak in."""
    number = 0
    async for batch in work.part_batches(RevisionAction.UPDATED, Statement.__name__):
        number += sum("speaker_id" in (part.before or {}) for part in batch)
    return number


async def _move_back(work: _Unmerging) -> None:
    """Let all that was moved to the survivor refer to the duplicate again."""
    async for batch in work.part_batches(RevisionAction.UPDATED, *_MODELS):
        keys: dict[tuple[str, str], list[UUID]] = {}
        for part in batch:
            (column,) = (name for name in part.before or {} if name != "version")
            keys.setdefault((part.entity_type, column), []).append(part.entity_id)
        for (type_name, column), some in keys.items():
            await _point_at_duplicate(work, _MODELS[type_name], column, some)


async def _point_at_duplicate(work: _Unmerging, model: type[Any], column: str, keys: Sequence[UUID]) -> None:
    own = [c for c in table_of(model).c if c.key in ("id", "version", "project_id", "annotator_id")]
    rows = (await work.session.execute(select(*own).where(model.id.in_(keys)).with_for_update())).all()
    values = {column: work.duplicate, "version": model.version + 1, "updated_at": now()}
    change = update(model).where(model.id.in_(keys)).values(values)
    await work.session.execute(change.execution_options(synchronize_session=False))
    await write_revisions(work.session, move_revisions(work.viewer, model, column, rows, work.duplicate, work.into))


async def _revert_decisions(work: _Unmerging) -> None:
    """Let decisions be about what they were about, and those stand that stood."""
    parts = (await work.session.scalars(work.parts(RevisionAction.UPDATED, Adjudication.__name__))).all()
    was = {part.entity_id: part.before or {} for part in parts}
    rows: list[Adjudication] = []
    for some in batches(sorted(was)):
        rows += await work.session.scalars(select(Adjudication).where(Adjudication.id.in_(some)))
    before = {row.id: snapshot(row) for row in rows}
    # First they go where they were: but one may stand in a place.
    for names in (("holder_id", "target_actor_id"), ("superseded", "supersedes_id")):
        for row in rows:
            for name in names:
                setattr(row, name, column_value(table_of(Adjudication).c[name], was[row.id][name]))
        await work.session.flush()
    action = RevisionAction.UPDATED
    await write_revisions(
        work.session,
        [revision(work.viewer, action, Adjudication, row.id, before[row.id], snapshot(row)) for row in rows],
    )


async def _revert_targets(work: _Unmerging) -> None:
    """Let codebooks name the duplicate where they did."""
    for codebook, position, dropped in (work.gone.after or {})[TARGETS]:
        place = {"codebook_id": UUID(codebook), "position": position}
        if dropped:
            await work.session.execute(insert(CodebookTarget).values(**place, target_actor_id=work.duplicate))
        else:
            here = (CodebookTarget.codebook_id == place["codebook_id"], CodebookTarget.position == position)
            await work.session.execute(update(CodebookTarget).where(*here).values(target_actor_id=work.duplicate))


async def _restore_dropped(work: _Unmerging) -> None:
    """Put back what the merger dropped, each row in its next version."""
    async for batch in work.part_batches(RevisionAction.DELETED, *_MODELS):
        by_type: dict[str, list[Revision]] = {}
        for part in batch:
            by_type.setdefault(part.entity_type, []).append(part)
        for type_name, parts in by_type.items():
            await _put_back(work, _MODELS[type_name], parts)


async def _put_back(work: _Unmerging, model: type[Base], parts: Sequence[Revision]) -> None:
    columns, at = table_of(model).c, now()
    states = [{**(part.before or {}), "version": (part.before or {})["version"] + 1} for part in parts]
    rows = [{n: column_value(columns[n], v) for n, v in each.items() if n in columns} for each in states]
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
