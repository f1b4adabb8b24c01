"""Writes a page: rows by keyset, their edges, where the page stands in its list, and how long the list is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, Protocol

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Tuple,
    case,
    cast,
    column,
    false,
    func,
    literal,
    null,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.sql.elements import True_
from sqlalchemy.types import Text

from api.graphql.graph import Entity, Graph
from api.graphql.parts import (
    Aggregates,
    AnyId,
    Anything,
    AnyType,
    Column,
    CommittedRows,
    Differences,
    Embed,
    ForeignKey,
    HasMany,
    Itself,
    ManyToMany,
    Model,
    Page,
    Parent,
    Part,
    RelationEnds,
    Rows,
    SearchHits,
    UnionKey,
)
from api.graphql.selection import Field
from api.graphql.sql.arguments import Bound, slot_name
from api.graphql.sql.dialects import Expression, placeholder
from api.graphql.sql.expiring import Expiring
from api.graphql.sql.json_text import Columns, Scope, TextWriter, constant, froms
from api.graphql.sql.predicates import Binds, Condition, Predicate, names_like
from api.graphql.sql.query import Named, Query, QueryRows, own_alias
from api.graphql.sql.relevance import RELEVANCE
from api.graphql.sql.sql_elements import PageSize
from api.security.visibility import Rule
from models.base import Uid


class Writer(Protocol):
    """What a page needs of whoever writes its rows: see `emit.Emitter`."""

    @property
    def graph(self) -> Graph: ...
    @property
    def write(self) -> TextWriter: ...
    @property
    def bound(self) -> Bound: ...

    def rows(self, model: Model, rule: Rule | None = None) -> tuple[FromClause, ColumnElement[bool]]: ...
    def alternatives(self, known: Mapping[str, Predicate], name: str, row: Columns) -> list[list[Condition]]: ...
    def entity(self, entity: Entity, fields: Sequence[Field], row: Columns, scope: Scope) -> Expression: ...
    def part(self, part: Part, field: Field, row: Columns, scope: Scope) -> Expression: ...


@dataclass(frozen=True, slots=True)
class Source:
    """Rows of a list, before they are paged: where from, under which conditions, ordered by what."""

    rows: FromClause
    conditions: tuple[Condition, ...]
    columns: Columns
    value: Expression

    @property
    def key(self) -> Expression:
        """What breaks ties in the order."""
        key: Expression = self.columns["id"]
        return key

    def select(self, *columns: Named) -> Query:
        """Select `columns` of all rows."""
        return Query(columns, self.rows, conditions=self.conditions)


def write_page(emitter: Writer, part: Page, field: Field, parent: Columns | None) -> Expression:
    """The JSON object of the connection behind `field`, over rows that belong to `parent` where there is one."""
    return _PageWriter(emitter, part, field, parent).written()


def select_edges(emitter: Writer, part: Page, field: Field) -> Query:
    """A row for each edge of the list behind `field`: what it is ordered by, its key, its JSON text."""
    writer = _PageWriter(emitter, part, field, None)
    rows = writer._first(writer._columns([field]), exactly=True)
    scope = Scope(rows)
    (type_name,) = field.selections
    edge = emitter.write.members(type_name, field.only, lambda e: writer._on_edge(e, rows, scope))
    value, key = rows.c["order_value"], rows.c["id"]
    found = scope.select(value, emitter.write.dialect.plain(key), edge)
    return found.order_by(*writer._order(value, key, forward=True))


def columns_behind(part: Part | None, field: Field, bound: Bound) -> set[str]:
    """The columns of a row from which `field`, which stands for `part` of it, is written; its key is not told."""
    match part:
        case Column(name):
            return {name}
        case ForeignKey(key):
            return {key}
        case UnionKey(edges):
            return {e.key for e in edges}
        case AnyId() | AnyType() | Anything() | Differences() | Parent():
            return part.columns
        case Embed():
            columns = part.chosen(bound.choices.get(slot_name(field)))
            return {columns[f.name] for f in field.only if f.name in columns}
        case Expiring(name, until):
            return {name, until}
        case Aggregates():
            return {f.times for f in part.figures.values() if f.times is not None}
        case Page(HasMany(_, _, (_, compared))):
            return {compared}
    return set()


class _PageWriter:
    def __init__(self, emitter: Writer, part: Page, field: Field, parent: Columns | None) -> None:
        self.emitter, self.part, self.field, self.parent = emitter, part, field, parent
        self.name = slot_name(field)
        chosen: Any = emitter.bound.choices[f"{self.name}_page"]
        self.backward: bool = chosen[0]
        self.order: str = chosen[1]
        self.descending: bool = chosen[2]
        self.own: Entity | None = None if isinstance(part.rows, SearchHits) else emitter.graph.of(part.rows.model)

    def written(self) -> Expression:
        write = self.emitter.write
        (type_name,) = self.field.selections
        edges = [f for f in self.field.only if f.name == "edges"]
        if not edges and all(f.name != "pageInfo" for f in self.field.only):
            return write.members(type_name, self.field.only, lambda _: self._total())
        first = self._first(self._columns(edges), exactly=not self._looks_beyond)
        rows = self._numbered(first) if self._looks_beyond else first
        scope = Scope(rows)
        places = self._order(rows.c["order_value"], rows.c["id"], forward=True)

        def value(f: Field) -> Expression:
            if f.name == "totalCount":
                return self._total()
            (below,) = f.selections
            if f.name == "pageInfo":
                return write.members(below, f.only, lambda i: self._info(i, rows))
            edge = write.members(below, f.only, lambda e: self._on_edge(e, rows, scope))
            joined = write.dialect.joined(edge, places)
            shown = joined.filter(rows.c["nth"] <= self._size) if self._looks_beyond else joined
            return write.text("[", func.coalesce(shown, constant("")), "]")

        written = write.members(type_name, self.field.only, value)
        if not edges:
            # Not all that pageInfo says is reckoned from the rows; one row must come out whatever they are.
            written = write.text(written, func.coalesce(func.max(constant("")), constant("")))
        return scope.select(written).scalar_subquery()

    # ------------------------------------------------------------------ which rows

    def _columns(self, edges: list[Field]) -> set[str]:
        """The columns of the rows that the edges are written from."""
        needed: set[str] = set()
        for on_edge in (f for e in edges for f in e.only if f.name in self.part.edge):
            part = self.part.edge[on_edge.name]
            if isinstance(part, Itself) and self.own is not None:
                for f in on_edge.under(self.own.name):
                    needed |= columns_behind(self.own.parts.get(f.name), f, self.emitter.bound)
            else:
                needed |= columns_behind(part, on_edge, self.emitter.bound)
        return needed

    def _sources(self) -> list[Source]:
        """The rows of the whole list, in parts that share no row, so that an index may serve each in its order."""
        emitter, part, rows = self.emitter, self.part, self.part.rows
        if isinstance(rows, SearchHits):
            return [self._found(rows)]
        table, seen = emitter.rows(rows.model)
        source, ways, more = self._of_parent(rows, table)
        columns = {**table.c, **more}
        if self.order == RELEVANCE and part.order.relevance is not None:
            binds = Binds(emitter.write.dialect, self.name, frozenset(emitter.bound.values))
            source, value = part.order.relevance.ranked(source, columns, binds)
        else:
            value = columns[part.order.columns[self.order]]
        ways += emitter.alternatives(part.filter, f"{self.name}_filter", table.c)
        ways += emitter.alternatives(part.arguments, self.name, table.c)
        return [Source(source, (seen, *way), columns, value) for way in product(*ways)]

    def _outer(self) -> tuple[FromClause, ...]:
        if self.parent is None:
            return ()
        rows = self.part.rows
        compared = rows.differs[1:] if isinstance(rows, HasMany) and rows.differs else ()
        return froms(self.parent, *compared)

    def _of_parent(self, rows: Rows, table: FromClause) -> tuple[FromClause, list[list[Condition]], Columns]:
        """From where, and under which alternatives, rows are the parent's; and what they have beside their columns."""
        if isinstance(rows, CommittedRows):
            return table, [[self.emitter.write.dialect.settled(table.c.place)]], {}
        if self.parent is None:
            return table, [], {}
        key = self.parent["id"]
        match rows:
            case HasMany(edge, _, None):
                return table, [[table.c[edge] == key]], {}
            case HasMany(edge, _, (own, compared)):
                return table, [[table.c[edge] == key], [table.c[own].is_distinct_from(self.parent[compared])]], {}
            case ManyToMany(_, association, parent, child, order, often):
                between = own_alias(association)
                tied = between.c[parent] == key
                if often:
                    children = select(between.c[child]).where(tied).correlate(*self._outer())
                    return table, [[table.c.id.in_(children)]], {}
                # In the association's own order, an index of it serves the tie-break too.
                more = {order: between.c[order], "id": between.c[child]} if order and self._ordered_by(order) else {}
                return table.join(between, between.c[child] == table.c.id), [[tied]], more
            case RelationEnds(_, kind, ends):
                one, other = (table.c[end] for end in ends)
                ways = [[one == key, other == key], *([[table.c.kind == kind]] if kind else [])]
                return table, ways, {"other_id": case((key, other), value=one, else_=one)}
        raise AssertionError(rows)

    def _ordered_by(self, name: str) -> bool:
        return self.part.order.columns.get(self.order) == name

    def _found(self, rows: SearchHits) -> Source:
        """Everything that matches, with its score."""
        bound, dialect = self.emitter.bound, self.emitter.write.dialect
        wanted: Any = bound.choices[f"{self.name}_types"]
        binds = Binds(dialect, f"{self.name}_text", frozenset(bound.values))
        branches: list[Select[*tuple[Any, ...]]] = []
        by_name = [model for model in rows.names if model.__name__ in wanted]
        by_words = [model for model in rows.words if model.__name__ in wanted]
        if by_name:
            (model,) = by_name
            named = names_like(binds).subquery()
            branches.append(select(constant(model.__name__).label("type"), named.c.entity_id, named.c.score))
        if by_words:
            found = dialect.matching(binds.name, binds.present).subquery()
            branches.append(select(found.c.entity_type.label("type"), found.c.entity_id, found.c.score))
        if not branches:
            nothing = (constant("").label("type"), cast(null(), Uid()).label("entity_id"), literal(0.0).label("score"))
            branches.append(select(*nothing).where(false()))
        union = union_all(*branches).subquery()
        keys = [
            case((union.c.type == constant(model.__name__), union.c.entity_id)).label(f"{model.__name__.lower()}_key")
            for model in (*rows.names, *rows.words)
        ]
        table = select(union.c.entity_id.label("id"), union.c.score, *keys).subquery()
        return Source(table, (), table.c, table.c.score)

    # ------------------------------------------------------------------ which of them

    @property
    def _looks_beyond(self) -> bool:
        """Whether it matters what comes after the page, or before it: most pages are spared the counting."""
        return self.backward or any(f.name == "pageInfo" for f in self.field.only)

    @property
    def _size(self) -> Expression:
        return PageSize(self.field.slot, 0, Integer())

    def _order(self, value: Expression, key: Expression, *, forward: bool) -> list[Expression]:
        """The order of the list, or that in which the page is taken from its end."""
        down = self.descending is not (self.backward and not forward)
        return [value.desc(), key.desc()] if down else [value, key]

    def _first(self, needed: set[str], *, exactly: bool) -> QueryRows:
        """The rows of the page in the direction of paging, and one more where it is asked what lies beyond."""
        limit = PageSize(self.field.slot, int(not exactly), Integer())

        def first(source: Source) -> QueryRows:
            columns = [Named(source.columns[name], name) for name in sorted(needed | {"id"})]
            rows = source.select(*columns, Named(source.value, "order_value")).where(*self._between(source))
            return rows.order_by(*order).limit(limit).subquery()

        order = self._order(column("order_value"), column("id"), forward=False)
        one, *others = map(first, self._sources())
        if not others:
            return one
        # No row of the page is further down its own part than the page is long.
        all_of_one, *more = (rows.whole() for rows in (one, *others))
        return replace(all_of_one, united=tuple(more), order=tuple(order), limited=limit).subquery()

    def _numbered(self, page: QueryRows) -> QueryRows:
        """The rows numbered from 1 in the direction of paging, with how many there are: one more than the page, or not.

        That one is left out where the edges are joined: a subquery more would be too deep for SQLite's parser.
        """
        # As they come: they were taken in order. No column is called `nth`.
        numbered = page.whole(Named(func.row_number().over(), "nth"), Named(func.count().over(), "found"))
        shown = self._order(page.c["order_value"], page.c["id"], forward=True) if self.backward else ()
        return self.emitter.write.dialect.ordered(numbered, *shown).subquery()

    def _between(self, source: Source) -> list[ColumnElement[bool]]:
        conditions = []
        for end, follows in (("after", True), ("before", False)):
            if self._has(end):
                row, cursor = self._compared(source, end)
                conditions.append(row > cursor if follows is not self.descending else row < cursor)
        return conditions

    def _has(self, end: str) -> bool:
        return f"{self.name}_{end}_id" in self.emitter.bound.values

    def _compared(self, source: Source, end: str) -> tuple[Tuple, Tuple]:
        """A row and the cursor `end`, to be compared as rows: an index can answer that."""
        row = tuple_(source.value, source.key)
        cursor = tuple_(
            placeholder(f"{self.name}_{end}_value", source.value.type),
            placeholder(f"{self.name}_{end}_id", Uid()),
        )
        return row, cursor

    # ------------------------------------------------------------------ what is said of them

    def _on_edge(self, field: Field, rows: QueryRows, scope: Scope) -> Expression:
        """What an edge holds: its cursor, the page's own row, or what stands behind a column of it."""
        if field.name == "cursor":
            return self._cursor(rows)
        part = self.part.edge[field.name]
        if isinstance(part, Itself) and self.own is not None:
            return self.emitter.entity(self.own, field.under(self.own.name), rows.c, scope)
        return self.emitter.part(part, field, rows.c, scope)

    def _cursor(self, rows: QueryRows) -> Expression:
        """The JSON text of a row's cursor: ORDER.VALUE.ID."""
        value, dialect = rows.c["order_value"], self.emitter.write.dialect
        key = dialect.plain(rows.c["id"])
        if isinstance(value.type, Text):
            return dialect.string(self.emitter.write.text(f"{self.order}.", value, ".", key))
        return self.emitter.write.text(f'"{self.order}.', self.emitter.write.bare(value), ".", key, '"')

    def _info(self, field: Field, rows: QueryRows) -> str | Expression:
        number, found, size = rows.c["nth"], rows.c["found"], self._size
        more = func.coalesce(func.max(case((found > size, constant("true")))), constant("false"))
        last = number == case((found < size, found), else_=size)
        first_shown, last_shown = (last, number == 1) if self.backward else (number == 1, last)
        if field.name == "hasNextPage":
            return self._others("before", False) if self.backward else more
        if field.name == "hasPreviousPage":
            return more if self.backward else self._others("after", True)
        at = first_shown if field.name == "startCursor" else last_shown
        return func.coalesce(func.max(case((at, self._cursor(rows)))), constant("null"))

    def _others(self, end: str, follows: bool) -> str | Expression:
        """Whether rows of the list lie on the far side of the cursor that the page starts from."""
        if not self._has(end):
            return "false"
        return case(
            (or_(*(self._beyond(s, end, follows) for s in self._sources())), constant("true")), else_=constant("false")
        )

    def _beyond(self, source: Source, end: str, follows: bool) -> ColumnElement[bool]:
        row, cursor = self._compared(source, end)
        before = row <= cursor if follows is not self.descending else row >= cursor
        return source.select(Named(literal(1))).where(before).exists()

    def _total(self) -> Expression:
        sources = self._tied() or self._sources()
        counts: list[Expression] = [source.select(Named(func.count())).scalar_subquery() for source in sources]
        return cast(sum(counts[1:], counts[0]), Text())

    def _tied(self) -> list[Source]:
        """What ties the list's rows to the parent, where all of them are seen and nothing else is asked of them."""
        rows, asked = self.part.rows, self.emitter.bound.choices
        if not isinstance(rows, ManyToMany) or rows.often or self.parent is None:
            return []
        _, seen = self.emitter.rows(rows.model)
        narrowed = any(f"{self.name}_filter_{key}" in asked for key in self.part.filter)
        if narrowed or self.part.arguments or not isinstance(seen, True_):
            return []
        between = own_alias(rows.association)
        columns = {"id": between.c[rows.child]}
        return [Source(between, (between.c[rows.parent] == self.parent["id"],), columns, columns["id"])]
