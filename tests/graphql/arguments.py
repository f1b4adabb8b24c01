"""Draws the arguments of fields from what there is in a database, and some from what there is not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLList,
    get_named_type,
    get_nullable_type,
    is_non_null_type,
    is_required_argument,
)

T = TypeVar("T")

REFERS: Mapping[str, tuple[str, ...]] = {
    "speaker": ("Actor",),
    "publisher": ("Actor",),
    "holder": ("Actor",),
    "between": ("Actor",),
    "involving": ("Actor",),
    "document": ("Document",),
    "statement": ("Statement",),
    "annotator": ("Annotator",),
    "project": ("Project",),
    "projectId": ("Project",),
    "target": ("Actor", "Topic"),
    "towards": ("Actor", "Topic"),
    "stanceTarget": ("Actor", "Topic"),
}
"""Arguments that take ids → of which types."""

RELEVANCE = "RELEVANCE"
"""The order of lists that are filtered by a text, unless another is asked for."""
DEFAULT_ORDERS = {
    "ActorConnection": "NAME",
    "TopicConnection": "NAME",
    "ProjectConnection": "NAME",
    "ProjectMemberConnection": "CREATED_AT",
    "CodebookConnection": "NUMBER",
    "RelationConnection": "VALID_FROM",
    "TieConnection": "VALID_FROM",
    "MembershipConnection": "VALID_FROM",
    "DocumentConnection": "PUBLISHED_ON",
    "StatementConnection": "STATED_ON",
    "StanceConnection": "CREATED_AT",
    "AdjudicationConnection": "CREATED_AT",
    "AssignmentConnection": "CREATED_AT",
    "RevisionConnection": "CHANGED",
    "ChangeConnection": "PLACE",
}
"""What lists are ordered by where nothing is said."""


class Drawer(Protocol):
    """What the drawing of arguments needs of the drawing of documents."""

    def chance(self, percent: int) -> bool:
        """True so often."""
        ...

    def one(self, values: Sequence[T]) -> T:
        """One of some values."""
        ...


@dataclass(frozen=True)
class Pools:
    """What arguments are drawn from."""

    ids: Mapping[str, Sequence[str]]
    """Type → ids: of rows, of merged rows, of none."""
    cursors: Mapping[tuple[str, str], Sequence[str]]
    """Connection and order → cursors out of earlier answers."""
    texts: Mapping[str, Sequence[str]]
    """Argument → texts."""
    dates: Sequence[str]
    instants: Sequence[str]


def arguments_of(drawer: Drawer, pools: Pools, parent: str, name: str, definition: GraphQLField) -> dict[str, Any]:
    """Values for some of a field's arguments, and for all that it must have."""
    known = definition.args
    given: dict[str, Any] = {}
    for key, argument in known.items():
        if key in ("first", "last", "after", "before"):
            continue
        if is_required_argument(argument) or drawer.chance(70 if key == "filter" else 40):
            given[key] = _value(drawer, pools, parent, name, key, argument)
    if "first" in known:
        connection = get_named_type(definition.type).name
        default = {"Document.statements": "POSITION", "Project.statements": "PLACE"}.get(
            f"{parent}.{name}", DEFAULT_ORDERS[connection]
        )
        has_text = (given.get("filter") or {}).get("text") is not None
        if not has_text and (given.get("orderBy") or {}).get("field") == RELEVANCE:
            given["orderBy"] = None
        by_relevance = has_text and RELEVANCE in _orders(known)
        order = given["orderBy"]["field"] if given.get("orderBy") else RELEVANCE if by_relevance else default
        paging = _paging(drawer, pools.cursors[connection, order])
        given.update({key: value for key, value in paging.items() if key in known})
    return given


def _orders(known: Mapping[str, Any]) -> Sequence[str]:
    """What a list may be ordered by."""
    order = get_named_type(known["orderBy"].type) if "orderBy" in known else None
    return _choices(order.fields["field"]) if isinstance(order, GraphQLInputObjectType) else ()


def _paging(drawer: Drawer, cursors: Sequence[str]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    size = drawer.one(["first", "first", "first", "last", "neither", "null"])
    if size == "null":
        given |= {"first": None, "last": drawer.one([None, 2])}
    elif size != "neither":
        given[size] = drawer.one([1, 2, 3, 4, 50])
    for end in ("after", "before"):
        if cursors and drawer.chance(25):
            given[end] = drawer.one(cursors)
    return given


def _value(drawer: Drawer, pools: Pools, parent: str, name: str, key: str, argument: Any) -> Any:
    if not is_non_null_type(argument.type) and drawer.chance(10):
        return None
    if key == "filter":
        return _object(drawer, pools, get_named_type(argument.type))
    if key == "orderBy":
        order = get_named_type(argument.type)
        assert isinstance(order, GraphQLInputObjectType)
        chosen = {k: drawer.one(_choices(f)) for k, f in order.fields.items()}
        return {k: v for k, v in chosen.items() if k == "field" or not drawer.chance(10)}
    if key == "slug":
        return drawer.one(pools.texts[f"{name}.slug"])
    if key == "id":
        return drawer.one(_any_ids(pools))
    if key == "ids":
        return [drawer.one(_any_ids(pools)) for _ in range(drawer.one([0, 1, 3, 5]))]
    if key == "collapseMembers":
        return drawer.one([True, False])
    if key == "unit":
        return drawer.one(["CODE_POINT", "UTF16"])
    return _part(drawer, pools, key, argument)


def _any_ids(pools: Pools) -> Sequence[str]:
    return [text for ids in pools.ids.values() for text in ids]


def _object(drawer: Drawer, pools: Pools, type_: Any) -> dict[str, Any]:
    assert isinstance(type_, GraphQLInputObjectType)
    given: dict[str, Any] = {}
    for _ in range(drawer.one([1, 1, 2, 3, 0])):
        key = drawer.one(list(type_.fields))
        given[key] = None if drawer.chance(10) else _part(drawer, pools, key, type_.fields[key])
    return given


def _part(drawer: Drawer, pools: Pools, key: str, part: Any) -> Any:
    """A value for a part of a filter, by its name and type."""
    type_ = get_nullable_type(part.type)
    named = get_named_type(type_)
    if named.name == "DateRange":
        return {end: drawer.one([None, *pools.dates]) for end in ("from", "to") if drawer.chance(60)}
    if named.name in ("Date", "DateTime"):
        return drawer.one(pools.dates if named.name == "Date" else pools.instants)
    several = isinstance(type_, GraphQLList)
    if key in REFERS:
        values = [text for name in REFERS[key] for text in pools.ids[name]]
    elif isinstance(named, GraphQLEnumType):
        values = list(named.values)
    else:
        values = list(pools.texts[key])
    if not several:
        return drawer.one(values)
    sizes = [2, 6, 12] if key == "between" else [1, 1, 2, 3, 0]
    return [drawer.one(values) for _ in range(drawer.one(sizes))]


def _choices(part: GraphQLInputField) -> Sequence[str]:
    named = get_named_type(part.type)
    assert isinstance(named, GraphQLEnumType)
    return list(named.values)
