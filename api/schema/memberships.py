"""The noun membership: an actor belongs to a group for a period."""

import datetime as dt

import models
from api.graphql.fields import Listing, entity, one
from api.graphql.nodes import Connection, Node
from api.graphql.parts import Ordering
from api.graphql.sql.predicates import Valid
from api.schema.references import ActorRef, RevisionRef
from api.schema.revisions import history
from models.membership import Membership as Row

MEMBERSHIPS = Listing(Ordering({"VALID_FROM": "valid_from_sort"}, default="VALID_FROM", descending=True))
IN_FORCE = Valid(Row.valid_from_sort, Row.valid_to)


@entity(models.Membership)
class Membership(Node):
    """A membership of an actor in a group, for a period."""

    member: ActorRef = one(Row.member)
    """The member."""
    group: ActorRef = one(Row.group)
    """The group."""
    role: str | None
    """The member's role in the group."""
    valid_from: dt.date | None
    """The first day. Null if it is not known."""
    valid_to: dt.date | None
    """The last day. Null if the membership continues, or the day is not known."""
    version: int
    """Version of the membership: starts at 1 and increases by 1 with each change."""
    history: Connection[RevisionRef] = history()
    """The changes of the membership, newest first."""
