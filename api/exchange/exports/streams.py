"""Rows of queries that are read bit by bit, over one connection."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncResult

from api.security.viewer import Viewer
from api.security.visibility import VIEWER, caller

_BATCH_SIZE = 500


class ResultStreams:
    """Streams with a viewer's sight, and which of them are open."""

    def __init__(self, connection: AsyncConnection, viewer: Viewer) -> None:
        self.connection, self.viewer = connection, viewer
        self.values = {VIEWER: caller(viewer)}
        self._open: list[AsyncResult[*tuple[Any, ...]]] = []

    async def batches(self, query: Select[*tuple[Any, ...]]) -> AsyncIterator[Sequence[Any]]:
        """The rows of a query, some at a time."""
        result = await self.connection.stream(query, self.values)
        self._open.append(result)
        async for batch in result.partitions(_BATCH_SIZE):
            yield batch
        self._open.remove(result)

    async def close(self) -> None:
        """End what was not read to its end."""
        for result in self._open:
            await result.close()
        self._open.clear()
