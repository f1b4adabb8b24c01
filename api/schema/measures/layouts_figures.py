"""Where the actors of a network are drawn: about the same place on each date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from api.analysis.arrays import Floats
from api.dataset.datasets import Datasets
from api.dataset.networks import Network
from api.drawing.layout.component import SignedEdges
from api.drawing.layout.layout import layout
from api.errors import TooCostly
from api.graphql.parts import Ref
from api.graphql.sql.dialects import DialectText
from api.numeric import np
from api.security.viewer import Viewer
from models import Actor
from models.base import Uid, table_of

MOST_ACTORS, MOST_TIES = 5_000, 50_000
"""So large a network is laid out in some seconds. Of a larger one of all dates there is no layout to follow: each date
is laid out by itself.
"""
MOST_AT_ONCE = 2_000
"""More ties than these take some tenths of a second, for which other figures do not wait."""
_DIGITS = 5


@dataclass(frozen=True, slots=True)
class Position:
    """Where an actor is drawn, in the unit square."""

    actor: Ref
    x: float
    y: float


async def positions(measures: Datasets, viewer: Viewer, found: Network, whole: Network) -> list[Position]:
    """Where the actors of `found` are drawn, following the layout of `whole`: the same network, of all dates.

    :raises TooCostly: where there are too many ties to draw.
    """
    _laid_out_at_all(found)
    anchor: Mapping[bytes, Floats] = {}
    if whole is not found and len(whole.actors) <= MOST_ACTORS and whole.ties <= MOST_TIES:
        anchor = await whole.derived.run("layout", partial(_laid_out, measures, viewer, whole, {}))
    name = "layout" if whole is found else "layout of a date"
    places = await found.derived.run(name, partial(_laid_out, measures, viewer, found, anchor))
    return [_position(UUID(key.decode()), places[key]) for key in found.actors.tolist()]


def _laid_out_at_all(network: Network) -> None:
    for number, most, what in ((len(network.actors), MOST_ACTORS, "actors"), (network.ties, MOST_TIES, "ties")):
        if number > most:
            told = f"these are {number:,} {what}, the most that are laid out is {most:,}: narrow the network"
            raise TooCostly(told, limit=most)


def _position(key: UUID, place: Floats) -> Position:
    x, y = np.round(place, _DIGITS).tolist()
    return Position(Ref("Actor", key), x, y)


async def _laid_out(
    measures: Datasets, viewer: Viewer, network: Network, anchor: Mapping[bytes, Floats]
) -> Mapping[bytes, Floats]:
    """The key of each actor → where it is."""
    slugs = await _slugs(measures, viewer, network)
    work = measures.compute if network.ties <= MOST_AT_ONCE else measures.compute_slow
    return await work(partial(_arranged, network, slugs, anchor))


async def _slugs(measures: Datasets, viewer: Viewer, network: Network) -> Sequence[str]:
    """What the actors are called in every database, where their keys differ: the same data make the same picture."""
    keys = [network.actor(node) for node in range(len(network.actors))]
    rows = await measures.fetch("slugs", viewer, {"keys": keys}, lambda: _statement(measures.dialect))
    known = {key: slug.decode() for key, slug in rows}
    return [known[key] for key in network.actors.tolist()]


def _statement(dialect: DialectText) -> Select[Any]:
    actor = table_of(Actor).alias()
    found = select(dialect.plain(actor.c.id), dialect.plain(actor.c.slug))
    return found.where(dialect.member(actor.c.id, "keys", Uid()))


def _arranged(network: Network, slugs: Sequence[str], anchor: Mapping[bytes, Floats]) -> Mapping[bytes, Floats]:
    order = sorted(range(len(slugs)), key=lambda node: slugs[node])
    place = np.argsort(order)
    folded = network.folded
    # Whoever are allies and opponents at once have a tie of each sign.
    allied, opposed = folded.sign >= 0, folded.sign <= 0
    ties = SignedEdges.of(
        place[np.concatenate([folded.first[allied], folded.first[opposed]])],
        place[np.concatenate([folded.second[allied], folded.second[opposed]])],
        np.concatenate([np.ones(allied.sum(), np.int64), np.full(opposed.sum(), -1)]),
    )
    keys = network.actors[order].tolist()
    nowhere = np.full(2, np.nan)
    follows = np.array([anchor.get(key, nowhere) for key in keys]).reshape(-1, 2) if anchor else None
    return dict(zip(keys, layout(ties, [slugs[node] for node in order], follows), strict=True))
