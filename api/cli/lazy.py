"""Command groups that import a command when it is called (ADR 0028)."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import click


@dataclass(frozen=True, slots=True)
class Lazy:
    """Location of a command (`module:name`) and its line in the help of its group."""

    where: str
    about: str


class LazyGroup(click.Group):
    """A group that imports a command when it is called. Listing the commands imports none.

    Commands can also be added as to any click group.
    """

    def __init__(self, *, lazy: Mapping[str, Lazy], **more: Any) -> None:
        super().__init__(**more)
        self.lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return sorted({*self.lazy, *self.commands})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command."""
        found = self.lazy.get(cmd_name)
        if found is None:
            return super().get_command(ctx, cmd_name)
        module, _, name = found.where.partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of the commands."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, self._about(name)) for name in self.list_commands(ctx)])

    def _about(self, name: str) -> str:
        return self.lazy[name].about if name in self.lazy else self.commands[name].get_short_help_str()
