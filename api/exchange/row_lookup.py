"""Resolves keys of records to rows of the database: keys that a file defines, slugs, global IDs and unique names."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from api.ids import MalformedId, global_id, parse
from models import Actor, ActorRedirect, Annotator, Base, Document, Project, Relation, Statement, Topic
from models.folding import foldings

Model: TypeAlias = type[Any]
Session: TypeAlias = AsyncSession | AsyncConnection
Column: TypeAlias = InstrumentedAttribute[Any]
RegisteredKeys: TypeAlias = dict[tuple[type[Any], str], UUID]
"""Rows by type and key."""

_SLUGS: Mapping[Model, tuple[tuple[Column, Column], ...]] = {
    Actor: ((ActorRedirect.former_slug, ActorRedirect.actor_id), (Actor.slug, Actor.id)),
    Topic: ((Topic.slug, Topic.id),),
    Project: ((Project.slug, Project.id),),
    Annotator: ((Annotator.name, Annotator.id),),
}
"""Columns of unique names, with the column of the row's ID; later pairs take precedence over earlier ones."""
_IDS: Mapping[Model, tuple[tuple[Column, Column], ...]] = {
    Actor: ((ActorRedirect.former_id, ActorRedirect.actor_id), (Actor.id, Actor.id)),
    **{model: ((model.id, model.id),) for model in (Topic, Project, Annotator, Document, Statement, Relation)},
}
_NAMES: Mapping[Model, tuple[Column, Column]] = {
    Actor: (Actor.name, Actor.sort_name),
    Topic: (Topic.name, Topic.sort_name),
    Document: (Document.title, Document.sort_title),
}
"""Columns of names that need not be unique, each with the indexed column of the folded beginning of the name."""

_BATCH_SIZE = 5_000


def id_in_key(model: type[Base], key: str | None) -> UUID | None:
    """Return the UUID in a key that is a global ID of this type; None if the key is anything else."""
    try:
        return None if key is None else parse(key, model.__name__)[1]
    except MalformedId:
        return None


async def rows_by_slug(session: Session, model: Model, slugs: Collection[str]) -> dict[str, UUID]:
    """Return rows by current or former slug; annotators by name."""
    found: dict[str, UUID] = await _look_up(session, _SLUGS.get(model, ()), slugs)
    return found


async def rows_by_id(session: Session, model: Model, ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Return rows by ID; the ID of a merged actor leads to the surviving actor."""
    found: dict[UUID, UUID] = await _look_up(session, _IDS[model], ids)
    return found


async def rows_by_name(session: Session, model: Model, names: Collection[str]) -> dict[str, list[UUID]]:
    """Return all rows that have exactly one of these names."""
    if not names or model not in _NAMES:
        return {}
    name, folded = _NAMES[model]
    found: dict[str, list[UUID]] = {}
    forms = (form for each in names for form in foldings(each))
    beginnings = {form[:200] if model is Document else form for form in forms}
    query = select(name, model.id).where(folded.in_(sorted(beginnings)), name.in_(sorted(names))).order_by(model.id)
    for called, key in await session.execute(query):
        found.setdefault(called, []).append(key)
    return found


async def _look_up(session: Session, columns: Iterable[tuple[Column, Column]], keys: Collection[Any]) -> Any:
    found: dict[Any, UUID] = {}
    values = sorted(keys)
    for start in range(0, len(values), _BATCH_SIZE):
        some = values[start : start + _BATCH_SIZE]
        for column, target in columns:
            found.update((await session.execute(select(column, target).where(column.in_(some)))).all())
    return found


@dataclass(slots=True)
class KeyResolver:
    """Resolves the keys of a file. Keys that are the row's own global ID are not stored."""

    session: Session
    registered: RegisteredKeys = field(default_factory=dict)

    def register(self, model: type[Base], key: str, row: UUID) -> None:
        """Let `key` resolve to `row` from now on."""
        if key != global_id(model.__name__, row):
            self.registered[model, key] = row

    async def resolve(self, model: type[Base], keys: Iterable[str | None]) -> "ResolvedKeys":
        """Resolve keys to records of the file or, failing that, to rows of the database."""
        names = {name for name in keys if name is not None}
        rows = {name: row for name in names if (row := self.registered.get((model, name)))}
        left = names - rows.keys()
        slugs = await rows_by_slug(self.session, model, left)
        rows |= slugs
        ids = {key: name for name in left - rows.keys() if (key := id_in_key(model, name))}
        rows |= {ids[key]: row for key, row in (await rows_by_id(self.session, model, ids)).items()}
        named = await rows_by_name(self.session, model, left - rows.keys())
        rows |= {name: several[0] for name, several in named.items() if len(several) == 1}
        return ResolvedKeys(model, rows, {name: len(several) for name, several in named.items() if len(several) > 1})


@dataclass(frozen=True, slots=True)
class ResolvedKeys:
    """The rows that keys of one type resolve to."""

    model: type[Base]
    rows: Mapping[str, UUID]
    ambiguous: Mapping[str, int]

    def row(self, name: str | None) -> UUID | None:
        """Return the ID of the row; None if there is no name or no row."""
        return None if name is None else self.rows.get(name)

    def missing(self, name: str | None, role: str) -> str | None:
        """Return an error message for a name that resolves to no row; None if it resolves, or is None."""
        if name is None or name in self.rows:
            return None
        noun = self.model.__name__.lower()
        if name in self.ambiguous:
            return f"{role}: {self.ambiguous[name]} {noun}s are called {name!r}: name one by its slug or id"
        how = "slug, id or name" if self.model in _SLUGS else "id"
        nowhere = f"neither in this file before it nor by {how} in the database"
        return f"{role}: there is no {noun} {_abbreviated(name)}, {nowhere}"


def _abbreviated(name: str) -> str:
    return repr(name if len(name) <= 80 else name[:77] + "...")
