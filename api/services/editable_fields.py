"""The fields of a noun that callers write: one table a noun, derived from its commands.

A column is writable if a command of the noun has a field of its name. Creating, updating, undoing and merging, import
and export go by these tables. So a new writable column needs a field in the commands, and no other change in these
places.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from api.services.outcome import KEEP
from api.services.revisions import State, parse_value
from models import Base
from models.base import table_of


@dataclass(frozen=True, slots=True)
class ChildField:
    """A field whose rows are in a table of their own, such as aliases."""

    field: str
    """The field of the command."""
    parse: Callable[[Any], Any]
    """Returns the value of the field for the value in a revision."""


@dataclass(frozen=True)
class EditableFields:
    """The writable fields of a noun."""

    model: type[Base]
    create: type[Any]
    """The command that creates a row."""
    update: type[Any]
    """The command that edits a row."""
    children: Mapping[str, ChildField] = field(default_factory=dict)
    """By name in revisions."""

    @property
    def created(self) -> tuple[str, ...]:
        """The columns that the creating command sets. Foreign keys are left out: they need a lookup."""
        return self._columns(self.create)

    @property
    def updated(self) -> tuple[str, ...]:
        """The columns that the editing command changes."""
        return self._columns(self.update)

    @property
    def content(self) -> tuple[str, ...]:
        """The columns of `created` without the slug, which identifies a row rather than describes it."""
        return tuple(name for name in self.created if name != "slug")

    def _columns(self, command: type[Any]) -> tuple[str, ...]:
        columns = table_of(self.model).c
        names = (each.name for each in fields(command) if each.name != "id")
        return tuple(name for name in names if name in columns and not columns[name].foreign_keys)

    def values(self, source: Any) -> dict[str, Any]:
        """Return the values of `created` that a command, row or record has."""
        return {name: getattr(source, name) for name in self.created}

    def changes(self, command: Any) -> dict[str, Any]:
        """Return the columns that an editing command sets, with their new values."""
        return {name: value for name in self.updated if (value := getattr(command, name)) is not KEEP}

    def undoing(self, before: State, after: State) -> dict[str, Any]:
        """Return the arguments of the editing command that undoes a change, from the states in its revision.

        Fields that the change did not alter are omitted: a merger or an import may have given them values that the
        command refuses.
        """
        columns, arguments = table_of(self.model).c, dict[str, Any]()
        for name, value in before.items():
            if name in after and after[name] == value:
                continue
            if name in self.updated:
                arguments[name] = parse_value(columns[name], value)
            elif name in self.children:
                arguments[self.children[name].field] = self.children[name].parse(value)
        return arguments
