"""A value that holds until an instant: what it is at present is decided where it is read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, case, literal, type_coerce

from api.database.constructs import CurrentInstant
from api.graphql.sql.predicates import Binds, Condition


@dataclass(frozen=True)
class Expiring:
    """A column of which one value, `lasts`, holds until the instant in another column; from then on it is `then`."""

    column: str
    until: str
    lasts: str
    then: str

    def value(self, row: Any) -> ColumnElement[str]:
        """What it is at present in `row`, a collection of columns by name."""
        kept = type_coerce(row[self.column], Text())
        over = and_(kept == _constant(self.lasts), row[self.until] <= CurrentInstant())
        return case((over, _constant(self.then)), else_=kept)


@dataclass(frozen=True)
class AtPresentAmong:
    """What the column is at present is one of the values given."""

    column: Expiring

    def read(self, value: Any, argument: str) -> Mapping[str, object]:  # noqa: D102 (said by the protocol)
        values = [str(v) for v in value]
        return {"kept" if {*values} <= {self.column.lasts, self.column.then} else "all": values}

    def where(self, row: Any, binds: Binds) -> Condition:  # noqa: D102
        asked, kept, every = self.column.value(row), binds.under("kept"), binds.under("all")
        if not kept.there:
            return every.holds(asked, Text())
        # What is kept as the value that lasts may be little of much, and have an index.
        return and_(type_coerce(row[self.column.column], Text()) == _constant(self.column.lasts), kept.holds(asked))


def _constant(value: str) -> ColumnElement[str]:
    return literal(value, Text(), literal_execute=True)
