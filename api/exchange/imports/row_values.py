"""Parses the values of a row from JSON: one parser for each column, by the column's type (ADR 0018)."""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, Boolean, Column, Date, Enum, Float, Integer, String

from api.exchange.exports.table_rows import columns_of
from api.services.validation import described
from models import Base
from models.base import Instant, Uid
from models.names import PROSE, normalized, refused_character


class InvalidValue(ValueError):
    """A value that a column cannot have; the message describes valid values."""


ValueParser = Callable[[Any], Any]


def _text(value: Any, maximum: int | None = None) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise InvalidValue("must be text without U+0000")
    if maximum is not None and len(value) > maximum:
        raise InvalidValue(f"must have at most {maximum} characters")
    return value


def _uid(value: Any) -> UUID:
    try:
        found = UUID(_text(value))
    except ValueError:
        found = None
    if found is None or str(found) != value:
        raise InvalidValue(f"must be a UUID in lower case, not {str(value)[:60]!r}")
    return found


_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def _instant(value: Any) -> dt.datetime:
    try:
        if isinstance(value, str) and _INSTANT.fullmatch(value):
            return dt.datetime.fromisoformat(value)
    except ValueError:
        pass
    raise InvalidValue(f"must be an instant such as 2024-11-29T08:15:00.25Z, not {str(value)[:60]!r}")


def _day(value: Any) -> dt.date:
    try:
        if isinstance(value, str) and _DAY.fullmatch(value):
            return dt.date.fromisoformat(value)
    except ValueError:
        pass
    raise InvalidValue(f"must be a date such as 2024-11-29, not {str(value)[:60]!r}")


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise InvalidValue("must be true or false")
    return value


def _integer(bits: int) -> ValueParser:
    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not -(2 ** (bits - 1)) <= value < 2 ** (bits - 1):
            raise InvalidValue(f"must be a whole number of at most {bits} bits")
        return value

    return read


def _number(value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise InvalidValue("must be a number")
    return float(value)


def _one_of(values: type[StrEnum]) -> ValueParser:
    def read(value: Any) -> StrEnum:
        if not isinstance(value, str) or value not in values.__members__:
            raise InvalidValue(f"must be one of {', '.join(values)}; not {str(value)[:60]!r}")
        return values(value)

    return read


def _json(value: Any) -> Any:
    if _contains_nul(value):
        raise InvalidValue("must not contain U+0000")
    return value


def _contains_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_contains_nul(each) for pair in value.items() for each in pair)
    return isinstance(value, list) and any(map(_contains_nul, value))


_PARSERS: tuple[tuple[type[Any], Callable[[Any], ValueParser]], ...] = (
    # Subclasses precede their base classes.
    (Enum, lambda kind: _one_of(kind.enum_class)),
    (Uid, lambda _: _uid),
    (Instant, lambda _: _instant),
    (Date, lambda _: _day),
    (Boolean, lambda _: _boolean),
    (BigInteger, lambda _: _integer(64)),
    (Integer, lambda _: _integer(32)),
    (Float, lambda _: _number),
    (JSON, lambda _: _json),
    (String, lambda kind: partial(_text, maximum=kind.length)),
)


def _parser_of(column: Column[Any]) -> ValueParser:
    return next(make(column.type) for kind, make in _PARSERS if isinstance(column.type, kind))


def _normalizing(column: Column[Any], read: ValueParser) -> ValueParser:
    """Return a parser that also normalizes names, if the column holds names; else `read` itself."""
    if "normal" not in column.info:
        return read

    def read_name(value: Any) -> Any:
        name = normalized(column, read(value))
        found = refused_character(name, prose=column.info == PROSE)
        if found is not None:
            raise InvalidValue(f"must not contain the character {described(found)}")
        return name

    return read_name


class RowParser:
    """Parses rows of one table: a value for each exported column."""

    def __init__(self, model: type[Base]) -> None:
        self._columns: Mapping[str, tuple[ValueParser, bool]] = {
            c.name: (_normalizing(c, _parser_of(c)), bool(c.nullable)) for c in columns_of(model)
        }

    def parse(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values of a row as the database takes them.

        :raises InvalidValue: if a column is missing, unknown or invalid; the message names all of these.
        """
        wrong = [f"{name[:60]}: there is no such column" for name in values if name not in self._columns]
        parsed: dict[str, Any] = {}
        for name, (read, nullable) in self._columns.items():
            try:
                parsed[name] = _parse(values, name, read, nullable)
            except InvalidValue as error:
                wrong.append(f"{name}: {error}")
        if wrong:
            raise InvalidValue("; ".join(wrong))
        return parsed


def _parse(values: Mapping[str, Any], name: str, read: ValueParser, nullable: bool) -> Any:
    if name not in values:
        raise InvalidValue("is missing")
    value = values[name]
    if value is None:
        if nullable:
            return None
        raise InvalidValue("must not be null")
    return read(value)
