"""Markdown: cells, tables and fenced blocks."""

import re
from collections.abc import Iterable, Sequence

BLOCK = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
"""A fenced block: its language, what follows the language, and its text."""


def cell(text: str) -> str:
    """Return text as a cell of a table: in one line, without a bar that would end the cell."""
    return " ".join(text.split()).replace("|", "\\|")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; an empty text if it has no rows."""
    lines = [f"| {' | '.join(cell(each) for each in row)} |" for row in rows]
    return "\n".join([f"| {' | '.join(head)} |", "|" + "---|" * len(head), *lines, ""]) if lines else ""


def fence(language: str, text: str) -> str:
    """Return text as a fenced block."""
    return f"```{language}\n{text.rstrip()}\n```\n"
