"""The noun project member: its GraphQL type."""

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
    ANNOTATOR="Records stances in the project. While the project is open and blind, sees only their own.",
    CURATOR="Edits the project, its members and its codebook, and sees everything in the project.",
)

MEMBERS = Listing(Ordering({"CREATED_AT": "created_at"}, default="CREATED_AT"))


@entity(models.ProjectMember)
class ProjectMember(Node):
    """A member of a project."""

    project: ProjectRef = one(Row.project)
    """The project."""
    annotator: AnnotatorRef = one(Row.annotator)
    """The annotator."""
    role: ProjectRole
    """The role in the project."""
    created_at: dt.datetime
    """Time at which the member was added."""
    history: Connection[RevisionRef] = history()
    """The changes of the membership, newest first."""
