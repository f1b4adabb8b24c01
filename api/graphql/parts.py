"""The words in which a type of the graph says what its fields are made of. Data, and nothing else.

A *part* is what stands behind one field: a column, an edge to one row, a page of many, a count. The compiler
(`emit`) knows how to write each kind of part; the types in `api.schema` only name them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause
from sqlalchemy.orm import InstrumentedAttribute

from api.graphql.sql.expiring import Expiring
from api.graphql.sql.predicates import Predicate
from api.graphql.sql.relevance import Relevance
from models import Base

Attribute = InstrumentedAttribute[Any]
Model = type[Base]


@dataclass(frozen=True)
class Column:
    """A column of the row, as it stands."""

    name: str


@dataclass(frozen=True)
class ForeignKey:
    """The one row of `model` that the key in a column leads to."""

    key: str
    model: Model
    nullable: bool = False

    @classmethod
    def of(cls, edge: Attribute) -> "ForeignKey":
        """The row at the other end of a relationship."""
        (column,) = edge.property.local_columns
        return cls(str(column.key), edge.property.mapper.class_, bool(column.nullable))


@dataclass(frozen=True)
class HasMany:
    """The rows of `model` whose key in a column leads to the parent."""

    key: str
    model: Model
    differs: tuple[str, str] | None = None
    """Only those whose first column is not as the parent's second one: one that is NULL where the other is not, too."""

    @classmethod
    def by(cls, edge: Attribute, differs: tuple[Attribute, Attribute] | None = None) -> "HasMany":
        """The rows at this end of a relationship."""
        model: Any = edge.class_
        return cls(ForeignKey.of(edge).key, model, differs and (differs[0].key, differs[1].key))


@dataclass(frozen=True)
class UnionKey:
    """The row that the one of several foreign keys leads to which is not null: a union."""

    edges: tuple[ForeignKey, ...]

    @classmethod
    def among(cls, *edges: Attribute) -> "UnionKey":
        """The row at the other end of the one of several relationships that is set."""
        return cls(tuple(ForeignKey.of(edge) for edge in edges))


@dataclass(frozen=True)
class Embed:
    """An object made of columns of the row itself; an argument may choose among several such sets."""

    columns: Mapping[str, str]
    argument: str | None = None
    variants: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def chosen(self, value: object) -> Mapping[str, str]:
        """GraphQL field → column, where the argument has `value`."""
        return self.variants.get(str(value), self.columns)


@dataclass(frozen=True)
class Items:
    """All rows that point here, as a plain list: for what is few by nature."""

    rows: HasMany
    order: str
    parts: Mapping[str, UnionKey] = field(default_factory=dict)
    """Fields that lead on from a row; all others are its columns."""


@dataclass(frozen=True)
class Counts:
    """How often each label stands towards each target, in the stances that point here."""

    rows: HasMany
    targets: UnionKey
    label: str
    arguments: Mapping[str, Predicate] = field(default_factory=dict)


MARK = "\x1f"
"""Stands before and behind what marks the place of a computed field. In JSON texts it is always escaped."""
NOWHERE = UUID(int=0)
"""Stands for the key where a computed field belongs to no row: at the root, or on an object without a table."""


def mark(slot: int) -> str:
    """The mark of a computed field that belongs to no row."""
    return f"{MARK}{slot}:{NOWHERE}{MARK}"


@dataclass(frozen=True)
class Computed:
    """What is not in the database: only a mark is written, with the field's slot and the row's key."""

    by: Callable[..., Any]
    """Computes it, see `api.graphql.splice`; the compiler does not look at it."""
    check: Callable[[Mapping[str, Any]], object] | None = None
    """Refuses arguments that cannot be understood, before a mutation changes what it would be computed of."""


@dataclass(frozen=True, slots=True)
class Ref:
    """A row within what was computed, of that GraphQL type."""

    type_name: str
    key: UUID


@dataclass(frozen=True)
class Whichever:
    """A row of whichever type: its name stands in the column `kind`, its key in another."""

    kind: str
    key: str

    @property
    def columns(self) -> set[str]:
        """Where it stands."""
        return {self.kind, self.key}


class Anything(Whichever):
    """That row. Null where there is none."""


class AnyId(Whichever):
    """Its global id, also where it is gone."""


@dataclass(frozen=True)
class AnyType:
    """The type of such a row, as a value of an enumeration: `ProjectMember` is PROJECT_MEMBER."""

    kind: str

    @property
    def columns(self) -> set[str]:
        """Where it stands."""
        return {self.kind}


@dataclass(frozen=True)
class States:
    """Two states of a row, each in a column, as columns by name; the name of its type stands in the column `kind`."""

    kind: str
    before: str
    after: str

    @property
    def columns(self) -> set[str]:
        """Where it stands."""
        return {self.kind, self.before, self.after}


@dataclass(frozen=True)
class Differences(States):
    """Which fields of the row differ between the two."""

    more: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Names in states that no field shows: type of the row → name → the type whose ids it holds."""


@dataclass(frozen=True)
class Parent(States):
    """The row of `model` whose key the states hold under `key`, in rows of the types `of`; null where there is none."""

    key: str
    of: tuple[str, ...]
    model: Model


@dataclass(frozen=True)
class RowAt:
    """What the columns of the row held at the moment that the argument `at` names, by its revisions."""

    columns: Mapping[str, str]


@dataclass(frozen=True)
class Aggregate:
    """A number reckoned over rows: how many there are, or the sum of a column."""

    summed: str | None = None
    where: tuple[str | Expiring, tuple[object, ...]] | None = None
    """A column and its values: only rows with one of these count."""
    times: str | None = None
    """A column of the row that they belong to, by which the number is multiplied."""
    rows: HasMany | None = None
    """The rows it is counted over, where these are others; of shares, their owner's. Only what may be attributed."""


@dataclass(frozen=True)
class Shares:
    """Figures over the rows that point here, for each row that one of their keys leads to; the greatest first."""

    rows: HasMany
    name: str
    """The field that shows whose share it is."""
    whose: ForeignKey
    figures: Mapping[str, Aggregate]
    order: str


@dataclass(frozen=True)
class Aggregates:
    """An object of figures over the rows that point here, and of shares in other rows that do."""

    rows: HasMany
    figures: Mapping[str, Aggregate]
    shares: Mapping[str, Shares] = field(default_factory=dict)


@dataclass(frozen=True)
class Itself:
    """On an edge: the row of the page itself."""


@dataclass(frozen=True)
class Ordering:
    """What a list can be ordered by: order field → column. The id breaks ties, always."""

    columns: Mapping[str, str]
    default: str
    descending: bool = False
    relevance: Relevance | None = None
    """How well a row matches the filter's `text`: the order where that is given and no other is asked for."""


@dataclass(frozen=True)
class AllRows:
    """Rows of a page: all of a model's."""

    model: Model


@dataclass(frozen=True)
class CommittedRows:
    """Rows of a page: all of a model's before which none can come any more, in the order of their places."""

    model: Model


@dataclass(frozen=True)
class ManyToMany:
    """Rows of a page: those that an association table ties to the parent."""

    model: Model
    association: FromClause
    parent: str
    child: str
    order: str | None = None
    """A column of the association by which the list can be ordered, as by the rows' own."""
    often: bool = False
    """Whether one row may be tied to the parent more than once; it is listed once."""


@dataclass(frozen=True)
class RelationEnds:
    """Rows of a page: relations, of one kind or of any, that the parent is an end of; the other end is `other_id`."""

    model: Model
    kind: str | None
    ends: tuple[str, str]


@dataclass(frozen=True)
class SearchHits:
    """Rows of a page: whatever holds the words of the argument `text`, among the types of the argument `types`.

    `names` are the models found by the trigrams of their names, `words` those found by the words in their texts. A
    row has its `key`, its `score`, and its key once more in the column of its type (`actor_key`).
    """

    names: tuple[Model, ...]
    words: tuple[Model, ...]


Rows = AllRows | CommittedRows | HasMany | ManyToMany | RelationEnds | SearchHits


def ordering_column(
    rows: AllRows | CommittedRows | HasMany | ManyToMany | RelationEnds, name: str
) -> ColumnElement[Any]:
    """The column called `name` by which a list is ordered."""
    if isinstance(rows, ManyToMany) and rows.order == name:
        return rows.association.c[name]
    column: ColumnElement[Any] = rows.model.__table__.c[name]
    return column


@dataclass(frozen=True)
class Page:
    """A connection: rows, what narrows them, how they are ordered, and what stands on an edge."""

    rows: Rows
    order: Ordering
    filter: Mapping[str, Predicate] = field(default_factory=dict)
    arguments: Mapping[str, Predicate] = field(default_factory=dict)
    edge: Mapping[str, Any] = field(default_factory=lambda: {"node": Itself()})


@dataclass(frozen=True)
class Stream:
    """A root of the subscription: the edges of a page one by one, and those that come after them, without end."""

    page: Page


@dataclass(frozen=True)
class LiveField:
    """A root of the subscription: `part` of the row of `model` that an argument names, and anew when it is another."""

    model: Model
    argument: str
    part: Aggregates


@dataclass(frozen=True)
class ById:
    """A root: the node that the argument `id` names."""


@dataclass(frozen=True)
class ByIds:
    """A root: the nodes that the argument `ids` names, in that order, null where there is none."""


@dataclass(frozen=True)
class BySlug:
    """A root: the row with the slug that the argument `slug` names."""

    model: Model


@dataclass(frozen=True)
class Caller:
    """A root: whoever the token belongs to."""

    model: Model


@dataclass(frozen=True)
class UnpagedRoot:
    """A root: all rows that the filter lets through, at most `limit`, and all that they connect, in one object."""

    model: Model
    ends: tuple[ForeignKey, ...]
    filter: Mapping[str, Predicate]
    limit: int


RevisionPart = AnyId | AnyType | Anything | Differences | Parent | RowAt
"""What is made of revisions."""
Part = (
    Column
    | Expiring
    | ForeignKey
    | UnionKey
    | Embed
    | Items
    | Counts
    | Aggregates
    | Page
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
