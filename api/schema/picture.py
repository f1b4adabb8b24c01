"""Draws the network of relations that a caller may see, which it queries through the schema (ADR 0020)."""

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
MAX_NAMED_ACTORS = limits.PICTURE_NAMED.maximum
"""Maximum number of actors in `PictureRequest.actors`."""
_CACHE_SIZE = 16
_FAST_ANSWER_BYTES = 200_000
"""Size of an answer up to which it is drawn in the pool of fast work; 200 KB are some 800 relations, drawn in 0.1 s."""
_NETWORK_QUERY = """query Picture($filter: RelationFilter, $collapse: Boolean!) {
  network(filter: $filter, collapseMembers: $collapse) {
    layout { actor { id name kind } x y }
    ties { source { id } target { id } directed relations { kind form status validFrom validTo } }
  }
}"""
_ACTORS_QUERY = (
    "query Named($slugs: [String!]) { actors(filter: {slug: $slugs}, first: 100) { edges { node { id slug } } } }"
)
_ACTOR_QUERY = "query One($slug: String!) { actor(slug: $slug) { id } }"


@dataclass(frozen=True, slots=True)
class PictureRequest:
    """The part of the network to draw, and the options of the picture."""

    as_of: dt.date | None = None
    """The date of the network; None for all dates together."""
    actors: Sequence[str] = ()
    """Slugs or IDs of the actors to draw, with all actors that have a relation with them; all actors if empty."""
    kind: RelationKind | None = None
    status: RelationStatus | None = None
    collapse_members: bool = False
    width: int | None = None
    """The width in pixels; None for the natural width."""
    title: str | None = None


class Pictures:
    """Draws the network that a caller may see, and caches pictures by the answer that they were drawn from."""

    def __init__(self, execution: Execution) -> None:
        self._execution = execution
        self._cache: BoundedCache[bytes, str] = BoundedCache(_CACHE_SIZE)

    async def draw(self, request: PictureRequest, viewer: Viewer) -> str:
        """Return the picture as SVG text.

        :raises OperationError: if an argument is invalid, or the query fails.
        """
        if request.width is not None and not WIDTHS[0] <= request.width <= WIDTHS[1]:
            raise BadArgument("width", f"must be {WIDTHS[0]} to {WIDTHS[1]:,} pixels")
        variables = {"filter": await self._filter(request, viewer), "collapse": request.collapse_members}
        answer = await self._execute(_NETWORK_QUERY, variables, viewer)
        key = blake2b(answer + repr((request.as_of, request.width, request.title)).encode()).digest()
        picture = self._cache.get(key)
        if picture is None:
            datasets: Datasets = self._execution.datasets
            draw = datasets.compute if len(answer) <= _FAST_ANSWER_BYTES else datasets.compute_slow
            picture = await draw(partial(_draw, answer, request))
            self._cache[key] = picture
        return picture

    async def _filter(self, request: PictureRequest, viewer: Viewer) -> Mapping[str, Any]:
        filters = {
            "asOf": request.as_of and request.as_of.isoformat(),
            "kind": request.kind and [request.kind.value],
            "status": request.status and [request.status.value],
            "involving": await self._ids(request.actors, viewer) if request.actors else None,
        }
        return {name: value for name, value in filters.items() if value is not None}

    async def _ids(self, named: Sequence[str], viewer: Viewer) -> list[str]:
        if len(named) > MAX_NAMED_ACTORS:
            raise BadArgument("actors", f"at most {MAX_NAMED_ACTORS} may be named")
        slugs = [name for name in named if not _is_id(name)]
        found = orjson.loads(await self._execute(_ACTORS_QUERY, {"slugs": slugs}, viewer))["data"]["actors"]["edges"]
        ids = {edge["node"]["slug"]: edge["node"]["id"] for edge in found}
        for slug in set(slugs) - ids.keys():
            ids[slug] = await self._redirected_id(slug, viewer)
        return [ids.get(name, name) for name in named]

    async def _redirected_id(self, slug: str, viewer: Viewer) -> str:
        """Return the ID of the actor that a former slug redirects to."""
        actor = orjson.loads(await self._execute(_ACTOR_QUERY, {"slug": slug}, viewer))["data"]["actor"]
        if actor is None:
            raise BadArgument("actors", f"there is no actor {slug[:100]!r}: name actors by slug or id")
        found: str = actor["id"]
        return found

    async def _execute(self, text: str, variables: Mapping[str, Any], viewer: Viewer) -> bytes:
        answer = await self._execution.run(Request(text, variables), viewer)
        if answer.codes:
            raise _refusal(answer)
        return answer.body


def _refusal(answer: Answer) -> OperationError:
    """Return the first error of an answer as an exception."""
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


def _draw(answer: bytes, request: PictureRequest) -> str:
    found = orjson.loads(answer)["data"]["network"]
    places = {place["actor"]["id"]: number for number, place in enumerate(found["layout"])}
    nodes = [
        DrawnActor(place["actor"]["name"], ActorKind(place["actor"]["kind"]), place["x"], place["y"])
        for place in found["layout"]
    ]
    ties = [_tie(tie, relation, places) for tie in found["ties"] for relation in tie["relations"]]
    titled = {} if request.title is None else {"title": request.title}
    return svg(DrawnNetwork(nodes, ties, request.as_of, **titled), request.width)


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
