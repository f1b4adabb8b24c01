"""Names of SQL parameters: made here, from the slot of a node and a label, and taken apart here.

A fragment is compiled once and used under any slot, so that it takes the names of its parameters apart again.
"""

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter
from sqlalchemy.types import TypeEngine

from api.graphql.sql.dialects import placeholder

_NAME = re.compile(r"p(\d+)_(.*)")


def parameter_name(slot: int | None, label: str) -> str:
    """Return the name of a parameter; without a slot, the label itself."""
    return label if slot is None else f"p{slot}_{label}"


def split_name(name: str) -> tuple[int | None, str]:
    """Return the slot and the label of a parameter's name."""
    found = _NAME.fullmatch(name)
    return (int(found[1]), found[2]) if found else (None, name)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the statement."""

    name: str

    def placeholder(self, kind: TypeEngine[Any]) -> BindParameter[Any]:
        """Return the parameter as an SQL expression of the type `kind`."""
        return placeholder(self.name, kind)
