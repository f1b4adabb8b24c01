"""The command line, from the tree of commands; and the formats, from their declarations."""

from collections.abc import Iterator

import click

from api.cli.main import commands as root
from api.exchange.format import formats
from docs.generator.markdown import fence, table

PROGRAM = "stancegraph"


def commands() -> str:
    """Return a section for each command: usage, description, arguments and options."""
    return "\n".join(_sections(root, click.Context(root, info_name=PROGRAM), 2))


def formats_table() -> str:
    """Return the table of all formats, with their directions and options."""
    rows = []
    for name, declared in formats().items():
        options = ", ".join(f"`{option.name}`" for option in declared.options) or "none"
        ways = (declared.read is not None, declared.write is not None)
        rows.append((f"`{name}`", declared.title, *("yes" if way else "no" for way in ways), options))
    return table(("Format", "Content", "Import", "Export", "Options"), rows)


def _sections(command: click.Command, context: click.Context, level: int) -> Iterator[str]:
    if level > 2:  # the program itself is the page
        yield _section(command, context, level)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None and not below.hidden:
                inner = click.Context(below, info_name=name, parent=context)
                yield from _sections(below, inner, min(level + 1, 4))


def _section(command: click.Command, context: click.Context, level: int) -> str:
    path = context.command_path.removeprefix(f"{PROGRAM} ")
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    about = (command.help or command.short_help or "").strip()
    rows = [_option(parameter, context) for parameter in command.get_params(context) if _is_told(parameter)]
    anchor = path.replace(" ", "-")
    parts = [f"{'#' * (level - 1)} {path} {{#{anchor}}}", about, fence("text", usage)]
    return "\n\n".join([*parts, table(("Option", "Description"), rows)])


def _is_told(parameter: click.Parameter) -> bool:
    return isinstance(parameter, click.Option) and not parameter.hidden and "--help" not in parameter.opts


def _option(option: click.Parameter, context: click.Context) -> tuple[str, str]:
    """The name of an option with what it takes, and its description; values to choose from are listed there."""
    assert isinstance(option, click.Option)
    record = option.get_help_record(context)
    assert record is not None
    names, about = record
    if isinstance(option.type, click.Choice):
        names = ", ".join(option.opts)
        about += f" One of {', '.join(f'`{choice}`' for choice in option.type.choices)}."
    return f"`{names}`", about
