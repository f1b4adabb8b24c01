"""Queries that are cheap to compile: SELECT with its FROM clause written out (ADR 0026).

SQLAlchemy's `Select` determines by itself what it selects from, what it correlates to, and what its columns are called.
For a page of a list that is half of the cost of compiling, and all of it is known here. A `SelectQuery` holds columns,
sources, conditions, order and limit, and renders them. Its expressions are SQLAlchemy's, and may contain a `Select`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Boolean, ClauseElement, ColumnClause, ColumnElement, FromClause, FunctionElement
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import False_, True_, _anonymous_label, _truncated_label

Expression: TypeAlias = ColumnElement[Any]


class Aliased(FromClause):
    """A source under a generated name. Its columns have a name and a type, and nothing else."""

    inherit_cache = False
    named_with_column = True

    def __init__(self, derived: str) -> None:
        self.name = _anonymous_label.safe_construct(id(self), derived)

    def rendered_name(self, visitor: Any) -> str:
        """Return the name of the source in the SQL."""
        return str(visitor._truncated_identifier("alias", self.name))

    def _named_columns(self) -> Iterable[tuple[str, Expression]]:
        raise NotImplementedError

    def _populate_column_collection(self, columns: Any, primary_key: Any, foreign_keys: Any) -> None:
        columns._populate_separate_keys(self._named_columns())

    @property
    def _from_objects(self) -> list[FromClause]:
        return [self]


class TableColumn(ColumnClause[Any]):
    """A column of a table. The same column of a `Select` has the same `nullable`."""

    inherit_cache = False

    def __init__(self, name: str, kind: Any, table: FromClause, nullable: bool) -> None:
        super().__init__(name, kind, _selectable=table)
        self.nullable = nullable

    def _make_proxy(self, selectable: FromClause, *args: Any, name: str | None = None, **kw: Any) -> Any:
        made: Any = TableColumn(name or self.name, self.type, selectable, self.nullable)
        made._proxies = [self]
        return made.key, made


class TableRows(Aliased):
    """A table under an alias."""

    def __init__(self, table: Any) -> None:
        super().__init__(table.name)
        self.element = table

    def _named_columns(self) -> Iterable[tuple[str, Expression]]:
        for column in self.element.c:
            yield column.key, TableColumn(column.name, column.type, self, column.nullable)

    def _compiler_dispatch(self, visitor: Any, **_kw: Any) -> str:
        return f"{visitor.preparer.format_table(self.element)} AS {self.rendered_name(visitor)}"


@cache
def own_alias(table: FromClause) -> TableRows:
    """Return the alias of a table for a query within which no other selects from the table: the same in each."""
    return TableRows(table)


class Join(NamedTuple):
    """A source that is joined to those before it."""

    source: FromClause
    condition: ColumnElement[bool]
    inner: bool


class Named(NamedTuple):
    """An expression and its name in the result; the name is generated if there is none."""

    expression: Expression
    name: str | None = None


@dataclass(eq=False)
class SelectQuery(ClauseElement):
    """A SELECT, or a UNION ALL of several; order and limit apply to all rows."""

    columns: tuple[Named, ...]
    source: FromClause | None = None
    joins: tuple[Join, ...] = ()
    conditions: tuple[ColumnElement[bool], ...] = ()
    order: tuple[Expression, ...] = ()
    limited: Expression | None = None
    united: tuple["SelectQuery", ...] = ()
    """The other selects, whose rows come after its own."""

    inherit_cache = False
    _offset_clause = None

    @property
    def _limit_clause(self) -> Expression | None:
        return self.limited

    def where(self, *conditions: ColumnElement[bool]) -> "SelectQuery":
        """Return the query with more conditions."""
        return replace(self, conditions=(*self.conditions, *conditions))

    def order_by(self, *order: Expression) -> "SelectQuery":
        """Return the query with this ORDER BY."""
        return replace(self, order=order)

    def limit(self, limit: Expression) -> "SelectQuery":
        """Return the query with a maximum number of rows."""
        return replace(self, limited=limit)

    def scalar_subquery(self) -> "Scalar":
        """Return the query as an expression: the value of its only row and column."""
        return Scalar(self)

    def exists(self) -> "Exists":
        """Return the condition that the query has a row (EXISTS)."""
        return Exists(self)

    def subquery(self) -> "QueryRows":
        """Return the query as a subquery to select from."""
        return QueryRows(self)

    # ------------------------------------------------------------------ rendering

    def _compiler_dispatch(self, visitor: Any, *, named: bool = False, **_kw: Any) -> str:
        toplevel = not visitor.stack
        text = " UNION ALL ".join(each._select(visitor, named) for each in (self, *self.united))
        if self.order:
            text += " ORDER BY " + ", ".join(each._compiler_dispatch(visitor) for each in self.order)
        if self.limited is not None:
            text += visitor.limit_clause(self)
        return visitor._render_cte_clause() + text if toplevel and visitor.ctes else text

    def _select(self, visitor: Any, named: bool) -> str:
        self._enter(visitor.stack)
        text = "SELECT " + ", ".join(_column(visitor, each, named) for each in self.columns)
        if self.source is not None:
            text += " \nFROM " + self._from(visitor)
        conditions = _conjunction(self.conditions)
        if conditions:
            text += " \nWHERE " + " AND ".join(each._compiler_dispatch(visitor) for each in conditions)
        visitor.stack.pop()
        return text

    def _from(self, visitor: Any) -> str:
        assert self.source is not None
        text = self.source._compiler_dispatch(visitor, asfrom=True)
        for source, condition, inner in self.joins:
            joined = source._compiler_dispatch(visitor, asfrom=True)
            on = condition._compiler_dispatch(visitor)
            text += f"{' JOIN ' if inner else ' LEFT OUTER JOIN '}{joined} ON {on}"
        return str(text)

    def _enter(self, stack: list[Any]) -> None:
        """Push the tables of this query to the stack of the SQL compiler: a nested `Select` may correlate to them."""
        sources = () if self.source is None else (self.source, *(each.source for each in self.joins))
        mine = {found for source in sources for found in source._from_objects}
        around = stack[-1]["correlate_froms"] if stack else frozenset()
        stack.append(
            {"asfrom_froms": mine, "correlate_froms": mine | around, "selectable": self, "compile_state": None}
        )


def _column(visitor: Any, column: Named, named: bool) -> str:
    expression, name = column
    text: str = expression._compiler_dispatch(visitor, within_columns_clause=True)
    if named and name is not None:
        return f"{text} AS {visitor.preparer.quote(name)}"
    if getattr(expression, "name", None) is not None and not isinstance(expression, FunctionElement):
        return text
    label = expression._anon_name_label
    if not isinstance(label, _truncated_label):  # what wraps a column is called as the column
        return f"{text} AS {visitor.preparer.quote(label)}"
    return f"{text} AS {visitor._truncated_identifier('colident', label)}"


def _conjunction(conditions: Iterable[ColumnElement[bool]]) -> list[ColumnElement[bool]]:
    """Return the conditions that matter: a false one alone, else all but the true ones."""
    conditions = list(conditions)
    telling = [each for each in conditions if not isinstance(each, True_)] or conditions[:1]
    telling = next(([each] for each in telling if isinstance(each, False_)), telling)
    needs_no_brackets = len(telling) == 1 and not isinstance(telling[0], True_ | False_)
    return telling if needs_no_brackets else [each.self_group(against=operators.and_) for each in telling]


class Scalar(ColumnElement[Any]):
    """The one value of a query."""

    inherit_cache = False

    def __init__(self, query: SelectQuery) -> None:
        self.element, self.type = query, query.columns[0].expression.type

    def self_group(self, against: Any = None) -> "Scalar":
        """Return itself."""
        return self

    def _compiler_dispatch(self, visitor: Any, **_kw: Any) -> str:
        return f"({self.element._compiler_dispatch(visitor)})"


class Exists(ColumnElement[bool]):
    """True if a query has a row."""

    inherit_cache = False
    type = Boolean()

    def __init__(self, query: SelectQuery) -> None:
        self.query = query

    def self_group(self, against: Any = None) -> "Exists":
        """Return itself."""
        return self

    def _compiler_dispatch(self, visitor: Any, **_kw: Any) -> str:
        return f"(EXISTS ({self.query._compiler_dispatch(visitor)}))"


class QueryColumn(ColumnElement[Any]):
    """A column of the rows of a query."""

    inherit_cache = False

    def __init__(self, table: "QueryRows", name: str, expression: Expression) -> None:
        self.table, self.name, self.type = table, name, expression.type
        self.nullable = getattr(expression, "nullable", False)

    @property
    def _from_objects(self) -> list[FromClause]:
        return [self.table]

    def _compiler_dispatch(self, visitor: Any, **_kw: Any) -> str:
        return f"{self.table.rendered_name(visitor)}.{visitor.preparer.quote(self.name)}"


class QueryRows(Aliased):
    """The rows of a query: `(SELECT …) AS anon`."""

    def __init__(self, query: SelectQuery) -> None:
        super().__init__("anon")
        self.query = query

    def _named_columns(self) -> Iterable[tuple[str, Expression]]:
        for expression, name in self.query.columns:
            if name is not None:
                yield name, QueryColumn(self, name, expression)

    def whole(self, *more: Named) -> SelectQuery:
        """Select all its columns, and `more`."""
        mine = (Named(self.c[name], name) for _, name in self.query.columns if name is not None)
        return SelectQuery((*mine, *more), self)

    def _compiler_dispatch(self, visitor: Any, **_kw: Any) -> str:
        return f"({self.query._compiler_dispatch(visitor, named=True)}) AS {self.rendered_name(visitor)}"
