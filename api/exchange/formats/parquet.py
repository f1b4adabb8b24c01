"""Parquet: all stances as one flat table, for pandas, DuckDB, Arrow and R."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from api.exchange.format import Format, Option, Options, RecordSource
from api.exchange.formats.lib.batches import batches
from api.exchange.formats.lib.spill_store import SpillStore, spill_store
from api.exchange.records import Document, Stance, Statement
from models import StanceLabel

_ROW_GROUP_SIZE = 5_000
"""Number of rows in a row group, which is in memory at once."""
_SIGNS: Mapping[StanceLabel, int] = {
    StanceLabel.SUPPORT: 1,
    StanceLabel.OPPOSE: -1,
    StanceLabel.NEUTRAL: 0,
    StanceLabel.MIXED: 0,
}

COLUMNS: Mapping[str, str] = {
    **dict.fromkeys(("statement", "document", "document_title", "publisher", "url", "language"), "text"),
    "published_on": "date",
    **dict.fromkeys(("speaker", "speaker_name", "reported_by", "statement_kind"), "text"),
    "stated_on": "date",
    **dict.fromkeys(("start", "end"), "number"),
    "exact": "text",
    **dict.fromkeys(("holder", "holder_name", "holder_kind"), "text"),
    **dict.fromkeys(("target_type", "target", "target_name", "label"), "text"),
    **dict.fromkeys(("sign", "intensity"), "small"),
    "confidence": "fraction",
    **dict.fromkeys(("rationale", "annotator", "project"), "text"),
}
"""The columns of the table, with the kind of their values."""


async def write(source: RecordSource, options: Options) -> AsyncIterator[bytes]:
    """Write the table, a row group at a time."""
    import pyarrow as pa  # noqa: PLC0415 (large, and an extra)
    import pyarrow.parquet as pq  # noqa: PLC0415

    kinds = {
        "text": pa.string(),
        "date": pa.date32(),
        "number": pa.int32(),
        "small": pa.int8(),
        "fraction": pa.float64(),
    }
    schema = pa.schema([(name, kinds[kind]) for name, kind in COLUMNS.items()])
    pieces = _WriteBuffer()
    with spill_store() as spill, pq.ParquetWriter(pieces, schema, compression=options.get("compression")) as writer:
        await _spill(spill, source)
        async for stances in batches(source.stances(), size=_ROW_GROUP_SIZE):
            rows = await asyncio.to_thread(_rows, spill, stances)
            await asyncio.to_thread(writer.write_table, pa.Table.from_pylist(rows, schema))
            yield pieces.take()
    yield pieces.take()


class _WriteBuffer:
    """A file that is written to, and whose content is taken from it piece by piece."""

    closed = False

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._written = 0

    def write(self, piece: Any) -> int:
        self._pieces.append(bytes(piece))
        self._written += len(self._pieces[-1])
        return len(self._pieces[-1])

    def tell(self) -> int:
        return self._written

    def flush(self) -> None:
        """Do nothing: written bytes are in the buffer immediately."""

    def close(self) -> None:
        """Do nothing: written bytes are still to be taken."""

    def take(self) -> bytes:
        """Return the bytes that were written since the last call, and drop them."""
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


async def _spill(spill: SpillStore, source: RecordSource) -> None:
    """Store what stances refer to, as columns of the table."""
    async for actors in batches(source.actors()):
        spill.put("actor", [(actor.key, {"name": actor.name, "kind": actor.kind.value}) for actor in actors])
    async for topics in batches(source.topics()):
        spill.put("topic", [(topic.key, {"name": topic.name}) for topic in topics])
    async for documents in batches(source.documents(), size=8):
        spill.put("document", [(document.key, _document_columns(document)) for document in documents])
    async for statements in batches(source.statements()):
        spill.put("statement", [(statement.key, _statement_columns(statement)) for statement in statements])


def _document_columns(document: Document) -> dict[str, Any]:
    return {
        "document_title": document.title,
        "publisher": document.publisher,
        "url": document.url,
        "language": document.language,
        "published_on": _text(document.published_on),
    }


def _statement_columns(statement: Statement) -> dict[str, Any]:
    names = ("document", "speaker", "reported_by", "start", "end", "exact")
    said = {name: getattr(statement, name) for name in names}
    return {**said, "statement_kind": statement.kind.value, "stated_on": _text(statement.stated_on)}


def _rows(spill: SpillStore, stances: Sequence[Stance]) -> list[dict[str, Any]]:
    return [_row(spill, stance) for stance in stances]


def _row(spill: SpillStore, stance: Stance) -> dict[str, Any]:
    said = {name: getattr(stance, name) for name in COLUMNS if hasattr(stance, name)}
    row = {**said, **(spill.get("statement", stance.statement) or {}), **_holder_and_target(spill, stance)}
    row |= spill.get("document", row.get("document")) or {}
    row["speaker_name"] = _name(spill, "actor", row.get("speaker"))
    return row | {name: _day(row.get(name)) for name, kind in COLUMNS.items() if kind == "date"}


def _holder_and_target(spill: SpillStore, stance: Stance) -> dict[str, Any]:
    """Return the columns of a stance's holder, target and label."""
    kind = "topic" if stance.target_actor is None else "actor"
    target = stance.target_actor or stance.target_topic
    return {
        "holder_name": _name(spill, "actor", stance.holder),
        "holder_kind": (spill.get("actor", stance.holder) or {}).get("kind"),
        "target_type": kind,
        "target": target,
        "target_name": _name(spill, kind, target),
        "label": stance.label.value,
        "sign": _SIGNS.get(stance.label),
    }


def _name(spill: SpillStore, kind: str, key: str | None) -> str | None:
    name: str | None = (spill.get(kind, key) or {}).get("name")
    return name


def _text(day: dt.date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day(text: str | None) -> dt.date | None:
    return None if text is None else dt.date.fromisoformat(text)


FORMAT = Format(
    name="parquet",
    title="Parquet (stances, flat)",
    extension="parquet",
    media_type="application/vnd.apache.parquet",
    write=write,
    options=(Option("compression", "The compression of columns.", ("zstd", "snappy", "gzip", "none"), "zstd"),),
    needs="pyarrow.parquet",
)
