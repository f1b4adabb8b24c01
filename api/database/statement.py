"""SQLAlchemy statements compiled to a driver's SQL and positional parameters."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Dialect


@dataclass(frozen=True, slots=True)
class Plan:
    """Compiled SQL with the names of its positional parameters; `fixed` holds the values that no request changes."""

    sql: str
    names: tuple[str, ...]
    fixed: Mapping[str, object]

    def parameters(self, values: Mapping[str, object], adapt: Callable[[object], object]) -> list[object]:
        """Return the positional parameters for `values`, adapted to the driver's types."""
        fixed = self.fixed
        return [adapt(fixed[name] if name in fixed else values[name]) for name in self.names]


def compiled(statement: Any, dialect: Dialect) -> Plan:
    """Compile a statement."""
    made = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    names = tuple(made.positiontup or ())
    return Plan(str(made), names, {name: made.params[name] for name in names if made.params[name] is not None})
