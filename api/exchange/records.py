"""The records that formats read and write: plain values in the project's own terms (ADR 0018).

Other records refer to a record by its `key`. A format chooses its keys: slugs, names, or numbers in the file. A key
must be the same for the same thing throughout a file, and unique among records of one type. A key that no record of the
file has is resolved in the database: as a slug, a global ID, or a name that is unique.
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
"""Names and values of a record that have no field of their own."""


@dataclass(frozen=True, slots=True)
class Alias(Normalized):
    """Another name of an actor."""

    name: Name
    language: str | None = None
    """A BCP 47 tag."""


@dataclass(frozen=True, slots=True)
class Actor(Normalized):
    """An actor: somebody or something that acts or speaks."""

    key: Name
    name: Name
    kind: ActorKind
    slug: str | None = None
    """If None, the slug is made from the name."""
    description: str | None = None
    country_code: str | None = None
    wikidata_id: str | None = None
    active_from: dt.date | None = None
    active_to: dt.date | None = None
    aliases: tuple[Alias, ...] = ()
    attributes: Attributes = ()
    implied: bool = False
    """True if the file only mentions the actor: it is created if `key` resolves to no row."""


@dataclass(frozen=True, slots=True)
class Topic(Normalized):
    """A target of stances that is no actor."""

    key: Name
    name: Name
    slug: str | None = None
    description: str | None = None
    attributes: Attributes = ()
    implied: bool = False
    """True if the file only mentions the topic, as for actors."""


@dataclass(frozen=True, slots=True)
class Annotator(Normalized):
    """An annotator; the key is the name. It is imported without a token and without a password."""

    key: Name
    role: Role = Role.ANNOTATOR


@dataclass(frozen=True, slots=True)
class Membership(Normalized):
    """The membership of an actor in a group; `member` and `group` are keys of actors."""

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
    """A half-open span of a document, in code points; `speaker` and `reported_by` are keys of actors."""

    key: str
    document: Name
    speaker: Name
    start: int
    end: int
    kind: StatementKind = StatementKind.QUOTATION
    exact: str | None = None
    """The text of the span, if the format has it: it must equal the document's."""
    reported_by: Name | None = None
    stated_on: dt.date | None = None
    prefix: str | None = None
    """The text right before the span, in exports."""
    suffix: str | None = None
    """The text right after the span, in exports."""


@dataclass(frozen=True, slots=True)
class Quotation(Normalized):
    """A statement whose span is searched in the document: by its words, its position, or both.

    If the words are not at the position, they are searched with their context.
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
    """The URL of the document: it is looked up if the key of the document resolves to nothing."""
    utf16: bool = False
    """True if positions count UTF-16 code units, false for code points."""
    kind: StatementKind = StatementKind.QUOTATION
    reported_by: Name | None = None
    stated_on: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Relation(Normalized):
    """A dated relation; `source` and `target` are keys of actors, `evidence` keys of statements."""

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
    """An annotator's stance on a statement. References are keys; either `target_actor` or `target_topic` is set."""

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
    """A slug. If None, the project is the command's, else the default project as in `recordStance`."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a database table as it is, for the format that loses nothing.

    A file contains either rows or other records, never both.
    """

    table: str
    values: Mapping[str, Any]
    """Values by column: strings, numbers, Booleans, dates, instants, UUIDs, or JSON values."""


Record: TypeAlias = Actor | Topic | Annotator | Membership | Document | Statement | Quotation | Relation | Stance | Row
