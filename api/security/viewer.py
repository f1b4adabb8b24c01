"""Who is asking."""

from dataclasses import dataclass
from uuid import UUID

from models import Role

_RANK = {role: rank for rank, role in enumerate(Role)}


@dataclass(frozen=True, slots=True)
class Viewer:
    """The caller of an operation: an annotator, nobody in particular, or the operator at the command line."""

    annotator_id: UUID | None = None
    role: Role | None = None

    def has(self, role: Role) -> bool:
        """Whether the caller may do what `role` may."""
        return self.role is not None and _RANK[self.role] >= _RANK[role]


ANONYMOUS = Viewer()
"""A caller without a token: may read."""

OPERATOR = Viewer(role=Role.ADMIN)
"""Whoever has the machine: the command line, seeds, imports. No annotator, so it records no stances of its own."""
