"""How types of the graph declare their fields: one line each, which says what stands behind the field.

A plain annotation is a column of that name. `one`, `one_of`, `many`, `items`, `embed` are edges. The docstring under
a field is its description. Strawberry makes the schema of all this; the compiler reads the same declarations.
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
    """Declares the type of the rows of `model`."""

    def declare(cls: T) -> T:
        setattr(cls, MODEL, model)
        return _declared(cls, strawberry.type, lambda name: {PART: Column(name)})

    return declare


@dataclass_transform(kw_only_default=True)
def object_type(cls: T) -> T:
    """Declare an object that has no table of its own.

    It is a dataclass: a computation returns its instances. Fields of its own that are not in the schema are
    `strawberry.Private`; fields that are computed only if a request selects them are methods, see `resolver`.
    """
    return _declared(cls, strawberry.type, lambda _: {})


def input_type(cls: T) -> T:
    """Declares an input."""
    return _declared(cls, strawberry.input, lambda _: {})


def interface(cls: T) -> T:
    """Declares an interface."""
    return _declared(cls, strawberry.interface, lambda name: {PART: Column(name)})


def enum_type(values: type[StrEnum], *, name: str | None = None, **descriptions: str) -> None:
    """Declares an enumeration, called `name` where its class' own would say too little; each value is described."""
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
    """A field with `part` behind it."""
    field = strawberry.field(metadata={PART: part}, description=description)
    field.arguments = arguments or []
    return field


def one(edge: Attribute) -> Any:
    """The row that a foreign key leads to."""
    return field(ForeignKey.of(edge))


def one_of(*edges: Attribute) -> Any:
    """The row that whichever foreign key is set leads to."""
    return field(UnionKey.among(*edges))


def computed(by: Any, arguments: list[Argument] | None = None, check: Any = None) -> Any:
    """What `by`, a `Computation`, makes of the rows' keys; `check` raises `BadArgument` for arguments beforehand."""
    return field(Computed(by, check), arguments)


def items(edge: Attribute, order: Attribute, **leading_on: UnionKey) -> Any:
    """All rows that point here, as a plain list; `leading_on` are fields of theirs that are no columns."""
    return field(Items(HasMany.by(edge), order.key, leading_on))


def embed(**columns: Attribute) -> Any:
    """An object made of columns of the same row."""
    return field(Embed({name: column.key for name, column in columns.items()}))


def filter_by(predicate: Predicate) -> Any:
    """A field of a filter, and what it asks."""
    return strawberry.field(metadata={PREDICATE: predicate}, default=strawberry.UNSET)


def argument(name: str, annotation: Any, description: str, default: object = strawberry.UNSET) -> Argument:
    """An argument of a field, by its GraphQL name."""
    return StrawberryArgument(name, name, StrawberryAnnotation(annotation), description=description, default=default)


# ---------------------------------------------------------------- lists


class OrderDirection(StrEnum):
    """Which way a list runs."""

    ASC = "ASC"
    DESC = "DESC"


enum_type(
    OrderDirection,
    ASC="From the least to the greatest, earliest first.",
    DESC="From the greatest to the least, latest first.",
)


@dataclass(frozen=True)
class Listing:
    """How a noun is listed: what narrows it, what orders it, wherever a list of it stands."""

    order: Ordering
    filter: type | None = None
    order_by: type | None = None

    @property
    def predicates(self) -> Mapping[str, Predicate]:
        """Field of the filter, by its GraphQL name → what it asks."""
        return {} if self.filter is None else filter_predicates(self.filter)

    def arguments(self) -> list[Argument]:
        """The arguments that a list of this noun takes beside those of paging."""
        found = []
        if self.filter is not None:
            found.append(argument("filter", self.filter | None, "What the list is narrowed to."))
        if self.order_by is not None:
            found.append(argument("orderBy", self.order_by | None, "What the list is ordered by; the id breaks ties."))
        return found


def filter_predicates(filter_type: type) -> dict[str, Predicate]:
    """The predicates of a declared filter, by GraphQL name."""
    definition = filter_type.__strawberry_definition__  # type: ignore[attr-defined]
    return {camel(f.python_name): f.metadata[PREDICATE] for f in definition.fields}


def order_input(name: str, fields: type[StrEnum]) -> type:
    """The input that orders a list by one of `fields`."""
    annotations = {"field": fields, "direction": OrderDirection | None}
    described = {
        "field": strawberry.field(description="What to order by."),
        "direction": strawberry.field(
            description="Which way. Where left out: the best match first by RELEVANCE, as lists run by their default"
            " order, and else upwards.",
            default=strawberry.UNSET,
        ),
    }
    cls = type(name, (), {"__annotations__": annotations, "__module__": __name__, **described})
    return strawberry.input(cls, name=name, description="What a list is ordered by.")


def paging(backward: bool = True) -> list[Argument]:
    """The arguments of a keyset-paged list."""
    one_way = "" if backward else " The list is paged forwards only."
    forth = [
        argument(
            "first",
            int | None,
            f"How many from the start, or after `after`: 1 to 100, 20 where neither is given.{one_way}",
        ),
        argument("after", str | None, "The cursor to go on after."),
    ]
    back = [
        argument("last", int | None, "How many from the end, or before `before`: 1 to 100."),
        argument("before", str | None, "The cursor to end before."),
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
    """A page of the rows that point here by an edge, or of `rows`; `more` are arguments of its own."""
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
