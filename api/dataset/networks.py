"""Networks of relations: who is tied to whom by which of them, also with members acting as their groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any
from uuid import UUID

from api.analysis.arrays import Booleans, Integers, Keys, RowKeys
from api.analysis.networks.signed_network import Folding, SignedNetwork
from api.cache import SingleFlight
from api.dataset.datasets import Datasets
from api.dataset.groups import Groups
from api.dataset.relations import RelationRows, RelationSelection, refs
from api.dataset.stance_events import statement_ref
from api.dataset.units import Connection, Ordered
from api.graphql.parts import Ref
from api.graphql.sql.predicates import Predicate
from api.numeric import np
from api.security.viewer import Viewer

"""Keys of relations as texts, or of statements as the two halves of each, shape (n, 2)."""


@dataclass(frozen=True, slots=True, eq=False)
class Behind:
    """The rows behind a tie."""

    type_name: str
    """Relation or Statement."""
    keys: RowKeys

    @property
    def relations(self) -> list[Ref]:
        """All of them, where they are relations."""
        return refs(self.type_name, self.keys) if self.type_name == "Relation" else []

    def statements(self, first: int | None, after: str | None) -> Connection[Ref]:
        """A page of them, where they are statements."""
        halves = self.keys if self.type_name == "Statement" else np.empty((0, 2), dtype=np.uint64)
        ordered = Ordered("STATEMENT", (halves[:, 0], halves[:, 1]))
        return ordered.page(ordered.span(first, after), lambda at: statement_ref(halves[at]))


@dataclass(frozen=True, eq=False)
class Network:
    """Ties between actors: one element of each array for each tie, which takes together all there is of one direction.

    A tie that is directed runs from `source` to `target`; of one that is not, `source` is the lesser place.
    """

    actors: Keys
    """The keys of the actors that have a tie, sorted: nodes are places in it."""
    source: Integers
    target: Integers
    directed: Booleans
    positive: Integers
    """How many alliances it takes together; in a network of stances, how much support."""
    negative: Integers
    """How many oppositions; in a network of stances, how much opposition."""
    rows: RowKeys
    """The keys of the relations, or statements, behind all ties: tie by tie, in order within each."""
    until: Integers
    """Where those of each tie end in `rows`."""
    behind: str = "Relation"
    """The type of these rows."""
    folding: Folding = Folding.ANY
    """How the sign of a tie is made of the two counts."""
    within_groups: int = 0
    """How many relations fell away since both ends act as the same group."""
    several_groups: int = 0
    """How many members stay themselves since they belong to several groups that are not one."""
    derived: SingleFlight = field(default_factory=SingleFlight)
    """What was computed of it."""

    @property
    def ties(self) -> int:
        """How many ties there are."""
        return len(self.source)

    @cached_property
    def sign(self) -> Integers:
        """1, -1, or 0 where it is ambivalent, of each tie."""
        return self.folding.signs(self.positive, self.negative)

    def actor(self, node: int) -> UUID:
        """The key of an actor."""
        return UUID(bytes(self.actors[node]).decode())

    def rows_of(self, tie: int) -> RowKeys:
        """The keys of the relations, or statements, behind a tie."""
        return self.rows[int(self.until[tie - 1]) if tie else 0 : int(self.until[tie])]

    def behind_tie(self, tie: int) -> Behind:
        """What is behind a tie."""
        return Behind(self.behind, self.rows_of(tie))

    @cached_property
    def folded(self) -> SignedNetwork:
        """The same without directions: both are taken together, and have a sign anew."""
        ends = self.source, self.target
        return SignedNetwork.of(len(self.actors), *ends, self.positive, self.negative, self.folding)

    @cached_property
    def between(self) -> Mapping[tuple[int, int], Sequence[int]]:
        """The ties between each two nodes, the lesser first."""
        found: dict[tuple[int, int], list[int]] = {}
        for tie, (one, other) in enumerate(zip(self.source.tolist(), self.target.tolist(), strict=True)):
            found.setdefault((min(one, other), max(one, other)), []).append(tie)
        return found


async def network(
    measures: Datasets,
    viewer: Viewer,
    filter_arguments: Mapping[str, Any],
    predicates: Mapping[str, Predicate],
    *,
    collapse_members: bool = False,
) -> Network:
    """The network of the relations that a filter lets through, as far as `viewer` sees them; kept until they change.

    :param filter_arguments: a filter by the GraphQL names of its fields; `predicates` are what these ask.
    :param collapse_members: whether members act as their groups, see `Groups`.
    :raises BadArgument: where the filter cannot be understood.
    """
    chosen = RelationSelection(filter_arguments, predicates, with_memberships=collapse_members)
    read = await measures.relations(viewer, chosen)
    day = filter_arguments.get("asOf") if collapse_members else None
    work = partial(_network, read, None if day is None else np.datetime64(day))
    return await read.derived.run(("network", day), lambda: measures.compute(work))


def _network(read: RelationRows, day: np.datetime64 | None) -> Network:
    groups = Groups(read)
    source, target = groups.ends(day)
    return of_ends(read, source, target, several_groups=len(groups.several))


def of_ends(read: RelationRows, source: Integers, target: Integers, *, several_groups: int = 0) -> Network:
    """The network of relations between these ends, places in `read.actors`."""
    kept = np.flatnonzero(source != target)
    nodes, places = np.unique(np.concatenate([source[kept], target[kept]]), return_inverse=True)
    one, other = places.reshape(2, -1).astype(np.int64)
    directed = read.directed[kept]
    # Without a direction the ends may change places.
    first, second = np.where(directed, one, np.minimum(one, other)), np.where(directed, other, np.maximum(one, other))
    size = max(len(nodes), 1)
    ties, tie = np.unique((first * size + second) * 2 + directed, return_inverse=True)
    tie = tie.reshape(-1)
    positive = np.bincount(tie, weights=read.positive[kept], minlength=len(ties)).astype(np.int64)
    every = np.bincount(tie, minlength=len(ties)).astype(np.int64)
    return Network(
        actors=read.actors[nodes],
        source=ties // 2 // size,
        target=ties // 2 % size,
        directed=ties % 2 == 1,
        positive=positive,
        negative=every - positive,
        rows=read.keys[kept][np.argsort(tie, kind="stable")],
        until=np.cumsum(every),
        within_groups=len(source) - len(kept),
        several_groups=several_groups,
    )
