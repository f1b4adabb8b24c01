"""Writes aggregates: an object of numbers over the rows that belong to a row, computed in one pass."""

from typing import Any

from sqlalchemy import FromClause, Text, cast, func, literal, select

from api.graphql.parts import Aggregate, Aggregates, Shares
from api.graphql.plan import PlanNode
from api.graphql.sql.dialects import Expression
from api.graphql.sql.expiring import Expiring
from api.graphql.sql.json_text import Columns, Scope, froms
from api.graphql.sql.page import RowWriter
from api.security.visibility import attributable


def write_aggregates(emitter: RowWriter, part: Aggregates, node: PlanNode, row: Columns) -> Expression:
    """Return the object of `node`: numbers over the rows that belong to `row`."""
    rows, seen = emitter.rows(part.rows.model)

    def value(f: PlanNode) -> Expression:
        if isinstance(f.part, Shares):
            return _shares(emitter, f.part, f, row)
        assert isinstance(f.part, Aggregate)
        number = _number(f.part, rows.c, row) if f.part.rows is None else _counted(emitter, f.part, row)
        # SQLite concatenates before it multiplies: a computed number is cast as a whole.
        return cast(number, Text())

    written = emitter.write.members(node.type_name, node.only, value)
    if not any(isinstance(f.part, Aggregate) and f.part.rows is None for f in node.only):
        return written
    belongs = rows.c[part.rows.key] == row["id"]
    # The key may be that of the row which refers to this one; the factor is a column of the row itself.
    outer = [table for figure in part.figures.values() if figure.times for table in row[figure.times]._from_objects]
    return select(written).select_from(rows).where(belongs, seen).correlate(*froms(row), *outer).scalar_subquery()


def _shares(emitter: RowWriter, part: Shares, node: PlanNode, row: Columns) -> Expression:
    rows, seen = emitter.rows(part.rows.model, attributable)
    key = rows.c[part.whose.key]
    own = {name: figure for name, figure in part.figures.items() if figure.rows is None}
    figures = {name: _number(figure, rows.c, row).label(name) for name, figure in own.items()}
    inner = emitter.write.dialect.ordered(
        select(key, *figures.values())
        .where(rows.c[part.rows.key] == row["id"], seen)
        .group_by(key)
        .order_by(figures[part.order].desc(), key)
        .correlate(*froms(row))
    ).subquery()
    return _list(emitter, part, node, inner, row)


def _list(emitter: RowWriter, part: Shares, node: PlanNode, inner: FromClause, row: Columns) -> Expression:
    scope = Scope(inner)

    def value(f: PlanNode) -> Expression:
        if not isinstance(f.part, Aggregate):
            return emitter.value(f, inner.c, scope)
        if f.part.rows is None:
            return emitter.write.scalar(inner.c[f.name])
        return cast(_counted(emitter, f.part, row, inner.c[part.whose.key]), Text())

    item = emitter.write.members(node.type_name, node.only, value)
    return emitter.write.array(item, [inner.c[part.order].desc(), inner.c[part.whose.key]], scope)


def _counted(emitter: RowWriter, figure: Aggregate, row: Columns, owner: Any = None) -> Expression:
    """Return a number over other rows that belong to `row`, and to `owner` if there is one."""
    assert figure.rows is not None
    rows, seen = emitter.rows(figure.rows.model, attributable)
    outer = [*froms(row), *([] if owner is None else [owner.table])]
    mine = [] if owner is None else [rows.c[owner.name] == owner]
    belongs = (rows.c[figure.rows.key] == row["id"], *mine)
    found = select(_number(figure, rows.c, row)).select_from(rows).where(*belongs, seen)
    return found.correlate(*outer).scalar_subquery()


def _number(figure: Aggregate, rows: Any, row: Columns) -> Expression:
    number: Any = func.count() if figure.summed is None else func.sum(rows[figure.summed])
    if figure.where is not None:
        column, values = figure.where
        current = column.value(rows) if isinstance(column, Expiring) else rows[column]
        number = number.filter(current.in_([literal(value, current.type, literal_execute=True) for value in values]))
    whole: Expression = number if figure.summed is None else func.coalesce(number, 0)
    return whole if figure.times is None else whole * row[figure.times]
