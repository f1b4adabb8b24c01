"""What all who enter records share: how one is created by its use case, matched with what is there, or refused."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import Select, and_, exists, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from api.database.retry import ConstraintViolation
from api.errors import ErrorCode, StancegraphError
from api.exchange.format import Read
from api.exchange.imports.bulk_insert import broken_rule
from api.exchange.imports.report import Fate, Report
from api.exchange.records import Quotation
from api.exchange.row_lookup import Found, Keys, Model, by_id, own_id
from api.ids import Id, global_id
from api.security.viewer import OPERATOR, Viewer
from api.services.attributes import AttributeValue
from api.services.outcome import Outcome
from models import Base, Revision, SearchEntry

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How a file is imported."""

    project: str | None = None
    """The slug of the project of stances that name none; as in `recordStance` where left out."""
    dry_run: bool = False
    """Do everything, and take it back at the end."""
    skip_refused: bool = False
    """Keep the others where records are refused; else nothing is kept."""
    mix_contradictions: bool = False
    """Record MIXED where the file gives one reading several labels; else these are refused."""
    counted: str = "line"
    """What places in the file count."""
    every_note: bool = False
    """Report each note by itself, however many there are."""

    files: Sequence[str] = ()
    """What the files of the command are called."""

    def new_report(self) -> Report:
        """An empty report."""
        return Report(every_note=[] if self.every_note else None)

    def refuses(self, report: Report) -> bool:
        """True if the import must be rolled back."""
        return not self.skip_refused and report.number(Fate.REFUSED) > 0


class RefusedByDatabase(ConstraintViolation, StancegraphError):
    """A record that breaks a constraint of the tables which no use case checks. Names its place in the file."""

    def __init__(self, place: str, what: str, error: IntegrityError) -> None:
        super().__init__(f"{place}: {what}: {broken_rule(error.orig)}")


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
    options: ImportOptions = field(default_factory=ImportOptions)
    claimed: set[UUID] = field(default_factory=set)
    """Rows that were matched with a record that brought another id along: no second one is taken for them."""
    members: dict[tuple[UUID, Id], str | None] = field(default_factory=dict)
    """Annotators and projects, and why they cannot take part there; None where they do."""
    origins: dict[UUID, int] = field(default_factory=dict)
    """Rows that records of this file became, and their places in it."""
    earlier: Mapping[UUID, tuple[int, int]] = field(default_factory=dict)
    """Rows that records of files before this one in the same command became: the file's number, and the place in it."""

    refused: dict[tuple[str, str], int] = field(default_factory=dict)
    """Records of this file that were refused, by what they are and are called, and their places in it."""

    named: set[tuple[type[Base], str]] = field(default_factory=set)
    """What this file calls its records."""

    def learn(self, model: Model, key: str, row: UUID) -> None:
        """From now on what the file calls `key` is `row`."""
        self.named.add((model, key))
        self.keys.learn(model, key, row)

    def row_named(self, model: Model, key: str) -> UUID | None:
        """The row that an earlier record of this file of the same name became or was matched with."""
        return self.keys.learnt.get((model, key)) if (model, key) in self.named else None

    def refuses_name(self, read: Read, model: Model, row: UUID | None) -> bool:
        """Refuse a record whose name the file gives to another record too: nobody knows which one is meant by it."""
        key: str = read.record.key  # type: ignore[union-attr]
        if self.row_named(model, key) in (None, row):
            return False
        self.refuse(read, f"the file gives the name {shown(key)!r} to another {what(read)} before it too")
        return True

    def located(self, place: int) -> str:
        """A place of the file in words: `line 3`."""
        return f"{self.options.counted} {place}"

    def count(self, read: Read, fate: Fate) -> None:
        """Count a record that needs no note."""
        self.report.add(what(read), fate, items=read.items)

    def refuse(self, read: Read, why: str) -> None:
        """Note a record that cannot be carried in."""
        if (key := getattr(read.record, "key", None)) is not None:
            self.refused.setdefault((what(read), key), read.place)
        self.report.note(read.place, Fate.REFUSED, what(read), why, read.items)

    def created(self, read: Read, row: UUID) -> None:
        """Note a record that became `row`."""
        self.origins[row] = read.place
        self.count(read, Fate.CREATED)

    def known(self, read: Read, model: Model, row: UUID, differences: "Sequence[Difference]" = ()) -> None:
        """Note a record that is there already as `row`."""
        self.learn(model, read.record.key, row)  # type: ignore[union-attr]
        self.matched(read, row, differences)

    def matched(self, read: Read, row: UUID | None, differences: "Sequence[Difference]" = ()) -> None:
        """Note a record that is there already as `row`, with what it says otherwise than the row."""
        if differences:
            self._different(read, self._told(row, differences))
        else:
            self.count(read, Fate.MATCHED)

    def _different(self, read: Read, why: str) -> None:
        self.report.note(read.place, Fate.DIFFERENT, what(read), why, read.items)

    def _told(self, row: UUID | None, differences: "Sequence[Difference]") -> str:
        """What differs, from what the database held before, or from what the same file says elsewhere."""
        origin = None if row is None else self.origins.get(row)
        if origin is not None:
            first, whose = self.located(origin), "the file contradicts itself"
        elif row is not None and row in self.earlier:
            number, place = self.earlier[row]
            first, whose = f"{self.located(place)} of {self.options.files[number]}", "two files contradict one another"
        else:
            return f"kept as it is here: {'; '.join(each.told('here', 'in the file') for each in differences)}"
        said = "; ".join(each.told(f"on {first}", "here") for each in differences)
        return f"{whose}, and {first} counts: {said}"

    async def create(self, read: Read, model: Model, use_case: UseCase, command: Any) -> UUID | None:
        """The row that a use case makes of a record, under the id that it brings along; None where it is refused."""
        key = getattr(read.record, "key", None)
        try:
            outcome = await use_case(self.session, OPERATOR, command, key=await self._own_id(read, model))
        except IntegrityError as error:
            raise RefusedByDatabase(self.located(read.place), what(read), error) from error
        if any(error.code is not ErrorCode.DUPLICATE for error in outcome.errors) or outcome.key is None:
            self.refuse(read, told(outcome))
            return None
        if key is not None:
            self.learn(model, key, outcome.key)
        if outcome.errors:
            self._different(read, f"kept as it is here: {told(outcome)}")
        else:
            self.created(read, outcome.key)
        if outcome.similar:
            await self._hint(read, model, outcome.similar)
        return outcome.key

    async def _hint(self, read: Read, model: Model, similar: Sequence[UUID]) -> None:
        """Note in the report which rows go by the name of a record that was created."""
        query = select(model.name, model.slug).where(model.id.in_(similar)).order_by(model.id)
        rows, name = (await self.session.execute(query)).all(), read.record.name  # type: ignore[union-attr]
        others = ", ".join(f"{other!r} ({slug})" for other, slug in rows)
        how = "of the same name" if {other for other, _ in rows} == {name} else "the same but for case?"
        self.report.hint(read.place, what(read), f"{shown(name)!r} was created beside {others}: {how}")

    async def _own_id(self, read: Read, model: Model) -> UUID | None:
        """The id that a record brings along; None, with a remark, where something else has its UUID.

        Files number their ids by table, while histories and the search index tell entities by UUID alone.
        """
        key = own_id(model, getattr(read.record, "key", None))
        if key is None:
            return None
        elsewhere = and_(Revision.entity_id == key, Revision.entity_type != model.__name__)
        taken = or_(exists().where(elsewhere), exists().where(SearchEntry.entity_id == key))
        if not await self.session.scalar(select(taken)):
            return key
        why = "something else has its id already: it gets a new one, and this import knows it by both"
        self.report.remark(read.place, what(read), why)
        return None

    def missing(self, found: Found, name: str | None, role: str) -> str | None:
        """As `Found.missing`; of what stands in the file and was refused, that it was."""
        why = found.missing(name, role)
        if why is None or name is None:
            return why
        return self.refused_before(found.model, name, role) or why

    def refused_before(self, model: Model, name: str, role: str) -> str | None:
        """That a record of this file was refused, in that role of another one; None if it was not."""
        noun = model.__name__.lower()
        place = self.refused.get((noun, name))
        return None if place is None else f"{role}: the {noun} {shown(name)!r} was refused ({self.located(place)})"

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
            missing = (self.missing(found[name], getattr(read.record, name), role) for name, (_, role) in named.items())
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
    return "statement" if isinstance(read.record, Quotation) else type(read.record).__name__.lower()


def told(outcome: Outcome) -> str:
    """What a use case found wrong."""
    return "; ".join(": ".join([*filter(None, [_path(e.path[1:])]), e.message]) for e in outcome.errors)


def _path(path: Sequence[str]) -> str:
    """What is wrong, in a record's own words: use cases take ids, records have names."""
    return ".".join(part.removesuffix("Id") for part in path)


@dataclass(frozen=True, slots=True)
class Difference:
    """A field of which a record says something else than the row that it was matched with."""

    name: str
    stored: str | None
    """The row's value; None where the row has several and this is none of them."""
    said: str

    def told(self, there: str, here: str) -> str:
        """The difference in words, with `there` for the row and `here` for the record."""
        if self.stored is None:
            return f"{self.name} is not {self.said} {there}"
        return f"{self.name} is {self.stored} {there}, {self.said} {here}"


def differences(record: Any, row: Mapping[str, Any], *names: str) -> list[Difference]:
    """What a record says otherwise than the row, among columns of the names given; nothing where it says nothing."""
    pairs = ((name, row[name], getattr(record, name)) for name in names)
    return [Difference(name, shown(is_), shown(said)) for name, is_, said in pairs if said not in (None, is_)]


def differs(record: Any, row: Mapping[str, Any], kept: Collection[tuple[str, str]], *names: str) -> list[Difference]:
    """The same, and what it says in attributes that are not, or are otherwise, among those that are kept of the row."""
    missing = ((name, value) for name, value in record.attributes if (name, value) not in kept)
    return [
        *differences(record, row, *names),
        *(Difference(f"attribute {name}", None, shown(value)) for name, value in missing),
    ]


def attributes_of(record: Any) -> list[AttributeValue]:
    """A record's attributes, as use cases take them."""
    return [AttributeValue(name=name, value=value) for name, value in record.attributes]


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
