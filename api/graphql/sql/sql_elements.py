"""SQL elements that SQLAlchemy lacks: cheap constants and concatenations, and the holes (placeholders) of a fragment.

Most of a statement is text to be concatenated. A constant here is one small object that renders itself; with bound
parameters it would cost twenty times as much to make and to compile. `fragments` fills in the holes.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, Any

from sqlalchemy import Case, ColumnElement, FromClause, Text
from sqlalchemy.sql import operators
from sqlalchemy.sql.selectable import ScalarSelect
from sqlalchemy.types import TypeEngine

from api.graphql.sql.query import Scalar

if TYPE_CHECKING:
    from api.graphql.sql.fragments import Fragment

HOLE = "\x1d"
"""Delimits what a fragment leaves open. GraphQL names and JSON texts cannot contain it."""
_FLAT = 48
_AT_ONCE = 16
_TEXT = Text()


class Constant(ColumnElement[str]):
    """A text that is part of the statement itself."""

    inherit_cache = False
    type = _TEXT

    def __init__(self, text: str) -> None:
        self.text = text

    def _compiler_dispatch(self, visitor: Any, **_kw: Any) -> str:
        quoted = "'" + self.text.replace("'", "''") + "'"
        return visitor.constant(quoted) if hasattr(visitor, "constant") else quoted


class Concatenation(ColumnElement[str]):
    """Texts joined by `||`.

    SQLite limits the depth of an expression to 1,000, so that a long chain is bracketed in groups. Subqueries stay
    outside the brackets: the stack of SQLite's parser is limited, too.
    """

    inherit_cache = False
    type = _TEXT

    def __init__(self, parts: Sequence[ColumnElement[Any]]) -> None:
        self.parts = parts

    @cached_property
    def _from_objects(self) -> list[FromClause]:
        return list(dict.fromkeys(found for part in self.parts for found in part._from_objects))

    def get_children(self, **_kw: Any) -> Iterable[ColumnElement[Any]]:
        """Return the parts of the concatenation, for traversal by SQLAlchemy."""
        return self.parts

    def _compiler_dispatch(self, visitor: Any, **kw: Any) -> str:
        kw["within_columns_clause"] = False
        texts = [(part, part._compiler_dispatch(visitor, **kw)) for part in self.parts]
        if len(texts) <= _FLAT:
            return " || ".join(text for _, text in texts)
        pieces: list[str] = []
        for stands_alone, run in groupby(texts, key=lambda each: isinstance(each[0], _STANDS_ALONE)):
            found = [text for _, text in run]
            pieces += found if stands_alone else map(_bracketed, _runs(found))
        return " || ".join(pieces)


def _runs(texts: list[str]) -> Iterable[list[str]]:
    return (texts[at : at + _AT_ONCE] for at in range(0, len(texts), _AT_ONCE))


def _bracketed(texts: list[str]) -> str:
    return "(" + " || ".join(texts) + ")"


def concatenated(pieces: Iterable[str | ColumnElement[Any]]) -> ColumnElement[Any]:
    """Return the flat concatenation of constants and expressions, with adjacent constants merged."""
    parts: list[ColumnElement[Any]] = []
    for piece in pieces:
        part = Constant(piece) if isinstance(piece, str) else piece
        for leaf in part.parts if isinstance(part, Concatenation) else (part,):
            if isinstance(leaf, Constant) and parts and isinstance(parts[-1], Constant):
                parts[-1] = Constant(parts[-1].text + leaf.text)
            else:
                parts.append(leaf.self_group(against=operators.concat_op))
    return Concatenation(parts) if len(parts) > 1 else parts[0]


# ---------------------------------------------------------------- holes


class Hole(ColumnElement[Any]):
    """A column of the row around a fragment."""

    inherit_cache = False

    def __init__(self, name: str, kind: TypeEngine[Any]) -> None:
        self.name, self.type = name, kind

    def _compiler_dispatch(self, visitor: Any, **_kw: Any) -> str:
        return f"{HOLE}H{self.name}{HOLE}"


class Outer(dict[str, Any]):
    """The row that encloses a fragment, with a hole (placeholder) for each column."""

    def __init__(self, row: Any) -> None:
        super().__init__()
        self._row = row

    def __missing__(self, name: str) -> Hole:
        hole = self[name] = Hole(name, self._row[name].type)
        return hole


class PageSize(ColumnElement[int]):
    """The size of a page, plus a number, written out: a fragment serves all sizes."""

    inherit_cache = False

    def __init__(self, slot: int, more: int, kind: TypeEngine[int]) -> None:
        self.slot, self.more, self.type = slot, more, kind

    def _compiler_dispatch(self, visitor: Any, **_kw: Any) -> str:
        return str(visitor.page_size(self.slot, self.more))


class Nested(ColumnElement[str]):
    """A fragment, with the columns of the row around it."""

    inherit_cache = False
    type = _TEXT

    def __init__(self, fragment: "Fragment", slot: int, outer: Mapping[str, ColumnElement[Any]]) -> None:
        self.fragment, self.slot, self.outer = fragment, slot, outer

    def _compiler_dispatch(self, visitor: Any, **_kw: Any) -> str:
        return str(visitor.nested(self))


_STANDS_ALONE = (ScalarSelect, Scalar, Case, Nested)
