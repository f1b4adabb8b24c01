"""The root of all reading."""

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
    return field(BySlug(model), [argument("slug", str, "Its slug.")])


@object_type
class Query:
    """Everything that can be asked. Lists take `first` and `last` from 1 to 100, 20 where neither is given."""

    node: Node | None = field(ById(), [argument("id", strawberry.ID, "A global id, as this API gave it.")])
    """Whatever has this id; null where nothing has. The id of a merged actor leads to the survivor."""
    nodes: list[Node | None] = field(
        ByIds(), [argument("ids", list[strawberry.ID], "Up to 100 global ids, as this API gave them.")]
    )
    """Whatever has these ids, in their order; null in the place of an id that nothing has."""
    viewer: Annotator | None = field(Caller(models.Annotator))
    """Whoever the token belongs to; null without one."""
    actor: Actor | None = _by_slug(models.Actor)
    """The actor with this slug; the slug of a merged actor leads to the survivor."""
    topic: Topic | None = _by_slug(models.Topic)
    """The topic with this slug."""
    project: Project | None = _by_slug(models.Project)
    """The project with this slug."""
    actors: Connection[Actor] = _every(models.Actor, ACTORS)
    """All actors; by default by name."""
    relations: Connection[Relation] = _every(models.Relation, RELATIONS)
    """All relations; by default the latest beginning first."""
    documents: Connection[Document] = _every(models.Document, DOCUMENTS)
    """All documents; by default the latest first."""
    statements: Connection[Statement] = _every(models.Statement, STATEMENTS)
    """All statements; by default the latest first."""
    stances: Connection[Stance] = _every(models.Stance, STANCES)
    """All stances that the caller may see; by default in the order they were recorded."""
    topics: Connection[Topic] = _every(models.Topic, TOPICS)
    """All topics, by name."""
    projects: Connection[Project] = _every(models.Project, PROJECTS)
    """All projects, by name."""
    network: Network = NETWORK
    """The whole picture at once, for drawing: actors and relations, on a date where the filter names one."""
    discourse_network: DiscourseNetwork | None = DISCOURSE_NETWORK
    """Who shares positions with whom, or takes which towards what: the stances of a project made into a network.

    Null where there is no such project.
    """
    stance_timeline: StanceTimeline = STANCE_TIMELINE
    """How a holder stood towards a target, period by period."""
    stance_matrix: list[StanceCell] = STANCE_MATRIX
    """How each holder stands towards each target: cell by cell, holder by holder, as they are named."""
    contradictions: Connection[Contradiction] = CONTRADICTIONS
    """Where relations in force and stances say different things, and relations without evidence: by kind, those with
    the most contrary stances first.
    """
    network_series: NetworkSeries = NETWORK_SERIES
    """The network of relations over time, period by period."""
    stance_network: StanceNetwork = STANCE_NETWORK
    """Who supports and who opposes whom in a project's stances, in the shape of `network`."""
    search: SearchConnection = search
    changes: ChangeConnection = feed()
    """All changes that the caller may see, deletions too, in an order in which none ever comes before one that was
    shown: whoever goes on behind the last cursor misses none and meets none twice.
    """
