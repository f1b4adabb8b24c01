"""Reads untrusted JSON an item at a time; items that are too large, too deep or broken are refused with their place."""

import json
from collections.abc import Iterator, Mapping
from io import BufferedReader
from pathlib import Path
from typing import Any, NoReturn

import ijson
from ijson.common import ObjectBuilder

from api import limits
from api.exchange.format import Malformed

MAX_ITEM_BYTES = limits.IMPORT_JSON.maximum
"""Maximum size of an item of a list, or of a line."""
MAX_DEPTH = 64
_BOM = b"\xef\xbb\xbf"


class _BoundedFile:
    """A file that limits the number of bytes that are read for one item."""

    def __init__(self, file: BufferedReader, max_bytes: int) -> None:
        self._file, self._max_bytes, self._left = file, max_bytes, max_bytes
        if file.peek(3)[:3] == _BOM:
            file.read(3)

    def item_came(self) -> None:
        self._left = self._max_bytes

    def read(self, size: int = -1) -> bytes:
        if self._left < 0:
            raise Malformed(f"an item has more than {self._max_bytes:,} bytes, the maximum")
        read = self._file.read(size)
        self._left -= len(read)
        return read


def first_character(path: Path) -> str:
    """Return the first character of a file after white space; empty if there is none."""
    with path.open("rb") as file:
        start = file.read(1 << 16).removeprefix(_BOM).lstrip()
    return start[:1].decode("latin-1")


def json_items(path: Path, *places: str, max_bytes: int = MAX_ITEM_BYTES) -> Iterator[tuple[str, int, Any]]:
    """Return the values at any of these paths of a JSON file, each with its path and its number, counted from 1.

    Paths are ijson's: `item` for the items of a list, `first.items.item` for the items of a list in an object.

    :raises Malformed: if the file is no JSON, or an item is too large or too deep.
    """
    numbers = dict.fromkeys(places, 0)
    with path.open("rb") as opened:
        file = _BoundedFile(opened, max_bytes)
        try:
            for place, value in _build_values(ijson.parse(file, use_float=True), numbers.keys()):
                file.item_came()
                numbers[place] += 1
                yield place, numbers[place], value
        except (ijson.JSONError, UnicodeDecodeError, ValueError, OverflowError) as error:
            after = sum(numbers.values())
            raise Malformed(f"after item {after}: not valid JSON: {' '.join(str(error).split())[:120]}") from None


def first_member(path: Path, *names: str) -> str | None:
    """Return the first of these members that the object at the top of a JSON file has; None if it has none.

    :raises Malformed: if the file is no JSON up to the member.
    """
    with path.open("rb") as opened:
        try:
            for place, event, value in ijson.parse(_BoundedFile(opened, MAX_ITEM_BYTES), use_float=True):
                if place == "" and event == "map_key" and value in names:
                    return str(value)
        except (ijson.JSONError, UnicodeDecodeError, ValueError, OverflowError) as error:
            raise Malformed(f"not valid JSON: {' '.join(str(error).split())[:120]}") from None
    return None


def describe_nested_members(values: Mapping[str, object], *known: str) -> list[str]:
    """Return messages for lists and objects among unknown members, which are not imported."""
    kinds = {list: "a list", dict: "an object"}
    return [
        f"{name[:60]!r} is {kinds[type(value)]} and is not imported"
        for name, value in values.items()
        if isinstance(value, list | dict) and value and name not in known
    ]


def _build_values(events: Iterator[tuple[str, str, Any]], places: Any) -> Iterator[tuple[str, Any]]:
    builder, depth, within = ObjectBuilder(), 0, None
    for place, event, value in events:
        if within is None and place in places and event not in ("end_map", "end_array"):
            builder, within, depth = ObjectBuilder(), place, 0
        if event in ("start_map", "start_array"):
            depth += 1
            if depth > MAX_DEPTH:
                raise Malformed(f"values are nested more than {MAX_DEPTH} deep")
        elif event in ("end_map", "end_array"):
            depth -= 1
        if within is not None:
            builder.event(event, value)
            if depth == 0:
                yield within, builder.value
                within = None


def json_lines(path: Path, max_bytes: int = MAX_ITEM_BYTES) -> Iterator[tuple[int, Any]]:
    """Return the values of a file with a JSON value on each line, with the number of the line, counted from 1.

    :raises Malformed: if a line is no JSON, or too long.
    """
    with path.open("rb") as file:
        number = 0
        while line := file.readline(max_bytes + 1):
            number += 1
            if len(line) > max_bytes:
                raise Malformed(f"line {number}: longer than {max_bytes:,} bytes, the maximum")
            line = line.removeprefix(_BOM) if number == 1 else line
            if line.strip():
                yield number, _value(number, line)


def _value(number: int, line: bytes) -> Any:
    try:
        return json.loads(line.decode(), parse_constant=_refuse_constant)
    except UnicodeDecodeError:
        raise Malformed(f"line {number}: not in UTF-8") from None
    except RecursionError:
        raise Malformed(f"line {number}: values are nested too deep") from None
    except ValueError as error:
        raise Malformed(f"line {number}: not valid JSON: {error}") from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number in JSON")
