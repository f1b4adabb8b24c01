"""Imports files: the records of a file go through the use cases, in one transaction for each file (ADR 0018, 0021)."""

import contextlib
import itertools
import traceback
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
"""Maximum number of records in a chunk. It is large since the stances of each annotator in it are one statement."""
_MAX_CHUNK_CHARACTERS = 4_000_000
"""Number of characters of documents after which a chunk ends."""
_BATCH_SIZE = 1_000
"""Number of records of one type that are looked up in one query, since databases limit the parameters of a query."""
_MAX_INTEGER = 2**31 - 1

_IMPORTERS: dict[type, Callable[[ImportContext, Sequence[Parsed]], Awaitable[None]]] = {
    # A type follows the types that it refers to.
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
    """Rolls the transaction back."""


Progress: TypeAlias = Callable[[int], object]
"""A function that is called with the number of records imported since the last call."""


class FileRefused(StancegraphError):
    """A file that was rolled back since it is broken, or violates a constraint of the database."""

    def __init__(self, number: int, error: StancegraphError) -> None:
        super().__init__(str(error))
        self.number = number
        """The index of the file in the command, counted from 0."""


async def import_files(
    database: Database, files: Sequence[Callable[[], ParseEvents]], options: ImportOptions, progress: Progress
) -> AsyncIterator[Report]:
    """Import files one after the other, and yield a report for each.

    Each file is a transaction; a dry run is one transaction for all files. Keys that a file defines resolve in later
    files. If a record is refused and `skip_refused` is not set, its file is rolled back, and the import ends. A file is
    read again if its transaction is retried.

    :raises FileRefused: if a file is broken; it is rolled back.
    """
    known = _EarlierFiles()
    done = 0
    for transaction in [files] if options.dry_run else [[file] for file in files]:
        try:
            reports, known = await _import_in_transaction(database, transaction, options, progress, known)
        except FileRefused as error:
            raise FileRefused(done + error.number, error) from error
        done += len(reports)
        for report in reports:
            yield report
        if any(map(options.refuses, reports)):
            return


@dataclass(slots=True)
class _EarlierFiles:
    """The records that earlier files of the same command defined."""

    names: RegisteredKeys = field(default_factory=dict)
    origins: dict[UUID, tuple[int, int]] = field(default_factory=dict)
    """Rows that the files created, with the index of the file and the place in it."""
    files: int = 0
    """The number of earlier files."""


async def _import_in_transaction(
    database: Database,
    files: Sequence[Callable[[], ParseEvents]],
    options: ImportOptions,
    progress: Progress,
    before: _EarlierFiles,
) -> tuple[list[Report], _EarlierFiles]:
    """Import files in one transaction; return their reports, and what these and all earlier files defined."""
    reports: list[Report] = []
    known = _EarlierFiles()

    async def work(session: AsyncSession) -> None:
        # The rows of an attempt before this one were rolled back.
        reports.clear()
        known.names, known.origins, known.files = dict(before.names), dict(before.origins), before.files
        for file in files:
            with contextlib.closing(file()) as events:
                report = await _import_file(session, known, events, options, progress)
            known.files += 1
            reports.append(report)
            if options.refuses(report):
                raise _Rollback
        if options.dry_run:
            raise _Rollback

    try:
        with contextlib.suppress(_Rollback):
            await database.perform_without_timeout(work)
    except (Malformed, RefusedByDatabase) as error:
        # The frames of a reader that raised refer to its file, which would stay open as long as the error lives.
        traceback.clear_frames(error.__traceback__)
        raise FileRefused(len(reports), error) from error
    return reports, known


async def _import_file(
    session: AsyncSession, known: _EarlierFiles, events: ParseEvents, options: ImportOptions, progress: Progress
) -> Report:
    """Import one file."""
    first = next(events, None)
    all_events = itertools.chain([] if first is None else [first], events)
    if isinstance(first, Parsed) and isinstance(first.record, records.Row):
        return await import_rows(session, all_events, options.new_report(), options.skip_refused, progress)
    context = ImportContext(
        session, KeyResolver(session, known.names), options.new_report(), options, earlier=known.origins
    )
    for chunk in _chunks(all_events):
        await _import_chunk(context, chunk)
        progress(len(chunk))
    if len(options.files) > 1:
        known.origins.update((row, (known.files, place)) for row, place in context.origins.items())
    return context.report


def _chunks(events: Iterable[ParseEvent]) -> Iterator[list[ParseEvent]]:
    chunk: list[ParseEvent] = []
    characters = 0
    for event in events:
        chunk.append(event)
        if isinstance(event, Parsed) and isinstance(event.record, records.Document):
            characters += len(event.record.text)
        if len(chunk) == _CHUNK_SIZE or characters > _MAX_CHUNK_CHARACTERS:
            yield chunk
            chunk, characters = [], 0
    if chunk:
        yield chunk


async def _import_chunk(context: ImportContext, chunk: Sequence[ParseEvent]) -> None:
    by_type: dict[type, list[Parsed]] = {}
    for event in chunk:
        if isinstance(event, Skipped):
            context.report.note(event.place, RecordResult.SKIPPED, "", event.reason, event.items)
        elif isinstance(event, Adjusted):
            context.report.remark(event.place, "", event.reason)
        elif isinstance(event, Invalid):
            context.report.note(event.place, RecordResult.REFUSED, event.noun, event.reason, event.items)
        elif (why := _storage_error(event.record)) is not None:
            context.refuse(event, why)
        else:
            by_type.setdefault(type(event.record), []).append(event)
    for record_type, import_records in _IMPORTERS.items():
        reads = by_type.get(record_type, [])
        for start in range(0, len(reads), size := _BATCH_SIZES.get(record_type, _BATCH_SIZE)):
            await _import_batch(context, import_records, reads[start : start + size])


async def _import_batch(
    context: ImportContext,
    import_records: Callable[[ImportContext, Sequence[Parsed]], Awaitable[None]],
    reads: Sequence[Parsed],
) -> None:
    try:
        await import_records(context, reads)
    except IntegrityError as error:
        first, last = reads[0], reads[-1]
        where = context.location(first.place) + ("" if first.place == last.place else f" to {last.place}")
        raise RefusedByDatabase(where, noun_of(first), error) from error


def _storage_error(record: Any) -> str | None:
    """Return why no database can store a record: its first unstorable field; None if the record can be stored."""
    for each in fields(record):
        value = getattr(record, each.name)
        if isinstance(value, str) and not _is_storable(value):
            return f"{each.name}: contains a character that no database stores (U+0000, or half of a surrogate pair)"
        if isinstance(value, int) and abs(value) > _MAX_INTEGER:
            return f"{each.name}: {value} is too large; at most {_MAX_INTEGER:,} can be stored"
    return None


def _is_storable(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in value
