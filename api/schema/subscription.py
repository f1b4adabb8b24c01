"""The root type of subscriptions."""

import strawberry

from api.graphql.fields import argument, field, object_type
from api.graphql.parts import LiveField
from api.schema.progress import FIGURES, ProjectProgress
from api.schema.revisions import ChangeEdge, stream
from models import Project

__all__ = ["Subscription"]


@object_type
class Subscription:
    """All subscriptions, over WebSocket (graphql-transport-ws) or server-sent events."""

    changes: ChangeEdge = stream()
    """Every change that the caller may see, once, in the order of the feed, including deletions."""
    project_progress: ProjectProgress = field(
        LiveField(Project, "projectId", FIGURES), [argument("projectId", strawberry.ID, "The ID of the project.")]
    )
    """The progress of the work in a project: its current state, and again whenever it changes."""
