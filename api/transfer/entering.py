"""What all who enter records share: how one is created by its use case, matched with what is there, or refused."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import ErrorCode
from api.identifiers import Id, global_id
from api.interchange.format import Read
from api.security.viewer import OPERATOR, Viewer
from api.services.attributes import Attribute
from api.services.outcome import Outcome
from api.transfer.keys import Found, Keys, Model, by_id, own_id
from api.transfer.report import Fate, Report
from models import Base

T = TypeVar("T")


class UseCase(Protocol):
    """What makes a row of a command, under the id given."""

    async def __call__(
        self, session: AsyncSession, viewer: Viewer, command: Any, *, key: UUID | None = None
    ) -> Outcome:
        """What became of it."""
        ...


@dataclass(slots=True)
class Entering:
    """One file on its way into the database, within one transaction."""

    session: AsyncSession
    keys: Keys
    report: Report
    project: str | None = None
    """Of stances that name none: its slug; the default one where this names none either."""
    claimed: set[UUID] = field(default_factory=set)
    """Rows that were matched with a record that brought another id along: no second one is taken for them."""
    members: dict[tuple[UUID, Id], str | None] = field(default_factory=dict)
    """Annotators and projects, and why they cannot take part there; None where they do."""

    def refuse(self, read: Read, why: str) -> None:
        """Note a record that cannot be carried in."""
        self.report.note(read.place, Fate.REFUSED, what(read), why)

    def known(self, read: Read, model: Model, row: UUID, differences: Sequence[str] = ()) -> None:
        """Note a record that is there already as `row`."""
        self.keys.learn(model, read.record.key, row)  # type: ignore[union-attr]
        self.matched(read, differences)

    def matched(self, read: Read, differences: Sequence[str]) -> None:
        """Note a record that is there already, with what is said otherwise there."""
        if differences:
            self.report.note(read.place, Fate.DIFFERENT, what(read), f"kept as it is here: {'; '.join(differences)}")
        else:
            self.report.add(what(read), Fate.MATCHED)

    async def create(self, read: Read, model: Model, use_case: UseCase, command: Any) -> UUID | None:
        """The row that a use case makes of a record, under the id that it brings along; None where it is refused."""
        key = getattr(read.record, "key", None)
        outcome = await use_case(self.session, OPERATOR, command, key=own_id(model, key))
        if any(error.code is not ErrorCode.DUPLICATE for error in outcome.errors) or outcome.key is None:
            self.refuse(read, told(outcome))
            return None
        if key is not None:
            self.keys.learn(model, key, outcome.key)
        if outcome.errors:
            self.matched(read, [told(outcome)])
        else:
            self.report.add(what(read), Fate.CREATED)
        if outcome.similar:
            await self._hint(read, model, outcome.similar)
        return outcome.key

    async def _hint(self, read: Read, model: Model, similar: Sequence[UUID]) -> None:
        """Note in the report which rows go by the name of a record that was created."""
        query = select(model.name, model.slug).where(model.id.in_(similar)).order_by(model.id)
        others = ", ".join(f"{name!r} ({slug})" for name, slug in await self.session.execute(query))
        name = shown(read.record.name)  # type: ignore[union-attr]
        self.report.hint(read.place, what(read), f"{name!r} was created beside {others}: the same but for case?")

    async def lead(self, reads: Sequence[Read], **named: tuple[Model, str]) -> tuple[list[Read], Mapping[str, Found]]:
        """Where all names lead that records have in these fields, field → model and what it is to the record.

        Records of which a name leads nowhere are refused; the others are given back.
        """
        found = {
            name: await self.keys.find(model, (getattr(read.record, name) for read in reads))
            for name, (model, _) in named.items()
        }
        good = []
        for read in reads:
            missing = (found[name].missing(getattr(read.record, name), role) for name, (_, role) in named.items())
            wrong = [why for why in missing if why is not None]
            if wrong:
                self.refuse(read, "; ".join(wrong))
            else:
                good.append(read)
        return good, found

    async def brought(self, model: Model, reads: Iterable[Read]) -> dict[UUID, UUID]:
        """Of the ids that records bring along, those that are in the database, with the rows they lead to."""
        ids = {key for read in reads if (key := own_id(model, read.record.key))}  # type: ignore[union-attr]
        return await by_id(self.session, model, ids)

    async def kept(self, of: Any, keys: Collection[UUID]) -> dict[UUID, set[tuple[str, str]]]:
        """The attributes of rows, by the column of their table that says whose they are."""
        found: dict[UUID, set[tuple[str, str]]] = {}
        for key, name, value in await self.rows(select(of, of.class_.name, of.class_.value), of, keys):
            found.setdefault(key, set()).add((name, value))
        return found

    def unclaimed(self, read: Read, model: Model, candidates: Iterable[UUID]) -> UUID | None:
        """The first of the rows that are as the record says, and that no other record of the file is."""
        brings = own_id(model, read.record.key) is not None  # type: ignore[union-attr]
        for row in candidates:
            if not brings or row not in self.claimed:
                if brings:
                    self.claimed.add(row)
                return row
        return None

    async def rows(self, query: Select[*tuple[Any, ...]], column: Any, values: Collection[T]) -> Sequence[Any]:
        """The rows of `query` of which the column has one of `values`."""
        return (await self.session.execute(query.where(column.in_(list(set(values)))))).all() if values else ()


def what(read: Read) -> str:
    """What a record is, in a word."""
    return type(read.record).__name__.lower()


def told(outcome: Outcome) -> str:
    """What a use case found wrong."""
    return "; ".join(": ".join([*filter(None, [_path(e.path[1:])]), e.message]) for e in outcome.errors)


def _path(path: Sequence[str]) -> str:
    """What is wrong, in a record's own words: use cases take ids, records have names."""
    return ".".join(part.removesuffix("Id") for part in path)


def differences(record: Any, row: Mapping[str, Any], *names: str) -> list[str]:
    """What a record says otherwise than the row, among columns of the names given; nothing where it says nothing."""
    pairs = ((name, row[name], getattr(record, name)) for name in names)
    return [f"{n} is {shown(is_)} here, {shown(said)} in the file" for n, is_, said in pairs if said not in (None, is_)]


def differs(record: Any, row: Mapping[str, Any], kept: Collection[tuple[str, str]], *names: str) -> list[str]:
    """The same, and what it says in attributes that are not, or are otherwise, among those that are kept of the row."""
    missing = ((name, value) for name, value in record.attributes if (name, value) not in kept)
    return [
        *differences(record, row, *names),
        *(f"attribute {name} is not {shown(value)} here" for name, value in missing),
    ]


def attributes_of(record: Any) -> list[Attribute]:
    """A record's attributes, as use cases take them."""
    return [Attribute(name=name, value=value) for name, value in record.attributes]


def shown(value: object) -> str:
    """A value in a message."""
    text = value.value if isinstance(value, Enum) else str(value) if value is not None else "nothing"
    return text if len(text) <= 60 else text[:57] + "..."


def id_of(model: type[Base], row: UUID | None) -> Id:
    """The global id of a row that is there."""
    assert row is not None
    return Id(global_id(model.__name__, row))


def id_or_none(model: type[Base], row: UUID | None) -> Id | None:
    """As `id_of`, where there may be none."""
    return None if row is None else id_of(model, row)
