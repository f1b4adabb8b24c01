"""Writes a page: rows by keyset, their edges, where the page stands in its list, and how long the list is."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    case,
    cast,
    false,
    func,
    literal,
    null,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.types import Text

from api.selection.bind import slot_name
from api.selection.declare import (
    Column,
    Embed,
    Entity,
    Found,
    Itself,
    Joined,
    One,
    OneOf,
    Page,
    Pointing,
    Through,
    Ties,
    Whichever,
)
from api.selection.dialects import Expression, placeholder
from api.selection.predicates import Binds, names_like
from api.selection.read import Field
from api.selection.text import Columns, Scope, constant, froms
from models.base import Uid

if TYPE_CHECKING:
    from api.selection.emit import Emitter


@dataclass(frozen=True, slots=True)
class Source:
    """The rows of a list, before they are paged: where from, under which conditions, ordered by what."""

    rows: FromClause
    conditions: tuple[ColumnElement[bool], ...]
    value: Expression
    key: Expression
    outer: tuple[FromClause, ...]

    def select(self, *columns: Expression) -> Select[Any]:
        """Select `columns` of all rows."""
        return select(*columns).select_from(self.rows).where(*self.conditions).correlate(*self.outer)


def write_page(emitter: "Emitter", part: Page, field: Field, parent: Columns | None) -> Expression:
    """The JSON object of the connection behind `field`, over rows that belong to `parent` where there is one."""
    return _PageWriter(emitter, part, field, parent).written()


class _PageWriter:
    def __init__(self, emitter: "Emitter", part: Page, field: Field, parent: Columns | None) -> None:
        self.emitter, self.part, self.field, self.parent = emitter, part, field, parent
        self.name = slot_name(field)
        chosen: Any = emitter.bound.choices[f"{self.name}_page"]
        self.backward: bool = chosen[0]
        self.order: str = chosen[1]
        self.descending: bool = chosen[2]
        self.own: Entity | None = None if isinstance(part.rows, Found) else emitter.graph.of(part.rows.model)

    def written(self) -> Expression:
        write = self.emitter.write
        (type_name,) = self.field.selections
        edges = [f for f in self.field.only if f.name == "edges"]
        if not edges and all(f.name != "pageInfo" for f in self.field.only):
            return write.members(type_name, self.field.only, lambda _: self._total())
        rows = self._numbered(*self._source(self._columns(edges)))
        scope = Scope(rows)
        places = [rows.c.number.desc() if self.backward else rows.c.number]

        def value(f: Field) -> Expression:
            if f.name == "totalCount":
                return self._total()
            (below,) = f.selections
            if f.name == "pageInfo":
                return write.members(below, f.only, lambda i: self._info(i, rows))
            edge = write.members(below, f.only, lambda e: self._on_edge(e, rows, scope))
            return write.text("[", func.coalesce(write.dialect.joined(edge, places), constant("")), "]")

        written = write.members(type_name, self.field.only, value)
        return select(written).select_from(scope.source).scalar_subquery()

    # ------------------------------------------------------------------ which rows

    def _columns(self, edges: list[Field]) -> set[str]:
        """The columns of the rows that the edges need."""
        if self.own is None:
            return set()
        needed: set[str] = set()
        for edge in (f for e in edges for f in e.only):
            part = self.part.edge.get(edge.name)
            if isinstance(part, Itself):
                for f in edge.under(self.own.name):
                    needed |= _columns_of(self.own.parts.get(f.name), self.emitter.bound.choices.get(slot_name(f)))
            elif isinstance(part, Joined):
                needed.add(part.key)
        return needed

    def _source(self, needed: set[str] | None = None) -> tuple[Source, set[str]]:
        """The rows of the whole list, with the columns named."""
        emitter, part, needed = self.emitter, self.part, needed or set()
        rows = part.rows
        if isinstance(rows, Found):
            return self._found(rows), {"entity_type", "entity_id", "score"}
        assert self.own is not None
        outer = froms(self.parent) if self.parent is not None else ()
        conditions: list[ColumnElement[bool]] = []
        if isinstance(rows, Ties):
            table: FromClause = self._ties(rows, outer)
        else:
            table, seen = emitter.rows(rows.model)
            conditions.append(seen)
        if isinstance(rows, Pointing):
            assert self.parent is not None
            conditions.append(table.c[One(rows.edge).key] == self.parent["id"])
        source = table
        if isinstance(rows, Through):
            assert self.parent is not None
            between = rows.association.alias()
            source = table.join(between, between.c[rows.child] == table.c.id)
            conditions.append(between.c[rows.parent] == self.parent["id"])
        conditions += emitter.conditions(part.filter, f"{self.name}_filter", table.c)
        conditions += emitter.conditions(part.arguments, self.name, table.c)
        value = table.c[part.order.columns[self.order]]
        return Source(source, tuple(conditions), value, table.c.id, outer), needed

    def _ties(self, rows: Ties, outer: tuple[FromClause, ...]) -> FromClause:
        """Both ends of each relation as one list: an index for each, where an OR would have none."""
        assert self.parent is not None
        branches = []
        for own, other in (rows.ends, rows.ends[::-1]):
            table, seen = self.emitter.rows(rows.model)
            signed = [table.c.kind == rows.kind] if rows.kind else []
            branches.append(
                select(*table.c, table.c[other].label("other_id"))
                .where(table.c[own] == self.parent["id"], seen, *signed)
                .correlate(*outer)
            )
        return union_all(*branches).subquery()

    def _found(self, rows: Found) -> Source:
        """Everything that matches, with its score."""
        bound = self.emitter.bound
        wanted: tuple[str, ...] = bound.choices[f"{self.name}_types"]  # type: ignore[assignment]
        binds = Binds(self.emitter.write.dialect, self.name, frozenset(bound.values))
        branches: list[Select[*tuple[Any, ...]]] = []
        for model in rows.names:
            if model.__name__ in wanted and binds.under("trigrams").there:
                named = names_like(binds).subquery()
                kind = literal(model.__name__, Text(), literal_execute=True).label("entity_type")
                branches.append(select(kind, named.c.entity_id, named.c.score))
        by_words = [model.__name__ for model in rows.words if model.__name__ in wanted]
        if by_words and binds.under("words").there:
            found = self.emitter.write.dialect.matching(f"{self.name}_words").subquery()
            kinds = [literal(k, Text(), literal_execute=True) for k in by_words]
            branches.append(
                select(found.c.entity_type, found.c.entity_id, found.c.score).where(found.c.entity_type.in_(kinds))
            )
        if not branches:
            empty = literal("", Text(), literal_execute=True)
            nothing = select(
                empty.label("entity_type"), cast(null(), Uid()).label("entity_id"), literal(0.0).label("score")
            )
            branches.append(nothing.where(false()))
        table = union_all(*branches).subquery()
        return Source(table, (), table.c.score, table.c.entity_id, ())

    # ------------------------------------------------------------------ which of them

    def _numbered(self, source: Source, needed: set[str]) -> FromClause:
        """The rows of the page, numbered from 1 in the direction of paging, with how many there were to be had."""
        table = source.value.table
        own = "entity_id" if self.own is None else "id"
        columns = [table.c[n] for n in sorted(needed | {own})]
        value = source.value.label("order_value")
        down = self.descending is not self.backward
        order = (source.value.desc(), source.key.desc()) if down else (source.value, source.key)
        limit = placeholder(f"{self.name}_size", Integer())
        page = (
            source.select(*columns, value)
            .where(*self._between(source))
            .order_by(*order)
            .limit(limit + literal(1, Integer(), literal_execute=True))
            .subquery()
        )
        again = (page.c.order_value.desc(), page.c[own].desc()) if down else (page.c.order_value, page.c[own])
        numbered = select(
            page, func.row_number().over(order_by=again).label("number"), func.count().over().label("found")
        ).subquery()
        shown = select(numbered).where(numbered.c.number <= limit)
        return self.emitter.write.dialect.ordered(
            shown.order_by(numbered.c.number.desc() if self.backward else numbered.c.number)
        ).subquery()

    def _between(self, source: Source) -> list[ColumnElement[bool]]:
        conditions = []
        for end, follows in (("after", True), ("before", False)):
            if self._has(end):
                conditions.append(self._beyond(source, end, follows is not self.descending))
        return conditions

    def _has(self, end: str) -> bool:
        return f"{self.name}_{end}_id" in self.emitter.bound.values

    def _beyond(self, source: Source, end: str, greater: bool) -> ColumnElement[bool]:
        """Whether a row lies beyond the cursor `end`: one comparison of rows, which an index can answer."""
        row = tuple_(source.value, source.key)
        cursor = tuple_(
            placeholder(f"{self.name}_{end}_value", source.value.type),
            placeholder(f"{self.name}_{end}_id", Uid()),
        )
        return row > cursor if greater else row < cursor

    # ------------------------------------------------------------------ what is said of them

    def _on_edge(self, field: Field, rows: FromClause, scope: Scope) -> Expression:
        """What an edge holds: its cursor, the page's own row, one joined to it, or a column of the page."""
        if field.name == "cursor":
            return self._cursor(rows)
        part = self.part.edge[field.name]
        match part:
            case Column(name):
                return self.emitter.write.scalar(rows.c[name])
            case Joined(model, key):
                return self.emitter.joined(model, field, rows.c[key], scope)[1]
            case Whichever(models):
                entity_id = rows.c.entity_id
                *others, last = [
                    (rows.c.entity_type == model.__name__, self.emitter.joined(model, field, entity_id, scope)[1])
                    for model in models
                ]
                return case(*others, else_=last[1])
        assert self.own is not None
        return self.emitter.entity(self.own, field.under(self.own.name), rows.c, scope)

    def _cursor(self, rows: FromClause) -> Expression:
        """The JSON text of a row's cursor: ORDER.VALUE.ID."""
        value, dialect = rows.c.order_value, self.emitter.write.dialect
        text = self.emitter.write.scalar(value)
        key = dialect.plain(rows.c["entity_id" if self.own is None else "id"])
        kind = value.type
        if isinstance(kind, Text):
            return dialect.string(self.emitter.write.text(f"{self.order}.", value, ".", key))
        bare = func.trim(text, literal('"', Text(), literal_execute=True))
        return self.emitter.write.text(f'"{self.order}.', bare, ".", key, '"')

    def _info(self, field: Field, rows: FromClause) -> str | Expression:
        number, found = rows.c.number, rows.c.found
        size = placeholder(f"{self.name}_size", Integer())
        more = func.coalesce(func.max(case((found > size, constant("true")))), constant("false"))
        last = or_(number == size, number == found)
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
        source, _ = self._source()
        beyond = self._beyond(source, end, follows is not self.descending)
        there = source.select(literal(1)).where(~beyond).exists()
        return case((there, constant("true")), else_=constant("false"))

    def _total(self) -> Expression:
        source, _ = self._source()
        return self.emitter.write.dialect.plain(source.select(func.count()).scalar_subquery())


def _columns_of(part: Any, choice: Any) -> set[str]:
    """The columns of the row itself that `part` is written from."""
    if isinstance(part, Column):
        return {part.name}
    if isinstance(part, One):
        return {part.key}
    if isinstance(part, OneOf):
        return {e.key for e in part.edges}
    if isinstance(part, Embed):
        return set(part.chosen(choice).values())
    return set()
