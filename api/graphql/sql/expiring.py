"""A value that expires: its current value is determined when it is read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, case, literal, type_coerce

from api.database.constructs import CurrentInstant
from api.graphql.sql.predicates import Binds, Condition


@dataclass(frozen=True)
class Expiring:
    """A column with a value that expires: `lasts` is read as `then` from the instant in the column `until` on."""

    column: str
    until: str
    lasts: str
    then: str

    def value(self, row: Any) -> ColumnElement[str]:
        """Return the current value in `row`, a collection of columns by name."""
        stored = type_coerce(row[self.column], Text())
        over = and_(stored == _constant(self.lasts), row[self.until] <= CurrentInstant())
        return case((over, _constant(self.then)), else_=stored)


@dataclass(frozen=True)
class AtPresentAmong:
    """Predicate: the current value of an expiring column is one of the requested values."""

    column: Expiring

    def read(self, value: Any, argument: str) -> Mapping[str, object]:  # noqa: D102 (said by the protocol)
        values = [str(v) for v in value]
        return {"kept" if {*values} <= {self.column.lasts, self.column.then} else "all": values}

    def where(self, row: Any, binds: Binds) -> Condition:  # noqa: D102
        current, by_stored, every = self.column.value(row), binds.under("kept"), binds.under("all")
        if not by_stored.there:
            return every.holds(current, Text())
        # An index finds the rows whose stored value may expire: they may be few.
        return and_(
            type_coerce(row[self.column.column], Text()) == _constant(self.column.lasts), by_stored.holds(current)
        )


def _constant(value: str) -> ColumnElement[str]:
    return literal(value, Text(), literal_execute=True)
