"""The caller of an operation."""

from dataclasses import dataclass
from uuid import UUID

from models import Role

_RANK = {role: rank for rank, role in enumerate(Role)}


@dataclass(frozen=True, slots=True)
class Viewer:
    """The caller: an annotator, an anonymous client, or the operator at the command line."""

    annotator_id: UUID | None = None
    role: Role | None = None

    def has(self, role: Role) -> bool:
        """True if the caller's role is `role` or a higher one."""
        return self.role is not None and _RANK[self.role] >= _RANK[role]


ANONYMOUS = Viewer()
"""A caller without a token, who may only read."""

OPERATOR = Viewer(role=Role.ADMIN)
"""The command line, seeds and imports. It is no annotator and records no stances of its own."""
