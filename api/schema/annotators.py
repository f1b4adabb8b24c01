"""The people who annotate."""

import datetime as dt

import models
from api.graphql.fields import entity, enum_type, many
from api.graphql.nodes import Connection, Node
from api.schema.assignments import ASSIGNMENTS
from api.schema.references import AssignmentRef, RevisionRef
from api.schema.revisions import history
from models import Assignment, Role

enum_type(
    Role,
    VIEWER="Reads.",
    ANNOTATOR="Records and withdraws stances of their own, and creates statements.",
    CURATOR="Edits actors, relations, documents and topics, deletes statements, merges actors.",
    ADMIN="May do everything.",
)


@entity(models.Annotator)
class Annotator(Node):
    """Somebody who reads statements and records stances."""

    name: str
    """The name they are known by here, unique."""
    role: Role
    """What they may do."""
    active: bool
    """Whether they still take part; who leaves is deactivated, and their stances stay."""
    created_at: dt.datetime
    """When they joined."""
    assignments: Connection[AssignmentRef] = many(Assignment.annotator, ASSIGNMENTS)
    """What they were given to annotate, of that the caller may see; the latest first."""
    history: Connection[RevisionRef] = history()
    """What became of it, the latest change first."""
