"""Merges two actors that are the same: everything that refers to the duplicate refers to the survivor afterwards."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import case, delete, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from api.database.retry import TransactionConflict
from api.errors import ErrorCode
from api.ids import Id
from api.security.policies import require
from api.security.viewer import Viewer
from api.services import attributes
from api.services.actor_differences import differences, gained
from api.services.actors import AliasValue, alias_states, aliases_of, state, with_children, write_names
from api.services.outcome import Outcome, Problems
from api.services.references import References
from api.services.relations import drop_relation
from api.services.revisions import caused_by, deleted, revision, snapshot, write_revisions
from models import (
    Actor,
    ActorAlias,
    ActorAttribute,
    ActorRedirect,
    ActorTrigram,
    Adjudication,
    Base,
    CodebookTarget,
    Document,
    Membership,
    Relation,
    RevisionAction,
    Role,
    Stance,
    Statement,
    new_id,
    now,
)
from models.base import Uid, table_of

BATCH_SIZE = 2_000
FORMER, TARGETS = "former", "targets"
"""In the duplicate's revision: the former IDs that redirected to it, and its places among codebooks' targets."""
T = TypeVar("T")

# Every foreign key to an actor that a merger moves. Ties between the two are dropped before: both ends would be equal.
_MOVED: tuple[InstrumentedAttribute[Any], ...] = (
    Statement.speaker_id,
    Statement.reported_by_id,
    Document.publisher_id,
    Stance.holder_id,
    Stance.target_actor_id,
    Membership.member_id,
    Membership.group_id,
    Relation.source_id,
    Relation.target_id,
)


@dataclass(frozen=True, kw_only=True)
class MergeActors:
    """Merges the duplicate `duplicateId` into `intoId`."""

    into_id: Id
    """The surviving actor."""
    duplicate_id: Id
    """The duplicate. Its name becomes an alias of the survivor, and its ID and slug resolve to the survivor."""
    force: bool | None = None
    """True to merge actors with conflicting values; the survivor's values stay.

    If false (the default), conflicting values are a CONFLICT, and the message lists them.
    """


async def merge_actors(session: AsyncSession, viewer: Viewer, command: MergeActors) -> Outcome:
    """Merge two actors into one.

    Foreign keys to the duplicate change to the survivor. Relations and memberships between the two are deleted. Of
    stances, and of memberships, that become equal, the one that was revised last stays. The survivor takes over values
    that it lacks. If values conflict, nothing is merged unless the command forces it. `unmerge` can undo all of this,
    since the revisions record every change.
    """
    require(viewer, Role.CURATOR)
    problems, references = Problems(), References()
    into = references.want(problems, command.into_id, "intoId", of="Actor")
    duplicate = references.want(problems, command.duplicate_id, "duplicateId", of="Actor")
    await references.load(session)
    into_id, duplicate_id = references.key(into), references.key(duplicate)
    if into_id is not None and into_id == duplicate_id:
        problems.invalid("this is the same actor", "duplicateId")
    if problems or into_id is None or duplicate_id is None:
        return problems.refused()
    both = select(Actor).where(Actor.id.in_([into_id, duplicate_id])).options(*with_children())
    actors = {actor.id: actor for actor in await session.scalars(both.order_by(Actor.id).with_for_update())}
    if len(actors) < 2:
        raise TransactionConflict("an actor was merged while this merger waited for its lock")
    differing = differences(actors[into_id], actors[duplicate_id])
    if differing and not command.force:
        problems.add(ErrorCode.CONFLICT, _refusal(differing), "duplicateId")
        return problems.refused()
    cause = new_id()
    with caused_by(session, cause):
        await _merge(session, viewer, actors[into_id], actors[duplicate_id], cause)
    return Outcome(into_id)


def _refusal(differing: Sequence[str]) -> str:
    return (
        f"the two differ, and what the duplicate says would be lost: {'; '.join(differing)}. If they are the same all "
        "the same, edit one of them first, or pass force: true to keep what the one that stays says"
    )


async def _merge(session: AsyncSession, viewer: Viewer, into: Actor, duplicate: Actor, cause: UUID) -> None:
    before, absorbed = state(into), state(duplicate)
    taken_over = gained(into, duplicate)
    await _drop_ties(session, viewer, into.id, duplicate.id)
    await _fold_memberships(session, viewer, into.id, duplicate.id)
    await _fold_stances(session, viewer, into.id, duplicate.id)
    for column in _MOVED:
        await _move(session, viewer, column, into.id, duplicate.id)
    await _move_decisions(session, viewer, into.id, duplicate.id)
    targets = await _move_targets(session, into.id, duplicate.id)
    aliases = _merge_aliases(into, duplicate)
    merged = attributes.merge(attributes.from_rows(into.attributes), attributes.from_rows(duplicate.attributes))
    former = list(await session.scalars(select(ActorRedirect.former_id).where(ActorRedirect.actor_id == duplicate.id)))
    await session.execute(update(ActorRedirect).where(ActorRedirect.actor_id == duplicate.id).values(actor_id=into.id))
    into.statement_count += duplicate.statement_count
    into.version += 1
    into.updated_at = now()
    duplicate_id, former_slug = duplicate.id, duplicate.slug
    await session.execute(delete(ActorAlias).where(ActorAlias.actor_id == duplicate_id))
    await session.execute(delete(ActorAttribute).where(ActorAttribute.actor_id == duplicate_id))
    await session.execute(delete(ActorTrigram).where(ActorTrigram.actor_id == duplicate_id))
    session.expunge(duplicate)
    await session.execute(delete(Actor).where(Actor.id == duplicate_id))
    session.add(ActorRedirect(former_id=duplicate_id, former_slug=former_slug, actor_id=into.id))
    # The duplicate is deleted by now, so its unique values, such as a Wikidata item, are free.
    for name, value in taken_over.items():
        setattr(into, name, value)
    await write_names(session, into.id, into.name, aliases)
    await attributes.write(session, ActorAttribute, into.id, merged)
    more = {"aliases": alias_states(aliases), "attributes": attributes.states(merged)}
    after = {**snapshot(into), **more, "absorbed": str(duplicate_id)}
    led = {"into": str(into.id), FORMER: [str(key) for key in former], TARGETS: targets}
    await write_revisions(
        session,
        [
            {**revision(viewer, RevisionAction.MERGED, Actor, into.id, before, after), "id": cause},
            revision(viewer, RevisionAction.MERGED, Actor, duplicate_id, absorbed, led),
        ],
    )


def _merge_aliases(into: Actor, duplicate: Actor) -> list[AliasValue]:
    """Return the survivor's aliases, then the duplicate's name and aliases, each name once."""
    aliases = aliases_of(into)
    names = {into.name, *(alias.name for alias in aliases)}
    for alias in (AliasValue(name=duplicate.name), *aliases_of(duplicate)):
        if alias.name not in names:
            names.add(alias.name)
            aliases.append(alias)
    return aliases


async def _drop_ties(session: AsyncSession, viewer: Viewer, into: UUID, duplicate: UUID) -> None:
    """Delete relations and memberships between survivor and duplicate: they would join the survivor to itself."""
    pair = [into, duplicate]
    relations = select(Relation).where(Relation.source_id.in_(pair), Relation.target_id.in_(pair))
    for relation in await session.scalars(relations.with_for_update()):
        await drop_relation(session, viewer, relation)
    memberships = select(Membership).where(Membership.member_id.in_(pair), Membership.group_id.in_(pair))
    for membership in await session.scalars(memberships.with_for_update()):
        await deleted(session, viewer, membership)


async def _fold_memberships(session: AsyncSession, viewer: Viewer, into: UUID, duplicate: UUID) -> None:
    """Delete memberships that become equal, except the membership that was revised last."""
    pair = [into, duplicate]
    rows = select(Membership).where(or_(Membership.member_id.in_(pair), Membership.group_id.in_(pair)))
    seen: set[tuple[Any, ...]] = set()
    for row in await session.scalars(rows.order_by(Membership.updated_at.desc(), Membership.id.desc())):
        ends = (
            into if row.member_id == duplicate else row.member_id,
            into if row.group_id == duplicate else row.group_id,
        )
        same = (*ends, row.role, row.valid_from)
        if same in seen:
            await deleted(session, viewer, row)
        seen.add(same)


async def _fold_stances(session: AsyncSession, viewer: Viewer, into: UUID, duplicate: UUID) -> None:
    """Delete stances that become equal in their unique key, except the stance that was revised last."""
    mine, other = aliased(Stance), aliased(Stance)

    def moved(column: Any) -> Any:
        return case((column == duplicate, literal(into, Uid())), else_=column)

    same_place = (
        (mine.statement_id == other.statement_id)
        & (mine.annotator_id == other.annotator_id)
        & (mine.project_id == other.project_id)
        & (mine.id != other.id)
        & (moved(mine.holder_id) == moved(other.holder_id))
        & (
            (moved(mine.target_actor_id) == moved(other.target_actor_id))
            | (mine.target_topic_id == other.target_topic_id)
        )
    )
    touching = or_(mine.holder_id == duplicate, mine.target_actor_id == duplicate)
    pairs = (await session.execute(select(mine.id, other.id).join(other, same_place).where(touching))).all()
    stances: list[Stance] = []
    for keys in batches(sorted({key for pair in pairs for key in pair})):
        # Lock before sorting: a stance that is being revised sorts by its new `updated_at`.
        stances += await session.scalars(select(Stance).where(Stance.id.in_(keys)).with_for_update())
    seen: set[tuple[Any, ...]] = set()
    gone: list[Stance] = []
    for stance in sorted(stances, key=lambda s: (s.updated_at, s.id), reverse=True):
        holder = into if stance.holder_id == duplicate else stance.holder_id
        target = into if stance.target_actor_id == duplicate else stance.target_actor_id
        place = (stance.statement_id, stance.annotator_id, stance.project_id, holder, target, stance.target_topic_id)
        if place in seen:
            gone.append(stance)
        seen.add(place)
    for part in batches(gone):
        folded = [revision(viewer, RevisionAction.DELETED, Stance, s.id, snapshot(s), None) for s in part]
        await session.execute(delete(Stance).where(Stance.id.in_([s.id for s in part])))
        await write_revisions(session, folded)


async def _move_decisions(session: AsyncSession, viewer: Viewer, into: UUID, duplicate: UUID) -> None:
    """Move the adjudications; if current ones become equal in their key, the latest supersedes the others."""
    pair = [into, duplicate]
    touching = or_(Adjudication.holder_id.in_(pair), Adjudication.target_actor_id.in_(pair))
    rows = list(await session.scalars(select(Adjudication).where(touching).order_by(Adjudication.id.desc())))
    before = {row.id: snapshot(row) for row in rows}
    current: dict[tuple[Any, ...], Adjudication] = {}
    for row in rows:
        holder = into if row.holder_id == duplicate else row.holder_id
        target = into if row.target_actor_id == duplicate else row.target_actor_id
        place = (row.project_id, row.statement_id, holder, target, row.target_topic_id)
        later = current.setdefault(place, row) if not row.superseded else row
        if later is not row:
            row.superseded, later.supersedes_id = True, later.supersedes_id or row.id
    # Mark superseded rows before any row moves: a unique index allows one current adjudication for each key.
    await session.flush()
    for row in rows:
        row.holder_id = into if row.holder_id == duplicate else row.holder_id
        row.target_actor_id = into if row.target_actor_id == duplicate else row.target_actor_id
    await session.flush()
    changed = [(row, before[row.id], snapshot(row)) for row in rows if snapshot(row) != before[row.id]]
    await write_revisions(
        session, [revision(viewer, RevisionAction.UPDATED, Adjudication, row.id, was, now) for row, was, now in changed]
    )


async def _move_targets(session: AsyncSession, into: UUID, duplicate: UUID) -> list[list[Any]]:
    """Replace the duplicate in codebooks' targets; drop it where a codebook names the survivor too.

    Returns, for each target that was the duplicate: codebook, position, whether it was dropped.
    """
    naming = aliased(CodebookTarget)
    both = select(naming.codebook_id).where(naming.target_actor_id == into)
    mine = CodebookTarget.target_actor_id == duplicate
    twice = CodebookTarget.codebook_id.in_(both)
    found = select(CodebookTarget.codebook_id, CodebookTarget.position, twice.label("dropped")).where(mine)
    rows = (await session.execute(found.order_by(CodebookTarget.codebook_id, CodebookTarget.position))).all()
    await session.execute(delete(CodebookTarget).where(mine, twice))
    await session.execute(update(CodebookTarget).where(mine).values(target_actor_id=into))
    return [[str(row.codebook_id), row.position, bool(row.dropped)] for row in rows]


def batches(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    """Split `rows` into batches of `BATCH_SIZE`, for one statement each."""
    return (rows[start : start + BATCH_SIZE] for start in range(0, len(rows), BATCH_SIZE))


async def _move(
    session: AsyncSession, viewer: Viewer, column: InstrumentedAttribute[Any], into: UUID, duplicate: UUID
) -> None:
    """Change foreign keys in `column` from the duplicate to the survivor, in batches, with a revision for each row."""
    model: Any = column.class_
    await session.flush()
    while True:
        own = [c for c in table_of(model).c if c.key in ("id", "version", "project_id", "annotator_id")]
        page = select(*own).where(column == duplicate).order_by(model.id).limit(BATCH_SIZE)
        rows = (await session.execute(page.with_for_update())).all()
        if not rows:
            return
        await session.execute(
            update(model)
            .where(model.id.in_([row.id for row in rows]))
            .values({column.key: into, "version": model.version + 1, "updated_at": now()})
            .execution_options(synchronize_session=False)
        )
        await write_revisions(session, move_revisions(viewer, model, column.key, rows, into, duplicate))


def move_revisions(
    viewer: Viewer, model: type[Base], name: str, rows: Sequence[Any], into: UUID, duplicate: UUID
) -> list[dict[str, Any]]:
    """Return the revisions of rows whose column `name` changes from `duplicate` to `into`."""
    return [
        revision(
            viewer,
            RevisionAction.UPDATED,
            model,
            row.id,
            {name: str(duplicate), "version": row.version},
            {name: str(into), "version": row.version + 1},
            {key: str(value) for key, value in row._mapping.items()},
        )
        for row in rows
    ]
