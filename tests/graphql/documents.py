"""Draws valid query documents: walks the schema and makes up fields, fragments, conditions, arguments and variables."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_composite_type,
    is_leaf_type,
    is_non_null_type,
    is_object_type,
)
from hypothesis import strategies as st

from tests.graphql.arguments import Pools, arguments_of

T = TypeVar("T")
Composite = GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType

MOST_NODES = 80_000
"""Below the server's own limit on what nested pages may come to."""
MOST_ITEMS = 40
"""How many fields and fragments a document has at most."""
LEFT_OUT = {
    ("Query", "search"),
    # Computed by Python: held against the same analysis, and against published cases, in tests/measures.
    ("Query", "discourseNetwork"),
    ("Query", "stanceTimeline"),
    ("Query", "stanceMatrix"),
    ("Query", "contradictions"),
    ("Project", "agreement"),
    ("Project", "consensus"),
    ("Project", "disagreements"),
    ("Statement", "consensus"),
    ("Statement", "context"),
    # Also that, of ties: held against published cases and laws in tests/analysis and tests/measures.
    ("Query", "stanceNetwork"),
    ("Query", "networkSeries"),
    ("Network", "ties"),
    ("Network", "ambivalent"),
    ("Network", "balance"),
    ("Network", "blocs"),
    ("Network", "centrality"),
    ("Network", "collapsed"),
    # By numpy: laws in tests/analysis, positions through the front door in tests/measures.
    ("Network", "layout"),
    ("Network", "directedTriads"),
}
"""What the oracle does not answer."""
SIZES = {
    "valueAt": 1,
    "stanceSummary": 20,
    "stanceCounts": 20,
    "targets": 20,
    "perAnnotator": 20,
    "network": 10_000,
}
"""How many nodes a field counts for that is no page."""


@dataclass(frozen=True)
class Drawn:
    """A document and the values of its variables."""

    text: str
    variables: Mapping[str, Any]


@dataclass(frozen=True)
class _Asked:
    """A field with its arguments written out: what one key of an answer stands for throughout a document."""

    text: str
    size: int


@st.composite
def documents(draw: Callable[[st.SearchStrategy[Any]], Any], schema: GraphQLSchema, pools: Pools) -> Drawn:
    """Valid documents of one query over `schema`, whose arguments come from `pools`."""
    return _Drawer(draw, schema, pools).document()


@dataclass
class _Drawer:
    draw: Callable[[st.SearchStrategy[Any]], Any]
    schema: GraphQLSchema
    pools: Pools
    definitions: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    fragments: list[tuple[str, str, int]] = field(default_factory=list)
    """Name, type and cost of each."""
    bodies: list[str] = field(default_factory=list)
    asked: dict[tuple[str, str, str], _Asked] = field(default_factory=dict)
    """Type, field and alias → what it asks. The same key asks the same everywhere, so that all selections merge."""
    cost: int = 0
    items: int = 0

    def document(self) -> Drawn:
        query = self.schema.query_type
        assert query is not None
        selection = self.selection(query, 4, 1, abstract=False)
        declared = f"({', '.join(self.definitions)})" if self.definitions else ""
        opening = f"query{declared} " if declared or self.chance(50) else ""
        return Drawn("\n".join([opening + selection, *self.bodies]), self.values)

    def chance(self, percent: int) -> bool:
        """True so often; a failing example shrinks towards False."""
        drawn: int = self.draw(st.integers(0, 99))
        return drawn >= 100 - percent

    def one(self, values: Sequence[T]) -> T:
        drawn: T = self.draw(st.sampled_from(values))
        return drawn

    # ------------------------------------------------------------------ selections

    def selection(self, parent: Composite, depth: int, times: int, *, abstract: bool) -> str:
        """A selection set of `parent`, of which an answer holds up to `times`; `depth` entities may follow below."""
        number = self.draw(st.integers(1, 5 if self.leads_on(parent) else 3))
        return "{ " + " ".join(self.item(parent, depth, times, abstract) for _ in range(number)) + " }"

    def item(self, parent: Composite, depth: int, times: int, abstract: bool) -> str:
        self.items += 1
        abstract = abstract or not isinstance(parent, GraphQLObjectType)
        full = self.items > MOST_ITEMS
        union = isinstance(parent, GraphQLUnionType)
        if not union and (full or not self.chance(60 if parent.name == "Node" else 15)):
            return self.some_field(parent, depth, times, abstract)
        kind = "__typename" if full else self.one(["inline", "spread", "__typename"])
        if kind == "__typename":
            return self.typename(parent)
        if kind == "spread" and parent.name != "Query":
            return self.spread(parent, depth, times)
        condition = self.one([None, *self.conditions(parent)])
        inner = parent if condition is None else self.schema.type_map[condition]
        assert isinstance(inner, Composite)
        on = "" if condition is None else f" on {condition}"
        return f"...{on}{self.directives()} {self.selection(inner, depth, times, abstract=abstract)}"

    def typename(self, parent: Composite) -> str:
        alias = self.one(["", f"type{parent.name}: "])
        return f"{alias}__typename{self.directives()}"

    def conditions(self, parent: Composite) -> list[str]:
        """The types whose fragments may stand in a selection of `parent`."""
        possible = {parent.name} if is_object_type(parent) else {t.name for t in self.schema.get_possible_types(parent)}  # type: ignore[arg-type]
        abstract = [name for name in ("Node", "StanceTarget", "SearchResult") if possible & self.members(name)]
        entities = sorted(possible) if parent.name in ("Node", "StanceTarget") else [parent.name]
        return entities + abstract

    def members(self, name: str) -> set[str]:
        return {t.name for t in self.schema.get_possible_types(self.schema.type_map[name])}  # type: ignore[arg-type]

    def spread(self, parent: Composite, depth: int, times: int) -> str:
        known = [f for f in self.fragments if f[1] in self.conditions(parent)]
        if known and self.chance(50):
            name, _, cost = self.one(known)
        else:
            name, cost = self.fragment(self.one(self.conditions(parent)), min(depth, 2))
        if self.cost + cost * times > MOST_NODES:
            return f"...{name} @include(if: false)"
        self.cost += cost * times
        return f"...{name}{self.directives()}"

    def fragment(self, on: str, depth: int) -> tuple[str, int]:
        """A new fragment: its name, and how many nodes it comes to where it is spread once."""
        type_ = self.schema.type_map[on]
        assert isinstance(type_, Composite)
        outside, self.cost = self.cost, 0
        body = self.selection(type_, depth, 1, abstract=True)
        cost, self.cost = self.cost, outside
        name = f"F{len(self.fragments)}"
        self.fragments.append((name, on, cost))
        self.bodies.append(f"fragment {name} on {on} {body}")
        return name, cost

    def directives(self) -> str:
        if not self.chance(10):
            return ""
        name, value = self.one(["skip", "include"]), self.one([False, True])
        if self.chance(50):
            return f" @{name}(if: {json.dumps(value)})"
        return f" @{name}(if: {self.variable('Boolean!', value)})"

    # ------------------------------------------------------------------ fields

    def some_field(self, parent: Composite, depth: int, times: int, abstract: bool) -> str:
        assert not isinstance(parent, GraphQLUnionType)
        known = {n: f for n, f in parent.fields.items() if (parent.name, n) not in LEFT_OUT}
        leaves = [n for n, f in known.items() if is_leaf_type(get_named_type(f.type))]
        nested = [n for n in known if n not in leaves]
        often = 60 if self.leads_on(parent) else 75
        room = self.items <= MOST_ITEMS and (depth > 0 or not self.leads_on(parent))
        into = room and nested and (not leaves or self.chance(often))
        name = self.one(nested if into else leaves or ["__typename"])
        if name == "__typename":
            return "__typename"
        definition = known[name]
        key, asked = self.ask(parent.name, name, definition, abstract)
        below = times * max(asked.size, 1)
        if not is_composite_type(get_named_type(definition.type)):
            return f"{key}{asked.text}{self.directives()}"
        if self.cost + below > MOST_NODES:
            return f"{key}{asked.text} @skip(if: true) {{ __typename }}"
        self.cost += times * asked.size
        inner = get_named_type(definition.type)
        assert isinstance(inner, Composite)
        deeper = depth - 1 if self.is_entity(inner) else depth
        return f"{key}{asked.text}{self.directives()} {self.selection(inner, deeper, below, abstract=False)}"

    def is_entity(self, type_: Composite) -> bool:
        return type_.name in self.members("Node") or not is_object_type(type_)

    def leads_on(self, parent: Composite) -> bool:
        """Whether all that is nested in `parent` leads to further entities."""
        return self.is_entity(parent) or parent.name == "Query"

    def ask(self, parent: str, name: str, definition: GraphQLField, abstract: bool) -> tuple[str, _Asked]:
        """A key for a field, and what it asks: anew, or as some such key asked before."""
        alias = ""
        if self.chance(25) or (abstract and not self.alike(name)):
            alias = self.one([f"{parent}_{name}_{n}" for n in range(3)])
        before = self.asked.get((parent, name, alias))
        if before is None:
            before = self.asked[parent, name, alias] = self.fresh(parent, name, definition)
        return (f"{alias}: " if alias else ""), before

    def alike(self, name: str) -> bool:
        """Whether a field of this name has the same type wherever there is one."""
        objects = [self.schema.type_map[n] for n in self.members("Node")]
        return len({str(o.fields[name].type) for o in objects if name in o.fields}) <= 1  # type: ignore[attr-defined]

    def fresh(self, parent: str, name: str, definition: GraphQLField) -> _Asked:
        given = arguments_of(self, self.pools, parent, name, definition)
        written = ", ".join(f"{k}: {self.written(definition.args[k], v)}" for k, v in given.items())
        size = SIZES.get(name, 0)
        if "first" in definition.args:
            size = given.get("first") or given.get("last") or 20
        if name == "nodes":
            size = len(given["ids"])
        return _Asked(f"{name}({written})" if written else name, size)

    # ------------------------------------------------------------------ values

    def written(self, argument: GraphQLArgument, value: Any) -> str:
        return self.value(argument.type, value, None)

    def value(self, type_: GraphQLInputType, value: Any, variables: bool | None = None) -> str:
        """`value` as a literal, as a variable, or as a literal with variables in it.

        Where `variables` is False, no variable stands anywhere in it.
        """
        if variables is not False and self.chance(30):
            return self.variable(str(type_), value, type_)
        inner = type_.of_type if is_non_null_type(type_) else type_
        if value is None:
            return "null"
        if isinstance(inner, GraphQLList):
            if len(value) == 1 and self.chance(30):
                return self.value(inner.of_type, value[0], variables=False)
            return "[" + ", ".join(self.value(inner.of_type, v, variables) for v in value) + "]"
        if isinstance(inner, GraphQLInputObjectType):
            members = (f"{k}: {self.value(inner.fields[k].type, v, variables)}" for k, v in value.items())
            return "{" + ", ".join(members) + "}"
        return str(value) if isinstance(inner, GraphQLEnumType) else json.dumps(value, ensure_ascii=False)

    def variable(self, written: str, value: Any, type_: GraphQLInputType | None = None) -> str:
        """A new variable of that value; now and then it is the variable's default and no value is sent."""
        name = f"v{len(self.definitions)}"
        default = ""
        if type_ is not None and not isinstance(type_, GraphQLNonNull) and self.chance(30):
            default = f" = {self.value(type_, value, variables=False)}"
        self.definitions.append(f"${name}: {written}{default}")
        if not default or self.chance(30):
            self.values[name] = value
        return f"${name}"
