"""The plan tree: the fields of an operation, each with the part of the graph that it is read from.

The tree is built once for each document and each combination of its conditions, in one walk, and cached. Binding takes
the arguments of its nodes from the variables of a request (`sql.arguments`), emitting writes its nodes as SQL
(`sql.emit`), and the splicer computes its computed nodes (`splice`). ADR 0001, 0026, 0030.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from api.graphql.graph import Graph
from api.graphql.parts import (
    Aggregates,
    ById,
    ByIds,
    BySlug,
    Column,
    Computed,
    Counts,
    Edges,
    Embed,
    Items,
    LiveField,
    Page,
    Part,
    Shares,
    Stream,
    UnpagedRoot,
)
from api.graphql.revision_parts import RowAt
from api.graphql.selection import Arguments, Field, Variables
from api.ids import PREFIXES

_BOUND = Page | Stream | RowAt | ById | ByIds | BySlug | Counts | Aggregates | UnpagedRoot | LiveField
"""Parts that take arguments, or multiply the number of nodes of an answer."""
_PAGES = Page | Stream | UnpagedRoot


@dataclass(slots=True, eq=False)
class PlanNode:
    """A field of an operation and the part of the graph that it is read from."""

    key: str
    """The name of the field in the answer."""
    name: str
    slot: int
    """The number of the node within the operation."""
    slots: range
    """The numbers of this node and of all nodes below it."""
    shape: str
    """Cache key of nodes with the same name and equal selections; see `selection.Field`."""
    path: tuple[str, ...]
    """The response keys from the root to the node."""
    arguments: Callable[[Variables], Arguments]
    part: Part | None
    """The part that the node is read from; None for a member that the parent writes, such as `pageInfo`."""
    children: dict[str, tuple["PlanNode", ...]]
    """The child nodes by the concrete type of the value."""
    list_field: Field | None = None
    """For a computed node: the parent field, or the list if the parent is an edge; None at the root."""

    def under(self, type_name: str) -> tuple["PlanNode", ...]:
        """Return the nodes below it for a value of the type `type_name`."""
        return self.children.get(type_name, ())

    @property
    def type_name(self) -> str:
        """The type of its value, if there is one possible type."""
        (type_name,) = self.children
        return type_name

    @property
    def only(self) -> tuple["PlanNode", ...]:
        """The nodes below it, if its value has one possible type."""
        (nodes,) = self.children.values()
        return nodes


@dataclass(slots=True, eq=False)
class ArgumentNode:
    """A node whose arguments are bound, and its place among those of its statement."""

    node: PlanNode
    within: int | None
    """The index of the nearest ancestor in the list of these nodes."""
    level: int
    """The number of pages that contain the node, including the node itself."""
    is_constant: bool
    """True if the arguments contain no variables, and so are bound only once."""
    bound: Any = None
    """The bound arguments and the number of nodes, if the arguments are constant."""


@dataclass(slots=True, eq=False)
class StatementPlan:
    """The part of the tree that one statement reads: the roots of a query, or the rows of one type under a node."""

    is_computed: bool = False
    """True if the rows are within a computed field: their number is known only when it is computed."""
    nodes: tuple[PlanNode, ...] = ()
    arguments: list[ArgumentNode] = field(default_factory=list)
    """The nodes whose arguments are bound, outermost first."""


RowKey: TypeAlias = tuple[int, str]
"""The slot of a node that shows rows, and the type of the rows."""


@dataclass(frozen=True, eq=False)
class OperationPlan:
    """The tree of one operation; itself the key of its SQL plans."""

    nodes: tuple[PlanNode, ...]
    statement: StatementPlan
    """What the statement of a query or a subscription reads."""
    rows: Mapping[RowKey, StatementPlan]
    """The rows that are read by a statement of their own: in payloads of mutations, and within computed fields."""
    computed: Mapping[int, PlanNode]
    """The computed nodes by slot."""
    pages: tuple[PlanNode, ...]
    """The nodes within computed ones that take arguments: each of them may be a page."""
    cost: int
    """The estimated cost of planning."""
    bindings: int
    """The number of nodes whose arguments are bound, at least 1."""


def build_plan(graph: Graph, fields: tuple[Field, ...], kind: str, cost: int) -> OperationPlan:
    """Build the tree of an operation, which is a `query`, a `mutation` or a `subscription`."""
    # The position of a subscription changes: its arguments are bound for each request.
    builder = _Builder(graph, caches_arguments=kind != "subscription")
    roots = {"query": graph.roots, "subscription": graph.streams}.get(kind, {})
    statement = StatementPlan()
    # A mutation reads nothing by itself: the rows in its payloads have statements of their own.
    position = None if kind == "mutation" else _Position(statement)
    nodes = tuple(builder.node(f, roots.get(f.name), position, None) for f in fields)
    statement.nodes = nodes
    bindings = sum(len(each.arguments) for each in (statement, *builder.rows.values())) + len(builder.computed)
    return OperationPlan(nodes, statement, builder.rows, builder.computed, tuple(builder.pages), cost, max(1, bindings))


class _Position(NamedTuple):
    """The position of a node in a statement: the innermost argument node around it, and how deep it is in pages."""

    statement: StatementPlan
    within: int | None = None
    level: int = 0


class _Builder:
    """Builds nodes from fields, and collects the statements and the computed nodes on the way."""

    def __init__(self, graph: Graph, *, caches_arguments: bool) -> None:
        self._graph, self._caches_arguments = graph, caches_arguments
        self.rows: dict[RowKey, StatementPlan] = {}
        self.computed: dict[int, PlanNode] = {}
        self.pages: list[PlanNode] = []

    def node(
        self,
        source: Field,
        part: Part | None,
        position: _Position | None,
        above: Field | None,
        is_computed: bool = False,
    ) -> PlanNode:
        """Build the node of a field and all nodes below it.

        :param position: its position in a statement; None if no statement reads it.
        :param above: the field that contains the selection.
        :param is_computed: if the object that it belongs to is computed.
        """
        node = PlanNode(
            source.key, source.name, source.slot, source.slots, source.shape, source.path, source.arguments, part, {}
        )
        if isinstance(part, Computed):
            node.list_field = above
            self.computed[node.slot] = node
            position, is_computed = None, True
        elif is_computed and source.selections:
            self.pages.append(node)
        elif position is not None and _is_bound(part):
            position = self._bound(node, source, position)
        # Edges take no arguments: what is computed of an edge depends on the arguments of the list.
        list_field = above if source.name == "edges" else source
        for type_name, fields in source.selections.items():
            node.children[type_name] = self._below(node, type_name, fields, position, list_field, is_computed)
        return node

    def _bound(self, node: PlanNode, source: Field, position: _Position) -> _Position:
        """Add `node` to the nodes with bound arguments; return the position of the nodes below it."""
        arguments, level = position.statement.arguments, position.level + isinstance(node.part, _PAGES)
        is_constant = source.is_constant and self._caches_arguments
        arguments.append(ArgumentNode(node, position.within, level, is_constant))
        if isinstance(node.part, LiveField):
            return position
        return _Position(position.statement, len(arguments) - 1, level)

    def _below(
        self,
        node: PlanNode,
        type_name: str,
        fields: tuple[Field, ...],
        position: _Position | None,
        list_field: Field | None,
        is_computed: bool,
    ) -> tuple[PlanNode, ...]:
        parts = self._parts(node.part, type_name, fields)
        starts_rows = position is None and type_name in PREFIXES
        if starts_rows:
            statement = self.rows[node.slot, type_name] = StatementPlan(is_computed)
            position, is_computed = _Position(statement), False
        nodes = tuple(self.node(f, parts.get(f.name), position, list_field, is_computed) for f in fields)
        if starts_rows:
            statement.nodes = nodes
        return nodes

    def _parts(self, part: Part | None, type_name: str, fields: tuple[Field, ...]) -> Mapping[str, Part]:
        """Return the parts of the fields of an object that is read from `part`."""
        declared = self._graph.parts(type_name)
        match part:
            case Page():
                return {**declared, "edges": part.edges}
            case Edges(edge) | Stream(Page(edge=edge)):
                return {**declared, **edge}
            case Items():
                return {f.name: part.parts.get(f.name, Column(f.name)) for f in fields if f.name != "__typename"}
            case Counts():
                return {"target": part.targets, "label": Column(part.label), "count": Column("count")}
            case Aggregates() | LiveField(part=Aggregates()):
                aggregates = part if isinstance(part, Aggregates) else part.part
                return {**aggregates.figures, **aggregates.shares}
            case Shares():
                return {part.name: part.whose, **part.figures}
        return declared


def _is_bound(part: Part | None) -> bool:
    """True if the part takes arguments, or multiplies the number of nodes of the answer."""
    match part:
        case Embed(argument=argument):
            return argument is not None
        case Items(parts=parts):
            return bool(parts)
    return isinstance(part, _BOUND)
