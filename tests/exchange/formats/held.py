"""Records in memory as a source to export from, named as a database would name them."""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar, cast

from slugify import slugify

from api.exchange.format import Format, Parsed, RecordSource
from api.exchange.records import Actor, Document, Membership, Record, Relation, Row, Stance, Statement, Topic

T = TypeVar("T")
_REFERS: Mapping[str, str] = {
    **dict.fromkeys(("member", "group", "publisher", "speaker", "reported_by", "holder", "target_actor"), "Actor"),
    **dict.fromkeys(("source", "target"), "Actor"),
    "target_topic": "Topic",
    "document": "Document",
    "statement": "Statement",
}
"""Field of a record → the type of what it names."""


@dataclass(frozen=True)
class Held:
    """A source over records in memory."""

    records: tuple[Record, ...]

    async def _all(self, kind: type[T]) -> AsyncIterator[T]:
        for record in self.records:
            if isinstance(record, kind):
                yield record

    async def _named(self, kind: type[T]) -> AsyncIterator[T]:
        named: list[Any] = [record for record in self.records if isinstance(record, kind)]
        for record in sorted(named, key=lambda r: r.key):
            yield record

    def actors(self) -> AsyncIterator[Actor]:
        return self._named(Actor)

    def topics(self) -> AsyncIterator[Topic]:
        return self._named(Topic)

    def memberships(self) -> AsyncIterator[Membership]:
        return self._all(Membership)

    def relations(self) -> AsyncIterator[Relation]:
        return self._all(Relation)

    def documents(self) -> AsyncIterator[Document]:
        return self._all(Document)

    def statements(self) -> AsyncIterator[Statement]:
        return self._all(Statement)

    def stances(self) -> AsyncIterator[Stance]:
        return self._all(Stance)

    def rows(self) -> AsyncIterator[Row]:
        return self._all(Row)


def held(records: Iterable[Record]) -> RecordSource:
    """A source of what was read: actors and topics by slugs, of which none comes twice."""
    return Held(tuple(_renamed(records)))


def _renamed(records: Iterable[Record]) -> Iterator[Record]:
    names: dict[tuple[str, str], str] = {}
    taken: set[tuple[str, str]] = set()
    for record in records:
        kind, changes, renamed = type(record).__name__, dict[str, Any](), cast(Any, replace)
        if isinstance(record, Actor | Topic):
            slug, number = record.slug or slugify(record.name) or "unnamed", 1
            while (kind, slug) in taken:
                number += 1
                slug = f"{slugify(record.name) or 'unnamed'}-{number}"
            taken.add((kind, slug))
            names[kind, record.key] = slug
            changes = {"key": slug, "slug": slug}
        for field, of in _REFERS.items():
            named: Any = getattr(record, field, None)
            if named is not None:
                changes[field] = names.get((of, named), named)
        yield renamed(record, **changes)


async def _joined(pieces: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in pieces])


def options(format: Format, **given: str) -> dict[str, str]:
    """The settings of a format: those given, the others as they are where nobody names them."""
    return {o.name: o.default for o in format.options if o.default is not None} | {
        name.replace("_", "-"): value for name, value in given.items()
    }


def records_of(reading: Iterable[Any]) -> list[Record]:
    """What was read, without what was left out."""
    return [each.record for each in reading if isinstance(each, Parsed)]


def written(pieces: AsyncIterator[bytes]) -> bytes:
    """A whole export."""
    import asyncio

    return asyncio.run(_joined(pieces))
