"""Commands that there are one of for each format: what a format declares as its options, they take."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import click

from api.errors import ConfigurationError
from api.exchange.format import Format, Option, Options, formats


class ByFormat(click.Group):
    """A group with a command for each format of which `make` makes one, made when it is asked for."""

    def __init__(self, make: Callable[[Format], click.Command | None], **more: Any) -> None:
        super().__init__(subcommand_metavar="FORMAT [OPTIONS] …", **more)
        self._make = make

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the formats."""
        return [name for name, one in formats().items() if self._make(one) is not None]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command for the format of that name."""
        found = formats().get(cmd_name)
        return None if found is None else self._make(found)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, but for what is said where there is no such format."""
        if self.get_command(ctx, args[0]) is None:
            known = ", ".join(self.list_commands(ctx))
            raise click.UsageError(f"There is no format {args[0]!r} to {self.name}; there are {known}.", ctx)
        return super().resolve_command(ctx, args)


def options_of(declared: Format, way: str) -> list[click.Parameter]:
    """The options that a format declares for that way, as the command line's: `minimumWeight` is `--minimum-weight`."""
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


def taken(declared: Format, given: dict[str, Any]) -> Options:
    """The format's options out of `given`, which they are taken from."""
    found: Mapping[str, Any] = {option.name: given.pop(_parameter(option), None) for option in declared.options}
    joined = {name: "\n".join(value) if isinstance(value, tuple) else value for name, value in found.items()}
    return {name: value for name, value in joined.items() if value not in (None, "")}


def require_installed(declared: Format) -> None:
    """Let a format pass for which nothing is missing.

    :raises ConfigurationError: with what to install.
    """
    if declared.missing is not None:
        raise ConfigurationError(declared.missing)


def _hyphened(name: str) -> str:
    return re.sub(r"(?<=[a-z])([A-Z])", lambda match: f"-{match[1].lower()}", name)


def _parameter(option: Option) -> str:
    return f"option_{_hyphened(option.name).replace('-', '_')}"
