"""Positions in the primary's write-ahead log: how far a caller has written, and how far it must at least see."""

import re
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

_SHAPE = re.compile(r"([0-9A-Fa-f]{1,8})/([0-9A-Fa-f]{1,8})")
_MOST_WRITERS = 1_000


@dataclass(slots=True)
class Horizon:
    """How far the current operation must see at least, and how far it has written: positions in bytes of the log."""

    least: int = 0
    written: int = 0


horizon: ContextVar[Horizon | None] = ContextVar("horizon", default=None)
"""That of the current operation, where there is a replica and somebody asks."""


def parse(text: str) -> int:
    """The position that is written as Postgres writes it: `16/B374D848`.

    :raises ValueError: where it is none.
    """
    parts = _SHAPE.fullmatch(text)
    if parts is None:
        raise ValueError("must be a position such as 16/B374D848")
    return int(parts[1], 16) << 32 | int(parts[2], 16)


def shown(position: int) -> str:
    """A position as Postgres writes it."""
    return f"{position >> 32:X}/{position & 0xFFFFFFFF:X}"


class Writers:
    """Up to which position each annotator has written lately; of a bounded number, and none is forgotten wrongly."""

    def __init__(self, most: int = _MOST_WRITERS) -> None:
        self._most = most
        self._positions: dict[UUID, int] = {}
        self._others = 0
        """Up to which position whoever is not remembered may have written."""

    def note(self, annotator: UUID, position: int) -> None:
        """Remember that `annotator` has written up to `position`."""
        # Taken out and put in again: who has not written for longest stands first.
        before = self._positions.pop(annotator, 0)
        self._positions[annotator] = max(before, position)
        if len(self._positions) > self._most:
            self._others = max(self._others, self._positions.pop(next(iter(self._positions))))

    def position(self, annotator: UUID | None) -> int:
        """How far `annotator` (anybody without a token: None) must at least see."""
        if annotator is None:
            return 0
        return self._positions.get(annotator, self._others)
