"""The generator of reference pages: every type, field and command is listed, links lead to what is there."""

import re
from pathlib import Path

import click
import pytest

from api import errors
from api.cli.main import commands as root
from docs.generator import pages
from docs.generator.errors import REQUEST_ERRORS
from docs.generator.schema import schema
from tests.docs.examples import ROOT


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All pages, with generated text filled in."""
    folder = tmp_path_factory.mktemp("docs")
    pages.write(staged=folder)
    return folder


def _text(staged: Path) -> str:
    return "\n".join(page.read_text(encoding="utf-8") for page in (staged / "reference").rglob("*.md"))


def test_each_type_and_field_is_listed(staged: Path) -> None:
    text = _text(staged)
    anchors = set(re.findall(r"\{#([\w-]+)\}", text))
    types = {name for name in schema().type_map if not name.startswith("__")}
    assert types - {"Query", "Mutation", "Subscription"} <= anchors
    for name in types:
        for field in getattr(schema().type_map[name], "fields", {}):
            assert f"`{field}`" in text or field in anchors, f"{name}.{field}"


def test_each_command_is_listed(staged: Path) -> None:
    text = (staged / "reference" / "command-line.md").read_text(encoding="utf-8")

    def check(command: click.Command, path: str) -> None:
        assert path == "" or f"{{#{path.replace(' ', '-')}}}" in text, path
        if isinstance(command, click.Group):
            context = click.Context(command)
            for name in command.list_commands(context):
                below = command.get_command(context, name)
                assert below is not None
                check(below, f"{path} {name}".strip())

    check(root, "")


def test_generated_anchors_are_unique_on_their_page(staged: Path) -> None:
    for page in staged.rglob("*.md"):
        anchors = re.findall(r"\{#([\w-]+)\}", page.read_text(encoding="utf-8"))
        assert len(anchors) == len(set(anchors)), page


def test_codes_of_request_errors_are_those_of_the_program() -> None:
    text = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "api").rglob("*.py"))
    classes = [each for each in vars(errors).values() if isinstance(each, type)]
    codes = {each.code for each in classes if issubclass(each, errors.OperationError)}
    codes |= set(re.findall(r'"code": "([A-Z_]+)"', text)) | set(re.findall(r'"(GRAPHQL_[A-Z_]+)"', text))
    codes |= set(re.findall(r'failure\([^()]*(?:\([^()]*\))?[^()]*"([A-Z_]{5,})"', text))
    codes |= set(re.findall(r'\d{3}: "([A-Z_]+)"', text))
    assert codes == set(REQUEST_ERRORS)


def test_no_annotation_of_the_tests_is_left_in_the_pages(staged: Path) -> None:
    for page in staged.rglob("*.md"):
        assert re.findall(r"^```\w+ (?!title=).+$", page.read_text(encoding="utf-8"), re.MULTILINE) == [], page


def test_a_marker_without_a_generator_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("# Page\n\n<!-- generated: nothing -->\n")
    with pytest.raises(pages.UnknownMarker, match="nothing"):
        pages.write(tmp_path, tmp_path / "staged")


def test_the_name_of_a_request_error_is_described_in_a_sentence() -> None:
    assert [code for code, text in REQUEST_ERRORS.items() if not text.endswith(".")] == []
