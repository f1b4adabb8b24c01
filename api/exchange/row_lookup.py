"""What records are called in their file, and the rows that these names lead to."""

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
"""What records are called, by their type, and the rows that they are."""

_SLUGS: Mapping[Model, tuple[tuple[Column, Column], ...]] = {
    Actor: ((ActorRedirect.former_slug, ActorRedirect.actor_id), (Actor.slug, Actor.id)),
    Topic: ((Topic.slug, Topic.id),),
    Project: ((Project.slug, Project.id),),
    Annotator: ((Annotator.name, Annotator.id),),
}
"""Where names stand that are nobody else's; what stands later counts for more."""
_IDS: Mapping[Model, tuple[tuple[Column, Column], ...]] = {
    Actor: ((ActorRedirect.former_id, ActorRedirect.actor_id), (Actor.id, Actor.id)),
    **{model: ((model.id, model.id),) for model in (Topic, Project, Annotator, Document, Statement, Relation)},
}
_NAMES: Mapping[Model, tuple[Column, Column]] = {
    Actor: (Actor.name, Actor.sort_name),
    Topic: (Topic.name, Topic.sort_name),
    Document: (Document.title, Document.sort_title),
}
"""Names that several may have, each with the column of its folded beginning, which has an index."""

_BATCH_SIZE = 5_000


def id_in_key(model: type[Base], key: str | None) -> UUID | None:
    """The row's key that a record brings along, where what it is called is a global id of that type."""
    try:
        return None if key is None else parse(key, model.__name__)[1]
    except MalformedId:
        return None


async def rows_by_slug(session: Session, model: Model, slugs: Collection[str]) -> dict[str, UUID]:
    """The rows that go by `slugs`, or did before they were merged; of annotators, by their names."""
    found: dict[str, UUID] = await _look_up(session, _SLUGS.get(model, ()), slugs)
    return found


async def rows_by_id(session: Session, model: Model, ids: Collection[UUID]) -> dict[UUID, UUID]:
    """The rows of these ids, or those that they were merged into."""
    found: dict[UUID, UUID] = await _look_up(session, _IDS[model], ids)
    return found


async def rows_by_name(session: Session, model: Model, names: Collection[str]) -> dict[str, list[UUID]]:
    """All rows of exactly these names."""
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


async def _look_up(session: Session, columns: Iterable[tuple[Column, Column]], wanted: Collection[Any]) -> Any:
    found: dict[Any, UUID] = {}
    values = sorted(wanted)
    for start in range(0, len(values), _BATCH_SIZE):
        some = values[start : start + _BATCH_SIZE]
        for asked, leads_to in columns:
            found.update((await session.execute(select(asked, leads_to).where(asked.in_(some)))).all())
    return found


@dataclass(slots=True)
class KeyResolver:
    """What the records of a file are called. A name that is the row's own global id needs no remembering."""

    session: Session
    learnt: RegisteredKeys = field(default_factory=dict)

    def learn(self, model: type[Base], key: str, row: UUID) -> None:
        """From now on `key` leads to `row`."""
        if key != global_id(model.__name__, row):
            self.learnt[model, key] = row

    async def find(self, model: type[Base], wanted: Iterable[str | None]) -> "ResolvedKeys":
        """Where all names in `wanted` lead: to records of the file, or to what is in the database."""
        names = {name for name in wanted if name is not None}
        rows = {name: row for name in names if (row := self.learnt.get((model, name)))}
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
    """Where names of one type lead."""

    model: type[Base]
    rows: Mapping[str, UUID]
    ambiguous: Mapping[str, int]

    def row(self, name: str | None) -> UUID | None:
        """The row's key; None where there is no name."""
        return None if name is None else self.rows.get(name)

    def missing(self, name: str | None, role: str) -> str | None:
        """What is wrong with a name in that role of a record; None where it leads somewhere, or there is none."""
        if name is None or name in self.rows:
            return None
        what = self.model.__name__.lower()
        if name in self.ambiguous:
            return f"{role}: {self.ambiguous[name]} {what}s are called {name!r}: name one by its slug or id"
        how = "slug, id or name" if self.model in _SLUGS else "id"
        nowhere = f"neither in this file before it nor by {how} in the database"
        return f"{role}: there is no {what} {_abbreviated(name)}, {nowhere}"


def _abbreviated(name: str) -> str:
    return repr(name if len(name) <= 80 else name[:77] + "...")
