"""How much may be asked: bounds on a document that are measured in one pass, whatever its fragments do.

Each fragment is measured once and its measure used wherever it is spread, so that the pass is linear in the
document's length even where its fragments written out would be astronomic.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from api.settings import Settings

MOST_REPEATS = 100
"""How many fields of a document may bear a name that one beside them bears: merging compares them pair by pair."""

_ASTRONOMIC = 10**9


class Measure(NamedTuple):
    """How deep a selection set is and how many fields it has, its fragments written out."""

    depth: int = 0
    fields: int = 0


@dataclass(slots=True)
class _Totals:
    aliases: int = 0
    fragments: int = 0
    directives: int = 0
    repeats: int = 0


def check(document: DocumentNode, settings: Settings) -> None:
    """Let a parsed document pass that keeps within the settings' bounds.

    :raises GraphQLError: with code LIMIT_EXCEEDED, naming the bound that it breaks.
    """
    fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
    totals = _Totals(fragments=len(fragments))
    measures: dict[str, Measure] = {}
    for name in fragments:
        _fragment(name, fragments, measures, totals, set())
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            totals.directives += len(definition.directives or ())
            measure = _set(definition.selection_set, fragments, measures, totals, set())
            _within("depth", measure.depth, settings.max_depth)
            _within("number of fields", measure.fields, settings.max_fields)
    _within("number of aliases", totals.aliases, settings.max_aliases)
    _within("number of fragments", totals.fragments, settings.max_fragments)
    _within("number of directives", totals.directives, settings.max_directives)
    _within("number of repeated fields", totals.repeats, MOST_REPEATS)


def _within(what: str, measured: int, most: int) -> None:
    if measured > most:
        shown = f"{measured:,}" if measured < _ASTRONOMIC else "astronomic"
        raise GraphQLError(
            f"the {what} of this document is {shown}; the most is {most:,}", extensions={"code": "LIMIT_EXCEEDED"}
        )


def _fragment(
    name: str,
    fragments: Mapping[str, FragmentDefinitionNode],
    measures: dict[str, Measure],
    totals: _Totals,
    within: set[str],
) -> Measure:
    if name in measures:
        return measures[name]
    if name in within or name not in fragments:  # a circle or a gap, which validation will tell
        return Measure()
    definition = fragments[name]
    totals.directives += len(definition.directives or ())
    measures[name] = _set(definition.selection_set, fragments, measures, totals, within | {name})
    return measures[name]


def _set(
    selections: SelectionSetNode,
    fragments: Mapping[str, FragmentDefinitionNode],
    measures: dict[str, Measure],
    totals: _Totals,
    within: set[str],
    names: set[str] | None = None,
) -> Measure:
    depth = fields = 0
    names = set() if names is None else names
    for node in selections.selections:
        totals.directives += len(node.directives or ())
        if isinstance(node, FieldNode):
            key = (node.alias or node.name).value
            totals.aliases += node.alias is not None
            totals.repeats += key in names
            names.add(key)
            below = Measure()
            if node.selection_set is not None:
                below = _set(node.selection_set, fragments, measures, totals, within)
            below = Measure(below.depth + 1, below.fields + 1)
        elif isinstance(node, InlineFragmentNode):
            below = _set(node.selection_set, fragments, measures, totals, within, names)
        else:
            assert isinstance(node, FragmentSpreadNode)
            totals.fragments += 1
            below = _fragment(node.name.value, fragments, measures, totals, within)
        depth, fields = max(depth, below.depth), min(fields + below.fields, _ASTRONOMIC)
    return Measure(depth, fields)
