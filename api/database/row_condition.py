"""A condition that each row shown meets, written as each database answers it fastest."""

from typing import Any

from sqlalchemy import Boolean, ColumnElement, FunctionElement, Select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler


def outside(key: ColumnElement[Any], few: Select[Any]) -> ColumnElement[bool]:
    """Whether `key`, which is never NULL, is none of the few keys that a statement selects."""
    return _Outside(key, few.scalar_subquery())


class _Outside(FunctionElement[bool]):
    inherit_cache = True
    type = Boolean()

    def self_group(self, against: Any = None) -> Any:
        return self


@compiles(_Outside)
def _as_list(element: _Outside, compiler: SQLCompiler, **kw: Any) -> str:
    key, few = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"({key} NOT IN {few})"


@compiles(_Outside, "postgresql")
def _as_array(element: _Outside, compiler: SQLCompiler, **kw: Any) -> str:
    # An array is looked through faster than a subquery. Bare, the comparison would have Postgres reckon with nearly
    # no row being shown; of what `coalesce` gives it knows nothing, and reckons with half of them.
    key, few = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"coalesce({key} <> ALL (ARRAY{few}), true)"
