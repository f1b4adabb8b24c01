"""Actors: anyone who acts or speaks."""

import datetime as dt
from enum import StrEnum
from typing import Any

import strawberry

import models
from api.graphql.fields import (
    Listing,
    argument,
    entity,
    enum_type,
    field,
    filter_by,
    input_type,
    items,
    many,
    object_type,
    order_input,
    paging,
)
from api.graphql.nodes import Connection, DateRange, Node, PageInfo
from api.graphql.parts import ForeignKey, Itself, Ordering, Page, RelationEnds
from api.graphql.sql.predicates import Among, HasSlug, HoldsName, Valid, Within
from api.graphql.sql.relevance import OfNames
from api.schema.attributes import Attribute
from api.schema.memberships import IN_FORCE, MEMBERSHIPS
from api.schema.references import ActorRef, MembershipRef, RelationRef, RevisionRef, StanceRef, StatementRef
from api.schema.relations import RELATIONS
from api.schema.revisions import history
from api.schema.stances import STANCES, TOWARDS, StanceCount, counts
from api.schema.statements import STATEMENTS
from models import ActorKind, RelationKind
from models.actor import Actor as Row
from models.relation import Relation
from models.stance import Stance

enum_type(
    ActorKind,
    STATE="A country.",
    GOVERNMENT="Those who rule a country, or claim to.",
    ARMED_GROUP="An organised force that is not a state's army.",
    POLITICAL_PARTY="A party or political movement.",
    INTERGOVERNMENTAL_ORGANIZATION="An organisation of states.",
    ORGANIZATION="Any other organisation.",
    MEDIA="An outlet, an agency, a channel.",
    PERSON="A single human being.",
    CIVILIANS="People as a population.",
)


@input_type
class ActorFilter:
    """Narrows a list of actors. Every part that is given must hold; a list holds where one of its members does."""

    kind: list[ActorKind] | None = filter_by(Among(Row.kind))
    """Of one of these kinds."""
    country_code: list[str] | None = filter_by(Among(Row.country_code))
    """Of one of these countries, ISO 3166-1 alpha-2."""
    slug: list[str] | None = filter_by(HasSlug())
    """With one of these slugs; the slug of a merged actor stands for its survivor."""
    text: str | None = filter_by(HoldsName())
    """Matches name and aliases, in any script, also where they are spelt a little differently."""
    active_on: dt.date | None = filter_by(Valid(Row.active_from, Row.active_to))
    """Active on this day; an end that is not known is open."""


class ActorOrderField(StrEnum):
    """What actors can be ordered by."""

    NAME = "NAME"
    CREATED_AT = "CREATED_AT"
    STATEMENT_COUNT = "STATEMENT_COUNT"
    RELEVANCE = "RELEVANCE"


enum_type(
    ActorOrderField,
    NAME="The name, without regard to case and accents.",
    CREATED_AT="When it was entered.",
    STATEMENT_COUNT="In how many statements it speaks.",
    RELEVANCE="How well it matches `filter.text`, the default where that is given."
    " Who is called just that comes first, then whose name begins with it, then the most alike.",
)

ACTORS = Listing(
    Ordering(
        {"NAME": "sort_name", "CREATED_AT": "created_at", "STATEMENT_COUNT": "statement_count"},
        default="NAME",
        relevance=OfNames(),
    ),
    ActorFilter,
    order_input("ActorOrder", ActorOrderField),
)


@object_type
class ActorAlias:
    """Another name of an actor."""

    name: str
    """The name."""
    language: str | None
    """Its language, a BCP 47 tag."""
    script: str | None
    """Its script, an ISO 15924 code."""


@object_type
class TieEdge:
    """A tie, seen from one of its ends."""

    cursor: str
    """Where this is in the list: pass it as `after` or `before`."""
    node: ActorRef
    """The other side."""
    relation: RelationRef
    """The tie itself."""


@object_type
class TieConnection:
    """A page of an actor's ties, by keyset."""

    edges: list[TieEdge]
    """The page, the latest beginning first."""
    page_info: PageInfo
    """Where the page stands."""
    total_count: int
    """How many ties there are; counted only where it is asked for."""


_ON_DATE = argument("asOf", dt.date | None, "Only what is in force on this day; an open end is open.")


def ties(kind: RelationKind) -> Any:
    """The other sides of an actor's relations of one sign, the relation on the edge."""
    part = Page(
        RelationEnds(models.Relation, kind.value, ("source_id", "target_id")),
        Ordering({"VALID_FROM": "valid_from_sort"}, default="VALID_FROM", descending=True),
        arguments={"asOf": Valid(Relation.valid_from_sort, Relation.valid_to)},
        edge={"node": ForeignKey("other_id", models.Actor), "relation": Itself()},
    )
    return field(part, [_ON_DATE, *paging()])


@entity(models.Actor)
class Actor(Node):
    """Anyone who acts or speaks: a government, a state, an armed group, an outlet, a person."""

    slug: str
    """A short name for URLs, unique among actors."""
    name: str
    """The name it is best known by."""
    kind: ActorKind
    """What sort of actor it is."""
    description: str | None
    """Who that is, in a sentence or two."""
    country_code: str | None
    """The country it belongs to, ISO 3166-1 alpha-2."""
    wikidata_id: str | None
    """Its item in Wikidata: `Q42`."""
    active_from: dt.date | None
    """Its first day; null where that is not known."""
    active_to: dt.date | None
    """Its last day; null where it goes on, or that is not known."""
    aliases: list[ActorAlias] = items(models.ActorAlias.actor, models.ActorAlias.position)
    """Its other names, in other scripts and languages too."""
    attributes: list[Attribute] = items(models.ActorAttribute.actor, models.ActorAttribute.position)
    """What else is kept of it, such as what other tools knew that it came from."""
    member_of: Connection[MembershipRef] = many(models.Membership.member, MEMBERSHIPS, as_of=(_ON_DATE, IN_FORCE))
    """Groups that it belongs to, on a date or ever."""
    members: Connection[MembershipRef] = many(models.Membership.group, MEMBERSHIPS, as_of=(_ON_DATE, IN_FORCE))
    """Who belongs to it, on a date or ever."""
    alliances: TieConnection = ties(RelationKind.ALLIANCE)
    """Its allies, on a date or ever: the other side of each alliance, the relation itself on the edge."""
    oppositions: TieConnection = ties(RelationKind.OPPOSITION)
    """Its opponents, on a date or ever: the other side of each opposition, the relation itself on the edge."""
    relations: Connection[RelationRef] = field(
        Page(
            RelationEnds(models.Relation, None, ("source_id", "target_id")),
            RELATIONS.order,
            filter=RELATIONS.predicates,
        ),
        [*RELATIONS.arguments(), *paging()],
    )
    """The relations it is an end of."""
    statements: Connection[StatementRef] = many(models.Statement.speaker, STATEMENTS)
    """What it says; by default the latest first."""
    stances_held: Connection[StanceRef] = many(Stance.holder, STANCES)
    """Where it stands, as annotators read it."""
    stances_received: Connection[StanceRef] = many(Stance.target_actor, STANCES)
    """Where others stand towards it, as annotators read it."""
    stance_summary: list[StanceCount] = field(
        counts(Stance.holder, towards=TOWARDS, statedOn=Within(Stance.stated_on_sort)),
        [
            argument("towards", strawberry.ID | None, "Only towards this actor or topic."),
            argument("statedOn", DateRange | None, "Only in statements of these days."),
        ],
    )
    """How often this actor was annotated as holding each label towards each target, most often first."""
    created_at: dt.datetime
    """When it was entered."""
    updated_at: dt.datetime
    """When it last changed."""
    version: int
    """How often it changed, counted from 1."""
    history: Connection[RevisionRef] = history()
    """What became of it, the latest change first."""
