"""The state of the import of one file: creates records by their use case, matches them with rows, or refuses them."""

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
from api.exchange.format import Parsed
from api.exchange.imports.report import RecordResult, Report
from api.exchange.imports.row_insert import violated_constraint
from api.exchange.records import Quotation
from api.exchange.row_lookup import KeyResolver, Model, ResolvedKeys, id_in_key, rows_by_id
from api.ids import Id, global_id
from api.security.viewer import OPERATOR, Viewer
from api.services.attributes import AttributeValue
from api.services.outcome import Outcome
from models import Base, Revision, SearchEntry

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """The options of an import."""

    project: str | None = None
    """The slug of the project of stances that name no project; if None, the default project as in `recordStance`."""
    dry_run: bool = False
    """Roll everything back at the end."""
    skip_refused: bool = False
    """Import the other records if records are refused; else the file is rolled back."""
    mix_contradictions: bool = False
    """Record MIXED if the file has one stance with several labels; else such stances are refused (ADR 0021)."""
    counted: str = "line"
    """The unit that places in the file count."""
    every_note: bool = False
    """Report each note by itself, without a maximum."""

    files: Sequence[str] = ()
    """The names of the command's files."""

    def new_report(self) -> Report:
        """Return an empty report."""
        return Report(every_note=[] if self.every_note else None)

    def refuses(self, report: Report) -> bool:
        """True if the import must be rolled back."""
        return not self.skip_refused and report.number(RecordResult.REFUSED) > 0


class RefusedByDatabase(ConstraintViolation, StancegraphError):
    """A record that violates a constraint of the tables that no use case checks; the message names its place."""

    def __init__(self, place: str, noun: str, error: IntegrityError) -> None:
        super().__init__(f"{place}: {noun}: {violated_constraint(error.orig)}")


class UseCase(Protocol):
    """A use case that creates a row from a command, with the ID `key` if there is one."""

    async def __call__(
        self, session: AsyncSession, viewer: Viewer, command: Any, *, key: UUID | None = None
    ) -> Outcome:
        """Create the row."""
        ...


@dataclass(slots=True)
class ImportContext:
    """The import of one file, within one transaction."""

    session: AsyncSession
    keys: KeyResolver
    report: Report
    options: ImportOptions = field(default_factory=ImportOptions)
    claimed: set[UUID] = field(default_factory=set)
    """Rows that a record with another ID or slug was matched with: no second record matches them."""
    members: dict[tuple[UUID, Id], str | None] = field(default_factory=dict)
    """By annotator and project: why the annotator cannot be a member of the project; None if the annotator is."""
    origins: dict[UUID, int] = field(default_factory=dict)
    """Places of the records of this file that rows were created from."""
    earlier: Mapping[UUID, tuple[int, int]] = field(default_factory=dict)
    """The same for earlier files of the command: the number of the file, and the place in it."""

    refused: dict[tuple[str, str], int] = field(default_factory=dict)
    """Places of the records of this file that were refused, by type and key."""

    own_keys: set[tuple[type[Base], str]] = field(default_factory=set)
    """Keys that this file defines."""

    def register(self, model: Model, key: str, row: UUID) -> None:
        """Let `key` resolve to `row` in the rest of the file."""
        self.own_keys.add((model, key))
        self.keys.register(model, key, row)

    def row_of_key(self, model: Model, key: str) -> UUID | None:
        """Return the row of an earlier record of this file with the same key; None if there is none."""
        return self.keys.registered.get((model, key)) if (model, key) in self.own_keys else None

    def refuse_duplicate_key(self, read: Parsed, model: Model, row: UUID | None) -> bool:
        """Refuse a record if another record of the file has its key; return True if it was refused.

        References to the key would be ambiguous.
        """
        key: str = read.record.key  # type: ignore[union-attr]
        if self.row_of_key(model, key) in (None, row):
            return False
        self.refuse(read, f"an earlier {noun_of(read)} of the file has the key {abbreviated(key)!r} too")
        return True

    def location(self, place: int) -> str:
        """Return a place of the file in words: `line 3`."""
        return f"{self.options.counted} {place}"

    def count(self, read: Parsed, fate: RecordResult) -> None:
        """Count a record without a note."""
        self.report.add(noun_of(read), fate, items=read.items)

    def refuse(self, read: Parsed, why: str) -> None:
        """Count a record as refused, with the reason."""
        if (key := getattr(read.record, "key", None)) is not None:
            self.refused.setdefault((noun_of(read), key), read.place)
        self.report.note(read.place, RecordResult.REFUSED, noun_of(read), why, read.items)

    def report_created(self, read: Parsed, row: UUID) -> None:
        """Count a record as created, and store its place."""
        self.origins[row] = read.place
        self.count(read, RecordResult.CREATED)

    def register_match(self, read: Parsed, model: Model, row: UUID, differences: "Sequence[Difference]" = ()) -> None:
        """Count a record as matched with `row`, and let its key resolve to `row`."""
        self.register(model, read.record.key, row)  # type: ignore[union-attr]
        self.report_match(read, row, differences)

    def report_match(self, read: Parsed, row: UUID | None, differences: "Sequence[Difference]" = ()) -> None:
        """Count a record as matched, or as different if its values differ from the row."""
        if differences:
            self._report_different(read, self._describe_differences(row, differences))
        else:
            self.count(read, RecordResult.MATCHED)

    def _report_different(self, read: Parsed, why: str) -> None:
        self.report.note(read.place, RecordResult.DIFFERENT, noun_of(read), why, read.items)

    def _describe_differences(self, row: UUID | None, differences: "Sequence[Difference]") -> str:
        """Return an error message for differences from a row that was in the database, or that this import created."""
        origin = None if row is None else self.origins.get(row)
        if origin is not None:
            first, whose = self.location(origin), "the file contradicts itself"
        elif row is not None and row in self.earlier:
            number, place = self.earlier[row]
            first, whose = f"{self.location(place)} of {self.options.files[number]}", "two files contradict one another"
        else:
            return f"not changed: {'; '.join(each.describe('here', 'in the file') for each in differences)}"
        values = "; ".join(each.describe(f"on {first}", "here") for each in differences)
        return f"{whose}, and {first} counts: {values}"

    async def create(self, read: Parsed, model: Model, use_case: UseCase, command: Any) -> UUID | None:
        """Create a row from a record by a use case; return the row's ID, or None if the record was refused.

        If the key of the record is a global ID, the row gets that ID.
        """
        key = getattr(read.record, "key", None)
        try:
            outcome = await use_case(self.session, OPERATOR, command, key=await self._own_id(read, model))
        except IntegrityError as error:
            raise RefusedByDatabase(self.location(read.place), noun_of(read), error) from error
        if any(error.code is not ErrorCode.DUPLICATE for error in outcome.errors) or outcome.key is None:
            self.refuse(read, error_text(outcome))
            return None
        if key is not None:
            self.register(model, key, outcome.key)
        if outcome.errors:
            self._report_different(read, f"not changed: {error_text(outcome)}")
        else:
            self.report_created(read, outcome.key)
        if outcome.similar:
            await self._hint(read, model, outcome.similar)
        return outcome.key

    async def _hint(self, read: Parsed, model: Model, similar: Sequence[UUID]) -> None:
        """Remark which rows have the name of a record that was created."""
        query = select(model.name, model.slug).where(model.id.in_(similar)).order_by(model.id)
        rows, name = (await self.session.execute(query)).all(), read.record.name  # type: ignore[union-attr]
        others = ", ".join(f"{other!r} ({slug})" for other, slug in rows)
        how = "of the same name" if {other for other, _ in rows} == {name} else "the same but for case?"
        self.report.hint(read.place, noun_of(read), f"{abbreviated(name)!r} was created beside {others}: {how}")

    async def _own_id(self, read: Parsed, model: Model) -> UUID | None:
        """Return the ID in the key of a record; None, with a remark, if an entity of another type has this UUID.

        Histories and the search index identify entities by UUID alone, while files may number each table for itself.
        """
        key = id_in_key(model, getattr(read.record, "key", None))
        if key is None:
            return None
        elsewhere = and_(Revision.entity_id == key, Revision.entity_type != model.__name__)
        taken = or_(exists().where(elsewhere), exists().where(SearchEntry.entity_id == key))
        if not await self.session.scalar(select(taken)):
            return key
        why = "an entity of another type has its ID: it was created with a new ID, and both resolve in this import"
        self.report.remark(read.place, noun_of(read), why)
        return None

    def missing(self, found: ResolvedKeys, name: str | None, role: str) -> str | None:
        """Return an error message for a name that resolves to no row, or to a refused record; None if it resolves."""
        why = found.missing(name, role)
        if why is None or name is None:
            return why
        return self.refused_before(found.model, name, role) or why

    def refused_before(self, model: Model, name: str, role: str) -> str | None:
        """Return an error message if the named record of this file was refused; else None."""
        noun = model.__name__.lower()
        place = self.refused.get((noun, name))
        return (
            None if place is None else f"{role}: the {noun} {abbreviated(name)!r} was refused ({self.location(place)})"
        )

    async def resolve_references(
        self, reads: Sequence[Parsed], **named: tuple[Model, str]
    ) -> tuple[list[Parsed], Mapping[str, ResolvedKeys]]:
        """Resolve the keys in fields of records; refuse records with a key that does not resolve.

        `named` maps each field to the model of its keys, and its role in error messages. Returns the other records,
        and the resolved keys by field.
        """
        found = {
            name: await self.keys.resolve(model, (getattr(read.record, name) for read in reads))
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

    async def existing_ids(self, model: Model, reads: Iterable[Parsed]) -> dict[UUID, UUID]:
        """Return the global IDs in keys of records that are in the database, with the rows that they lead to."""
        ids = {key for read in reads if (key := id_in_key(model, read.record.key))}  # type: ignore[union-attr]
        return await rows_by_id(self.session, model, ids)

    async def stored_attributes(self, of: Any, keys: Collection[UUID]) -> dict[UUID, set[tuple[str, str]]]:
        """Return the attributes of rows; `of` is the foreign key of the table of attributes."""
        found: dict[UUID, set[tuple[str, str]]] = {}
        for key, name, value in await self.rows(select(of, of.class_.name, of.class_.value), of, keys):
            found.setdefault(key, set()).add((name, value))
        return found

    def unclaimed(self, read: Parsed, model: Model, candidates: Iterable[UUID]) -> UUID | None:
        """Return the first candidate that no other record of the file has claimed, and claim it; None if all are.

        Only records with an ID of their own claim rows: all others may match one row several times.
        """
        has_id = id_in_key(model, read.record.key) is not None  # type: ignore[union-attr]
        for row in candidates:
            if not has_id or row not in self.claimed:
                if has_id:
                    self.claimed.add(row)
                return row
        return None

    async def rows(self, query: Select[*tuple[Any, ...]], column: Any, values: Collection[T]) -> Sequence[Any]:
        """Return the rows of `query` whose column has one of `values`."""
        return (await self.session.execute(query.where(column.in_(list(set(values)))))).all() if values else ()


def noun_of(read: Parsed) -> str:
    """Return the type of a record in lower case."""
    return "statement" if isinstance(read.record, Quotation) else type(read.record).__name__.lower()


def error_text(outcome: Outcome) -> str:
    """Return the errors of a use case as one message."""
    return "; ".join(": ".join([*filter(None, [_path(e.path[1:])]), e.message]) for e in outcome.errors)


def _path(path: Sequence[str]) -> str:
    """Return the path of an error in terms of records: commands have `holderId`, records `holder`."""
    return ".".join(part.removesuffix("Id") for part in path)


@dataclass(frozen=True, slots=True)
class Difference:
    """A field whose value in a record differs from the row that the record was matched with."""

    name: str
    stored: str | None
    """The row's value; None if the row has several values and lacks the record's."""
    imported: str

    def describe(self, there: str, here: str) -> str:
        """Return the difference in words, with `there` for the row and `here` for the record."""
        if self.stored is None:
            return f"{self.name} is not {self.imported} {there}"
        return f"{self.name} is {self.stored} {there}, {self.imported} {here}"


def differences(record: Any, row: Mapping[str, Any], *names: str) -> list[Difference]:
    """Return the named fields whose values differ from the row; None in a record is no difference."""
    pairs = ((name, row[name], getattr(record, name)) for name in names)
    return [
        Difference(name, abbreviated(is_), abbreviated(said)) for name, is_, said in pairs if said not in (None, is_)
    ]


def differences_with_attributes(
    record: Any, row: Mapping[str, Any], attributes: Collection[tuple[str, str]], *names: str
) -> list[Difference]:
    """Return the differences of fields, and the record's attributes that the row lacks."""
    missing = ((name, value) for name, value in record.attributes if (name, value) not in attributes)
    return [
        *differences(record, row, *names),
        *(Difference(f"attribute {name}", None, abbreviated(value)) for name, value in missing),
    ]


def attributes_of(record: Any) -> list[AttributeValue]:
    """Return the attributes of a record as input of a use case."""
    return [AttributeValue(name=name, value=value) for name, value in record.attributes]


def abbreviated(value: object) -> str:
    """Return a value for a message, shortened to 60 characters."""
    text = value.value if isinstance(value, Enum) else str(value) if value is not None else "nothing"
    return text if len(text) <= 60 else text[:57] + "..."


def id_of(model: type[Base], row: UUID | None) -> Id:
    """Return the global ID of a row."""
    assert row is not None
    return Id(global_id(model.__name__, row))


def optional_id_of(model: type[Base], row: UUID | None) -> Id | None:
    """Return the global ID of a row; None if there is no row."""
    return None if row is None else id_of(model, row)
