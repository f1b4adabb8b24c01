"""Recognizes the introspection query of tools: `getIntrospectionQuery` of graphql-js, in any version and with any
options.

GraphiQL, Apollo, urql, graphql-codegen and Relay send it with different white space, with or without descriptions, and
with types unwrapped to different depths. What they have in common is the set of selected fields.
"""

from collections.abc import Iterator
from functools import cache

from graphql import (
    BooleanValueNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_introspection_query,
    parse,
)

_OPTIONAL = (".kind", ".description", ".isDeprecated", ".deprecationReason")
"""Fields that some versions or options omit, besides those that only some options add."""


def is_standard(document: DocumentNode) -> bool:
    """True if `document` is the standard introspection query and nothing else."""
    operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    if len(operations) != 1 or operations[0].variable_definitions:
        return False
    selected = _selected(document, operations[0])
    required, allowed = _bounds()
    return selected is not None and required <= selected <= allowed


@cache
def _bounds() -> tuple[frozenset[str], frozenset[str]]:
    """Return the fields that every form of the standard query selects, and the fields that any form selects."""
    least, most = (
        parse(get_introspection_query(descriptions=all_, **dict.fromkeys(_OPTIONS, all_)), no_location=True)
        for all_ in (False, True)
    )
    required, allowed = (_selected(each, each.definitions[0]) for each in (least, most))  # type: ignore[arg-type]
    assert required is not None
    assert allowed is not None
    return frozenset(path for path in required if not path.endswith(_OPTIONAL)), allowed


_OPTIONS = (
    "specified_by_url",
    "directive_is_repeatable",
    "schema_description",
    "input_value_deprecation",
    "experimental_directive_deprecation",
    "one_of",
)


def _selected(document: DocumentNode, operation: OperationDefinitionNode) -> frozenset[str] | None:
    """Return the paths of all fields, with any depth of `ofType`; None if a field is not plain (see `_is_plain`)."""
    fragments = {d.name.value: d.selection_set for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
    paths = list(_paths(operation.selection_set, fragments, ""))
    return None if None in paths else frozenset(path for path in paths if path is not None)


def _paths(within: SelectionSetNode, fragments: dict[str, SelectionSetNode], above: str) -> Iterator[str | None]:
    for node in within.selections:
        if isinstance(node, FragmentSpreadNode) and not node.directives:
            yield from _paths(fragments[node.name.value], fragments, above)
        elif isinstance(node, FieldNode) and _is_plain(node):
            name = f".{node.name.value}"
            path = above if name == ".ofType" and above.endswith(name) else above + name
            yield path
            if node.selection_set is not None:
                yield from _paths(node.selection_set, fragments, path)
        else:
            yield None


def _is_plain(node: FieldNode) -> bool:
    """True if a field has no alias, no directive, and no argument but `includeDeprecated: true`."""
    return (
        node.alias is None
        and not node.directives
        and all(
            each.name.value == "includeDeprecated" and isinstance(each.value, BooleanValueNode) and each.value.value
            for each in node.arguments or ()
        )
    )
