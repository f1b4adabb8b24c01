"""Carries the records of a file into the database: through the use cases, in one transaction."""

import contextlib
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from api.database.database import Database
from api.errors import StancegraphError
from api.exchange import records
from api.exchange.format import Adjusted, Invalid, Malformed, Parsed, ParseEvent, ParseEvents, Skipped
from api.exchange.imports import actors, documents, quotations, relations, stances
from api.exchange.imports.context import ImportContext, ImportOptions, RefusedByDatabase, noun_of
from api.exchange.imports.report import RecordResult, Report
from api.exchange.imports.table_rows import import_rows
from api.exchange.row_lookup import KeyResolver, RegisteredKeys

_CHUNK_SIZE = 10_000
"""So many records are taken together, since the stances of each annotator among them are recorded at once,"""
_MAX_CHUNK_CHARACTERS = 4_000_000
"""unless their texts are longer than this."""
_BATCH_SIZE = 1_000
"""So many records of one type are looked up together: databases bound how many values a statement may have."""
_MAX_INTEGER = 2**31 - 1

_IMPORTERS: dict[type, Callable[[ImportContext, Sequence[Parsed]], Awaitable[None]]] = {
    # In an order in which what is referred to comes before what refers to it.
    records.Actor: actors.import_actors,
    records.Topic: actors.import_topics,
    records.Annotator: actors.import_annotators,
    records.Membership: actors.import_memberships,
    records.Document: documents.import_documents,
    records.Statement: documents.import_statements,
    records.Quotation: quotations.import_quotations,
    records.Relation: relations.import_relations,
    records.Stance: stances.import_stances,
}


_BATCH_SIZES: dict[type, int] = {records.Stance: _CHUNK_SIZE}


class _Rollback(Exception):
    """Ends the transaction so that nothing of it stays."""


Progress: TypeAlias = Callable[[int], object]
"""Is told how many more records were done."""


class FileRefused(StancegraphError):
    """A file of which nothing is kept since it is broken, or breaks a constraint of the database."""

    def __init__(self, number: int, why: StancegraphError) -> None:
        super().__init__(str(why))
        self.number = number
        """Its place among the files, counted from 0."""


async def import_files(
    database: Database, files: Sequence[Callable[[], ParseEvents]], options: ImportOptions, progress: Progress
) -> AsyncIterator[Report]:
    """Carry in what each of `files` gives, one after the other, and say of each what became of it.

    Each is a transaction of its own; a dry run is one for all. Names that a file gives to its records are known in
    those behind it. Where a record is refused and that is not `skip_refused`, nothing of its file stays, and the
    files behind it are left alone. A file may be asked again where another transaction stood in the way.

    :raises FileRefused: where a file is broken; nothing of it stays.
    """
    known = _EarlierFiles()
    done = 0
    for together in [files] if options.dry_run else [[file] for file in files]:
        try:
            reports, known = await _import_in_transaction(database, together, options, progress, known)
        except FileRefused as error:
            raise FileRefused(done + error.number, error) from error
        done += len(reports)
        for report in reports:
            yield report
        if any(map(options.refuses, reports)):
            return


@dataclass(slots=True)
class _EarlierFiles:
    """What the files of a command so far have said."""

    names: RegisteredKeys = field(default_factory=dict)
    origins: dict[UUID, tuple[int, int]] = field(default_factory=dict)
    """Rows that they became, with the number of the file and the place in it."""
    files: int = 0
    """How many files there were."""


async def _import_in_transaction(
    database: Database,
    files: Sequence[Callable[[], ParseEvents]],
    options: ImportOptions,
    progress: Progress,
    before: _EarlierFiles,
) -> tuple[list[Report], _EarlierFiles]:
    """What became of files that are one transaction, and all that is known then."""
    ended: list[Report] = []
    known = _EarlierFiles()

    async def work(session: AsyncSession) -> None:
        # What an attempt before this one learnt leads to rows that are gone.
        ended.clear()
        known.names, known.origins, known.files = dict(before.names), dict(before.origins), before.files
        for file in files:
            report = await _import_file(session, known, file(), options, progress)
            known.files += 1
            ended.append(report)
            if options.refuses(report):
                raise _Rollback
        if options.dry_run:
            raise _Rollback

    try:
        with contextlib.suppress(_Rollback):
            await database.perform_at_length(work)
    except (Malformed, RefusedByDatabase) as error:
        raise FileRefused(len(ended), error) from error
    return ended, known


async def _import_file(
    session: AsyncSession, known: _EarlierFiles, reading: ParseEvents, options: ImportOptions, progress: Progress
) -> Report:
    """What became of the records of one file."""
    first = next(reading, None)
    together = itertools.chain([] if first is None else [first], reading)
    if isinstance(first, Parsed) and isinstance(first.record, records.Row):
        return await import_rows(session, together, options.new_report(), options.skip_refused, progress)
    entering = ImportContext(
        session, KeyResolver(session, known.names), options.new_report(), options, earlier=known.origins
    )
    for chunk in _chunks(together):
        await _import_chunk(entering, chunk)
        progress(len(chunk))
    if len(options.files) > 1:
        known.origins.update((row, (known.files, place)) for row, place in entering.origins.items())
    return entering.report


def _chunks(reading: Iterable[ParseEvent]) -> Iterator[list[ParseEvent]]:
    chunk: list[ParseEvent] = []
    characters = 0
    for one in reading:
        chunk.append(one)
        if isinstance(one, Parsed) and isinstance(one.record, records.Document):
            characters += len(one.record.text)
        if len(chunk) == _CHUNK_SIZE or characters > _MAX_CHUNK_CHARACTERS:
            yield chunk
            chunk, characters = [], 0
    if chunk:
        yield chunk


async def _import_chunk(entering: ImportContext, chunk: Sequence[ParseEvent]) -> None:
    fit: dict[type, list[Parsed]] = {}
    for one in chunk:
        if isinstance(one, Skipped):
            entering.report.note(one.place, RecordResult.SKIPPED, "", one.why, one.items)
        elif isinstance(one, Adjusted):
            entering.report.remark(one.place, "", one.why)
        elif isinstance(one, Invalid):
            entering.report.note(one.place, RecordResult.REFUSED, one.what, one.why, one.items)
        elif (why := _storage_error(one.record)) is not None:
            entering.refuse(one, why)
        else:
            fit.setdefault(type(one.record), []).append(one)
    for kind, take in _IMPORTERS.items():
        reads = fit.get(kind, [])
        for start in range(0, len(reads), size := _BATCH_SIZES.get(kind, _BATCH_SIZE)):
            await _import_batch(entering, take, reads[start : start + size])


async def _import_batch(
    entering: ImportContext, take: Callable[[ImportContext, Sequence[Parsed]], Awaitable[None]], reads: Sequence[Parsed]
) -> None:
    try:
        await take(entering, reads)
    except IntegrityError as error:
        first, last = reads[0], reads[-1]
        where = entering.located(first.place) + ("" if first.place == last.place else f" to {last.place}")
        raise RefusedByDatabase(where, noun_of(first), error) from error


def _storage_error(record: Any) -> str | None:
    """Why no database could hold a record, whatever it means."""
    for one in fields(record):
        value = getattr(record, one.name)
        if isinstance(value, str) and not _is_storable(value):
            return f"{one.name}: holds a character that no database can keep (U+0000, or half of a surrogate pair)"
        if isinstance(value, int) and abs(value) > _MAX_INTEGER:
            return f"{one.name}: {value} is too large a number"
    return None


def _is_storable(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in value
