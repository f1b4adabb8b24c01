"""Fragments: SQL that is compiled once, and of which statements are put together (ADR 0026).

SQLAlchemy takes milliseconds to compile a page of a list, and documents hold the same pages over and over: the same
selection under many aliases, the same connection in document after document. So each page is compiled by itself, with
holes: the columns of the row around it, the names of its parameters and aliases, the sizes of its pages. A plan is
fragments joined, with their holes filled; filling a hole takes microseconds.
"""

import re
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal, Protocol, Self, TypeAlias, TypeVar

from sqlalchemy import Dialect, Select
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import _anonymous_label
from sqlalchemy.sql.selectable import ScalarSelect

from api.cache import BoundedCache
from api.database.statement import Plan
from api.graphql.parts import MARK
from api.graphql.plan import PlanNode
from api.graphql.sql.bound import Bound, BoundPage
from api.graphql.sql.json_text import TextWriter
from api.graphql.sql.parameters import parameter_name, split_name
from api.graphql.sql.query import Scalar, SelectQuery
from api.graphql.sql.sql_elements import HOLE, Nested
from api.security.visibility import Visibility

_A_PLAN = 4
"""Number of cached fragments for each cached plan."""
_PIECES = 100
"""Number of pieces of an ordinary fragment: the total number of cached pieces is bounded too."""
_FIXED = "\x1c"
_COMPUTED = re.compile(f"{MARK}(\\d+):")


# The pieces of a fragment besides text. They are plain tuples: thousands are cached, and the garbage collector does not
# traverse tuples of texts and numbers. Slots are relative to the slot of the fragment.
Name: TypeAlias = tuple[Literal["name"], str, str]
"""An alias or a label: its number within the fragment, and the name that it is derived from."""
Parameter: TypeAlias = tuple[Literal["parameter"], int | None, str]
"""A value that comes with each request: its slot, if it has one, and its label."""
Fixed: TypeAlias = tuple[Literal["fixed"], str, str, Any]
"""A value that is the same for every request: its number, the name that it is derived from, and the value."""
Size: TypeAlias = tuple[Literal["size"], int, int]
"""The size of the page of a slot, plus a number."""
Slot: TypeAlias = tuple[Literal["slot"], int]
"""The number of a slot."""
Column: TypeAlias = tuple[Literal["column"], str]
"""A column of the row around the fragment."""
Inner: TypeAlias = tuple[Literal["inner"], "Fragment", int, Mapping[str, "Pieces"]]
"""Another fragment, its slot, and the fillings of its columns."""
Piece: TypeAlias = str | Name | Parameter | Fixed | Size | Slot | Column | Inner
Pieces: TypeAlias = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Fragment:
    """Compiled SQL with holes (placeholders)."""

    pieces: Pieces
    is_select: bool
    """True if the fragment is in brackets within another fragment."""
    columns: frozenset[str]
    """The columns of the enclosing row that the fragment uses."""
    shared: Mapping[str, str]
    """Common table expressions, by name, that a statement holds once."""


def compile_fragment(sql: Any, slot: int, dialect: Dialect) -> Fragment:
    """Compile an expression or a select of the node with the number `slot`."""
    inner = sql.element if isinstance(sql, ScalarSelect | Scalar) else sql
    compiler: Any = inner.compile(dialect=_marking(dialect))
    pieces = compiler.pieces(str(compiler), slot)
    shared = dict(compiler.shared)
    for piece in pieces:
        if piece[0] == "inner":
            shared.update(piece[1].shared)
    return Fragment(pieces, isinstance(inner, Select | SelectQuery), frozenset(_columns(pieces)), shared)


def _columns(pieces: Pieces) -> Iterator[str]:
    """Return the columns of the row around that the pieces use, also to fill the holes of fragments among them."""
    for piece in pieces:
        match piece:
            case ("column", name):
                yield name
            case ("inner", _, _, fillings):
                for filling in fillings.values():
                    yield from _columns(filling)


class Maker(Protocol):
    """Protocol: the methods of `emit.Emitter` that write the SQL of a fragment."""

    @property
    def write(self) -> TextWriter: ...
    @property
    def bound(self) -> Bound: ...
    @property
    def visibility(self) -> Visibility: ...

    def afresh(self) -> Self: ...


M = TypeVar("M", bound=Maker)


class Fragments:
    """The cache of fragments."""

    def __init__(self, size: int = 1) -> None:
        self._cached: BoundedCache[Hashable, Fragment] = BoundedCache(size * _A_PLAN, size * _A_PLAN * _PIECES)

    def get(self, part: object, node: PlanNode, maker: M, write: Callable[[M], Any]) -> Fragment:
        """Return the fragment of `node`, read from `part`; `write` writes it if it is not cached.

        Parts are declared, and live as long as the schema, so that their identity is the key.
        """
        first, bound = node.slot, maker.bound.nodes
        shape = tuple([(slot - first, bound[slot].shape) for slot in node.slots if slot in bound])
        key = (id(part), node.shape, shape, maker.visibility)
        found = self._cached.get(key)
        if found is None:
            found = compile_fragment(write(maker.afresh()), node.slot, maker.write.dialect.compiler)
            self._cached.put(key, found, len(found.pieces))
        return found


# ---------------------------------------------------------------- compiling


class _Names(dict[str, str]):
    """Names of aliases as holes; SQLAlchemy looks them up by `ID DERIVED`."""

    def __missing__(self, key: str) -> str:
        name = self[key] = f"{HOLE}A{len(self)} {key.split(' ', 1)[1]}{HOLE}"
        return name


class _Marking:
    """Makes an SQL compiler render holes. It compiles one select or expression."""

    def __init__(self, *args: Any, **kw: Any) -> None:
        self._names = _Names()
        self.shared: dict[str, str] = {}
        self._fixed: dict[str, Fixed] = {}
        self._nested: list[tuple[Nested, dict[str, str]]] = []
        super().__init__(*args, **kw)

    # SQLAlchemy sets these attributes at the start.
    anon_map = property(lambda self: self._names, lambda _self, _value: None)
    compilation_bindtemplate = property(lambda _self: f"{HOLE}B%(name)s{HOLE}", lambda _self, _value: None)

    def visit_bindparam(self, bindparam: Any, literal_execute: bool = False, **kw: Any) -> str:
        if literal_execute or bindparam.literal_execute:
            return str(super().visit_bindparam(bindparam, literal_binds=True, **kw))  # type: ignore[misc]
        return str(super().visit_bindparam(bindparam, **kw))  # type: ignore[misc]

    def bindparam_string(self, name: str, **kw: Any) -> str:
        bindparam = self.binds[name]  # type: ignore[attr-defined]
        if bindparam.value is not None:
            number, _, derived = name.strip(HOLE).partition(" ")
            self._fixed[number] = ("fixed", number, derived, bindparam.value)
            name = f"{_FIXED}{number}"
        return str(super().bindparam_string(name, **kw))  # type: ignore[misc]

    def _render_cte_clause(self, nesting_level: Any = None, include_following_stack: bool = False) -> str:
        # Those with a fixed name are rows of constants, which fragments share.
        ctes = self.ctes or {}  # type: ignore[attr-defined]
        for cte in [each for each in ctes if not isinstance(each.name, _anonymous_label)]:
            self.shared[cte.name] = ctes.pop(cte)
        return str(super()._render_cte_clause(nesting_level, include_following_stack))  # type: ignore[misc]

    # Called by the elements in `sql_elements`.

    def constant(self, quoted: str) -> str:
        return _COMPUTED.sub(f"{MARK}{HOLE}M\\1{HOLE}:", quoted) if MARK in quoted else quoted

    def page_size(self, slot: int, more: int) -> str:
        return f"{HOLE}S{slot} {more}{HOLE}"

    def nested(self, element: Nested) -> str:
        filled = {name: self.process(element.outer[name]) for name in element.fragment.columns}  # type: ignore[attr-defined]
        self._nested.append((element, filled))
        return f"{HOLE}F{len(self._nested) - 1}{HOLE}"

    # The result.

    def pieces(self, text: str, slot: int) -> Pieces:
        split = text.split(HOLE)
        return tuple(
            piece
            for number, part in enumerate(split)
            if part and (piece := self._piece(part, slot) if number % 2 else part)
        )

    def _piece(self, hole: str, slot: int) -> Piece:
        kind, rest = hole[0], hole[1:]
        match kind:
            case "A":
                number, derived = rest.split(" ", 1)
                return "name", number, derived
            case "B":
                if rest[0] == _FIXED:
                    return self._fixed[rest[1:]]
                own, label = split_name(rest)
                return "parameter", None if own is None else own - slot, label
            case "S":
                number, more = rest.split(" ")
                return "size", int(number) - slot, int(more)
            case "M":
                return "slot", int(rest) - slot
            case "H":
                return "column", rest
        element, filled = self._nested[int(rest)]
        columns = {name: self.pieces(text, slot) for name, text in filled.items()}
        return "inner", element.fragment, element.slot - slot, columns


@cache
def _marking(dialect: Dialect) -> Dialect:
    """Return a dialect that renders holes."""
    marked: Dialect = type(dialect)(paramstyle="named")  # type: ignore[call-arg]
    marking: Any = marked
    compiler: type[SQLCompiler] = marking.statement_compiler
    marking.statement_compiler = type(f"Marking{compiler.__name__}", (_Marking, compiler), {})
    preparer = marking.identifier_preparer
    requires_quotes = preparer._requires_quotes
    preparer._requires_quotes = lambda value: HOLE not in value and requires_quotes(value)
    return marked


# ---------------------------------------------------------------- joining


@dataclass(slots=True)
class _Scope:
    """A fragment while it is written: its slot, the names of its aliases, the fragment around it."""

    slot: int
    columns: Mapping[str, Pieces]
    around: "_Scope | None"
    names: dict[str, str] = field(default_factory=dict)


class _Joining:
    """Writes fragments as one statement."""

    def __init__(self, bound: Bound, numbered: bool) -> None:
        self._bound, self._numbered = bound, numbered
        self.text: list[str] = []
        self.names: dict[str, int] = {}
        self.order: list[str] = []
        self.fixed: dict[str, object] = {}
        self._counts: dict[str, int] = {}

    def write(self, pieces: Pieces, scope: _Scope) -> None:
        for piece in pieces:
            if isinstance(piece, str):
                self.text.append(piece)
            else:
                self._fill(piece, scope)

    def _fill(self, piece: Piece, scope: _Scope) -> None:
        match piece:
            case ("name", number, derived):
                self.text.append(self._named(number, derived, scope))
            case ("parameter", slot, name):
                self._parameter(parameter_name(None if slot is None else scope.slot + slot, name))
            case ("fixed", number, derived, value):
                name = self._named(number, derived, scope)
                self.fixed[name] = value
                self._parameter(name)
            case ("size", slot, more):
                page = self._bound.nodes[scope.slot + slot]
                assert isinstance(page, BoundPage)
                self.text.append(str(page.size + more))
            case ("slot", slot):
                self.text.append(str(scope.slot + slot))
            case ("column", name):
                assert scope.around is not None
                self.write(scope.columns[name], scope.around)
            case ("inner", fragment, slot, columns):
                self.fragment(fragment, _Scope(scope.slot + slot, columns, scope))

    def fragment(self, fragment: Fragment, scope: _Scope) -> None:
        if fragment.is_select:
            self.text.append("(")
        self.write(fragment.pieces, scope)
        if fragment.is_select:
            self.text.append(")")

    def _named(self, number: str, derived: str, scope: _Scope) -> str:
        name = scope.names.get(number)
        if name is None:
            count = self._counts[derived] = self._counts.get(derived, 0) + 1
            name = scope.names[number] = f"{derived}_{count}"
        return name

    def _parameter(self, name: str) -> None:
        if not self._numbered:
            self.order.append(name)
            self.text.append("?")
            return
        number = self.names.get(name)
        if number is None:
            number = self.names[name] = len(self.names) + 1
            self.order.append(name)
        self.text.append(f"${number}")


def join_roots(roots: Sequence[tuple[Fragment, int]], bound: Bound, dialect: Dialect) -> Plan:
    """Return the plan of one row with a column for each fragment. A fragment comes with the slot of its node."""
    joining = _Joining(bound, numbered=dialect.paramstyle == "numeric_dollar")
    shared = {name: text for fragment, _ in roots for name, text in fragment.shared.items()}
    if shared:
        joining.text.append("WITH " + ", \n".join(shared.values()) + "\n ")
    first, slot = roots[0]
    if len(roots) == 1 and first.is_select and not (shared and str(first.pieces[0]).startswith("WITH")):
        joining.write(first.pieces, _Scope(slot, {}, None))
    else:
        for number, (fragment, slot) in enumerate(roots):
            joining.text.append(", " if number else "SELECT ")
            joining.fragment(fragment, _Scope(slot, {}, None))
            joining.text.append(f" AS root{number}")
    return Plan("".join(joining.text), tuple(joining.order), joining.fixed)


def joined(sql: SelectQuery | Select[Any], bound: Bound, dialect: Dialect) -> Plan:
    """Return the plan of a select that holds fragments."""
    return join_roots([(compile_fragment(sql, 0, dialect), 0)], bound, dialect)
