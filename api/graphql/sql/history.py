"""Writes members of revisions: the row that changed, the fields that changed, the columns of a row at an instant.

Revisions hold states of rows as JSON: columns by name, with bare keys. The fields that the types of the graph declare
determine what clients see of a column (ADR 0003).
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache

from sqlalchemy import CTE, ColumnElement, FromClause, Integer, Text, case, cast, column, func, or_, select, values
from sqlalchemy import literal as sql_literal

from api.graphql.graph import Entity, Graph
from api.graphql.parts import Column, Embed, ForeignKey, Items, ManyToMany, Page, Part, UnionKey
from api.graphql.plan import PlanNode
from api.graphql.revision_parts import AnyId, AnyType, Differences, Parent, RowAt
from api.graphql.sql.dialects import Expression
from api.graphql.sql.expiring import Expiring
from api.graphql.sql.json_text import Columns, Scope, TextWriter, constant, froms
from api.ids import PREFIXES
from models import RevisionAction
from models.base import Uid

_NO_VALUES = ("id",)
"""Columns that never change, and that the revision itself holds."""


def revision_member(
    write: TextWriter, graph: Graph, part: AnyId | AnyType | Differences, node: PlanNode, row: Columns
) -> Expression:
    """Return a member of a revision that its own columns determine."""
    match part:
        case AnyId(kind, key):
            prefix = _by_type(row[kind], {name: f'"{prefix}_' for name, prefix in PREFIXES.items()})
            return write.text(prefix, write.dialect.plain(row[key]), '"')
        case AnyType(kind):
            return _by_type(row[kind], {name: f'"{capitals(name)}"' for name in PREFIXES})
        case Differences():
            return _differences(write, graph, part, node, row)


def _by_type(kind: Expression, texts: Mapping[str, str]) -> Expression:
    return case(*((kind == constant(name), constant(text)) for name, text in texts.items()), else_=constant('""'))


def capitals(type_name: str) -> str:
    """`ProjectMember` → `PROJECT_MEMBER`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type_name).upper()


# ---------------------------------------------------------------- what changed


def _differences(write: TextWriter, graph: Graph, part: Differences, node: PlanNode, row: Columns) -> Expression:
    fields = _fields(graph, part).alias()
    before, after = (write.dialect.state_member(row[name], fields.c.name) for name in (part.before, part.after))
    differing = (
        select(fields.c.place, fields.c.field, fields.c.prefix, before.label("before"), after.label("after"))
        .where(fields.c.kind == row[part.kind], before.is_distinct_from(after))
        .correlate(*froms(row))
    )
    inner = write.dialect.ordered(differing, fields.c.place).subquery()

    def value(f: PlanNode) -> Expression:
        if f.name == "field":
            return write.text('"', inner.c.field, '"')
        return _as_clients_know_it(write, inner.c[f.name], inner.c.prefix)

    return write.array(write.members(node.type_name, node.only, value), [inner.c.place], Scope(inner))


def _as_clients_know_it(write: TextWriter, value: Expression, prefix: Expression) -> Expression:
    """Return JSON text in which bare keys are replaced by global IDs. Keys hold no JSON syntax."""
    tight = func.replace(value, constant(', "'), constant(',"'))
    members = func.replace(tight, constant(',"'), write.text(',"', prefix))
    several = func.replace(members, constant('["'), write.text('["', prefix))
    one = write.text('"', prefix, func.substr(value, sql_literal(2, literal_execute=True)))
    begins = func.substr(value, sql_literal(1, literal_execute=True), sql_literal(1, literal_execute=True))
    return case(
        (value.is_(None), constant("null")),
        (prefix == constant(""), value),
        (begins == constant("["), several),
        (begins == constant('"'), one),
        else_=value,  # a number of items, if the state holds no more
    )


@cache
def _table(rows: tuple[tuple[str, int, str, str, str], ...]) -> CTE:
    """Return the same CTE for the same rows, so that a statement holds it once."""
    kind, place, name, field, prefix = (
        column("kind", Text),
        column("place", Integer),
        column("name", Text),
        column("field", Text),
        column("prefix", Text),
    )
    return values(kind, place, name, field, prefix, name="fields", literal_binds=True).data(list(rows)).cte("fields")


def _fields(graph: Graph, part: Differences) -> FromClause:
    """Return, for each type and each name in its states, the field, and the prefix of its IDs."""
    rows = [
        (entity.name, name, member, prefix)
        for entity in graph.entities
        for name, member, prefix in (*_state_names(entity), *_more(part.more.get(entity.name, {})))
    ]
    numbered = ((kind, place, name, member, prefix) for place, (kind, name, member, prefix) in enumerate(rows))
    return _table(tuple(numbered))


def _state_names(entity: Entity) -> Iterator[tuple[str, str, str]]:
    """Yield for each name in a stored state: the name, its GraphQL field, and the prefix of its global IDs."""
    for field, part in entity.parts.items():
        yield from ((name, member, prefix) for name, member, prefix in _names(field, part) if name not in _NO_VALUES)


def _names(field: str, part: Part) -> Iterator[tuple[str, str, str]]:
    match part:
        case Column(name) | Expiring(name):
            yield name, field, ""
        case ForeignKey(key, model):
            yield key, field, _prefix(model.__name__)
        case UnionKey(edges):
            yield from ((edge.key, field, _prefix(edge.model.__name__)) for edge in edges)
        case Embed(columns):
            yield from ((name, f"{field}.{member}", "") for member, name in columns.items())
        case Items():
            yield field, field, ""
        case Page(rows=ManyToMany(model)):
            yield field, field, _prefix(model.__name__)


def _more(names: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    yield from ((name, name, _prefix(type_name)) for name, type_name in names.items())


def _prefix(type_name: str) -> str:
    return f"{PREFIXES[type_name]}_"


def parent_key(write: TextWriter, part: Parent, revision: Columns) -> Expression:
    """Return the key of the parent of a revision's row; NULL for rows of other types, or if it is not recorded."""
    after, before = (
        write.dialect.state_member(revision[name], constant(part.key)) for name in (part.after, part.before)
    )
    begin, size = (sql_literal(number, literal_execute=True) for number in (2, 36))
    key = cast(func.substr(func.coalesce(after, before), begin, size), Uid())
    return case((or_(*(revision[part.kind] == constant(name) for name in part.of)), key))


# ---------------------------------------------------------------- what was


def value_then(write: TextWriter, part: RowAt, node: PlanNode, revision: Columns) -> Expression:
    """Return the object of a row's columns after `revision`; null if the revision deleted the row."""

    def value(f: PlanNode) -> Expression:
        state = write.dialect.state_member(revision["after"], constant(part.columns[f.name]))
        return func.coalesce(state, constant("null"))

    gone = revision["action"] == constant(RevisionAction.DELETED)
    return case((gone, constant("null")), else_=write.members(node.type_name, node.only, value))


def holds_value(write: TextWriter, part: RowAt, revision: Columns) -> ColumnElement[bool]:
    """Return the condition that a revision holds the value of a row: some hold only a change of one key."""
    first = next(iter(part.columns.values()))
    whole = write.dialect.state_member(revision["after"], constant(first)).is_not(None)
    return or_(revision["action"] == constant(RevisionAction.DELETED), whole)
