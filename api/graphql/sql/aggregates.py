"""Writes figures over the rows that belong to a row: an object of numbers, reckoned in one pass over them."""

from typing import Any

from sqlalchemy import FromClause, Text, cast, func, literal, select

from api.graphql.parts import Aggregate, Aggregates, Column, Part, Shares
from api.graphql.selection import Field
from api.graphql.sql.dialects import Expression
from api.graphql.sql.expiring import Expiring
from api.graphql.sql.json_text import Columns, Scope, froms
from api.graphql.sql.page import Writer
from api.security.visibility import attributable


def write_figures(emitter: Writer, part: Aggregates, field: Field, row: Columns) -> Expression:
    """The object of figures behind `field`, over the rows that belong to `row`."""
    rows, seen = emitter.rows(part.rows.model)
    (type_name,) = field.selections

    def value(asked: Field) -> Expression:
        if asked.name in part.shares:
            return _shares(emitter, part.shares[asked.name], asked, row)
        figure = part.figures[asked.name]
        number = _number(figure, rows.c, row) if figure.rows is None else _counted(emitter, figure, row)
        # SQLite joins texts before it multiplies: a number that is reckoned is cast as a whole.
        return cast(number, Text())

    written = emitter.write.members(type_name, field.only, value)
    if not any(asked.name in part.figures and part.figures[asked.name].rows is None for asked in field.only):
        return written
    belongs = rows.c[part.rows.key] == row["id"]
    # The key may be that of the row which leads here; what it is multiplied by is in the row itself.
    outer = [table for figure in part.figures.values() if figure.times for table in row[figure.times]._from_objects]
    return select(written).select_from(rows).where(belongs, seen).correlate(*froms(row), *outer).scalar_subquery()


def _shares(emitter: Writer, part: Shares, field: Field, row: Columns) -> Expression:
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
    return _listed(emitter, part, field, inner, row)


def _listed(emitter: Writer, part: Shares, field: Field, inner: FromClause, row: Columns) -> Expression:
    behind: dict[str, Part] = {part.name: part.whose, **{name: Column(name) for name in part.figures}}
    (type_name,), scope = field.selections, Scope(inner)

    def value(asked: Field) -> Expression:
        figure = part.figures.get(asked.name)
        if figure is None or figure.rows is None:
            return emitter.part(behind[asked.name], asked, inner.c, scope)
        return cast(_counted(emitter, figure, row, inner.c[part.whose.key]), Text())

    item = emitter.write.members(type_name, field.only, value)
    return emitter.write.array(item, [inner.c[part.order].desc(), inner.c[part.whose.key]], scope)


def _counted(emitter: Writer, figure: Aggregate, row: Columns, owner: Any = None) -> Expression:
    """A number over rows of its own that belong to `row`, and to `owner` where there is one."""
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
        asked = column.value(rows) if isinstance(column, Expiring) else rows[column]
        number = number.filter(asked.in_([literal(value, asked.type, literal_execute=True) for value in values]))
    whole: Expression = number if figure.summed is None else func.coalesce(number, 0)
    return whole if figure.times is None else whole * row[figure.times]
