"""Where to draw the actors of a network."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias
from uuid import UUID

from api.dataset.networks import Network
from api.dataset.request import ComputeRequest
from api.graphql.fields import computed, object_type
from api.graphql.parts import NOWHERE
from api.schema.measures.layouts_figures import Position as Place
from api.schema.measures.layouts_figures import positions
from api.schema.references import ActorRef

Finding: TypeAlias = Callable[[ComputeRequest, Mapping[str, Any]], Awaitable[Network]]
"""Finds the network of the relations that a filter lets through, as all else is asked above."""


@object_type
class Position:
    """Where an actor is drawn, in a square whose sides are 1."""

    actor: ActorRef
    """The actor."""
    x: float
    """How far to the right: from 0 to 1."""
    y: float
    """How far down: from 0 to 1."""


def layout(find: Finding) -> Any:
    """Where the actors of the network are drawn that `find` finds, on the day that the filter names."""

    async def compute(asked: ComputeRequest) -> Mapping[UUID, list[Place]]:
        given = asked.above.get("filter") or {}
        of_all_dates = {name: value for name, value in given.items() if name != "asOf"}
        found, whole = await find(asked, given), await find(asked, of_all_dates)
        return {NOWHERE: await positions(asked.measures, asked.viewer, found, whole)}

    return computed(compute)
