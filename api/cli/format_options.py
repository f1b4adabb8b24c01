"""Command groups with one command per format, whose options the format declares (ADR 0018)."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import click

from api.errors import ConfigurationError
from api.exchange.format import Format, Option, Options, formats


class FormatGroup(click.Group):
    """A group with a command for each format that `make` returns one for. Commands are made on first use."""

    def __init__(self, make: Callable[[Format], click.Command | None], **more: Any) -> None:
        super().__init__(subcommand_metavar="FORMAT [OPTIONS] …", **more)
        self._make = make

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the formats with a command."""
        return [name for name, one in formats().items() if self._make(one) is not None]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of a format."""
        found = formats().get(cmd_name)
        return None if found is None else self._make(found)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Resolve as click does; the error for an unknown format lists the formats."""
        if self.get_command(ctx, args[0]) is None:
            known = ", ".join(self.list_commands(ctx))
            raise click.UsageError(f"Unknown {self.name} format {args[0]!r}; the formats are {known}.", ctx)
        return super().resolve_command(ctx, args)


def click_options(declared: Format, way: str) -> list[click.Parameter]:
    """Return the options of a format for `way` (import or export): `minimumWeight` becomes `--minimum-weight`."""
    return [
        click.Option(
            [f"--{_hyphened(option.name)}", _parameter(option)],
            help=option.description,
            type=click.Choice(option.values) if option.values else str,
            default=None if option.repeatable else option.default,
            show_default=option.default is not None,
            multiple=option.repeatable,
        )
        for option in declared.options
        if option.only in (None, way)
    ]


def take_options(declared: Format, arguments: dict[str, Any]) -> Options:
    """Remove the options of a format from the arguments of its command, and return them."""
    found: Mapping[str, Any] = {option.name: arguments.pop(_parameter(option), None) for option in declared.options}
    joined = {name: "\n".join(value) if isinstance(value, tuple) else value for name, value in found.items()}
    return {name: value for name, value in joined.items() if value not in (None, "")}


def require_installed(declared: Format) -> None:
    """Check that the libraries of a format are installed.

    :raises ConfigurationError: if not, with what to install.
    """
    if declared.missing is not None:
        raise ConfigurationError(declared.missing)


def _hyphened(name: str) -> str:
    return re.sub(r"(?<=[a-z])([A-Z])", lambda match: f"-{match[1].lower()}", name)


def _parameter(option: Option) -> str:
    return f"option_{_hyphened(option.name).replace('-', '_')}"
