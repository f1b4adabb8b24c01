"""Carries in relations."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from api.exchange import records
from api.exchange.format import Read
from api.exchange.imports.context import Entering, differences, id_of
from api.exchange.row_lookup import Found, own_id
from api.services.relations import FIELDS, CreateRelation, create_relation
from models import Actor, Relation, Statement

_OF_RELATION = FIELDS.content


async def relations(entering: Entering, reads: Sequence[Read]) -> None:
    """Relations: by id, or by both ends, kind, form and dates; the ends of one without direction either way round."""
    good, found = await entering.lead(reads, source=(Actor, "source"), target=(Actor, "target"))
    cited = await entering.keys.find(Statement, (name for read in good for name in _evidence(read)))
    there = await _Standing.look(entering, good, found["source"])
    for read in good:
        record = read.record
        assert isinstance(record, records.Relation)
        ends = found["source"].rows[record.source], found["target"].rows[record.target]
        row = there.row(read, record, ends)
        if entering.refuses_name(read, Relation, row):
            continue
        if row is not None:
            entering.known(read, Relation, row, differences(record, there.rows[row], *_OF_RELATION))
            continue
        missing = [why for name in record.evidence if (why := entering.missing(cited, name, "evidence"))]
        if missing:
            entering.refuse(read, "; ".join(missing))
            continue
        command = CreateRelation(
            source_id=id_of(Actor, ends[0]),
            target_id=id_of(Actor, ends[1]),
            evidence_ids=[id_of(Statement, cited.row(name)) for name in record.evidence],
            **{name: getattr(record, name) for name in _OF_RELATION},
        )
        key = await entering.create(read, Relation, create_relation, command)
        there.enter(read, record, ends, key)


def _evidence(read: Read) -> tuple[str, ...]:
    assert isinstance(read.record, records.Relation)
    return read.record.evidence


class _Standing:
    """The relations that are there of the actors at the records' ends."""

    def __init__(self, entering: Entering) -> None:
        self._entering = entering
        self.rows: dict[UUID, Mapping[str, Any]] = {}
        self._places: dict[tuple[Any, ...], list[UUID]] = {}

    @classmethod
    async def look(cls, entering: Entering, reads: Sequence[Read], sources: Found) -> "_Standing":
        standing = cls(entering)
        columns = (Relation.id, Relation.source_id, Relation.target_id, *(getattr(Relation, n) for n in _OF_RELATION))
        ends = set(sources.rows.values())
        brought = set((await entering.brought(Relation, reads)).values())
        for column, values in ((Relation.source_id, ends), (Relation.target_id, ends), (Relation.id, brought)):
            for row in await entering.rows(select(*columns), column, values):
                standing._add(row._mapping)
        return standing

    def _add(self, row: Mapping[str, Any]) -> None:
        if row["id"] in self.rows:
            return
        self.rows[row["id"]] = row
        for ends in _ways((row["source_id"], row["target_id"]), row["directed"]):
            place = (*ends, row["kind"], row["form"], row["valid_from"], row["valid_to"])
            self._places.setdefault(place, []).append(row["id"])

    def row(self, read: Read, record: records.Relation, ends: tuple[UUID, UUID]) -> UUID | None:
        """The row that the record is."""
        brings = own_id(Relation, record.key)
        if brings in self.rows:
            return brings
        place = (*ends, record.kind, record.form, record.valid_from, record.valid_to)
        return self._entering.unclaimed(read, Relation, self._places.get(place, ()))

    def enter(self, read: Read, record: records.Relation, ends: tuple[UUID, UUID], key: UUID | None) -> None:
        """From now on this row is there too."""
        if key is None:
            return
        said = {name: getattr(record, name) for name in _OF_RELATION}
        self._add({"id": key, "source_id": ends[0], "target_id": ends[1], **said})
        if own_id(Relation, record.key) is not None:
            self._entering.claimed.add(key)


def _ways(ends: tuple[UUID, UUID], directed: bool) -> Iterator[tuple[UUID, UUID]]:
    yield ends
    if not directed:
        yield ends[1], ends[0]
