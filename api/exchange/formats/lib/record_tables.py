"""Records as rows of CSV tables: the columns of each type of record, and how cells are parsed and formatted."""

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from enum import StrEnum
from typing import Any

from api.exchange.records import Actor, Alias, Document, Membership, Record, Relation, Stance, Statement, Topic
from models import ActorKind, RelationForm, RelationKind, RelationStatus, StanceLabel, StatementKind


class InvalidCell(ValueError):
    """A cell that cannot be parsed; the message describes valid cells."""


@dataclass(frozen=True, slots=True)
class RecordColumn:
    """A column: its header, the field of the record, and how its cells are parsed (`read`) and formatted (`show`)."""

    header: str
    name: str
    read: Callable[[str], Any] = str
    show: Callable[[Any], str] = str
    exported: bool = True


@dataclass(frozen=True, slots=True)
class RecordTable:
    """A table of one type of record."""

    name: str
    record: type[Any]
    columns: Sequence[RecordColumn]
    actors: tuple[str, ...] = ()
    """The fields that are keys of actors."""
    required: frozenset[str] = field(init=False)
    """The headers that a table of such records must have."""

    def __post_init__(self) -> None:
        needed = {each.name for each in fields(self.record) if each.default is MISSING} - {"key"}
        object.__setattr__(self, "required", frozenset(c.header for c in self.columns if c.name in needed))

    @property
    def headers(self) -> list[str]:
        """All headers that a file may have, in order."""
        return [column.header for column in self.columns]

    @property
    def written(self) -> list[str]:
        """The headers of an export."""
        return [column.header for column in self.columns if column.exported]

    def cells(self, record: Record) -> list[str]:
        """Return the cells of a record in an export; None is an empty cell."""
        values = ((column, getattr(record, column.name)) for column in self.columns if column.exported)
        return ["" if value is None else column.show(value) for column, value in values]

    def read(self, cells: Mapping[str, str], key: str) -> Record:
        """Return a record from cells by header; its key is `key` if it has neither slug nor name.

        :raises InvalidCell: if a cell is missing or cannot be parsed; the message names all such cells.
        """
        values: dict[str, Any] = {}
        wrong: list[str] = []
        for column in self.columns:
            cell = cells.get(column.header, "")
            try:
                if cell:
                    values[column.name] = column.read(cell)
                elif column.header in self.required:
                    wrong.append(f"{column.header}: is missing")
            except InvalidCell as error:
                wrong.append(f"{column.header}: {error}")
        if wrong:
            raise InvalidCell("; ".join(wrong))
        if "key" in {each.name for each in fields(self.record)}:
            values.setdefault("key", values.get("slug") or values.get("name") or key)
        record: Record = self.record(**values)
        return record


def _one_of(values: type[StrEnum]) -> Callable[[str], StrEnum]:
    def read(cell: str) -> StrEnum:
        try:
            return values(cell.strip().upper().replace(" ", "_"))
        except ValueError:
            raise InvalidCell(f"must be one of {', '.join(values)}; not {_abbreviated(cell)}") from None

    return read


def parse_date(cell: str) -> dt.date:
    """Return an ISO 8601 date.

    :raises InvalidCell: if the cell is no date.
    """
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", cell):
            return dt.date.fromisoformat(cell)
    except ValueError:
        pass
    raise InvalidCell(f"must be a date such as 2024-11-29, not {_abbreviated(cell)}")


def _integer(cell: str) -> int:
    if re.fullmatch(r"[0-9]{1,9}", cell.strip()):
        return int(cell)
    raise InvalidCell(f"must be a whole number, not {_abbreviated(cell)}")


def _number(cell: str) -> float:
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?([eE]-?[0-9]{1,3})?", cell.strip()):
        return float(cell)
    raise InvalidCell(f"must be a number such as 0.75, not {_abbreviated(cell)}")


def _boolean(cell: str) -> bool:
    found = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(cell.strip().lower())
    if found is None:
        raise InvalidCell(f"must be true or false, not {_abbreviated(cell)}")
    return found


_ALIAS = re.compile(r"(.*?)(?: \[([A-Za-z0-9-]*)\])?")


def _aliases(cell: str) -> tuple[Alias, ...]:
    matches = (_ALIAS.fullmatch(line) for line in re.split(r"\r?\n", cell) if line.strip())
    return tuple(Alias(match[1], match[2] or None) for match in matches if match is not None)


def _alias_lines(aliases: Sequence[Alias]) -> str:
    return "\n".join(map(_alias_line, aliases))


def _alias_line(alias: Alias) -> str:
    match = _ALIAS.fullmatch(alias.name)
    looks_tagged = match is None or match[2] is not None
    return f"{alias.name} [{alias.language or ''}]" if alias.language or looks_tagged else alias.name


def _keys(cell: str) -> tuple[str, ...]:
    return tuple(cell.split())


def _abbreviated(cell: str) -> str:
    return repr(cell if len(cell) <= 60 else cell[:57] + "...")


def _date_column(header: str, name: str) -> RecordColumn:
    return RecordColumn(header, name, parse_date, dt.date.isoformat)


_ID = RecordColumn("id", "key", exported=False)
"""The key by which other tables of one import refer to a row; exports refer to slugs."""
_VALID = (_date_column("validFrom", "valid_from"), _date_column("validTo", "valid_to"))

TABLES: Mapping[str, RecordTable] = {
    table.name: table
    for table in (
        RecordTable(
            "actors",
            Actor,
            (
                _ID,
                RecordColumn("slug", "slug"),
                RecordColumn("name", "name"),
                RecordColumn("kind", "kind", _one_of(ActorKind)),
                RecordColumn("description", "description"),
                RecordColumn("countryCode", "country_code"),
                RecordColumn("wikidataId", "wikidata_id"),
                _date_column("activeFrom", "active_from"),
                _date_column("activeTo", "active_to"),
                RecordColumn("aliases", "aliases", _aliases, _alias_lines),
            ),
        ),
        RecordTable(
            "topics",
            Topic,
            (
                _ID,
                RecordColumn("slug", "slug"),
                RecordColumn("name", "name"),
                RecordColumn("description", "description"),
            ),
        ),
        RecordTable(
            "memberships",
            Membership,
            (RecordColumn("member", "member"), RecordColumn("group", "group"), RecordColumn("role", "role"), *_VALID),
            actors=("member", "group"),
        ),
        RecordTable(
            "relations",
            Relation,
            (
                RecordColumn("id", "key"),
                RecordColumn("source", "source"),
                RecordColumn("target", "target"),
                RecordColumn("kind", "kind", _one_of(RelationKind)),
                RecordColumn("form", "form", _one_of(RelationForm)),
                RecordColumn("status", "status", _one_of(RelationStatus)),
                RecordColumn("directed", "directed", _boolean, lambda value: "true" if value else "false"),
                *_VALID,
                RecordColumn("summary", "summary"),
                RecordColumn("evidence", "evidence", _keys, " ".join),
            ),
            actors=("source", "target"),
        ),
        RecordTable(
            "documents",
            Document,
            (
                RecordColumn("id", "key"),
                RecordColumn("title", "title"),
                RecordColumn("publisher", "publisher"),
                RecordColumn("url", "url"),
                _date_column("publishedOn", "published_on"),
                RecordColumn("language", "language"),
                RecordColumn("text", "text"),
            ),
            actors=("publisher",),
        ),
        RecordTable(
            "statements",
            Statement,
            (
                RecordColumn("id", "key"),
                RecordColumn("document", "document"),
                RecordColumn("speaker", "speaker"),
                RecordColumn("start", "start", _integer),
                RecordColumn("end", "end", _integer),
                RecordColumn("kind", "kind", _one_of(StatementKind)),
                RecordColumn("exact", "exact"),
                RecordColumn("reportedBy", "reported_by"),
                _date_column("statedOn", "stated_on"),
            ),
            actors=("speaker", "reported_by"),
        ),
        RecordTable(
            "stances",
            Stance,
            (
                RecordColumn("statement", "statement"),
                RecordColumn("holder", "holder"),
                RecordColumn("targetActor", "target_actor"),
                RecordColumn("targetTopic", "target_topic"),
                RecordColumn("label", "label", _one_of(StanceLabel)),
                RecordColumn("intensity", "intensity", _integer),
                RecordColumn("confidence", "confidence", _number, repr),
                RecordColumn("rationale", "rationale"),
                RecordColumn("annotator", "annotator"),
                RecordColumn("project", "project"),
            ),
            actors=("holder", "target_actor"),
        ),
    )
}
