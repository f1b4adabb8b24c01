"""Operations printed on pages: found, sent one after the other, and compared with the printed answers.

To print the answers of the program in place of those on the page: STANCEGRAPH_TEST_GOLDEN=rewrite pytest tests/docs
"""

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docs.generator.markdown import BLOCK

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
_REWRITE = os.environ.get("STANCEGRAPH_TEST_GOLDEN") == "rewrite"
_WIDTH = 118
"""Columns that an answer on a page may take."""

Send = Callable[[str, Mapping[str, Any], str | None], Any]
"""Sends an operation with variables as an annotator, and returns the whole answer."""


@dataclass(frozen=True)
class Example:
    """An operation on a page: its text, its sender, and the answer printed after it, if there is one.

    `variables` have their values from the answers to the operations before it: variable → path into an answer.
    """

    text: str
    sender: str | None
    answer: Any
    variables: Mapping[str, str]
    place: tuple[int, int] | None
    """Where the printed answer is in the page."""

    def values(self, answers: Sequence[Any]) -> dict[str, Any]:
        """Return the values of the variables, each from the last answer that has it."""
        return {
            name: next(filter(None, (_at(a, path) for a in reversed(answers)))) for name, path in self.variables.items()
        }


def _at(answer: Any, path: str) -> Any:
    for part in path.split("."):
        if isinstance(answer, list):
            answer = answer[int(part)] if int(part) < len(answer) else None
        else:
            answer = (answer or {}).get(part)
    return answer


def user_errors(answer: Any) -> list[Any]:
    """Return the errors of all payloads in an answer."""
    if isinstance(answer, list):
        return [error for each in answer for error in user_errors(each)]
    if not isinstance(answer, dict):
        return []
    return answer.get("errors") or [error for each in answer.values() for error in user_errors(each)]


def example(block: re.Match[str], following: re.Match[str] | None) -> Example:
    """Return the operation in a fenced block; the block after it may have the printed answer."""
    sender = re.search(r"as=(\w+)", block[2])
    variables = dict(re.findall(r"(\w+)=(\w+(?:\.\w+)+)", block[2]))
    answer, place = None, None
    if following is not None and following[1] == "json" and "title=" not in following[2]:
        answer, place = json.loads(following[3]), following.span(3)
    return Example(block[3], sender[1] if sender else None, answer, variables, place)


def blocks(page: Path) -> Iterator[tuple[re.Match[str], re.Match[str] | None]]:
    """Yield the fenced blocks of a page, each with the one after it."""
    found = list(BLOCK.finditer(page.read_text(encoding="utf-8")))
    yield from zip(found, [*found[1:], None], strict=False)


def examples(page: Path) -> Iterator[Example]:
    """Yield the operations of a page, in their order."""
    return (example(block, following) for block, following in blocks(page) if block[1] == "graphql")


class Session:
    """A reader who sends the operations of a page, one after the other, and compares the answers.

    An operation without a printed answer must succeed. Errors are printed where they are meant.
    """

    def __init__(self, page: Path, send: Send) -> None:
        self._page, self._send = page, send
        self._answers: list[Any] = []
        self._found: list[tuple[Example, Any]] = []

    def run(self, operation: Example) -> None:
        """Send an operation with the values of its variables."""
        answer = self._send(operation.text, operation.values(self._answers), operation.sender)
        if "errors" not in (operation.answer or {}):
            assert "errors" not in answer, f"{operation.text}\n{answer['errors']}"
        self._answers.append(answer["data"])
        self._found.append((operation, answer))
        if operation.answer is None:
            assert user_errors(answer["data"]) == [], operation.text
        elif not _REWRITE:
            assert answer == operation.answer, operation.text

    def end(self) -> None:
        """Write the answers into the page, if that is wanted."""
        if _REWRITE:
            _rewrite(self._page, self._found)


def run(page: Path, send: Send) -> None:
    """Send all operations of a page."""
    session = Session(page, send)
    for operation in examples(page):
        session.run(operation)
    session.end()


def _rewrite(page: Path, found: Sequence[tuple[Example, Any]]) -> None:
    text = page.read_text(encoding="utf-8")
    for example, answer in reversed(found):
        if example.place is not None and answer != example.answer:
            start, end = example.place
            text = text[:start] + pretty(answer) + "\n" + text[end:]
    page.write_text(text, encoding="utf-8")


def pretty(value: Any, indent: int = 0) -> str:
    """Return JSON with what fits a line in one line."""
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or not value or (indent > 1 and indent * 2 + len(flat) <= _WIDTH):
        return flat
    inner, outer = "  " * (indent + 1), "  " * indent
    if isinstance(value, list):
        lines = [f"{inner}{pretty(each, indent + 1)}" for each in value]
        return "[\n" + ",\n".join(lines) + f"\n{outer}]"
    lines = [f"{inner}{json.dumps(name)}: {pretty(each, indent + 1)}" for name, each in value.items()]
    return "{\n" + ",\n".join(lines) + f"\n{outer}}}"
