"""The noun actor: its GraphQL type, filter and order."""

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
    GOVERNMENT="A government of a country, or an organisation that claims to be one.",
    ARMED_GROUP="An organised armed force that is not the army of a state.",
    POLITICAL_PARTY="A party or political movement.",
    INTERGOVERNMENTAL_ORGANIZATION="An organisation of states.",
    ORGANIZATION="Any other organisation.",
    MEDIA="A media outlet, news agency or channel.",
    PERSON="A person.",
    CIVILIANS="A civilian population.",
)


@input_type
class ActorFilter:
    """Filters a list of actors. All fields must match. A list matches if one of its values does."""

    kind: list[ActorKind] | None = filter_by(Among(Row.kind))
    """Actors of one of these kinds."""
    country_code: list[str] | None = filter_by(Among(Row.country_code))
    """Actors of one of these countries, as ISO 3166-1 alpha-2 codes."""
    slug: list[str] | None = filter_by(HasSlug())
    """Actors with one of these slugs. The slug of a merged actor matches the surviving actor."""
    text: str | None = filter_by(HoldsName())
    """Matches names and aliases in any script, also with small spelling differences."""
    active_on: dt.date | None = filter_by(Valid(Row.active_from, Row.active_to))
    """Actors that are active on this day. An unknown start or end is open."""


class ActorOrderField(StrEnum):
    """Orders of a list of actors."""

    NAME = "NAME"
    CREATED_AT = "CREATED_AT"
    STATEMENT_COUNT = "STATEMENT_COUNT"
    RELEVANCE = "RELEVANCE"


enum_type(
    ActorOrderField,
    NAME="By name, ignoring case and accents.",
    CREATED_AT="By creation time.",
    STATEMENT_COUNT="By number of statements.",
    RELEVANCE="By relevance to `filter.text` (the default if it is set): equal names first, then names that begin with"
    " the text, then the most similar names.",
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
    """The language of the name: a BCP 47 tag such as `ar`."""
    script: str | None
    """The script of the name: an ISO 15924 code such as `Arab`."""


@object_type
class TieEdge:
    """A relation of an actor, with the other actor as the node."""

    cursor: str
    """The position in the list: pass it as `after` or `before`."""
    node: ActorRef
    """The other actor of the relation."""
    relation: RelationRef
    """The relation."""


@object_type
class TieConnection:
    """A page of an actor's relations of one kind."""

    edges: list[TieEdge]
    """The relations of the page, the latest `validFrom` first."""
    page_info: PageInfo
    """The position of the page in the list."""
    total_count: int
    """Number of relations in the whole list. Counted only if you select it."""


_ON_DATE = argument(
    "asOf", dt.date | None, "Returns only items that are in force on this day. An unknown start or end is open."
)


def ties(kind: RelationKind) -> Any:
    """Return the field for an actor's relations of one kind: the other actor as node, the relation on the edge."""
    part = Page(
        RelationEnds(models.Relation, kind.value, ("source_id", "target_id")),
        Ordering({"VALID_FROM": "valid_from_sort"}, default="VALID_FROM", descending=True),
        arguments={"asOf": Valid(Relation.valid_from_sort, Relation.valid_to)},
        edge={"node": ForeignKey("other_id", models.Actor), "relation": Itself()},
    )
    return field(part, [_ON_DATE, *paging()])


@entity(models.Actor)
class Actor(Node):
    """Anyone who acts or speaks: a state, government, armed group, organisation, media outlet or person."""

    slug: str
    """A short name for URLs, unique among actors."""
    name: str
    """The best-known name."""
    kind: ActorKind
    """The kind of actor."""
    description: str | None
    """A description in a sentence or two."""
    country_code: str | None
    """The country of the actor: an ISO 3166-1 alpha-2 code such as `SY`."""
    wikidata_id: str | None
    """The Wikidata item of the actor, such as `Q42`, unique among actors."""
    active_from: dt.date | None
    """The first day of the actor's activity. Null if it is not known."""
    active_to: dt.date | None
    """The last day of the actor's activity. Null if the actor is still active, or the day is not known."""
    aliases: list[ActorAlias] = items(models.ActorAlias.actor, models.ActorAlias.position)
    """Other names, in any language and script."""
    attributes: list[Attribute] = items(models.ActorAttribute.actor, models.ActorAttribute.position)
    """Custom attributes as name–value pairs, for example fields imported from other tools."""
    member_of: Connection[MembershipRef] = many(models.Membership.member, MEMBERSHIPS, as_of=(_ON_DATE, IN_FORCE))
    """The actor's memberships in groups, at any time or on a date."""
    members: Connection[MembershipRef] = many(models.Membership.group, MEMBERSHIPS, as_of=(_ON_DATE, IN_FORCE))
    """The memberships of other actors in this actor, at any time or on a date."""
    alliances: TieConnection = ties(RelationKind.ALLIANCE)
    """Allies, at any time or on a date: the other actor of each alliance; the relation is on the edge."""
    oppositions: TieConnection = ties(RelationKind.OPPOSITION)
    """Opponents, at any time or on a date: the other actor of each opposition; the relation is on the edge."""
    relations: Connection[RelationRef] = field(
        Page(
            RelationEnds(models.Relation, None, ("source_id", "target_id")),
            RELATIONS.order,
            filter=RELATIONS.predicates,
        ),
        [*RELATIONS.arguments(), *paging()],
    )
    """The relations of the actor."""
    statements: Connection[StatementRef] = many(models.Statement.speaker, STATEMENTS)
    """The statements that the actor makes (by default the latest first)."""
    stances_held: Connection[StanceRef] = many(Stance.holder, STANCES)
    """The stances that the actor takes, as recorded by annotators."""
    stances_received: Connection[StanceRef] = many(Stance.target_actor, STANCES)
    """The stances of other actors towards this actor, as recorded by annotators."""
    stance_summary: list[StanceCount] = field(
        counts(Stance.holder, towards=TOWARDS, statedOn=Within(Stance.stated_on_sort)),
        [
            argument("towards", strawberry.ID | None, "Counts only stances towards this actor or topic."),
            argument("statedOn", DateRange | None, "Counts only stances in statements of this period."),
        ],
    )
    """Number of the actor's stances for each target and label, the most frequent first."""
    created_at: dt.datetime
    """Creation time."""
    updated_at: dt.datetime
    """Time of the last change."""
    version: int
    """Version of the actor: starts at 1 and increases by 1 with each change."""
    history: Connection[RevisionRef] = history()
    """The changes of the actor, newest first."""
