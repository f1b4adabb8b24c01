"""Networks of actors as arrays: who is tied to whom, and by which relations or statements. ADR 0016."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any
from uuid import UUID

from api.analysis.arrays import Booleans, Integers, Keys, RowKeys
from api.analysis.networks.signed_network import SignedNetwork, SignRule
from api.cache import SingleFlight
from api.dataset.datasets import Datasets
from api.dataset.groups import Groups
from api.dataset.pager import Pager
from api.dataset.references import reference, references, statement_reference
from api.dataset.relations import RelationRows, RelationSelection
from api.graphql.nodes import Connection
from api.graphql.sql.predicates import Predicate
from api.numeric import np
from api.security.viewer import Viewer


@dataclass(frozen=True, slots=True, eq=False)
class TieRows:
    """The rows that a tie consists of."""

    type_name: str
    """Relation or Statement."""
    keys: RowKeys

    @property
    def relations(self) -> list[Any]:
        """References to the rows, if they are relations; else empty."""
        return references(self.type_name, self.keys) if self.type_name == "Relation" else []

    def statements(self, first: int | None, after: str | None) -> Connection[Any]:
        """Return a page of references to the rows, if they are statements; else an empty page."""
        halves = self.keys if self.type_name == "Statement" else np.empty((0, 2), dtype=np.uint64)
        pager = Pager("STATEMENT", (halves[:, 0], halves[:, 1]))
        return pager.page(pager.span(first, after), lambda at: statement_reference(halves[at]))


@dataclass(frozen=True, eq=False)
class ActorNetwork:
    """Ties between actors: one element of each array for each tie, which sums up all rows of one direction.

    A directed tie runs from `source` to `target`; of an undirected one, `source` is the lower node.
    """

    actors: Keys
    """The sorted keys of the actors that have a tie: nodes are indexes among them."""
    source: Integers
    target: Integers
    directed: Booleans
    positive: Integers
    """The number of alliances; in a network of stances, of stances in support."""
    negative: Integers
    """The number of oppositions; in a network of stances, of stances in opposition."""
    rows: RowKeys
    """The keys of the rows of all ties, tie by tie: of relations as texts, of statements as halves, shape (n, 2)."""
    ends: Integers
    """The end of each tie's rows in `rows`."""
    row_type: str = "Relation"
    """The GraphQL type of the rows."""
    sign_rule: SignRule = SignRule.ANY
    """How the sign of a tie follows from the two counts."""
    relations_within_groups: int = 0
    """The number of relations that were left out since both ends act as the same group."""
    ambiguous_members: int = 0
    """The number of members that act as themselves since they belong to several outermost groups."""
    derived: SingleFlight = field(default_factory=SingleFlight)
    """Cache of what is computed from this network."""

    @property
    def ties(self) -> int:
        """The number of ties."""
        return len(self.source)

    @cached_property
    def sign(self) -> Integers:
        """The sign of each tie: 1, -1, or 0 if it is ambivalent."""
        return self.sign_rule.signs(self.positive, self.negative)

    def actor(self, node: int) -> Any:
        """Return a reference to the actor at a node."""
        return reference("Actor", self.actor_key(node))

    def actor_key(self, node: int) -> UUID:
        """Return the key of the actor at a node."""
        return UUID(bytes(self.actors[node]).decode())

    def actors_at(self, nodes: Integers) -> list[Any]:
        """Return references to the actors at some nodes."""
        return references("Actor", self.actors[nodes])

    def rows_of(self, *ties: int) -> TieRows:
        """Return the rows of some ties, each row once."""
        keys = [self.rows[int(self.ends[tie - 1]) if tie else 0 : int(self.ends[tie])] for tie in ties]
        return TieRows(self.row_type, keys[0] if len(keys) == 1 else np.unique(np.concatenate(keys), axis=0))

    @cached_property
    def undirected(self) -> SignedNetwork:
        """The network without directions: all ties between two actors are one tie, with the sign of their sum."""
        ends = self.source, self.target
        return SignedNetwork.of(len(self.actors), *ends, self.positive, self.negative, self.sign_rule)

    @cached_property
    def ties_between(self) -> Mapping[tuple[int, int], Sequence[int]]:
        """Two nodes, the lower one first → the ties between them."""
        found: dict[tuple[int, int], list[int]] = {}
        for tie, (one, other) in enumerate(zip(self.source.tolist(), self.target.tolist(), strict=True)):
            found.setdefault((min(one, other), max(one, other)), []).append(tie)
        return found


async def relation_network(
    datasets: Datasets,
    viewer: Viewer,
    filter_arguments: Mapping[str, Any],
    predicates: Mapping[str, Predicate],
    *,
    collapse_members: bool = False,
) -> ActorNetwork:
    """Return the network of the relations that match a filter and that the viewer may see; cached until they change.

    :param filter_arguments: a filter by the GraphQL names of its fields; `predicates` are those of the fields.
    :param collapse_members: whether members act as their groups, see `Groups`.
    :raises BadArgument: if the filter is invalid.
    """
    selection = RelationSelection(filter_arguments, predicates, with_memberships=collapse_members)
    rows = await datasets.relations(viewer, selection)
    day = filter_arguments.get("asOf") if collapse_members else None
    work = partial(_network, rows, None if day is None else np.datetime64(day))
    return await rows.derived.run(("network", day), lambda: datasets.compute(work))


def _network(rows: RelationRows, day: np.datetime64 | None) -> ActorNetwork:
    groups = Groups(rows)
    source, target = groups.resolve_ends(day)
    return network_between(rows, source, target, ambiguous_members=len(groups.ambiguous))


def network_between(
    rows: RelationRows, source: Integers, target: Integers, *, ambiguous_members: int = 0
) -> ActorNetwork:
    """Return the network of relations whose ends are `source` and `target`, indexes in `rows.actors`."""
    ties_two = np.flatnonzero(source != target)
    nodes, places = np.unique(np.concatenate([source[ties_two], target[ties_two]]), return_inverse=True)
    one, other = places.reshape(2, -1).astype(np.int64)
    directed = rows.directed[ties_two]
    # An undirected relation is the same in either direction.
    first, second = np.where(directed, one, np.minimum(one, other)), np.where(directed, other, np.maximum(one, other))
    size = max(len(nodes), 1)
    ties, tie = np.unique((first * size + second) * 2 + directed, return_inverse=True)
    tie = tie.reshape(-1)
    positive = np.bincount(tie, weights=rows.positive[ties_two], minlength=len(ties)).astype(np.int64)
    total = np.bincount(tie, minlength=len(ties)).astype(np.int64)
    return ActorNetwork(
        actors=rows.actors[nodes],
        source=ties // 2 // size,
        target=ties // 2 % size,
        directed=ties % 2 == 1,
        positive=positive,
        negative=total - positive,
        rows=rows.keys[ties_two][np.argsort(tie, kind="stable")],
        ends=np.cumsum(total),
        relations_within_groups=len(source) - len(ties_two),
        ambiguous_members=ambiguous_members,
    )
