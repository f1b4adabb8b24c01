"""Reads JSON of unknown origin a piece at a time: what is too large, too deep or broken is refused, with its place."""

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
"""So many bytes one item of a list, or one line, has at most."""
MAX_DEPTH = 64
_BOM = b"\xef\xbb\xbf"


class _BoundedFile:
    """A file of which so much may be read before the next item is there."""

    def __init__(self, file: BufferedReader, largest: int) -> None:
        self._file, self._largest, self._left = file, largest, largest
        if file.peek(3)[:3] == _BOM:
            file.read(3)

    def item_came(self) -> None:
        self._left = self._largest

    def read(self, size: int = -1) -> bytes:
        if self._left < 0:
            raise Malformed(f"more than {self._largest // 1_000_000} MB belong to one item: that is too much")
        read = self._file.read(size)
        self._left -= len(read)
        return read


def first_character(path: Path) -> str:
    """What a file begins with, after blanks; empty where there is nothing."""
    with path.open("rb") as file:
        start = file.read(1 << 16).removeprefix(_BOM).lstrip()
    return start[:1].decode("latin-1")


def json_items(path: Path, *places: str, largest: int = MAX_ITEM_BYTES) -> Iterator[tuple[str, int, Any]]:
    """The values at any of these places of a JSON file, each with its place and its number there, counted from 1.

    A place is said as ijson says it: `item` for those of a list, `first.items.item` for those of a list within.

    :raises Malformed: where the file is no JSON, or an item is too large or too deep.
    """
    numbers = dict.fromkeys(places, 0)
    with path.open("rb") as opened:
        file = _BoundedFile(opened, largest)
        try:
            for place, value in _build_values(ijson.parse(file, use_float=True), numbers.keys()):
                file.item_came()
                numbers[place] += 1
                yield place, numbers[place], value
        except (ijson.JSONError, UnicodeDecodeError, ValueError, OverflowError) as error:
            after = sum(numbers.values())
            raise Malformed(f"after item {after}: this is no JSON: {' '.join(str(error).split())[:120]}") from None


def first_member(path: Path, *names: str) -> str | None:
    """Return the first of these members that the object at the top of a JSON file has; None if it has none.

    :raises Malformed: where the file is no JSON up to there.
    """
    with path.open("rb") as opened:
        try:
            for place, event, value in ijson.parse(_BoundedFile(opened, MAX_ITEM_BYTES), use_float=True):
                if place == "" and event == "map_key" and value in names:
                    return str(value)
        except (ijson.JSONError, UnicodeDecodeError, ValueError, OverflowError) as error:
            raise Malformed(f"this is no JSON: {' '.join(str(error).split())[:120]}") from None
    return None


def describe_nested_members(values: Mapping[str, object], *known: str) -> list[str]:
    """Describe the members that are neither known nor plain, and so are not kept."""
    kinds = {list: "a list", dict: "an object"}
    return [
        f"{name[:60]!r} is {kinds[type(value)]} and is not kept"
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
                raise Malformed(f"values lie more than {MAX_DEPTH} deep within one another")
        elif event in ("end_map", "end_array"):
            depth -= 1
        if within is not None:
            builder.event(event, value)
            if depth == 0:
                yield within, builder.value
                within = None


def json_lines(path: Path, largest: int = MAX_ITEM_BYTES) -> Iterator[tuple[int, Any]]:
    """The values of a file with a JSON value on each line, with the number of the line, counted from 1.

    :raises Malformed: where a line is no JSON, or too long.
    """
    with path.open("rb") as file:
        number = 0
        while line := file.readline(largest + 1):
            number += 1
            if len(line) > largest:
                raise Malformed(f"line {number}: more than {largest // 1_000_000} MB on one line: that is too much")
            line = line.removeprefix(_BOM) if number == 1 else line
            if line.strip():
                yield number, _value(number, line)


def _value(number: int, line: bytes) -> Any:
    try:
        return json.loads(line.decode(), parse_constant=_refuse_constant)
    except UnicodeDecodeError:
        raise Malformed(f"line {number}: this is not UTF-8") from None
    except RecursionError:
        raise Malformed(f"line {number}: values lie too deep within one another") from None
    except ValueError as error:
        raise Malformed(f"line {number}: this is no JSON: {error}") from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")
