"""Draws the network of relations that a caller may see as an SVG picture."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from typing import Any

import orjson

from api import limits
from api.cache import BoundedCache
from api.dataset.datasets import Datasets
from api.drawing.network import DrawnActor, DrawnNetwork, DrawnTie
from api.drawing.svg import svg
from api.errors import BadArgument, OperationError, TimedOut, TooCostly
from api.graphql.execution import Answer, Execution, Request
from api.ids import MalformedId, parse
from api.security.viewer import Viewer
from models import ActorKind, RelationForm, RelationKind, RelationStatus

WIDTHS = (100, 20_000)
MAX_NAMED = limits.PICTURE_NAMED.maximum
"""The maximum number of actors whose neighbourhood is drawn."""
_CACHE_SIZE = 16
_MAX_INLINE_BYTES = 200_000
"""Bytes of a response, about 800 relations. Longer ones take tenths of a second: see `Datasets.compute_slow`."""
_NETWORK = """query Picture($filter: RelationFilter, $collapse: Boolean!) {
  network(filter: $filter, collapseMembers: $collapse) {
    layout { actor { id name kind } x y }
    ties { source { id } target { id } directed relations { kind form status validFrom validTo } }
  }
}"""
_NAMED = "query Named($slugs: [String!]) { actors(filter: {slug: $slugs}, first: 100) { edges { node { id slug } } } }"
_ONE = "query One($slug: String!) { actor(slug: $slug) { id } }"


@dataclass(frozen=True, slots=True)
class PictureOptions:
    """Options of a picture: which part of the network, and how."""

    as_of: dt.date | None = None
    """The day; None for relations of all days."""
    actors: Sequence[str] = ()
    """Slugs or IDs of actors: draw these and their neighbours. If empty, draw all actors."""
    kind: RelationKind | None = None
    status: RelationStatus | None = None
    collapse_members: bool = False
    width: int | None = None
    """The width in pixels."""
    title: str | None = None


class Pictures:
    """Draws pictures for callers. Caches pictures by the data they show."""

    def __init__(self, execution: Execution) -> None:
        self._execution = execution
        self._cache: BoundedCache[bytes, str] = BoundedCache(_CACHE_SIZE)

    async def draw(self, options: PictureOptions, viewer: Viewer) -> str:
        """Return the picture as SVG text.

        :raises OperationError: if the options are invalid, or the query is refused.
        """
        if options.width is not None and not WIDTHS[0] <= options.width <= WIDTHS[1]:
            raise BadArgument("width", f"must be from {WIDTHS[0]} to {WIDTHS[1]:,} pixels, not {options.width}")
        variables = {"filter": await self._filter(options, viewer), "collapse": options.collapse_members}
        answer = await self._query(_NETWORK, variables, viewer)
        key = blake2b(answer + repr((options.as_of, options.width, options.title)).encode()).digest()
        picture = self._cache.get(key)
        if picture is None:
            datasets: Datasets = self._execution.datasets
            draw = datasets.compute if len(answer) <= _MAX_INLINE_BYTES else datasets.compute_slow
            picture = await draw(partial(_drawn, answer, options))
            self._cache[key] = picture
        return picture

    async def _filter(self, options: PictureOptions, viewer: Viewer) -> Mapping[str, Any]:
        filters = {
            "asOf": options.as_of and options.as_of.isoformat(),
            "kind": options.kind and [options.kind.value],
            "status": options.status and [options.status.value],
            "involving": await self._ids(options.actors, viewer) if options.actors else None,
        }
        return {name: value for name, value in filters.items() if value is not None}

    async def _ids(self, named: Sequence[str], viewer: Viewer) -> list[str]:
        if len(named) > MAX_NAMED:
            raise BadArgument("actors", f"has {len(named)} actors; the maximum is {MAX_NAMED}")
        slugs = [name for name in named if not _is_id(name)]
        found = orjson.loads(await self._query(_NAMED, {"slugs": slugs}, viewer))["data"]["actors"]["edges"]
        ids = {edge["node"]["slug"]: edge["node"]["id"] for edge in found}
        for slug in set(slugs) - ids.keys():
            ids[slug] = await self._former(slug, viewer)
        return [ids.get(name, name) for name in named]

    async def _former(self, slug: str, viewer: Viewer) -> str:
        """Return the ID of the actor with this former slug."""
        actor = orjson.loads(await self._query(_ONE, {"slug": slug}, viewer))["data"]["actor"]
        if actor is None:
            raise BadArgument("actors", f"there is no actor {slug[:100]!r}: name actors by slug or id")
        found: str = actor["id"]
        return found

    async def _query(self, text: str, variables: Mapping[str, Any], viewer: Viewer) -> bytes:
        answer = await self._execution.run(Request(text, variables), viewer)
        if answer.codes:
            raise _refusal(answer)
        return answer.body


def _refusal(answer: Answer) -> OperationError:
    """Return the error of a refused operation, from its response."""
    (error, *_) = orjson.loads(answer.body)["errors"]
    code = answer.codes[0]
    kinds = {TooCostly.code: TooCostly, TimedOut.code: TimedOut}
    extensions = {name: value for name, value in error["extensions"].items() if name != "code"}
    return kinds.get(code, OperationError)(error["message"], **extensions)


def _is_id(name: str) -> bool:
    try:
        parse(name, "Actor")
    except MalformedId:
        return False
    return True


def _drawn(answer: bytes, options: PictureOptions) -> str:
    found = orjson.loads(answer)["data"]["network"]
    places = {place["actor"]["id"]: number for number, place in enumerate(found["layout"])}
    nodes = [
        DrawnActor(place["actor"]["name"], ActorKind(place["actor"]["kind"]), place["x"], place["y"])
        for place in found["layout"]
    ]
    ties = [_tie(tie, relation, places) for tie in found["ties"] for relation in tie["relations"]]
    titled = {} if options.title is None else {"title": options.title}
    return svg(DrawnNetwork(nodes, ties, options.as_of, **titled), options.width)


def _tie(tie: Mapping[str, Any], relation: Mapping[str, Any], places: Mapping[str, int]) -> DrawnTie:
    return DrawnTie(
        source=places[tie["source"]["id"]],
        target=places[tie["target"]["id"]],
        kind=RelationKind(relation["kind"]),
        form=RelationForm(relation["form"]),
        status=RelationStatus(relation["status"]),
        directed=tie["directed"],
        valid_from=_day(relation["validFrom"]),
        valid_to=_day(relation["validTo"]),
    )


def _day(text: str | None) -> dt.date | None:
    return None if text is None else dt.date.fromisoformat(text)
