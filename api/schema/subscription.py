"""The root of all that goes on by itself."""

from api.schema.fields import plain
from api.schema.revisions import ChangeEdge, stream

__all__ = ["Subscription"]


@plain
class Subscription:
    """What is told as it happens, over WebSocket (graphql-transport-ws) or server-sent events."""

    changes: ChangeEdge = stream()
    """Every change that the caller may see, each once, in the order of the feed; deletions too."""
