"""Projects: bodies of annotation work."""

import datetime as dt

import models
from api.schema.adjudications import ADJUDICATIONS, DISAGREEMENTS, Disagreement
from api.schema.agreement import AGREEMENT, Agreement
from api.schema.consensus import OF_PROJECT, Consensus
from api.schema.fields import Listing, entity, many, vocabulary
from api.schema.nodes import Connection, Node
from api.schema.references import AdjudicationRef
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
    agreement: Agreement = AGREEMENT
    """How well its annotators agree, over the stances that the caller sees."""
    consensus: Connection[Consensus] = OF_PROJECT
    """What its annotators say together, over the stances that the caller sees; by statement."""
    disagreements: Connection[Disagreement] = DISAGREEMENTS
    """Where its annotators gave different labels, by statement; where all say the same there is nothing to decide."""
    adjudications: Connection[AdjudicationRef] = many(models.Adjudication.project, ADJUDICATIONS)
    """What its curators decided, superseded decisions too, in the order they were made."""
    created_at: dt.datetime
    """When it was set up."""
    version: int
    """How often it changed, counted from 1."""
