"""The root of all that goes on by itself."""

import strawberry

from api.graphql.fields import argument, field, object_type
from api.graphql.parts import LiveField
from api.schema.progress import FIGURES, ProjectProgress
from api.schema.revisions import ChangeEdge, stream
from models import Project

__all__ = ["Subscription"]


@object_type
class Subscription:
    """What is told as it happens, over WebSocket (graphql-transport-ws) or server-sent events."""

    changes: ChangeEdge = stream()
    """Every change that the caller may see, each once, in the order of the feed; deletions too."""
    project_progress: ProjectProgress = field(
        LiveField(Project, "projectId", FIGURES), [argument("projectId", strawberry.ID, "Of which project.")]
    )
    """How far the work in a project is: as it stands, and again whenever it is otherwise."""
