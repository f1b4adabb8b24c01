"""Layout: where to draw the actors of a network; similar from one date to the next. ADR 0020."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import Select, select

import models
from api.analysis.arrays import Floats
from api.dataset.networks import ActorNetwork
from api.dataset.request import ComputeRequest
from api.drawing.layout import layout as drawing
from api.drawing.layout.component import SignedEdges
from api.errors import TooCostly
from api.graphql.fields import computed, object_type
from api.graphql.parts import NOWHERE
from api.graphql.sql.dialects import DialectText
from api.numeric import np
from api.schema.references import ActorRef
from models.base import Uid, table_of

MAX_ACTORS, MAX_TIES = 5_000, 50_000
"""A network of this size is laid out in some seconds. If the network of all dates is larger, the layout of a date does
not follow the layout of all dates.
"""
MAX_QUICK_TIES = 2_000
"""Networks with more ties take some tenths of a second: other measures do not wait for their layout."""
_DIGITS = 5

FilteredNetwork: TypeAlias = Callable[[ComputeRequest, Mapping[str, Any]], Awaitable[ActorNetwork]]
"""Returns the network of the relations that match a filter, with the other arguments of the field above."""


@object_type
class Position:
    """Position of an actor in a unit square."""

    actor: ActorRef
    """The actor."""
    x: float
    """Distance from the left: 0 to 1."""
    y: float
    """Distance from the top: 0 to 1."""


def layout(network_of: FilteredNetwork) -> Any:
    """Declare the positions of the actors of a network, on the day that the filter names."""

    async def compute(request: ComputeRequest) -> Mapping[UUID, list[Position]]:
        filter_ = request.above.get("filter") or {}
        any_date = {name: value for name, value in filter_.items() if name != "asOf"}
        network, of_all_dates = await network_of(request, filter_), await network_of(request, any_date)
        return {NOWHERE: await _positions(request, network, of_all_dates)}

    return computed(compute)


async def _positions(request: ComputeRequest, network: ActorNetwork, of_all_dates: ActorNetwork) -> list[Position]:
    """Return the positions of the actors of `network`, near their positions in the same network of all dates."""
    _check_size(network)
    anchor: Mapping[bytes, Floats] = {}
    is_whole = of_all_dates is network
    if not is_whole and len(of_all_dates.actors) <= MAX_ACTORS and of_all_dates.ties <= MAX_TIES:
        anchor = await of_all_dates.derived.run("layout", partial(_arrange, request, of_all_dates, {}))
    name = "layout" if is_whole else "layout of a date"
    places = await network.derived.run(name, partial(_arrange, request, network, anchor))
    return [_position(network, node, places) for node in range(len(network.actors))]


def _position(network: ActorNetwork, node: int, places: Mapping[bytes, Floats]) -> Position:
    x, y = np.round(places[bytes(network.actors[node])], _DIGITS).tolist()
    return Position(actor=network.actor(node), x=x, y=y)


def _check_size(network: ActorNetwork) -> None:
    sizes = ((len(network.actors), MAX_ACTORS, "actors"), (network.ties, MAX_TIES, "ties"))
    for number, maximum, name in sizes:
        if number > maximum:
            message = f"the network has {number:,} {name}, the maximum for a layout is {maximum:,}: narrow the network"
            raise TooCostly(message, limit=maximum)


async def _arrange(
    request: ComputeRequest, network: ActorNetwork, anchor: Mapping[bytes, Floats]
) -> Mapping[bytes, Floats]:
    """Return the key of each actor → its position."""
    slugs = await _slugs(request, network)
    compute = request.datasets.compute if network.ties <= MAX_QUICK_TIES else request.datasets.compute_slow
    return await compute(partial(_arranged, network, slugs, anchor))


async def _slugs(request: ComputeRequest, network: ActorNetwork) -> Sequence[str]:
    """Return the slugs of the actors. Keys differ from database to database, and the picture must not."""
    datasets = request.datasets
    keys = [network.actor_key(node) for node in range(len(network.actors))]
    rows = await datasets.fetch("slugs", request.viewer, {"keys": keys}, lambda: _query(datasets.dialect))
    slugs = {key: slug.decode() for key, slug in rows}
    return [slugs[key] for key in network.actors.tolist()]


def _query(dialect: DialectText) -> Select[Any]:
    actor = table_of(models.Actor).alias()
    found = select(dialect.plain(actor.c.id), dialect.plain(actor.c.slug))
    return found.where(dialect.member(actor.c.id, "keys", Uid()))


def _arranged(network: ActorNetwork, slugs: Sequence[str], anchor: Mapping[bytes, Floats]) -> Mapping[bytes, Floats]:
    order = sorted(range(len(slugs)), key=lambda node: slugs[node])
    place = np.argsort(order)
    undirected = network.undirected
    # An ambivalent tie is drawn as two ties, one of each sign.
    allied, opposed = undirected.sign >= 0, undirected.sign <= 0
    ties = SignedEdges.of(
        place[np.concatenate([undirected.first[allied], undirected.first[opposed]])],
        place[np.concatenate([undirected.second[allied], undirected.second[opposed]])],
        np.concatenate([np.ones(allied.sum(), np.int64), np.full(opposed.sum(), -1)]),
    )
    keys = network.actors[order].tolist()
    unknown = np.full(2, np.nan)
    start = np.array([anchor.get(key, unknown) for key in keys]).reshape(-1, 2) if anchor else None
    return dict(zip(keys, drawing.layout(ties, [slugs[node] for node in order], start), strict=True))
