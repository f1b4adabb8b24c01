"""Projects: bodies of annotation work."""

import datetime as dt

import models
from api.schema.fields import Listing, entity, vocabulary
from api.schema.nodes import Connection, Node
from api.schema.references import RevisionRef
from api.schema.revisions import history
from api.selection.declare import Ordering
from models import ProjectStatus

vocabulary(ProjectStatus, OPEN="Stances may be recorded.", CLOSED="Nothing in it changes any more.")

PROJECTS = Listing(Ordering({"NAME": "sort_name"}, default="NAME"))


@entity(models.Project)
class Project(Node):
    """A body of annotation work under one codebook.

    Where `blind`, an open project hides others' stances from its annotators.
    """

    slug: str
    """A short name for URLs, unique among projects."""
    name: str
    """What it is called."""
    guidelines: str
    """How its annotators are to read, in Markdown."""
    status: ProjectStatus
    """Whether stances may be recorded."""
    blind: bool
    """Whether annotators see only their own stances while the project is open; curators see all."""
    overlap: int
    """How many annotators each statement is to have."""
    created_at: dt.datetime
    """When it was set up."""
    version: int
    """How often it changed, counted from 1."""
    history: Connection[RevisionRef] = history()
    """What became of it, the latest change first."""
