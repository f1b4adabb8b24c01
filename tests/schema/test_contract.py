"""The schema holds what clients were promised, and says what everything in it means."""

from pathlib import Path

from graphql import GraphQLSchema, build_schema, print_schema
from graphql.utilities import find_breaking_changes

from api.schema.build import build

ROOT = Path(__file__).parents[2]
CONTRACT = Path(__file__).with_name("contract.graphql")
"""What clients were promised. It only ever grows."""


def served() -> GraphQLSchema:
    return build_schema((ROOT / "schema.graphql").read_text())


def test_the_committed_schema_is_what_the_code_serves() -> None:
    assert (ROOT / "schema.graphql").read_text() == build().sdl(), "run make schema"


def test_nothing_promised_is_missing() -> None:
    changes = find_breaking_changes(build_schema(CONTRACT.read_text()), served())
    assert [c.description for c in changes if "Standard scalar" not in c.description] == []


def test_everything_has_a_description() -> None:
    """Types, fields, arguments, input fields and the values of enumerations."""
    bare = []
    for name, type_ in served().type_map.items():
        if name.startswith("__") or name in {"String", "Int", "Float", "Boolean", "ID"}:
            continue
        bare += [name] if not type_.description else []
        for kind in ("fields", "values"):
            for member, definition in getattr(type_, kind, {}).items():
                bare += [f"{name}.{member}"] if not definition.description else []
                for argument, given in getattr(definition, "args", {}).items():
                    bare += [f"{name}.{member}({argument})"] if not given.description else []
    assert bare == []


def test_a_broken_promise_is_seen() -> None:
    """The check can fail: take a field away and it says so."""
    text = print_schema(served()).replace("  alliances(", "  allies(", 1)
    changes = find_breaking_changes(build_schema(CONTRACT.read_text()), build_schema(text))
    assert any("Actor.alliances" in c.description for c in changes)
