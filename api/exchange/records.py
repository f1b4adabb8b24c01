"""What formats hold, in the project's own terms: plain values, whichever file they come from or go to.

A record is named by its `key`, and others refer to it by that. What a key is, is up to the format: a slug, a name, a
number in the file. It need only be the same for the same thing throughout a file, among records of one type. A key
that no record of the file has is looked for in the database: as a slug, a global id, or a name that is unique.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from api.names import Name, Normalized
from models import (
    ActorKind,
    RelationForm,
    RelationKind,
    RelationStatus,
    Role,
    StanceLabel,
    StatementKind,
)

Attributes: TypeAlias = tuple[tuple[str, str], ...]
"""Names and values that a format keeps of something and that have no field of their own."""


@dataclass(frozen=True, slots=True)
class Alias(Normalized):
    """Another name of an actor."""

    name: Name
    language: str | None = None
    """A BCP 47 tag."""


@dataclass(frozen=True, slots=True)
class Actor(Normalized):
    """Anyone who acts or speaks."""

    key: Name
    name: Name
    kind: ActorKind
    slug: str | None = None
    """Made of the name where it is left out."""
    description: str | None = None
    country_code: str | None = None
    wikidata_id: str | None = None
    active_from: dt.date | None = None
    active_to: dt.date | None = None
    aliases: tuple[Alias, ...] = ()
    attributes: Attributes = ()
    implied: bool = False
    """Whether it is only mentioned: whoever `key` leads to is meant, and it is entered where there is nobody."""


@dataclass(frozen=True, slots=True)
class Topic(Normalized):
    """A target that is no actor."""

    key: Name
    name: Name
    slug: str | None = None
    description: str | None = None
    attributes: Attributes = ()
    implied: bool = False
    """As of actors."""


@dataclass(frozen=True, slots=True)
class Annotator(Normalized):
    """Whoever recorded stances; its key is its name. It comes without a token, and without a password."""

    key: Name
    role: Role = Role.ANNOTATOR


@dataclass(frozen=True, slots=True)
class Membership(Normalized):
    """An actor belongs to a group; both are keys of actors."""

    member: Name
    group: Name
    role: Name | None = None
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Document(Normalized):
    """A text; `publisher` is the key of an actor, `language` a BCP 47 tag."""

    key: Name
    title: Name
    text: str
    language: str
    publisher: Name | None = None
    url: str | None = None
    published_on: dt.date | None = None
    attributes: Attributes = ()


@dataclass(frozen=True, slots=True)
class Statement(Normalized):
    """A span of a document, in code points, half open; `speaker` and `reported_by` are keys of actors."""

    key: str
    document: Name
    speaker: Name
    start: int
    end: int
    kind: StatementKind = StatementKind.QUOTATION
    exact: str | None = None
    """The text there, where the format has it: it is held against the document's."""
    reported_by: Name | None = None
    stated_on: dt.date | None = None
    prefix: str | None = None
    """What stands right before, where an export is to show it."""
    suffix: str | None = None
    """What stands right behind."""


@dataclass(frozen=True, slots=True)
class Quotation(Normalized):
    """A statement whose place in its document is to be found: by its words, by a position, or by both.

    Where the words do not stand at the position, they are sought in their context.
    """

    key: str
    document: Name
    speaker: Name
    exact: str | None = None
    prefix: str | None = None
    suffix: str | None = None
    start: int | None = None
    end: int | None = None
    address: str | None = None
    """Where the document can be read: it is looked for by that where its name leads nowhere."""
    utf16: bool = False
    """Whether positions count UTF-16 units rather than code points."""
    kind: StatementKind = StatementKind.QUOTATION
    reported_by: Name | None = None
    stated_on: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Relation(Normalized):
    """A dated tie; `source` and `target` are keys of actors, `evidence` of statements."""

    key: str
    source: Name
    target: Name
    kind: RelationKind
    form: RelationForm = RelationForm.OTHER
    status: RelationStatus = RelationStatus.CONFIRMED
    directed: bool = False
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    summary: str | None = None
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stance(Normalized):
    """One annotator's reading of a statement. All are keys; one of `target_actor` and `target_topic` is given."""

    statement: str
    holder: Name
    label: StanceLabel
    annotator: Name
    target_actor: Name | None = None
    target_topic: Name | None = None
    intensity: int | None = None
    confidence: float | None = None
    rationale: str | None = None
    project: str | None = None
    """A slug; the project named on the command line where it is left out; else as in `recordStance`."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the database as it stands: what the one format is made of that loses nothing.

    A file holds either rows or the other records.
    """

    table: str
    values: Mapping[str, Any]
    """By column: strings, numbers, truth values, dates, instants, UUIDs, or what JSON is made of."""


Record: TypeAlias = Actor | Topic | Annotator | Membership | Document | Statement | Quotation | Relation | Stance | Row
