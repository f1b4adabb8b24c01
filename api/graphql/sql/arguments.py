"""Binds a read operation to the variables of one request: what is asked of each page, which values go where.

What comes out has two halves. The *values* become parameters of the statement. Their names, with the *choices*
that shape the statement (an order, a direction, a type), are the key under which its plan is kept.
"""

import re
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from api import limits
from api.errors import BadArgument, TooCostly
from api.graphql.graph import Entity, Graph
from api.graphql.parts import (
    Aggregates,
    ById,
    ByIds,
    BySlug,
    Computed,
    Counts,
    Embed,
    Items,
    LiveField,
    Page,
    Part,
    RowAt,
    SearchHits,
    Stream,
    UnpagedRoot,
)
from api.graphql.selection import Arguments, Field, Variables
from api.graphql.sql.cursors import read_cursor
from api.graphql.sql.predicates import Predicate, name_binds, read_id, read_search_text, word_binds
from api.graphql.sql.relevance import FILTER, RELEVANCE
from api.ids import PREFIXES, MalformedId, parse_any
from api.settings import variable

_SLOT_NAME = re.compile(r"p(\d+)")
PAGE_SIZE = 20
PAGE_SIZES = range(1, limits.PAGE.maximum + 1)
AT_ONCE = 50
"""How many edges of a stream are read at once."""
_TAKING = (Page, Stream, RowAt, ById, ByIds, BySlug, Counts, Embed, Aggregates, UnpagedRoot)
"""What takes arguments, or comes to several nodes."""
_SHARES = 20
"""For how many a list of shares counts."""
MOST_LEVELS = limits.NESTED_PAGES.maximum
"""How deep pages may stand in pages: SQLite's parser can have only so much open at once."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A field that takes arguments, the part behind it, and the number of the page it stands in."""

    field: Field
    part: Part
    within: int | None


@dataclass(slots=True)
class Bound:
    """What one request binds; see the module."""

    values: dict[str, object] = field(default_factory=dict)
    choices: dict[str, Any] = field(default_factory=dict)
    errors: list[BadArgument] = field(default_factory=list)
    """What is wrong with single fields, which are null for it."""
    longest_list: tuple[int, str] = (0, "")
    """Length of the longest list within a filter, and the argument that holds the list."""

    def check_lists(self, maximum: int) -> None:
        """Check the lengths of all lists within filters.

        :raises TooCostly: if a list has more than `maximum` values.
        """
        length, argument = self.longest_list
        if wrong := limits.FILTER_VALUES.exceeded(length, maximum):
            message = f"{argument}: {wrong} ({variable('max_filter_values')}); ask for them in several requests"
            raise TooCostly(message, argument=argument, limit=maximum)

    @property
    def shape(self) -> Hashable:
        """Equal for requests that one plan serves."""
        return (tuple(self.values), tuple(self.choices.items()))

    def shapes(self) -> Mapping[int, Hashable]:
        """The same slot by slot, whatever the sizes of pages."""
        found: dict[int, list[Hashable]] = {}
        chosen = ((name, c[:3] if name.endswith("_page") else c) for name, c in self.choices.items())
        for name, choice in (*((name, None) for name in self.values), *chosen):
            slot = _SLOT_NAME.match(name)
            if slot is not None:
                found.setdefault(int(slot[1]), []).append((name[slot.end() :], choice))
        return {slot: tuple(parts) for slot, parts in found.items()}


def asks(graph: Graph, fields: tuple[Field, ...], roots: Mapping[str, Part]) -> tuple[Ask, ...]:
    """All fields of an operation that take arguments or open a page, outermost first; `roots` are behind its own."""
    found: list[Ask] = []
    for root in fields:
        part = roots.get(root.name)
        if part is not None:
            _gather(graph, root, part, None, found)
    return tuple(found)


def asks_of(graph: Graph, entity: Entity, fields: tuple[Field, ...]) -> tuple[Ask, ...]:
    """The same for the fields of one entity."""
    found: list[Ask] = []
    _gather_entity(graph, entity, fields, None, found)
    return tuple(found)


def _gather(graph: Graph, asked: Field, part: Part, within: int | None, found: list[Ask]) -> None:
    if isinstance(part, _TAKING) or _leads_on(part):
        found.append(Ask(asked, part, within))
        within = len(found) - 1
    if isinstance(part, LiveField):
        found.append(Ask(asked, part, within))
        part = part.part
    if isinstance(part, Computed):
        return  # what is below it is asked when it is computed
    below: tuple[Field, ...] = (asked,)
    if isinstance(part, Page | Stream | UnpagedRoot | Counts | Items):
        (type_name,) = asked.selections
        beside = graph.parts(type_name)
        below = tuple(f for f in asked.only if f.selections and not isinstance(beside.get(f.name), Computed))
    if isinstance(part, Aggregates):
        below = tuple(f for shares in asked.only if shares.name in part.shares for f in shares.only if f.selections)
    if isinstance(part, Page):
        below = tuple(f for edges in below if edges.name == "edges" for f in edges.only)
    for each in below:
        for type_name, fields in each.selections.items():
            if type_name in PREFIXES:
                _gather_entity(graph, graph.named(type_name), fields, within, found)


def _leads_on(part: Part) -> bool:
    return isinstance(part, Items) and bool(part.parts)


def _gather_entity(
    graph: Graph, entity: Entity, fields: tuple[Field, ...], within: int | None, found: list[Ask]
) -> None:
    for asked in fields:
        if asked.name in entity.parts:
            _gather(graph, asked, entity.parts[asked.name], within, found)


def bind(
    asked: tuple[Ask, ...], variables: Variables, most_nodes: int, max_filter_values: int = limits.FILTER_VALUES.maximum
) -> Bound:
    """What `variables` make of the arguments of all of `asked`.

    :raises BadArgument: for the first argument that cannot be understood, with the path of its field.
    :raises TooCostly: where pages are nested too deep, may come to more than `most_nodes` nodes, or where a list within
        a filter has more than `max_filter_values` values.
    """
    bound = Bound()
    nodes: list[int] = []
    levels: list[int] = []
    total = 0
    for ask in asked:
        try:
            size = _READERS[type(ask.part)](ask, ask.field.arguments(variables), bound)
            bound.check_lists(max_filter_values)
        except (BadArgument, TooCostly) as error:
            error.path = ask.field.path
            raise
        nodes.append(size * (nodes[ask.within] if ask.within is not None else 1))
        levels.append(
            isinstance(ask.part, Page | Stream | UnpagedRoot) + (levels[ask.within] if ask.within is not None else 0)
        )
        total += 0 if isinstance(ask.part, Embed) else nodes[-1]
    if max(levels, default=0) > MOST_LEVELS:
        raise TooCostly(
            f"these are pages within pages, {max(levels)} deep; the most is {MOST_LEVELS}", limit=MOST_LEVELS
        )
    if total > most_nodes:
        raise TooCostly(
            f"this asks for up to {total:,} nodes, the most is {most_nodes:,}: "
            "ask for smaller pages (first, last) or fewer levels",
            nodes=total,
            limit=most_nodes,
        )
    return bound


def slot_name(asked: Field) -> str:
    """What the names of all values bound for a field begin with."""
    return f"p{asked.slot}"


def _stream(ask: Ask, arguments: Arguments, bound: Bound) -> int:
    assert isinstance(ask.part, Stream)
    return _page(Ask(ask.field, ask.part.page, None), {**arguments, "first": AT_ONCE}, bound)


def _watched(ask: Ask, arguments: Arguments, bound: Bound) -> int:
    assert isinstance(ask.part, LiveField)
    name = ask.part.argument
    _, bound.values[f"{slot_name(ask.field)}_id"] = read_id(arguments[name], name, ask.part.model.__name__)
    return _SHARES


def _page(ask: Ask, arguments: Arguments, bound: Bound) -> int:
    part, name = ask.part, slot_name(ask.field)
    assert isinstance(part, Page)
    size, backward = page_size(arguments)
    order, descending = _order(part, arguments)
    # The size, too, so that the database knows how few rows are wanted when it plans.
    bound.choices[f"{name}_page"] = (backward, order, descending, size)
    if order == RELEVANCE and part.order.relevance is not None:
        ranking = part.order.relevance.read(arguments["filter"][FILTER])
        bound.values.update({f"{name}_relevance_{key}": value for key, value in ranking.items()})
    for end in ("after", "before"):
        if arguments.get(end) is not None:
            value, key = read_cursor(part, order, arguments[end], end)
            bound.values[f"{name}_{end}_value"] = value
            bound.values[f"{name}_{end}_id"] = key
    bind_predicates(part.filter, arguments.get("filter") or {}, f"{name}_filter", "filter.", bound)
    bind_predicates(part.arguments, arguments, name, "", bound)
    if isinstance(part.rows, SearchHits):
        _found(part.rows, arguments, name, bound)
    return size


def _found(rows: SearchHits, arguments: Arguments, name: str, bound: Bound) -> None:
    known = [model.__name__ for model in (*rows.names, *rows.words)]
    given = arguments.get("types")
    wanted = known if given is None else [k for k in known if k.upper() in given]
    by_words = [model.__name__ for model in rows.words if model.__name__ in wanted]
    query = read_search_text(arguments["text"], "text", by_words if len(by_words) < len(rows.words) else ())
    bound.values.update({f"{name}_text_{k}": v for k, v in {**word_binds(query), **name_binds(query)}.items()})
    bound.choices[f"{name}_types"] = tuple(wanted)


def page_size(arguments: Arguments) -> tuple[int, bool]:
    """How long a page is, and whether it is taken from the end of its list.

    :raises BadArgument: where no page is so long.
    """
    first, last = arguments.get("first"), arguments.get("last")
    if first is not None and last is not None:
        raise BadArgument("last", "give either first or last, not both")
    name, size = ("last", last) if last is not None else ("first", PAGE_SIZE if first is None else first)
    if size not in PAGE_SIZES:
        raise BadArgument(name, f"must be from {PAGE_SIZES[0]} to {PAGE_SIZES[-1]}, not {size}")
    return size, last is not None


def _order(part: Page, arguments: Arguments) -> tuple[str, bool]:
    """What a page is ordered by, and whether it runs downwards."""
    given, ordering = arguments.get("orderBy"), part.order
    matched = ordering.relevance is not None and (arguments.get("filter") or {}).get(FILTER) is not None
    if given is None:
        return (RELEVANCE, True) if matched else (ordering.default, ordering.descending)
    name, direction = str(given["field"]), given.get("direction")
    if name == RELEVANCE and not matched:
        raise BadArgument("orderBy.field", f"RELEVANCE orders by how well rows match filter.{FILTER}, which is missing")
    if direction is not None:
        return name, str(direction) == "DESC"
    return name, name == RELEVANCE or (name == ordering.default and ordering.descending)


def bind_predicates(
    known: Mapping[str, Predicate], given: Mapping[str, Any], name: str, argument: str, bound: Bound
) -> None:
    """Take in what a filter, or arguments, ask: the values under `name`, and which there are.

    :raises BadArgument: naming what cannot be understood, behind `argument`.
    """
    for key, predicate in known.items():
        value = given.get(key)
        if value is not None:
            if isinstance(value, list):
                bound.longest_list = max(bound.longest_list, (len(value), argument + key))
            # Given, even where it binds nothing.
            bound.choices[f"{name}_{key}"] = True
            for part, bind_value in predicate.read(value, argument + key).items():
                bound.values[f"{name}_{key}_{part}" if part else f"{name}_{key}"] = bind_value


def _embed(ask: Ask, arguments: Arguments, bound: Bound) -> int:
    assert isinstance(ask.part, Embed)
    if ask.part.argument is not None:
        bound.choices[slot_name(ask.field)] = str(arguments[ask.part.argument])
    return 1


def _counts(ask: Ask, arguments: Arguments, bound: Bound) -> int:
    assert isinstance(ask.part, Counts)
    bind_predicates(ask.part.arguments, arguments, slot_name(ask.field), "", bound)
    return PAGE_SIZE


def _items(_ask: Ask, _arguments: Arguments, _bound: Bound) -> int:
    return PAGE_SIZE


def _by_id(ask: Ask, arguments: Arguments, bound: Bound) -> int:
    name = slot_name(ask.field)
    bound.choices[name] = None
    try:
        bound.choices[name], bound.values[f"{name}_id"] = _any_id(arguments["id"], "id")
    except BadArgument as error:
        error.path = ask.field.path
        bound.errors.append(error)
    return 1


def _by_ids(ask: Ask, arguments: Arguments, bound: Bound) -> int:
    ids: list[str] = arguments["ids"]
    if wrong := limits.IDS.exceeded(len(ids)):
        raise BadArgument("ids", wrong)
    found: set[str] = set()
    known: list[str] = []
    for place, text in enumerate(ids):
        try:
            found.add(_any_id(text, f"ids[{place}]")[0])
            known.append(text)
        except BadArgument as error:
            error.path = (*ask.field.path, place)
            bound.errors.append(error)
            known.append("")  # which nothing has
    bound.choices[slot_name(ask.field)] = tuple(sorted(found))
    bound.values[f"{slot_name(ask.field)}_ids"] = known
    return len(ids)


def _any_id(text: str, argument: str) -> tuple[str, UUID]:
    try:
        return parse_any(text)
    except MalformedId as error:
        raise BadArgument(argument, str(error)) from None


def _figures(ask: Ask, _arguments: Arguments, _bound: Bound) -> int:
    assert isinstance(ask.part, Aggregates)
    return _SHARES if any(f.name in ask.part.shares for f in ask.field.only) else 1


def _by_slug(ask: Ask, arguments: Arguments, bound: Bound) -> int:
    bound.values[f"{slot_name(ask.field)}_slug"] = arguments["slug"]
    return 1


def _whole(ask: Ask, arguments: Arguments, bound: Bound) -> int:
    assert isinstance(ask.part, UnpagedRoot)
    bind_predicates(ask.part.filter, arguments.get("filter") or {}, f"{slot_name(ask.field)}_filter", "filter.", bound)
    return ask.part.limit


def _past(ask: Ask, arguments: Arguments, bound: Bound) -> int:
    bound.values[f"{slot_name(ask.field)}_at"] = arguments["at"]
    return 1


_READERS: dict[type[Any], Callable[[Ask, Arguments, Bound], int]] = {
    Page: _page,
    Stream: _stream,
    LiveField: _watched,
    RowAt: _past,
    Embed: _embed,
    Counts: _counts,
    Items: _items,
    Aggregates: _figures,
    ById: _by_id,
    ByIds: _by_ids,
    BySlug: _by_slug,
    UnpagedRoot: _whole,
}
