"""The root type of queries."""

from typing import Any

import strawberry

import models
from api.graphql.fields import Listing, argument, field, many, object_type
from api.graphql.nodes import Connection, Node
from api.graphql.parts import AllRows, ById, ByIds, BySlug, Caller, Model
from api.schema.actors import ACTORS, Actor
from api.schema.annotators import Annotator
from api.schema.documents import DOCUMENTS, Document
from api.schema.measures.contradictions import CONTRADICTIONS, Contradiction
from api.schema.measures.discourse import DISCOURSE_NETWORK, DiscourseNetwork
from api.schema.measures.network_series import NETWORK_SERIES, NetworkSeries
from api.schema.measures.networks import NETWORK, Network
from api.schema.measures.stance_matrix import STANCE_MATRIX, StanceCell
from api.schema.measures.stance_networks import STANCE_NETWORK, StanceNetwork
from api.schema.measures.stance_timeline import STANCE_TIMELINE, StanceTimeline
from api.schema.projects import PROJECTS, Project
from api.schema.relations import RELATIONS, Relation
from api.schema.revisions import ChangeConnection, feed
from api.schema.search import SearchConnection, search
from api.schema.stances import STANCES, Stance
from api.schema.statements import STATEMENTS, Statement
from api.schema.topics import TOPICS, Topic


def _every(model: Model, listing: Listing) -> Any:
    return many(AllRows(model), listing)


def _by_slug(model: Model) -> Any:
    return field(BySlug(model), [argument("slug", str, "The slug.")])


@object_type
class Query:
    """All queries. Lists take `first` and `last` from 1 to 100; the default is 20."""

    node: Node | None = field(ById(), [argument("id", strawberry.ID, "A global ID.")])
    """Fetches an object by its global ID. Returns null if no object has it. The ID of a merged actor resolves to the
    surviving actor."""
    nodes: list[Node | None] = field(ByIds(), [argument("ids", list[strawberry.ID], "Up to 100 global IDs.")])
    """Fetches objects by their global IDs, in the order of the IDs. Returns null in the place of an ID that no object
    has."""
    viewer: Annotator | None = field(Caller(models.Annotator))
    """The annotator that the token belongs to. Null without a token."""
    actor: Actor | None = _by_slug(models.Actor)
    """Fetches an actor by its slug. The slug of a merged actor resolves to the surviving actor."""
    topic: Topic | None = _by_slug(models.Topic)
    """Fetches a topic by its slug."""
    project: Project | None = _by_slug(models.Project)
    """Fetches a project by its slug."""
    actors: Connection[Actor] = _every(models.Actor, ACTORS)
    """All actors. Default order: by name."""
    relations: Connection[Relation] = _every(models.Relation, RELATIONS)
    """All relations. Default order: latest start first."""
    documents: Connection[Document] = _every(models.Document, DOCUMENTS)
    """All documents. Default order: latest first."""
    statements: Connection[Statement] = _every(models.Statement, STATEMENTS)
    """All statements. Default order: latest first."""
    stances: Connection[Stance] = _every(models.Stance, STANCES)
    """All stances that the caller may see. Default order: as they were recorded."""
    topics: Connection[Topic] = _every(models.Topic, TOPICS)
    """All topics, by name."""
    projects: Connection[Project] = _every(models.Project, PROJECTS)
    """All projects, by name."""
    network: Network = NETWORK
    """The whole network of actors and relations for drawing, optionally as of a date."""
    discourse_network: DiscourseNetwork | None = DISCOURSE_NETWORK
    """The discourse network of a project: actors that share positions, or the positions that actors take, from its
    stances.

    Null if there is no such project.
    """
    stance_timeline: StanceTimeline = STANCE_TIMELINE
    """The stances of a holder towards a target, period by period."""
    stance_matrix: list[StanceCell] = STANCE_MATRIX
    """The stances of each holder towards each target: cell by cell, in the order in which the holders are named."""
    contradictions: Connection[Contradiction] = CONTRADICTIONS
    """Relations in force that stances contradict, and relations without evidence: by kind, those with the most contrary
    stances first."""
    network_series: NetworkSeries = NETWORK_SERIES
    """The network of relations over time, period by period."""
    stance_network: StanceNetwork = STANCE_NETWORK
    """The network of support and opposition in a project's stances, in the shape of `network`."""
    search: SearchConnection = search
    changes: ChangeConnection = feed()
    """All changes that the caller may see, including deletions, in a stable order: a change is never inserted before
    one that was returned. A client that continues after its last cursor misses no change and gets none twice."""
