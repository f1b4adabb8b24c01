"""The parts of the graph: what the fields of a type are made of. Data, and nothing else.

A *part* backs one field: a column, an edge to one row, a page of many rows, a count. The types in `api.schema` name the
parts; the compiler (`sql.emit`) knows how to write each kind.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause
from sqlalchemy.orm import InstrumentedAttribute

from api.graphql.revision_parts import RevisionPart
from api.graphql.sql.expiring import Expiring
from api.graphql.sql.predicates import Predicate
from api.graphql.sql.relevance import Relevance
from models import Base

Attribute = InstrumentedAttribute[Any]
Model = type[Base]


@dataclass(frozen=True)
class Column:
    """A column of the row."""

    name: str


@dataclass(frozen=True)
class ForeignKey:
    """The one row of `model` that the key in a column refers to."""

    key: str
    model: Model
    nullable: bool = False

    @classmethod
    def of(cls, edge: Attribute) -> "ForeignKey":
        """Return the part for the row at the other end of a relationship."""
        (column,) = edge.property.local_columns
        return cls(str(column.key), edge.property.mapper.class_, bool(column.nullable))


@dataclass(frozen=True)
class HasMany:
    """The rows of `model` whose key in a column refers to the parent."""

    key: str
    model: Model
    differs: tuple[str, str] | None = None
    """Only rows whose first column differs from the parent's second column; NULL differs from a value."""

    @classmethod
    def by(cls, edge: Attribute, differs: tuple[Attribute, Attribute] | None = None) -> "HasMany":
        """Return the part for the rows at this end of a relationship."""
        model: Any = edge.class_
        return cls(ForeignKey.of(edge).key, model, differs and (differs[0].key, differs[1].key))


@dataclass(frozen=True)
class UnionKey:
    """The row that one of several foreign keys refers to, the one that is not null: a union."""

    edges: tuple[ForeignKey, ...]

    @classmethod
    def among(cls, *edges: Attribute) -> "UnionKey":
        """Return the part for the row at the other end of one of several relationships, the one that is set."""
        return cls(tuple(ForeignKey.of(edge) for edge in edges))


@dataclass(frozen=True)
class Embed:
    """An object made of columns of the row itself. An argument may choose among several sets of columns."""

    columns: Mapping[str, str]
    argument: str | None = None
    variants: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def chosen(self, value: object) -> Mapping[str, str]:
        """Return GraphQL field → column for a value of the argument."""
        return self.variants.get(str(value), self.columns)


@dataclass(frozen=True)
class Items:
    """All rows that refer to the row, as a plain list: for lists that are short by nature."""

    rows: HasMany
    order: str
    parts: Mapping[str, UnionKey] = field(default_factory=dict)
    """Fields that refer to other rows; all others are columns."""


@dataclass(frozen=True)
class Counts:
    """The number of stances that refer to the row, for each target and label."""

    rows: HasMany
    targets: UnionKey
    label: str
    arguments: Mapping[str, Predicate] = field(default_factory=dict)


MARK = "\x1f"
"""Delimits the mark of a computed field. JSON texts always escape it."""
NOWHERE = UUID(int=0)
"""The key of a computed field that belongs to no row: at the root, or on an object without a table."""


def mark(slot: int) -> str:
    """Return the mark of a computed field that belongs to no row."""
    return f"{MARK}{slot}:{NOWHERE}{MARK}"


@dataclass(frozen=True)
class Computed:
    """A value that is computed in Python: the database writes a mark, with the field's slot and the row's key."""

    by: Callable[..., Any]
    """The `Computation`; the compiler does not look at it."""
    check: Callable[[Mapping[str, Any]], object] | None = None
    """Raises `BadArgument` for invalid arguments, before a mutation changes what the field is computed from."""


@dataclass(frozen=True, slots=True)
class Ref:
    """A row of a GraphQL type within a computed value."""

    type_name: str
    key: UUID


@dataclass(frozen=True)
class Aggregate:
    """A number over rows: their number, or the sum of a column."""

    summed: str | None = None
    where: tuple[str | Expiring, tuple[object, ...]] | None = None
    """A column and its values: only rows with one of these values count."""
    times: str | None = None
    """A column of the parent row by which the number is multiplied."""
    rows: HasMany | None = None
    """The rows it is computed over, if they are others; in shares, rows of the owner. Only attributable rows count."""


@dataclass(frozen=True)
class Shares:
    """Aggregates over the rows that refer to the row, grouped by one of their foreign keys; the greatest first."""

    rows: HasMany
    name: str
    """The field of the row that the share belongs to."""
    whose: ForeignKey
    figures: Mapping[str, Aggregate]
    order: str


@dataclass(frozen=True)
class Aggregates:
    """An object of counts and shares, each aggregated over the rows that refer to the row."""

    rows: HasMany
    figures: Mapping[str, Aggregate]
    shares: Mapping[str, Shares] = field(default_factory=dict)


@dataclass(frozen=True)
class Itself:
    """On an edge: the row of the page itself."""


@dataclass(frozen=True)
class Ordering:
    """The orders of a list: order field → column. The ID always breaks ties."""

    columns: Mapping[str, str]
    default: str
    descending: bool = False
    relevance: Relevance | None = None
    """How well a row matches the filter's `text`: the default order if the filter has a text."""


@dataclass(frozen=True)
class AllRows:
    """Rows of a page: all rows of a model."""

    model: Model


@dataclass(frozen=True)
class CommittedRows:
    """Rows of a page: all rows of a model in the order of the feed, up to the first position that may still change."""

    model: Model


@dataclass(frozen=True)
class ManyToMany:
    """Rows of a page: those that an association table connects to the parent."""

    model: Model
    association: FromClause
    parent: str
    child: str
    order: str | None = None
    """A column of the association by which the list can be ordered."""
    often: bool = False
    """True if a row may be connected to the parent more than once; it is listed once."""


@dataclass(frozen=True)
class RelationEnds:
    """Rows of a page: relations, of one kind or of any, with the parent at one end; `other_id` is the other end."""

    model: Model
    kind: str | None
    ends: tuple[str, str]


@dataclass(frozen=True)
class SearchHits:
    """Rows of a page: everything that matches the argument `text`, of the types in the argument `types`.

    `names` are the models that are found by the trigrams of their names, `words` those found by words in their texts. A
    row has its `key`, its `score`, and its key once more in the column of its type (`actor_key`).
    """

    names: tuple[Model, ...]
    words: tuple[Model, ...]


Rows = AllRows | CommittedRows | HasMany | ManyToMany | RelationEnds | SearchHits


def ordering_column(
    rows: AllRows | CommittedRows | HasMany | ManyToMany | RelationEnds, name: str
) -> ColumnElement[Any]:
    """Return the column called `name` by which a list is ordered."""
    if isinstance(rows, ManyToMany) and rows.order == name:
        return rows.association.c[name]
    column: ColumnElement[Any] = rows.model.__table__.c[name]
    return column


@dataclass(frozen=True)
class Page:
    """A connection: its rows, filters and orders, and the parts of its edges."""

    rows: Rows
    order: Ordering
    filter: Mapping[str, Predicate] = field(default_factory=dict)
    arguments: Mapping[str, Predicate] = field(default_factory=dict)
    edge: Mapping[str, Any] = field(default_factory=lambda: {"node": Itself()})

    @cached_property
    def edges(self) -> "Edges":
        """The part of the field `edges`."""
        return Edges(self.edge)


@dataclass(frozen=True)
class Edges:
    """The edges of a page: the part of each field of an edge."""

    edge: Mapping[str, Any]


@dataclass(frozen=True)
class Stream:
    """A root of the subscription: the edges of a page, followed by new edges without end."""

    page: Page


@dataclass(frozen=True)
class LiveField:
    """A root of the subscription: `part` of the row of `model` that an argument names, sent again if it changes."""

    model: Model
    argument: str
    part: Aggregates


@dataclass(frozen=True)
class ById:
    """A root: the node with the ID in the argument `id`."""


@dataclass(frozen=True)
class ByIds:
    """A root: the nodes with the IDs in the argument `ids`, in that order; null for an unknown ID."""


@dataclass(frozen=True)
class BySlug:
    """A root: the row with the slug in the argument `slug`."""

    model: Model


@dataclass(frozen=True)
class Caller:
    """A root: the annotator that the token belongs to."""

    model: Model


@dataclass(frozen=True)
class UnpagedRoot:
    """A root: all rows that match the filter, at most `limit`, and the rows that they refer to, in one object."""

    model: Model
    ends: tuple[ForeignKey, ...]
    filter: Mapping[str, Predicate]
    limit: int


Part = (
    Column
    | Expiring
    | ForeignKey
    | UnionKey
    | Embed
    | Items
    | Counts
    | Aggregates
    | Aggregate
    | Shares
    | Page
    | Edges
    | Stream
    | RevisionPart
    | ById
    | ByIds
    | LiveField
    | BySlug
    | Caller
    | UnpagedRoot
    | Itself
    | Computed
)
