"""Names and files of `api/` keep to the rules of the house: one word for one thing, and the standard word for it."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
API = ROOT / "api"
FILES = sorted(path for path in API.rglob("*.py") if "node_modules" not in path.parts)
MAX_LINES = 400
OBLIQUE = frozenset({"told", "kept", "held", "shown", "asked", "given", "behind", "lasting", "standing"})
"""Words that say when or for whom a value is there, and not what it is."""
GERUNDS = {
    "coding": "a noun in content analysis: the types and variables by which statements are coded",
    "drawing": "a noun: the picture of a network",
    "expiring": "an adjective: the values that expire",
    "packing": "a noun, as in a packing problem: the arrangement of boxes on a page",
}
"""Modules whose names end in -ing, with the reason."""


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _public_classes() -> dict[str, list[str]]:
    """Return the files that define a public class at the top level, by the name of the class."""
    files: dict[str, list[str]] = defaultdict(list)
    for path in FILES:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                files[node.name].append(_name(path))
    return files


def _is_one_noun(files: list[str]) -> bool:
    """True if the classes are the record and the GraphQL type of one noun (its model is outside `api/`)."""
    record, *types = sorted(files)
    return record == "api/exchange/records.py" and len(types) == 1 and types[0].startswith("api/schema/")


def _identifiers(path: Path) -> Iterator[tuple[int, str]]:
    """Yield each identifier of a file with its line: variables, arguments, attributes, keywords, definitions, imports."""
    for part in path.relative_to(ROOT).with_suffix("").parts:
        yield 0, part
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant):
            continue
        for _, value in ast.iter_fields(node):
            for text in value if isinstance(value, list) else [value]:
                if isinstance(text, str):
                    for part in text.split("."):
                        yield getattr(node, "lineno", 0), part


def test_no_two_public_classes_share_a_name() -> None:
    """Except the record and the GraphQL type of one noun."""
    shared = {name: files for name, files in _public_classes().items() if len(files) > 1 and not _is_one_noun(files)}
    assert shared == {}


def test_no_identifier_is_an_oblique_word() -> None:
    found = [
        f"{_name(path)}:{line}: {identifier}"
        for path in FILES
        for line, identifier in _identifiers(path)
        if identifier.strip("_").lower() in OBLIQUE
    ]
    assert found == []


def test_modules_are_nouns_or_plain_verbs() -> None:
    modules = {path.stem if path.stem != "__init__" else path.parent.name for path in FILES}
    assert {module for module in modules if module.endswith("ing")} - set(GERUNDS) == set()
    assert set(GERUNDS) <= modules, "a reason for a module that is gone"


def test_files_are_short() -> None:
    lines = {_name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    assert {name: count for name, count in lines.items() if count > MAX_LINES} == {}
