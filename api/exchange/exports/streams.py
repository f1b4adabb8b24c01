"""Streams of rows over one connection, read in batches."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncResult

from api.security.viewer import Viewer
from api.security.visibility import VIEWER, caller

_BATCH_SIZE = 500


class ResultStreams:
    """Streams the rows of queries with the parameters of a viewer, and closes the streams that were left open."""

    def __init__(self, connection: AsyncConnection, viewer: Viewer) -> None:
        self.connection, self.viewer = connection, viewer
        self.values = {VIEWER: caller(viewer)}
        self._open: list[AsyncResult[*tuple[Any, ...]]] = []

    async def batches(self, query: Select[*tuple[Any, ...]]) -> AsyncIterator[Sequence[Any]]:
        """Return the rows of a query in batches."""
        result = await self.connection.stream(query, self.values)
        self._open.append(result)
        async for batch in result.partitions(_BATCH_SIZE):
            yield batch
        self._open.remove(result)

    async def close(self) -> None:
        """Close all streams that were not read to the end."""
        for result in self._open:
            await result.close()
        self._open.clear()
