"""JSON lines: the whole database, row by row, to move it to another database without loss."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from api import limits
from api.exchange.format import LINE, Format, Malformed, Options, Parsed, ParseEvents, RecordSource
from api.exchange.records import Row
from migrations import head

VERSION = 1
_MAX_LINE_BYTES = limits.IMPORT_ROW.maximum
"""The longest text of a document, with many of its characters escaped."""
_CHUNK_BYTES = 65_536
_ORJSON_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE


async def _write(source: RecordSource, _options: Options) -> AsyncIterator[bytes]:
    pieces, size, rows = [orjson.dumps({"stancegraph": VERSION, "schema": head()}, option=_ORJSON_OPTIONS)], 0, 0
    async for row in source.rows():
        line = orjson.dumps({"table": row.table, "row": dict(row.values)}, default=_uuid_text, option=_ORJSON_OPTIONS)
        pieces.append(line)
        rows, size = rows + 1, size + len(line)
        if size >= _CHUNK_BYTES:
            yield b"".join(pieces)
            pieces, size = [], 0
    yield b"".join([*pieces, orjson.dumps({"end": rows}, option=_ORJSON_OPTIONS)])


def _uuid_text(value: Any) -> str:
    """Return a UUID, which may be of a driver's own type, as text."""
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"a {type(value).__name__} has no form in JSON")


def _read(path: Path, _options: Options) -> ParseEvents:
    with path.open("rb") as file:
        _check_header(_object(file.readline(_MAX_LINE_BYTES + 1), 1))
        number, ended = 1, False
        while line := file.readline(_MAX_LINE_BYTES + 1):
            number += 1
            if ended:
                raise Malformed(f"line {number}: follows the end marker; remove it, or export the file again")
            found = _object(line, number)
            ended = "end" in found
            if ended:
                _check_end(found, number)
            else:
                yield Parsed(number, _row(found, number), LINE)
    if not ended:
        raise Malformed(f"line {number}: file is truncated (no end marker)")


def _object(line: bytes, number: int) -> dict[str, Any]:
    if len(line) > _MAX_LINE_BYTES:
        raise Malformed(f"line {number}: is longer than {_MAX_LINE_BYTES:,} bytes")
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        cut = "" if line.endswith(b"\n") else " (it has no end: is the file cut off?)"
        raise Malformed(f"line {number}: is not JSON in UTF-8: {error.msg}{cut}") from None
    if not isinstance(found, dict):
        raise Malformed(f"line {number}: must be a JSON object")
    return found


def _check_header(header: dict[str, Any]) -> None:
    if set(header) != {"stancegraph", "schema"}:
        example = '{"schema":"%s","stancegraph":%d}' % (head(), VERSION)  # noqa: UP031 (braces are JSON's)
        raise Malformed(f"line 1: must be a header such as {example}: this is no such file")
    if header["stancegraph"] != VERSION:
        raise Malformed(f"line 1: is of version {str(header['stancegraph'])[:20]} of the format; read is {VERSION}")
    if header["schema"] != head():
        raise Malformed(
            f"line 1: the rows are those of migration {str(header['schema'])[:20]}, this version needs {head()}:"
            " export them by the version that this file is to be imported with"
        )


def _check_end(end: dict[str, Any], number: int) -> None:
    if end != {"end": number - 2}:
        raise Malformed(f"line {number}: says that there are {str(end['end'])[:20]} rows; there are {number - 2:,}")


def _row(found: dict[str, Any], number: int) -> Row:
    if set(found) != {"table", "row"} or not isinstance(found["table"], str) or not isinstance(found["row"], dict):
        raise Malformed(f'line {number}: must be a row such as {{"table": "topic", "row": {{"id": …}}}}')
    return Row(found["table"], found["row"])


FORMAT = Format(
    name="jsonl",
    title="JSON lines, the whole database without loss",
    extension="jsonl",
    media_type="application/x-ndjson",
    read=_read,
    write=_write,
)
