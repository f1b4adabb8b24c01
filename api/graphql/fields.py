"""Declarations of the fields of a type: a line for each field names the part that backs it.

A plain annotation is a column with the name of the field. `one`, `one_of`, `many`, `items`, `embed` are edges. The
docstring under a field is its description. Strawberry makes the schema from these declarations, and the compiler reads
them.
"""

import ast
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, cast, dataclass_transform

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField
from strawberry.types.private import is_private

from api.graphql.parts import (
    Attribute,
    Column,
    Computed,
    Embed,
    ForeignKey,
    HasMany,
    Items,
    Model,
    Ordering,
    Page,
    Part,
    Rows,
    UnionKey,
)
from api.graphql.sql.predicates import Predicate

PART = "part"
PREDICATE = "predicate"
MODEL = "__stancegraph_model__"

T = TypeVar("T", bound=type)
M = TypeVar("M", bound=Callable[..., Any])
Argument = StrawberryArgument


# ---------------------------------------------------------------- types


def entity(model: Model) -> Callable[[T], T]:
    """Declare the type of the rows of `model`."""

    def declare(cls: T) -> T:
        setattr(cls, MODEL, model)
        return _declared(cls, strawberry.type, lambda name: {PART: Column(name)})

    return declare


@dataclass_transform(kw_only_default=True)
def object_type(cls: T) -> T:
    """Declare an object type without a table.

    The class is a dataclass: a computation returns its instances. Fields that are not in the schema are
    `strawberry.Private`; fields that are computed only if a request selects them are methods, see `resolver`.
    """
    return _declared(cls, strawberry.type, lambda _: {})


def input_type(cls: T) -> T:
    """Declare an input."""
    return _declared(cls, strawberry.input, lambda _: {})


def interface(cls: T) -> T:
    """Declare an interface."""
    return _declared(cls, strawberry.interface, lambda name: {PART: Column(name)})


def enum_type(values: type[StrEnum], *, name: str | None = None, **descriptions: str) -> None:
    """Declare an enumeration with a description for each value. `name` is its GraphQL name if the class has another."""
    assert set(descriptions) == {v.name for v in values}, f"{values.__name__}: a description for each value"
    strawberry.enum(values, name=name, description=inspect.getdoc(values))
    definition = values.__strawberry_definition__  # type: ignore[attr-defined]
    for value in definition.values:
        value.description = descriptions[value.name]


def documented(cls: type) -> Mapping[str, str]:
    """Return the docstrings under the attributes of a class."""
    return {name: text for name, text in _members_of(cls).items() if text is not None}


def _declared(cls: T, decorate: Any, metadata: Callable[[str], Mapping[str, Any]]) -> T:
    described = documented(cls)
    _annotate_methods(cls)
    for name, annotation in inspect.get_annotations(cls).items():
        if is_private(annotation):
            continue
        field = cls.__dict__.get(name)
        if field is None:
            default = {"default": strawberry.UNSET} if decorate is strawberry.input and _optional(cls, name) else {}
            field = strawberry.field(metadata=metadata(name), **default)
            setattr(cls, name, field)
        if isinstance(field, StrawberryField) and field.description is None:
            field.description = described.get(name)
    declared: T = decorate(cls, description=inspect.getdoc(cls))
    return declared


def _optional(cls: type, name: str) -> bool:
    return "None" in str(cls.__annotations__[name])


def _annotate_methods(cls: type) -> None:
    """Annotate a class with what its resolvers return: strawberry would put them after all other fields."""
    methods = {n: f.base_resolver for n, f in vars(cls).items() if isinstance(f, StrawberryField) and f.base_resolver}
    if methods:
        returned = {name: resolver.wrapped_func.__annotations__["return"] for name, resolver in methods.items()}
        annotations = {**inspect.get_annotations(cls), **returned}
        cls.__annotations__ = {name: annotations[name] for name in _members_of(cls) if name in annotations}


def _members_of(cls: type) -> Mapping[str, str | None]:
    return _members(inspect.getmodule(cls)).get(cls.__name__, {})


@cache
def _members(module: Any) -> dict[str, dict[str, str | None]]:
    """Return class → attributes and methods as they are written → the docstring under each attribute."""
    found: dict[str, dict[str, str | None]] = {}
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.ClassDef):
            members = found[node.name] = {}
            for member, after in zip(node.body, [*node.body[1:], None], strict=True):
                if isinstance(member, ast.FunctionDef):
                    members[member.name] = None
                members.update({target.id: _text(after) for target in _targets(member) if isinstance(target, ast.Name)})
    return found


def _targets(node: ast.stmt) -> Sequence[ast.expr]:
    match node:
        case ast.AnnAssign(target=target):
            return [target]
        case ast.Assign(targets=targets):
            return targets
    return []


def _text(node: ast.stmt | None) -> str | None:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        return inspect.cleandoc(node.value.value)
    return None


# ---------------------------------------------------------------- fields


def field(part: Part, arguments: list[Argument] | None = None, description: str | None = None) -> Any:
    """Declare a field that is backed by `part`."""
    field = strawberry.field(metadata={PART: part}, description=description)
    field.arguments = arguments or []
    return field


def one(edge: Attribute) -> Any:
    """Declare a field for the row that a foreign key refers to."""
    return field(ForeignKey.of(edge))


def one_of(*edges: Attribute) -> Any:
    """Declare a field for the row that one of several foreign keys refers to."""
    return field(UnionKey.among(*edges))


def computed(by: Any, arguments: list[Argument] | None = None, check: Any = None) -> Any:
    """Declare a field that the `Computation` `by` computes. `check` raises `BadArgument` for invalid arguments."""
    found = field(Computed(by, check), arguments)
    # An object that a computation returns is made without its computed fields.
    found.default = None
    return found


def items(edge: Attribute, order: Attribute, **leading_on: UnionKey) -> Any:
    """Declare a plain list of all rows that refer to the row; `leading_on` are its fields that are no columns."""
    return field(Items(HasMany.by(edge), order.key, leading_on))


def embed(**columns: Attribute) -> Any:
    """Declare a field for an object made of columns of the same row."""
    return field(Embed({name: column.key for name, column in columns.items()}))


def filter_by(predicate: Predicate) -> Any:
    """Declare a field of a filter, with its predicate."""
    return strawberry.field(metadata={PREDICATE: predicate}, default=strawberry.UNSET)


def argument(name: str, annotation: Any, description: str, default: object = strawberry.UNSET) -> Argument:
    """Declare an argument of a field, by its GraphQL name."""
    return StrawberryArgument(name, name, StrawberryAnnotation(annotation), description=description, default=default)


# ---------------------------------------------------------------- lists


class OrderDirection(StrEnum):
    """The direction of an order."""

    ASC = "ASC"
    DESC = "DESC"


enum_type(
    OrderDirection,
    ASC="Ascending: smallest or earliest first.",
    DESC="Descending: greatest or latest first.",
)


@dataclass(frozen=True)
class Listing:
    """How a noun is listed, in every list of it: its filter and its orders."""

    order: Ordering
    filter: type | None = None
    order_by: type | None = None

    @property
    def predicates(self) -> Mapping[str, Predicate]:
        """The predicates of the filter by GraphQL name."""
        return {} if self.filter is None else filter_predicates(self.filter)

    def arguments(self) -> list[Argument]:
        """Return the arguments of a list of this noun, besides those of paging."""
        found = []
        if self.filter is not None:
            found.append(argument("filter", self.filter | None, "Filters the list."))
        if self.order_by is not None:
            found.append(argument("orderBy", self.order_by | None, "Orders the list. The ID breaks ties."))
        return found


def filter_predicates(filter_type: type) -> dict[str, Predicate]:
    """Return the predicates of a declared filter by GraphQL name."""
    definition = filter_type.__strawberry_definition__  # type: ignore[attr-defined]
    return {camel(f.python_name): f.metadata[PREDICATE] for f in definition.fields}


def order_input(name: str, fields: type[StrEnum]) -> type:
    """Return the input that orders a list by one of `fields`."""
    annotations = {"field": fields, "direction": OrderDirection | None}
    described = {
        "field": strawberry.field(description="The field to order by."),
        "direction": strawberry.field(
            description="The direction. Default: best match first for RELEVANCE, the direction of the list for its"
            " default order, else ascending.",
            default=strawberry.UNSET,
        ),
    }
    cls = type(name, (), {"__annotations__": annotations, "__module__": __name__, **described})
    return strawberry.input(cls, name=name, description="The order of a list.")


def paging(backward: bool = True) -> list[Argument]:
    """Return the arguments of a keyset-paged list."""
    one_way = "" if backward else " The list can only be paged forward."
    forth = [
        argument(
            "first",
            int | None,
            "Number of items to return from the start of the list, or after the `after` cursor (1–100, default 20)."
            f"{one_way}",
        ),
        argument("after", str | None, "Cursor after which the page starts."),
    ]
    back = [
        argument(
            "last",
            int | None,
            "Number of items to return from the end of the list, or before the `before` cursor (1–100).",
        ),
        argument("before", str | None, "Cursor before which the page ends."),
    ]
    return forth + back if backward else forth


def resolver(method: M) -> M:
    """Declare a field of an object whose value its method returns; the docstring is the description."""
    field: Any = strawberry.field(resolver=method, description=inspect.getdoc(method))
    field.arguments = []
    # The type decorator of strawberry puts the method back in its place.
    return cast(M, field)


def paged(method: Any = None) -> Any:
    """Declare a list of an object, whose method takes `first` and `after` and returns the page."""
    field: Any = strawberry.field() if method is None else resolver(method)
    field.arguments = paging(backward=False)
    return field


def many(rows: Rows | Attribute, listing: Listing, **more: tuple[Argument, Predicate]) -> Any:
    """Declare a page of `rows`, or of rows that refer to this row by an edge. `more` are extra arguments."""
    source = rows if isinstance(rows, Rows) else HasMany.by(rows)
    part = Page(
        source,
        listing.order,
        filter=listing.predicates,
        arguments={own.python_name: predicate for own, predicate in more.values()},
    )
    return field(part, [*listing.arguments(), *(own for own, _ in more.values()), *paging()])


def camel(name: str) -> str:
    """`stated_on` → `statedOn`."""
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)
