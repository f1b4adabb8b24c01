"""Memberships: who belongs to whom."""

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
    """A dated membership: an actor belongs to a group for a time."""

    member: ActorRef = one(Row.member)
    """Who belongs."""
    group: ActorRef = one(Row.group)
    """To whom."""
    role: str | None
    """As what."""
    valid_from: dt.date | None
    """The first day; null where that is not known."""
    valid_to: dt.date | None
    """The last day; null where it goes on, or that is not known."""
    version: int
    """How often it changed, counted from 1."""
    history: Connection[RevisionRef] = history()
    """What became of it, the latest change first."""
