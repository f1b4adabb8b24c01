"""Statements of SQLAlchemy's in a driver's own words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Dialect


@dataclass(frozen=True, slots=True)
class Plan:
    """A statement, and the names of the values that it wants, in order; some values are the same for every request."""

    sql: str
    names: tuple[str, ...]
    fixed: Mapping[str, object]

    def parameters(self, values: Mapping[str, object], adapt: Callable[[object], object]) -> list[object]:
        """The positional parameters that `values` make, in the driver's types."""
        fixed = self.fixed
        return [adapt(fixed[name] if name in fixed else values[name]) for name in self.names]


def compiled(statement: Any, dialect: Dialect) -> Plan:
    """The plan of a statement."""
    made = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    names = tuple(made.positiontup or ())
    return Plan(str(made), names, {name: made.params[name] for name in names if made.params[name] is not None})
