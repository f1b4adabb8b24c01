"""Single values that are measured of networks, and the computation of fields of a network."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias
from uuid import UUID

from api.analysis.networks.balance import IndexValue, NetworkUndefined
from api.dataset.networks import ActorNetwork
from api.dataset.request import ComputeRequest
from api.graphql.fields import argument, enum_type, object_type
from api.graphql.parts import NOWHERE
from api.schema.measures.arguments import check_range

MAX_TIME_LIMIT = 30
"""Seconds that a proof of frustration may take."""

enum_type(
    NetworkUndefined,
    name="NetworkUndefinedReason",
    NO_TIES="All ties are ambivalent, or there are none.",
    NO_TRIANGLES="No three unambiguous ties form a triangle.",
    SINGULAR="The system of equations has no unique solution.",
    NO_DOMINANT="No single eigenvalue has the largest absolute value.",
    TOO_LARGE="The network is too large: more than 2,500 actors in a connected component; for directed triads, more"
    " than 500 actors.",
)


@object_type
class NetworkMeasure:
    """A value measured of a network, or the reason why it is undefined."""

    value: float | None
    """The value; null if it is undefined."""
    undefined_reason: NetworkUndefined | None
    """Why the value is undefined; null if it is defined."""

    @classmethod
    def of(cls, index: IndexValue) -> "NetworkMeasure":
        """Return the measure of an index."""
        return cls(value=index.value, undefined_reason=index.undefined_reason)


NetworkSource: TypeAlias = Callable[[ComputeRequest], Awaitable[ActorNetwork]]
"""Returns the network that a computed field belongs to."""

TIME_LIMIT = argument(
    "timeLimitSeconds", int, f"Time limit for the proof of `frustration`, in seconds: 0 to {MAX_TIME_LIMIT}.", 5
)


def check_time_limit(seconds: int) -> None:
    """Check the argument `timeLimitSeconds`.

    :raises BadArgument: if it is out of range.
    """
    check_range("timeLimitSeconds", seconds, 0, MAX_TIME_LIMIT)


def measured(
    network_of: NetworkSource, measure: Callable[[ComputeRequest, ActorNetwork], Awaitable[Any]]
) -> Callable[[ComputeRequest], Awaitable[Mapping[UUID, Any]]]:
    """Return the computation of a field of a network: `measure` of the network that `network_of` returns."""

    async def compute(request: ComputeRequest) -> Mapping[UUID, Any]:
        return {NOWHERE: await measure(request, await network_of(request))}

    return compute
