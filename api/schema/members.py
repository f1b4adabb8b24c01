"""Members: who takes part in a project."""

import datetime as dt

import models
from api.graphql.fields import Listing, entity, enum_type, one
from api.graphql.nodes import Connection, Node
from api.graphql.parts import Ordering
from api.schema.references import AnnotatorRef, ProjectRef, RevisionRef
from api.schema.revisions import history
from models import ProjectRole
from models.project import ProjectMember as Row

enum_type(
    ProjectRole,
    ANNOTATOR="Records stances in it; while it is open and blind, sees nobody else's.",
    CURATOR="Sets it up, says who takes part, publishes its codebook, and sees everything in it.",
)

MEMBERS = Listing(Ordering({"CREATED_AT": "created_at"}, default="CREATED_AT"))


@entity(models.ProjectMember)
class ProjectMember(Node):
    """Somebody who takes part in a project."""

    project: ProjectRef = one(Row.project)
    """In what."""
    annotator: AnnotatorRef = one(Row.annotator)
    """Who."""
    role: ProjectRole
    """As what."""
    created_at: dt.datetime
    """Since when."""
    history: Connection[RevisionRef] = history()
    """What became of it, the latest change first."""
