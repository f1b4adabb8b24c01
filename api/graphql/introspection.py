"""Answers introspection: graphql-core executes it off the event loop, and the answers are cached.

The answers to the standard query of tools have a cache of their own, so that no other document evicts them.
"""

from collections.abc import Hashable, Mapping
from typing import Any

import orjson
from graphql import ExecutionResult, GraphQLSchema, MiddlewareManager, execute_sync

from api import limits
from api.cache import BoundedCache
from api.errors import TooCostly
from api.graphql.documents import STANDARD_FORMS, DocumentOperation
from api.graphql.planning_thread import MAX_INLINE_COST, off_loop
from api.graphql.selection import Variables

ROOTS = frozenset({"__schema", "__type"})
MAX_VALUES = limits.INTROSPECTION.maximum
"""The standard query has a third of this number of values."""
_CACHED = 32
_LONGEST_KEY = 1_000


class Introspection:
    """Answers introspection queries on a schema."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._cached: BoundedCache[Hashable, Mapping[str, bytes]] = BoundedCache(_CACHED)
        self._standard: BoundedCache[Hashable, Mapping[str, bytes]] = BoundedCache(STANDARD_FORMS)

    async def answer(self, operation: DocumentOperation, variables: Variables) -> Mapping[str, bytes]:
        """Return the JSON texts of the introspection fields of `operation` by their keys.

        :raises TooCostly: if there are more than `MAX_VALUES` values.
        """
        key = (operation, repr(sorted(variables.items())))
        cache = self._standard if operation.is_standard else self._cached
        found = cache.get(key)
        if found is None:
            found = await off_loop(MAX_INLINE_COST + 1, lambda: self._executed(operation, variables))
            if len(key[1]) <= _LONGEST_KEY:
                cache[key] = found
        return found

    def _executed(self, operation: DocumentOperation, variables: Variables) -> Mapping[str, bytes]:
        try:
            result = execute_sync(
                self._schema,
                operation.left_over(variables, ROOTS),
                variable_values=dict(variables),
                operation_name=operation.name,
                middleware=MiddlewareManager(_Counter()),
            )
        except _TooMany:
            message = f"introspection: this comes to more than {MAX_VALUES:,} values: ask for it in several requests"
            raise TooCostly(message, limit=MAX_VALUES) from None
        assert isinstance(result, ExecutionResult)
        assert result.data is not None, result.errors
        return {key: orjson.dumps(value) for key, value in result.data.items()}


class _TooMany(BaseException):
    """Stops an execution: graphql-core makes any other exception the error of one field, and continues."""


class _Counter:
    """Counts values as they are resolved."""

    def __init__(self) -> None:
        self._left = MAX_VALUES

    def resolve(self, following: Any, source: Any, info: Any, **arguments: Any) -> Any:
        self._left -= 1
        if self._left < 0:
            raise _TooMany
        return following(source, info, **arguments)
