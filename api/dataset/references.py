"""References to rows in computed values: the engine reads the rows and puts them in their place. ADR 0014."""

from typing import Any
from uuid import UUID

from api.analysis.arrays import Keys, RowKeys
from api.graphql.parts import Ref


def reference(type_name: str, key: UUID) -> Any:
    """Return a `Ref` to a row of a GraphQL type; typed as Any, since the engine replaces it by an object."""
    return Ref(type_name, key)


def references(type_name: str, keys: Keys) -> list[Any]:
    """Return references to the rows of a GraphQL type with these keys."""
    return [Ref(type_name, UUID(key.decode())) for key in keys.tolist()]


def statement_reference(halves: RowKeys) -> Any:
    """Return a reference to the statement whose key has these two halves, see `columns.parse_halves`."""
    high, low = halves.tolist()
    return Ref("Statement", UUID(int=high << 64 | low))
