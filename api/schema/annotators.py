"""The noun annotator: its GraphQL type."""

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
    VIEWER="May read.",
    ANNOTATOR="May also record and withdraw their own stances, and create statements.",
    CURATOR="May also edit actors, relations, documents and topics, delete statements, and merge actors.",
    ADMIN="May do everything.",
)


@entity(models.Annotator)
class Annotator(Node):
    """A person or program that records stances."""

    name: str
    """The name, unique among annotators."""
    role: Role
    """The role, which decides what the annotator may do."""
    active: bool
    """False if the annotator is deactivated. Their stances stay."""
    created_at: dt.datetime
    """Creation time."""
    assignments: Connection[AssignmentRef] = many(Assignment.annotator, ASSIGNMENTS)
    """The annotator's assignments that the caller may see, newest first."""
    history: Connection[RevisionRef] = history()
    """The changes of the annotator, newest first."""
