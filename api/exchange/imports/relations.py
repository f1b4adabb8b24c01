"""Imports relations."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from api.exchange import records
from api.exchange.format import Parsed
from api.exchange.imports.context import ImportContext, differences, id_of
from api.exchange.row_lookup import ResolvedKeys, id_in_key
from api.services.relations import FIELDS, CreateRelation, create_relation
from models import Actor, Relation, Statement

_OF_RELATION = FIELDS.content


async def import_relations(context: ImportContext, reads: Sequence[Parsed]) -> None:
    """Import relations, matched by ID, or by ends, kind, form and dates.

    An undirected relation also matches with its ends exchanged.
    """
    good, found = await context.resolve_references(reads, source=(Actor, "source"), target=(Actor, "target"))
    cited = await context.keys.resolve(Statement, (name for read in good for name in _evidence(read)))
    there = await _ExistingRelations.load(context, good, found["source"])
    for read in good:
        record = read.record
        assert isinstance(record, records.Relation)
        ends = found["source"].rows[record.source], found["target"].rows[record.target]
        row = there.row(read, record, ends)
        if context.refuse_duplicate_key(read, Relation, row):
            continue
        if row is not None:
            context.register_match(read, Relation, row, differences(record, there.rows[row], *_OF_RELATION))
            continue
        missing = [why for name in record.evidence if (why := context.missing(cited, name, "evidence"))]
        if missing:
            context.refuse(read, "; ".join(missing))
            continue
        command = CreateRelation(
            source_id=id_of(Actor, ends[0]),
            target_id=id_of(Actor, ends[1]),
            evidence_ids=[id_of(Statement, cited.row(name)) for name in record.evidence],
            **{name: getattr(record, name) for name in _OF_RELATION},
        )
        key = await context.create(read, Relation, create_relation, command)
        there.add(read, record, ends, key)


def _evidence(read: Parsed) -> tuple[str, ...]:
    assert isinstance(read.record, records.Relation)
    return read.record.evidence


class _ExistingRelations:
    """Relations in the database that the records may match: all relations of the actors that the records name."""

    def __init__(self, context: ImportContext) -> None:
        self._context = context
        self.rows: dict[UUID, Mapping[str, Any]] = {}
        self._places: dict[tuple[Any, ...], list[UUID]] = {}

    @classmethod
    async def load(cls, context: ImportContext, reads: Sequence[Parsed], sources: ResolvedKeys) -> "_ExistingRelations":
        existing = cls(context)
        columns = (Relation.id, Relation.source_id, Relation.target_id, *(getattr(Relation, n) for n in _OF_RELATION))
        ends = set(sources.rows.values())
        brought = set((await context.existing_ids(Relation, reads)).values())
        for column, values in ((Relation.source_id, ends), (Relation.target_id, ends), (Relation.id, brought)):
            for row in await context.rows(select(*columns), column, values):
                existing._add(row._mapping)
        return existing

    def _add(self, row: Mapping[str, Any]) -> None:
        if row["id"] in self.rows:
            return
        self.rows[row["id"]] = row
        for ends in _directions((row["source_id"], row["target_id"]), row["directed"]):
            place = (*ends, row["kind"], row["form"], row["valid_from"], row["valid_to"])
            self._places.setdefault(place, []).append(row["id"])

    def row(self, read: Parsed, record: records.Relation, ends: tuple[UUID, UUID]) -> UUID | None:
        """Return the row that a record matches; None if there is none."""
        brings = id_in_key(Relation, record.key)
        if brings in self.rows:
            return brings
        place = (*ends, record.kind, record.form, record.valid_from, record.valid_to)
        return self._context.unclaimed(read, Relation, self._places.get(place, ()))

    def add(self, read: Parsed, record: records.Relation, ends: tuple[UUID, UUID], key: UUID | None) -> None:
        """Add a created row, so that later records match it."""
        if key is None:
            return
        said = {name: getattr(record, name) for name in _OF_RELATION}
        self._add({"id": key, "source_id": ends[0], "target_id": ends[1], **said})
        if id_in_key(Relation, record.key) is not None:
            self._context.claimed.add(key)


def _directions(ends: tuple[UUID, UUID], directed: bool) -> Iterator[tuple[UUID, UUID]]:
    yield ends
    if not directed:
        yield ends[1], ends[0]
