"""How much may be asked: bounds on a document that are measured in one pass, whatever its fragments do.

Each definition is walked once, without following its spreads, and what it holds is summed up; a fragment's measure is
then made of the sums, once, and used wherever it is spread. So the pass is linear in the document's length even where
its fragments written out would be astronomic, and no nesting is too deep for it.
"""

from collections.abc import Iterator, Mapping
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

MOST_REPEATS = limits.REPEATS.maximum
"""How many fields of a document may bear a name that one beside them bears: merging compares them pair by pair."""

_ASTRONOMIC = 10**9


class Measure(NamedTuple):
    """How deep a definition is and how many fields it has, its fragments written out."""

    depth: int = 0
    fields: int = 0


@dataclass(slots=True)
class Sums:
    """What an operation or a fragment holds by itself, its spreads not followed."""

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0
    repeats: int = 0
    spreads: list[tuple[str, int]] = field(default_factory=list)
    """The fragments that are spread in it, each with how deep it stands."""


def check(document: DocumentNode, settings: Settings) -> None:
    """Let a parsed document pass that keeps within the settings' bounds.

    :raises GraphQLError: with code LIMIT_EXCEEDED, naming the bound that it breaks.
    """
    operations = [summed(d) for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    # Of two fragments of one name validation will tell; until then both count, and the last one is the one spread.
    fragments = [(d.name.value, summed(d)) for d in document.definitions if isinstance(d, FragmentDefinitionNode)]
    everything = [*operations, *(sums for _, sums in fragments)]
    _within("number of fragments", len(fragments) + sum(len(s.spreads) for s in everything), settings.max_fragments)
    _within("number of aliases", sum(s.aliases for s in everything), settings.max_aliases)
    _within("number of directives", sum(s.directives for s in everything), settings.max_directives)
    _within("number of repeated fields", sum(s.repeats for s in everything), MOST_REPEATS)
    written_out = _WrittenOut(dict(fragments))
    for sums in everything:
        depth, fields = written_out.measure(sums)
        _within("depth", depth, settings.max_depth)
        _within("number of fields", fields, settings.max_fields)


def _within(what: str, measured: int, most: int) -> None:
    if measured > most:
        shown = f"{measured:,}" if measured < _ASTRONOMIC else "astronomic"
        raise GraphQLError(
            f"the {what} of this document is {shown}; the most is {most:,}", extensions={"code": "LIMIT_EXCEEDED"}
        )


def summed(definition: OperationDefinitionNode | FragmentDefinitionNode) -> Sums:
    """What a definition holds by itself."""
    sums = Sums(directives=len(definition.directives or ()))
    for node, depth, repeated in _nodes(definition):
        sums.directives += len(node.directives or ())
        if isinstance(node, FieldNode):
            sums.depth = max(sums.depth, depth)
            sums.fields += 1
            sums.aliases += node.alias is not None
            sums.repeats += repeated
        elif isinstance(node, FragmentSpreadNode):
            sums.spreads.append((node.name.value, depth - 1))
    return sums


def _nodes(definition: OperationDefinitionNode | FragmentDefinitionNode) -> Iterator[tuple[SelectionNode, int, bool]]:
    """All selections below a definition, how deep each is, and whether a field beside it has its name already."""
    names: set[str] = set()
    pending = [(definition.selection_set, 1, names)]
    while pending:
        selection_set, depth, names = pending.pop()
        for node in selection_set.selections:
            repeated = False
            if isinstance(node, FieldNode):
                key = (node.alias or node.name).value
                repeated = key in names
                names.add(key)
                if node.selection_set is not None:
                    pending.append((node.selection_set, depth + 1, set()))
            elif isinstance(node, InlineFragmentNode):
                # What stands in an inline fragment stands beside what is around it.
                pending.append((node.selection_set, depth, names))
            yield node, depth, repeated


class _WrittenOut:
    """Measures definitions with their fragments written out, each fragment once."""

    def __init__(self, fragments: Mapping[str, Sums]) -> None:
        self._fragments = fragments
        self._measures: dict[str, Measure] = {}

    def measure(self, sums: Sums) -> Measure:
        """The whole measure; a circle of fragments, which validation will tell, ends where it closes."""
        depth, fields = sums.depth, sums.fields
        for name, at in sums.spreads:
            below = self._fragment(name)
            depth, fields = max(depth, at + below.depth), min(fields + below.fields, _ASTRONOMIC)
        return Measure(depth, fields)

    def _fragment(self, name: str) -> Measure:
        if name not in self._measures:
            self._measures[name] = Measure()
            self._measures[name] = self.measure(self._fragments.get(name) or Sums())
        return self._measures[name]
