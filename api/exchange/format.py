"""What a format is: a file of this package that has a `FORMAT` is one, and needs to be named nowhere else."""

import importlib
import pkgutil
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, Protocol, TypeAlias

from api.errors import StancegraphError
from api.exchange.records import Actor, Document, Membership, Record, Relation, Row, Stance, Statement, Topic


class Malformed(StancegraphError):
    """A file that cannot be read as what it should be: the message names the line, and what would be right."""


Items: TypeAlias = Mapping[str, int]
"""Source records that a piece accounts for: kind in the words of the file (`line`, `task`, `result`) → number.

Each source record is accounted for by exactly one piece. What becomes of the piece becomes of the source record, so
that the report adds up to what the file holds.
"""
NO_ITEMS: Items = MappingProxyType({})
LINE: Items = MappingProxyType({"line": 1})
"""One line, of formats whose source records are lines."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A record, and where it stands in its file: a line, counted from 1, or whatever the format counts."""

    place: int
    record: Record
    items: Items = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something in a file that is left out, and why."""

    place: int
    why: str
    items: Items = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Adjusted:
    """Something that is imported other than it stands in the file, and how."""

    place: int
    why: str


@dataclass(frozen=True, slots=True)
class Invalid:
    """A record that cannot be read, while the rest of the file can: it is refused, and the others are looked at."""

    place: int
    what: str
    """What it should be, in a word: `document`."""
    why: str
    items: Items = field(default_factory=dict)


ParseEvent: TypeAlias = Parsed | Skipped | Adjusted | Invalid
ParseEvents: TypeAlias = Iterator[ParseEvent]
"""What a file holds, in its order: what is referred to comes before what refers to it."""


class RecordSource(Protocol):
    """What may be exported, as far as the caller sees it: streams of records, each in a fixed order.

    Keys are slugs for actors and topics, global ids for documents, statements and relations, names for annotators.
    A stream may be asked for more than once; all are of one state of the database.
    """

    def actors(self) -> AsyncIterator[Actor]:
        """All actors, by slug."""
        ...

    def topics(self) -> AsyncIterator[Topic]:
        """All topics, by slug."""
        ...

    def memberships(self) -> AsyncIterator[Membership]:
        """All memberships."""
        ...

    def relations(self) -> AsyncIterator[Relation]:
        """All relations that are asked for."""
        ...

    def documents(self) -> AsyncIterator[Document]:
        """All documents that are asked for."""
        ...

    def statements(self) -> AsyncIterator[Statement]:
        """All statements in these documents."""
        ...

    def stances(self) -> AsyncIterator[Stance]:
        """All stances that are asked for and seen."""
        ...

    def rows(self) -> AsyncIterator[Row]:
        """All rows that hold somebody's work and are seen: what is referred to comes before what refers to it.

        Secrets are not among them, nor what can be worked out anew.
        """
        ...


Options: TypeAlias = Mapping[str, str]
"""Settings of a format, checked against its `Option`s."""


@dataclass(frozen=True, slots=True)
class Option:
    """A setting of a format, such as `--holder person` (on the command line) or `?holder=person` (for a download)."""

    name: str
    about: str
    values: tuple[str, ...] = ()
    """What it may be; anything where there are none."""
    default: str | None = None
    many: bool = False
    """Whether it may be given more than once: its values are then the lines of one text."""
    only: Literal["import", "export"] | None = None
    """The one way in which it means something."""


@dataclass(frozen=True)
class Format:
    """A format: what it is called, and how it is read and written, where it is."""

    name: str
    title: str
    extension: str
    media_type: str
    read: Callable[[Path, Options], ParseEvents] | None = None
    """:raises Malformed: where the file is none of this format, or broken; it may have yielded records before."""
    write: Callable[[RecordSource, Options], AsyncIterator[bytes]] | None = None
    """Pieces of the file, made as they are asked for."""
    options: tuple[Option, ...] = field(default=())
    counted: str = "line"
    """What places in its files count, in a word."""
    needs: str | None = None
    """The module without which it cannot be read or written; it is in the project's extra of the format's name."""

    @property
    def missing(self) -> str | None:
        """What to install before the format can be used; None if nothing is missing. Imports what it needs."""
        if self.needs is None:
            return None
        library, install = self.needs.partition(".")[0], f"pip install 'stancegraph[{self.name}]'"
        try:
            for module in (library, self.needs):
                importlib.import_module(module)
        except _IMPORT_ERRORS as error:
            if isinstance(error, ModuleNotFoundError) and error.name == library:
                return f"{self.name} needs {library}, which is not installed: {install}"
            why = " ".join(str(error).split())[:200]
            return f"{self.name} needs {library}, which cannot be imported ({why}): {install} --force-reinstall"
        return None


_IMPORT_ERRORS = (ImportError, OSError, AttributeError, RuntimeError, ValueError)
"""What the import of a library raises that is not there, or was built for other versions of what it needs."""


@cache
def formats() -> Mapping[str, Format]:
    """All formats by name: those of the files of this package."""
    found: dict[str, Format] = {}
    package = importlib.import_module("api.exchange.formats")
    for module in pkgutil.iter_modules(package.__path__):
        declared: Any = getattr(importlib.import_module(f"api.exchange.formats.{module.name}"), "FORMAT", None)
        if isinstance(declared, Format):
            found[declared.name] = declared
    return dict(sorted(found.items()))
