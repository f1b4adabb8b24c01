"""Read-your-writes (ADR 0007): positions in the write-ahead log that a caller has written and must at least see."""

import re
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

_FORM = re.compile(r"([0-9A-Fa-f]{1,8})/([0-9A-Fa-f]{1,8})")
_MAX_WRITERS = 1_000


@dataclass(slots=True)
class ConsistencyToken:
    """Positions of one operation in bytes of the log: the minimum that it must see, the last that it has written."""

    min_position: int = 0
    written_position: int = 0


consistency_token: ContextVar[ConsistencyToken | None] = ContextVar("consistency_token", default=None)
"""The token of the current operation; None without a replica."""


def parse_position(text: str) -> int:
    """Parse a position in the form of Postgres: `16/B374D848`.

    :raises ValueError: if `text` has another form.
    """
    parts = _FORM.fullmatch(text)
    if parts is None:
        raise ValueError("must be a position such as 16/B374D848")
    return int(parts[1], 16) << 32 | int(parts[2], 16)


def format_position(position: int) -> str:
    """Return a position in the form of Postgres."""
    return f"{position >> 32:X}/{position & 0xFFFFFFFF:X}"


class WritePositions:
    """Last written position of each annotator, for a bounded number of annotators.

    For annotators that were evicted, the highest evicted position counts: none of their writes is missed.
    """

    def __init__(self, max_annotators: int = _MAX_WRITERS) -> None:
        self._max_annotators = max_annotators
        self._positions: dict[UUID, int] = {}
        self._evicted = 0
        """Highest position of an evicted annotator."""

    def note(self, annotator: UUID, position: int) -> None:
        """Record that `annotator` has written up to `position`."""
        # Removed and inserted again: the annotator whose last write is oldest comes first.
        before = self._positions.pop(annotator, 0)
        self._positions[annotator] = max(before, position)
        if len(self._positions) > self._max_annotators:
            self._evicted = max(self._evicted, self._positions.pop(next(iter(self._positions))))

    def position(self, annotator: UUID | None) -> int:
        """Return the position that `annotator` must at least see; 0 for None, a caller without a token."""
        if annotator is None:
            return 0
        return self._positions.get(annotator, self._evicted)
