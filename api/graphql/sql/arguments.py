"""Binds the arguments of a plan tree to the variables of one request, and checks their values against the limits.

Each kind of part has a function that takes the arguments of a node and returns them bound (`bound`), with the maximum
number of nodes that the field contributes to the answer.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from api import limits
from api.errors import BadArgument, TooCostly
from api.graphql.parts import (
    Aggregates,
    ById,
    ByIds,
    BySlug,
    Counts,
    Embed,
    Items,
    LiveField,
    Page,
    SearchHits,
    Stream,
    UnpagedRoot,
)
from api.graphql.plan import ArgumentNode, PlanNode, StatementPlan
from api.graphql.revision_parts import RowAt
from api.graphql.selection import Arguments, Variables
from api.graphql.sql.bound import Bound, BoundArguments, BoundIds, BoundPage, BoundValue, BoundVariant
from api.graphql.sql.cursors import read_cursor
from api.graphql.sql.predicates import name_binds, read_id, read_search_text, word_binds
from api.graphql.sql.relevance import FILTER, RELEVANCE
from api.ids import MalformedId, parse_any

PAGE_SIZE = 20
PAGE_SIZES = range(1, limits.PAGE.maximum + 1)
BATCH_SIZE = 50
"""Number of edges of a stream that one statement reads."""
_SHARES = 20
"""Number of nodes that a list of shares is counted as."""
MAX_LEVELS = limits.NESTED_PAGES.maximum
"""Maximum depth of pages within pages: SQLite's parser stack is limited."""


def bind(
    statement: StatementPlan,
    variables: Variables,
    max_nodes: int,
    max_filter_values: int = limits.FILTER_VALUES.maximum,
) -> Bound:
    """Bind the arguments of all nodes of a statement.

    :raises BadArgument: for the first argument that is not valid, with the path of its field.
    :raises TooCostly: if pages are nested too deep, if the answer may hold more than `max_nodes` nodes, or if a list
        within a filter has more than `max_filter_values` values.
    """
    bound = Bound()
    totals: list[int] = []
    for each in statement.arguments:
        node = each.node
        arguments, number = each.bound or _bind_node(each, variables, bound, max_filter_values)
        bound.nodes[node.slot] = arguments
        totals.append(number if each.within is None else number * totals[each.within])
        if not isinstance(node.part, Embed):
            bound.total += totals[-1]
    levels = max((each.level for each in statement.arguments), default=0)
    if levels > MAX_LEVELS:
        raise TooCostly(f"these are pages within pages, {levels} deep; the most is {MAX_LEVELS}", limit=MAX_LEVELS)
    check_nodes(bound, max_nodes)
    return bound


def _bind_node(each: ArgumentNode, variables: Variables, bound: Bound, max_filter_values: int) -> "_Bound":
    node, errors = each.node, len(bound.errors)
    try:
        found = _BINDERS[type(node.part)](node, node.part, node.arguments(variables), bound)
        found[0].check_lists(max_filter_values)
    except (BadArgument, TooCostly) as error:
        error.path = node.path
        raise
    if each.is_constant and len(bound.errors) == errors:
        found[0].freeze()
        each.bound = found
    return found


def check_nodes(bound: Bound, maximum: int) -> None:
    """Check the maximum number of nodes in the answer.

    :raises TooCostly: if it may hold more than `maximum`.
    """
    if bound.total > maximum:
        raise TooCostly(
            f"this asks for up to {bound.total:,} nodes, the most is {maximum:,}: "
            "ask for smaller pages (first, last) or fewer levels",
            nodes=bound.total,
            limit=maximum,
        )


_Bound = tuple[BoundArguments, int]


def _stream(node: PlanNode, part: Stream, arguments: Arguments, bound: Bound) -> _Bound:
    return _page(node, part.page, {**arguments, "first": BATCH_SIZE}, bound)


def _live_field(node: PlanNode, part: LiveField, arguments: Arguments, _bound: Bound) -> _Bound:
    _, key = read_id(arguments[part.argument], part.argument, part.model.__name__)
    return BoundValue(node.slot, {"id": key}), _SHARES


def _page(node: PlanNode, part: Page, arguments: Arguments, _bound: Bound) -> _Bound:
    size, backward = page_size(arguments)
    order, descending = _order(part, arguments)
    page = BoundPage(node.slot, size=size, backward=backward, order=order, descending=descending)
    if order == RELEVANCE and part.order.relevance is not None:
        page.bind_relevance(part.order.relevance.read(arguments["filter"][FILTER]))
    for end in ("after", "before"):
        if arguments.get(end) is not None:
            page.bind_cursor(end, *read_cursor(part, order, arguments[end], end))
    page.bind_filter(part.filter, arguments.get("filter") or {}, "filter", "filter.")
    page.bind_filter(part.arguments, arguments, "", "")
    if isinstance(part.rows, SearchHits):
        _search(part.rows, arguments, page)
    return page, size


def _search(rows: SearchHits, arguments: Arguments, page: BoundPage) -> None:
    known = [model.__name__ for model in (*rows.names, *rows.words)]
    types = arguments.get("types")
    page.types = tuple(known if types is None else [name for name in known if name.upper() in types])
    by_words = [model.__name__ for model in rows.words if model.__name__ in page.types]
    query = read_search_text(arguments["text"], "text", by_words if len(by_words) < len(rows.words) else ())
    page.bind_text({**word_binds(query), **name_binds(query)})


def page_size(arguments: Arguments) -> tuple[int, bool]:
    """Return the size of a page, and whether it is taken from the end of its list.

    :raises BadArgument: if the size is out of bounds, or both `first` and `last` are present.
    """
    first, last = arguments.get("first"), arguments.get("last")
    if first is not None and last is not None:
        raise BadArgument("last", "give either first or last, not both")
    name, size = ("last", last) if last is not None else ("first", PAGE_SIZE if first is None else first)
    if size not in PAGE_SIZES:
        raise BadArgument(name, f"must be from {PAGE_SIZES[0]} to {PAGE_SIZES[-1]}, not {size}")
    return size, last is not None


def _order(part: Page, arguments: Arguments) -> tuple[str, bool]:
    """Return the order of a page, and whether it is descending."""
    order_by, ordering = arguments.get("orderBy"), part.order
    matched = ordering.relevance is not None and (arguments.get("filter") or {}).get(FILTER) is not None
    if order_by is None:
        return (RELEVANCE, True) if matched else (ordering.default, ordering.descending)
    name, direction = str(order_by["field"]), order_by.get("direction")
    if name == RELEVANCE and not matched:
        raise BadArgument("orderBy.field", f"RELEVANCE orders by how well rows match filter.{FILTER}, which is missing")
    if direction is not None:
        return name, str(direction) == "DESC"
    return name, name == RELEVANCE or (name == ordering.default and ordering.descending)


def _embed(node: PlanNode, part: Embed, arguments: Arguments, _bound: Bound) -> _Bound:
    assert part.argument is not None
    return BoundVariant(node.slot, choices=(str(arguments[part.argument]),)), 1


def _counts(node: PlanNode, part: Counts, arguments: Arguments, _bound: Bound) -> _Bound:
    counts = BoundArguments(node.slot)
    counts.bind_filter(part.arguments, arguments, "", "")
    return counts, PAGE_SIZE


def _items(node: PlanNode, _part: Items, _arguments: Arguments, _bound: Bound) -> _Bound:
    return BoundArguments(node.slot), PAGE_SIZE


def _by_id(node: PlanNode, _part: ById, arguments: Arguments, bound: Bound) -> _Bound:
    try:
        type_name, key = _any_id(arguments["id"], "id")
    except BadArgument as error:
        error.path = node.path
        bound.errors.append(error)
        return BoundIds(node.slot), 1
    return BoundIds(node.slot, {"id": key}, types=(type_name,)), 1


def _by_ids(node: PlanNode, _part: ByIds, arguments: Arguments, bound: Bound) -> _Bound:
    ids: list[str] = arguments["ids"]
    if wrong := limits.IDS.exceeded(len(ids)):
        raise BadArgument("ids", wrong)
    types: set[str] = set()
    known: list[str] = []
    for place, text in enumerate(ids):
        try:
            types.add(_any_id(text, f"ids[{place}]")[0])
            known.append(text)
        except BadArgument as error:
            error.path = (*node.path, place)
            bound.errors.append(error)
            known.append("")  # matches no object
    return BoundIds(node.slot, {"ids": known}, types=tuple(sorted(types))), len(ids)


def _any_id(text: str, argument: str) -> tuple[str, UUID]:
    try:
        return parse_any(text)
    except MalformedId as error:
        raise BadArgument(argument, str(error)) from None


def _aggregates(node: PlanNode, part: Aggregates, _arguments: Arguments, _bound: Bound) -> _Bound:
    return BoundArguments(node.slot), _SHARES if any(each.name in part.shares for each in node.only) else 1


def _by_slug(node: PlanNode, _part: BySlug, arguments: Arguments, _bound: Bound) -> _Bound:
    return BoundValue(node.slot, {"slug": arguments["slug"]}), 1


def _unpaged(node: PlanNode, part: UnpagedRoot, arguments: Arguments, _bound: Bound) -> _Bound:
    root = BoundArguments(node.slot)
    root.bind_filter(part.filter, arguments.get("filter") or {}, "filter", "filter.")
    return root, part.limit


def _row_at(node: PlanNode, _part: RowAt, arguments: Arguments, _bound: Bound) -> _Bound:
    return BoundValue(node.slot, {"at": arguments["at"]}), 1


_BINDERS: dict[type[Any], Callable[[PlanNode, Any, Arguments, Bound], _Bound]] = {
    Page: _page,
    Stream: _stream,
    LiveField: _live_field,
    RowAt: _row_at,
    Embed: _embed,
    Counts: _counts,
    Items: _items,
    Aggregates: _aggregates,
    ById: _by_id,
    ByIds: _by_ids,
    BySlug: _by_slug,
    UnpagedRoot: _unpaged,
}
