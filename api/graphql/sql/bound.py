"""The arguments of one request, bound: typed values for the nodes of a plan tree.

Binding (`arguments`) makes them, emitting reads them. A bound value has two halves. Its *values* become parameters of
the statement. Its *shape* names the values that are present and the rest that determines the SQL: an order, a
direction, a type. Requests of one shape share a plan. `parameters` makes the names of parameters from the slot of a
node and a label; only this module knows their format.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from api import limits
from api.errors import BadArgument, TooCostly
from api.graphql.plan import PlanNode
from api.graphql.sql.dialects import DialectText
from api.graphql.sql.parameters import Parameter, parameter_name
from api.graphql.sql.predicates import Binds, Predicate
from api.settings import variable

_RELEVANCE, _TEXT = "relevance", "text"


class BoundFilter(NamedTuple):
    """The predicates of a filter that have a value, by argument, and where their values are bound."""

    predicates: Mapping[str, Predicate]
    label: str
    slot: int | None
    values: Mapping[str, object]

    def among(self, known: Mapping[str, Predicate]) -> "BoundFilter":
        """Return the filter with only the predicates of the arguments in `known`."""
        return self._replace(predicates={key: each for key, each in self.predicates.items() if key in known})

    def binds(self, dialect: DialectText, key: str) -> Binds:
        """Return the values of one predicate."""
        return Binds(dialect, self.slot, _label(self.label, key), self.values)


class BoundCursor(NamedTuple):
    """The cursor at which a page starts: the value that its row is ordered by, and the key of the row."""

    value: Parameter
    key: Parameter


@dataclass(slots=True)
class BoundArguments:
    """The arguments of a node, or of a statement outside an operation."""

    slot: int | None = None
    values: dict[str, object] = field(default_factory=dict)
    """Label → value."""
    filters: dict[str, BoundFilter] = field(default_factory=dict)
    """The filters by their labels."""
    choices: tuple[Hashable, ...] = ()
    """What else determines the SQL."""
    longest_list: tuple[int, str] = (0, "")
    """Length of the longest list within a filter, and the argument that holds the list."""
    frozen_shape: Hashable = None
    """The shape of a statement with these arguments, if they are constant."""

    def freeze(self) -> None:
        """Compute the shape only once: the arguments are constant."""
        self.frozen_shape = self.statement_shape

    @property
    def shape(self) -> Hashable:
        """Cache key of fragments: arguments with equal shapes share a fragment."""
        return (
            tuple(self.values),
            tuple([(label, *each.predicates) for label, each in self.filters.items()]),
            self.choices,
        )

    @property
    def statement_shape(self) -> Hashable:
        """Cache key of statements: arguments with equal keys share a statement."""
        return self.shape

    @property
    def parameters(self) -> Mapping[str, object]:
        """The value of each parameter by its name."""
        slot = self.slot
        return {parameter_name(slot, label): value for label, value in self.values.items()}

    def bind_filter(
        self, known: Mapping[str, Predicate], values: Mapping[str, Any], label: str, path: str
    ) -> BoundFilter:
        """Bind the values of a filter, or of arguments that act as one.

        :param known: the predicates by argument.
        :param label: the label of the filter; empty for arguments.
        :param path: the prefix of argument names in error messages.
        :raises BadArgument: for the first value that is not valid.
        """
        present: dict[str, Predicate] = {}
        for key, predicate in known.items() if values else ():
            value = values.get(key)
            if value is None:
                continue
            if isinstance(value, list):
                self.longest_list = max(self.longest_list, (len(value), path + key))
            present[key] = predicate
            below = _label(label, key)
            for part, bound in predicate.read(value, path + key).items():
                self.values[f"{below}_{part}" if part else below] = bound
        found = self.filters[label] = BoundFilter(present, label, self.slot, self.values)
        return found

    def check_lists(self, maximum: int) -> None:
        """Check the lengths of all lists within filters.

        :raises TooCostly: if a list has more than `maximum` values.
        """
        length, argument = self.longest_list
        if wrong := limits.FILTER_VALUES.exceeded(length, maximum):
            message = f"{argument}: {wrong} ({variable('max_filter_values')}); ask for them in several requests"
            raise TooCostly(message, argument=argument, limit=maximum)

    def _parameter(self, label: str) -> Parameter:
        return Parameter(parameter_name(self.slot, label))


def _label(above: str, below: str) -> str:
    return f"{above}_{below}" if above else below


@dataclass(slots=True)
class BoundPage(BoundArguments):
    """The arguments of a page."""

    size: int = 0
    backward: bool = False
    """True if the page is taken from the end of its list."""
    order: str = ""
    descending: bool = False
    types: tuple[str, ...] = ()
    """For a search: the types that it looks for."""

    @property
    def shape(self) -> Hashable:
        """Cache key of fragments, without the size of the page."""
        filters = tuple([(label, *each.predicates) for label, each in self.filters.items()])
        return self.backward, self.order, self.descending, self.types, tuple(self.values), filters

    @property
    def statement_shape(self) -> Hashable:
        """Cache key of statements, with the size of the page, so that the database plans for this size."""
        return self.size, self.shape

    @property
    def filter(self) -> BoundFilter:
        """The argument `filter`."""
        return self.filters["filter"]

    @property
    def arguments(self) -> BoundFilter:
        """The filtering arguments that only this list has."""
        return self.filters[""]

    @property
    def after(self) -> BoundCursor | None:
        """The cursor after which the page starts."""
        return self._cursor("after")

    @property
    def before(self) -> BoundCursor | None:
        """The cursor before which the page ends."""
        return self._cursor("before")

    def _cursor(self, end: str) -> BoundCursor | None:
        if f"{end}_id" not in self.values:
            return None
        return BoundCursor(self._parameter(f"{end}_value"), self._parameter(f"{end}_id"))

    def bind_cursor(self, end: str, value: object, key: UUID) -> None:
        """Bind the cursor `after` or `before`."""
        self.values[f"{end}_value"] = value
        self.values[f"{end}_id"] = key

    @property
    def position(self) -> tuple[Any, Any] | None:
        """The values of the cursor `after`."""
        return (self.values["after_value"], self.values["after_id"]) if "after_id" in self.values else None

    def bind_relevance(self, values: Mapping[str, object]) -> None:
        """Bind what the relevance of rows is computed from."""
        self.values.update({_label(_RELEVANCE, key): value for key, value in values.items()})

    def relevance(self, dialect: DialectText) -> Binds:
        """Return the values that the relevance of rows is computed from."""
        return Binds(dialect, self.slot, _RELEVANCE, self.values)

    def bind_text(self, values: Mapping[str, object]) -> None:
        """Bind the text that a search looks for."""
        self.values.update({_label(_TEXT, key): value for key, value in values.items()})

    def text(self, dialect: DialectText) -> Binds:
        """Return the values of the text that a search looks for."""
        return Binds(dialect, self.slot, _TEXT, self.values)


@dataclass(slots=True)
class BoundValue(BoundArguments):
    """One value: a key, a slug, an instant."""

    @property
    def parameter(self) -> Parameter:
        """The parameter of the value."""
        (label,) = self.values
        return self._parameter(label)


@dataclass(slots=True)
class BoundIds(BoundValue):
    """A global ID or several: their keys or texts are the value; the types are part of the shape."""

    types: tuple[str, ...] = ()

    @property
    def shape(self) -> Hashable:
        """Cache key of fragments: arguments with equal shapes share a fragment."""
        return self.types


@dataclass(slots=True)
class BoundVariant(BoundArguments):
    """The argument that chooses among the sets of columns of an embedded object."""

    @property
    def variant(self) -> Hashable:
        """The value of the argument."""
        return self.choices[0]


B = TypeVar("B", bound=BoundArguments)


@dataclass(slots=True)
class Bound:
    """The arguments of all nodes of a statement."""

    nodes: dict[int, BoundArguments] = field(default_factory=dict)
    """Slot of the node → its arguments."""
    errors: list[BadArgument] = field(default_factory=list)
    """Errors of single fields, which are null because of them."""
    total: int = 0
    """The maximum number of nodes that the answer may hold."""

    def of(self, node: PlanNode, kind: type[B]) -> B:
        """Return the arguments of a node."""
        found = self.nodes[node.slot]
        assert isinstance(found, kind), found
        return found

    @property
    def shape(self) -> Hashable:
        """Cache key of plans: requests with equal shapes share a plan."""
        return tuple([each.frozen_shape or each.statement_shape for each in self.nodes.values()])

    @property
    def values(self) -> Mapping[str, object]:
        """The values of all parameters by name."""
        found: dict[str, object] = {}
        for node in self.nodes.values():
            if node.values:
                found.update(node.parameters)
        return found
