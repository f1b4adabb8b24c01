"""The interface of a file format: each module of `api/exchange/formats` with a `FORMAT` is registered (ADR 0018).

`Format.read` yields parse events, `Format.write` takes a source of records. Neither knows the database.
"""

import importlib
import importlib.util
import pkgutil
from collections.abc import AsyncIterator, Callable, Generator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, Protocol, TypeAlias

from api.errors import StancegraphError
from api.exchange.records import Actor, Document, Membership, Record, Relation, Row, Stance, Statement, Topic


class Malformed(StancegraphError):
    """A file that is not of its format: the message names the line, and what would be right."""


Items: TypeAlias = Mapping[str, int]
"""Numbers of source items by kind, in the terms of the file: `line`, `task`, `result` (ADR 0021).

Exactly one parse event accounts for each source item of a file. The result of the event counts as the result of the
item, so that the report adds up to the contents of the file.
"""
NO_ITEMS: Items = MappingProxyType({})
LINE: Items = MappingProxyType({"line": 1})
"""One line, for formats whose source items are lines."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A record, and its place in the file: the number of its line, or of another unit that the format counts."""

    place: int
    record: Record
    items: Items = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something in the file that is not imported, with the reason."""

    place: int
    reason: str
    items: Items = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Adjusted:
    """Something that is imported with another value than the file has, with the reason."""

    place: int
    reason: str


@dataclass(frozen=True, slots=True)
class Invalid:
    """A record that cannot be read, while the rest of the file can: it is refused, and reading goes on."""

    place: int
    noun: str
    """The expected type of record: `document`."""
    reason: str
    items: Items = field(default_factory=dict)


ParseEvent: TypeAlias = Parsed | Skipped | Adjusted | Invalid
ParseEvents: TypeAlias = Generator[ParseEvent, None, None]
"""The contents of a file, in order: a record follows the records that it refers to."""


class RecordSource(Protocol):
    """What an export writes: streams of records that the caller may see, each in a fixed order.

    Keys are slugs of actors and topics, global IDs of documents, statements and relations, and names of annotators.
    A stream may be read more than once; all streams read one snapshot of the database.
    """

    def actors(self) -> AsyncIterator[Actor]:
        """Return all actors, ordered by slug."""
        ...

    def topics(self) -> AsyncIterator[Topic]:
        """Return all topics, ordered by slug."""
        ...

    def memberships(self) -> AsyncIterator[Membership]:
        """Return the memberships that match the filters."""
        ...

    def relations(self) -> AsyncIterator[Relation]:
        """Return the relations that match the filters."""
        ...

    def documents(self) -> AsyncIterator[Document]:
        """Return the documents that match the filters."""
        ...

    def statements(self) -> AsyncIterator[Statement]:
        """Return the statements that match the filters."""
        ...

    def stances(self) -> AsyncIterator[Stance]:
        """Return the stances that match the filters and that the caller may see."""
        ...

    def rows(self) -> AsyncIterator[Row]:
        """Return the rows of all exported tables that the caller may see; a row follows the rows that it refers to.

        Secrets and derived data are not exported.
        """
        ...


Options: TypeAlias = Mapping[str, str]
"""Values of a format's options by name, checked against its `Option`s."""


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a format, such as `--holder person` on the command line and `?holder=person` for a download."""

    name: str
    description: str
    values: tuple[str, ...] = ()
    """The permitted values; any value if there are none."""
    default: str | None = None
    repeatable: bool = False
    """True if the option may be repeated: its values are then the lines of one text."""
    only: Literal["import", "export"] | None = None
    """The direction to which the option is limited; None for both."""


@dataclass(frozen=True)
class Format:
    """A file format: its names, its options, and its functions to read and to write; one of them may be missing."""

    name: str
    title: str
    extension: str
    media_type: str
    read: Callable[[Path, Options], ParseEvents] | None = None
    """Yields the contents of a file.

    :raises Malformed: if the file is of another format or broken, perhaps after it yielded records.
    """
    write: Callable[[RecordSource, Options], AsyncIterator[bytes]] | None = None
    """Yields the bytes of a file as they are requested."""
    options: tuple[Option, ...] = field(default=())
    counted: str = "line"
    """The unit that places in its files count: `line`, `task`, `annotation`."""
    needs: str | None = None
    """A module that the format requires; the project's extra of the format's name installs it."""

    @property
    def not_installed(self) -> str | None:
        """Return what to install before the format can be used; None if it is installed. Imports nothing."""
        if self.needs is None or importlib.util.find_spec(self._library) is not None:
            return None
        return f"{self.name} needs {self._library}, which is not installed: {self._install}"

    @property
    def missing(self) -> str | None:
        """Return what to install, or to install again, before the format can be used; None if it can be imported."""
        if self.needs is None or self.not_installed is not None:
            return self.not_installed
        try:
            for module in (self._library, self.needs):
                importlib.import_module(module)
        except _IMPORT_ERRORS as error:
            why = " ".join(str(error).split())[:200]
            broken = f"{self.name} needs {self._library}, which cannot be imported ({why})"
            return f"{broken}: {self._install} --force-reinstall"
        return None

    @property
    def _library(self) -> str:
        return (self.needs or "").partition(".")[0]

    @property
    def _install(self) -> str:
        return f"pip install 'stancegraph[{self.name}]'"


_IMPORT_ERRORS = (ImportError, OSError, AttributeError, RuntimeError, ValueError)
"""What the import of a library raises that is missing, or was built for other versions of its dependencies."""


@cache
def formats() -> Mapping[str, Format]:
    """Return all formats by name."""
    found: dict[str, Format] = {}
    package = importlib.import_module("api.exchange.formats")
    for module in pkgutil.iter_modules(package.__path__):
        declared: Any = getattr(importlib.import_module(f"api.exchange.formats.{module.name}"), "FORMAT", None)
        if isinstance(declared, Format):
            found[declared.name] = declared
    return dict(sorted(found.items()))
