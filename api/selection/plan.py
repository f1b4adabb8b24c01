"""Plans: a bound selection compiled once into the driver's own words, and kept."""

from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Dialect, FromClause, Select

from api.database import Reader, Shown
from api.database.compiled import Plan
from api.database.reading import Row
from api.keeping import Kept
from api.security.viewer import Viewer
from api.security.visibility import VIEWER, Sight, caller
from api.selection.bind import Bound
from api.selection.dialects import DialectText, for_dialect
from api.selection.emit import Emitter
from api.selection.fragments import Fragments, join_roots, joined
from api.selection.graph import Entity, Graph
from api.selection.read import Field
from api.selection.text import Scope, TextWriter

KEY, KEYS = "key", "keys"
"""The names under which `Compiler.entities` expects the key of the one row, or the keys of the rows."""


def read_as(
    viewer: Viewer, reader: Reader, dialect: DialectText, plan: Plan, values: Mapping[str, object]
) -> Awaitable[Sequence[Row]]:
    """The rows of a plan that was made for the sight of `viewer`; `values` are all that it wants beside their key."""
    return reader.rows(plan.sql, plan.parameters({**values, VIEWER: caller(viewer)}, dialect.adapt))


class Compiler:
    """Makes plans over one graph for one dialect, and keeps the last `size` of them."""

    def __init__(self, graph: Graph, dialect: Dialect, size: int) -> None:
        self.graph = graph
        self.dialect: DialectText = for_dialect(dialect)
        self._plans: Kept[Hashable, Plan] = Kept(size)
        self._fragments = Fragments(size)
        self._shown: Kept[Hashable, Shown] = Kept(size)

    def query(self, key: Hashable, fields: Sequence[Field], bound: Bound, sight: Sight) -> Plan:
        """The plan of root fields: one row, a column of text for each field. `key` stands for the fields."""
        return self._kept((key, bound.shape, sight), lambda: self._roots(fields, bound, sight))

    def entities(
        self, key: Hashable, entity: Entity, fields: Sequence[Field], bound: Bound, sight: Sight, *, several: bool
    ) -> Plan:
        """The plan of the same fields of several rows: key and text of each row whose key is `KEY`, or among `KEYS`."""

        def make() -> Plan:
            keys = KEYS if several else KEY
            return self._joined(self._emitter(bound, sight).by_keys(entity, fields, keys, several=several), bound)

        return self._kept((key, bound.shape, sight, several), make)

    def edges(self, key: Hashable, field: Field, bound: Bound, sight: Sight) -> Plan:
        """The plan of the next edges of a stream: a row for each, with its place, its key and its text."""
        return self._kept((key, bound.shape, sight), lambda: self._joined(self._emitter(bound, sight).edges(field), bound))

    def watched(self, key: Hashable, field: Field, bound: Bound, sight: Sight) -> Plan:
        """The plan of what is watched: a row with its text, where there is anything."""
        return self._kept((key, bound.shape, sight), lambda: self._joined(self._emitter(bound, sight).watched(field), bound))

    def shown(self, key: Hashable, entity: Entity, fields: Sequence[Field], bound: Bound, sight: Sight) -> Shown:
        """How those fields of a row are written into a statement that knows the row itself."""
        kept = self._shown.get((key, bound.shape, sight))
        if kept is None:

            def over(rows: FromClause) -> tuple[ColumnElement[Any], FromClause]:
                scope = Scope(rows)
                return self._emitter(bound, sight).entity(entity, fields, rows.c, scope), scope.source

            kept = self._shown[key, bound.shape, sight] = Shown(over)
        return kept

    def _roots(self, fields: Sequence[Field], bound: Bound, sight: Sight) -> Plan:
        emitter = self._emitter(bound, sight)
        return join_roots([(emitter.root(field), field.slot) for field in fields], bound, self.dialect.compiler)

    def _emitter(self, bound: Bound, sight: Sight) -> Emitter:
        return Emitter(self.graph, TextWriter(self.dialect), bound, sight, self._fragments, bound.shapes())

    def _joined(self, sql: Select[Any], bound: Bound) -> Plan:
        return joined(sql, bound, self.dialect.compiler)

    def _kept(self, key: Hashable, make: Callable[[], Plan]) -> Plan:
        plan = self._plans.get(key)
        if plan is None:
            plan = self._plans[key] = make()
        return plan
