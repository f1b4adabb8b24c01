"""Limits on documents, measured in one pass whatever their fragments do.

Each definition is walked once, without following its spreads, and summed up. The measure of a fragment is then made
from the sums once, and used wherever the fragment is spread. So the pass is linear in the length of the document even
if its expanded fragments would be astronomic, and no nesting is too deep for it.
"""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
)

from api import limits
from api.settings import Settings

MAX_REPEATS = limits.REPEATS.maximum
"""Maximum number of fields with the response name of a sibling: merging compares them pair by pair."""

_ASTRONOMIC = 10**9


LIST_COST = 20
"""Cost of planning a list, if a field costs 1: about a tenth of a millisecond when it is compiled."""


class Measure(NamedTuple):
    """Depth, number of fields and planning cost of a definition with its fragments expanded."""

    depth: int = 0
    fields: int = 0
    cost: int = 0


@dataclass(slots=True)
class Sums:
    """The measures of an operation or a fragment without its spreads."""

    depth: int = 0
    fields: int = 0
    cost: int = 0
    aliases: int = 0
    directives: int = 0
    repeats: int = 0
    spreads: list[tuple[str, int, bool]] = field(default_factory=list)
    """The fragments that are spread in it: name, depth, and whether a sibling spreads the same fragment."""


def check(document: DocumentNode, settings: Settings, lists: Container[str] = ()) -> int:
    """Check a parsed document against the limits in the settings, and return the estimated cost of planning it.

    :param lists: the names of the fields that cost as much to plan as a list.
    :raises GraphQLError: with code LIMIT_EXCEEDED, naming the limit that is exceeded.
    """
    operations = [summed(d, lists) for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    # Validation rejects two fragments of one name. Until then both count, and the last one is spread.
    fragments = [
        (d.name.value, summed(d, lists)) for d in document.definitions if isinstance(d, FragmentDefinitionNode)
    ]
    everything = [*operations, *(sums for _, sums in fragments)]
    _within("number of fragments", len(fragments) + sum(len(s.spreads) for s in everything), settings.max_fragments)
    _within("number of aliases", sum(s.aliases for s in everything), settings.max_aliases)
    _within("number of directives", sum(s.directives for s in everything), settings.max_directives)
    _within("number of repeated fields", sum(s.repeats for s in everything), MAX_REPEATS)
    written_out = _WrittenOut(dict(fragments))
    whole = 0
    for sums in everything:
        depth, fields, cost = written_out.measure(sums)
        _within("depth", depth, settings.max_depth)
        _within("number of fields", fields, settings.max_fields)
        _within("cost of planning", cost, settings.max_plan_cost, f" (1 a field, {LIST_COST} a list): split it up")
        whole = max(whole, cost)
    return whole


def _within(what: str, measured: int, maximum: int, hint: str = "") -> None:
    if measured > maximum:
        number = f"{measured:,}" if measured < _ASTRONOMIC else "astronomic"
        raise GraphQLError(
            f"the {what} of this document is {number}; the most is {maximum:,}{hint}",
            extensions={"code": "LIMIT_EXCEEDED"},
        )


def summed(definition: OperationDefinitionNode | FragmentDefinitionNode, lists: Container[str] = ()) -> Sums:
    """Return the measures of a definition without its spreads."""
    sums = Sums(directives=len(definition.directives or ()))
    for node, depth, repeated in _nodes(definition):
        sums.directives += len(node.directives or ())
        if isinstance(node, FieldNode):
            sums.depth = max(sums.depth, depth)
            sums.fields += 1
            sums.cost += LIST_COST if node.name.value in lists and not repeated else 1
            sums.aliases += node.alias is not None
            sums.repeats += repeated
        elif isinstance(node, FragmentSpreadNode):
            sums.spreads.append((node.name.value, depth - 1, repeated))
    return sums


def _nodes(definition: OperationDefinitionNode | FragmentDefinitionNode) -> Iterator[tuple[SelectionNode, int, bool]]:
    """Return all selections below a definition, with their depth, and whether a sibling has the same name."""
    names: set[str] = set()
    pending = [(definition.selection_set, 1, names)]
    while pending:
        selection_set, depth, names = pending.pop()
        for node in selection_set.selections:
            repeated = False
            if not isinstance(node, InlineFragmentNode):
                key = (node.alias or node.name).value if isinstance(node, FieldNode) else f"...{node.name.value}"  # type: ignore[attr-defined]
                repeated = key in names
                names.add(key)
            if isinstance(node, FieldNode):
                if node.selection_set is not None:
                    pending.append((node.selection_set, depth + 1, set()))
            elif isinstance(node, InlineFragmentNode):
                # The fields of an inline fragment are siblings of the fields around it.
                pending.append((node.selection_set, depth, names))
            yield node, depth, repeated


class _WrittenOut:
    """Measures definitions with their fragments expanded, each fragment once."""

    def __init__(self, fragments: Mapping[str, Sums]) -> None:
        self._fragments = fragments
        self._measures: dict[str, Measure] = {}

    def measure(self, sums: Sums) -> Measure:
        """Return the whole measure. A cycle of fragments, which validation rejects, ends where it closes."""
        depth, fields, cost = sums.depth, sums.fields, sums.cost
        for name, at, repeated in sums.spreads:
            below = self._fragment(name)
            depth, fields = max(depth, at + below.depth), min(fields + below.fields, _ASTRONOMIC)
            cost = min(cost + (0 if repeated else below.cost), _ASTRONOMIC)
        return Measure(depth, fields, cost)

    def _fragment(self, name: str) -> Measure:
        if name not in self._measures:
            self._measures[name] = Measure()
            self._measures[name] = self.measure(self._fragments.get(name) or Sums())
        return self._measures[name]
