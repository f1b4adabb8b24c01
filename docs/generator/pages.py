"""Stages the pages: copies what is written by hand, and replaces each `<!-- generated: NAME -->` by what NAME makes.

Generated text is made when the site is built and is in no commit: it cannot be stale, and a change of the schema is
read in one place, `schema.graphql`. See docs/decisions/0029.
"""

import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from docs.generator import command_line, errors, schema, settings
from docs.generator.markdown import BLOCK

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "docs"
STAGED = ROOT / "build" / "docs"
"""Where zensical reads the pages from: `docs_dir` of mkdocs.yml."""
APART = ("generator", "examples")
"""Folders of docs/ that hold no pages of the site."""

GENERATORS: Mapping[str, Callable[[], str]] = {
    **schema.GENERATORS,
    "settings": settings.settings,
    "limits": settings.limits,
    "commands": command_line.commands,
    "formats": command_line.formats_table,
    "request-errors": errors.request_errors,
}
_MARKER = re.compile(r"^<!-- generated: ([\w-]+) -->$", re.MULTILINE)
_LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)#\s]+)(?:#[^)]*)?\)")


class UnknownMarker(Exception):
    """A page names something to generate that does not exist, or nothing names what exists."""


def write(source: Path = SOURCE, staged: Path = STAGED) -> None:
    """Write all pages and pictures of `source` to `staged`, generated text filled in.

    :raises UnknownMarker: if markers and generators do not correspond one to one.
    """
    shutil.rmtree(staged, ignore_errors=True)
    used: list[str] = []
    for file in sorted(source.rglob("*")):
        path = file.relative_to(source)
        if path.parts[0] in APART or not file.is_file() or "__pycache__" in path.parts:
            continue
        target = staged / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if file.suffix == ".md":
            text = file.read_text(encoding="utf-8")
            used += _MARKER.findall(text)
            target.write_text(render(_without_outside_links(text, file)), encoding="utf-8")
        else:
            shutil.copyfile(file, target)
    if sorted(used) != sorted(GENERATORS):
        raise UnknownMarker(f"pages have the markers {sorted(used)}, generators are {sorted(GENERATORS)}")


def render(text: str) -> str:
    """Return the text of a page as the site shows it.

    :raises UnknownMarker: if it names something that nothing generates.
    """

    def generated(marker: re.Match[str]) -> str:
        if marker[1] not in GENERATORS:
            raise UnknownMarker(f"nothing generates {marker[1]!r}; there are {', '.join(GENERATORS)}")
        return GENERATORS[marker[1]]()

    return BLOCK.sub(_titled, _MARKER.sub(generated, text))


def _without_outside_links(text: str, page: Path) -> str:
    """Replace links to files of the repository that are no pages by their paths: the site does not have them."""

    def replaced(link: re.Match[str]) -> str:
        label, target = link[1], link[2]
        path = (page.parent / target).resolve()
        if "://" in target or target.startswith("#") or path.is_relative_to(SOURCE):
            return link[0]
        name = f"`{path.relative_to(ROOT)}`"
        return name if label.strip("`") == name.strip("`") else f"{label} ({name} in the repository)"

    return _LINK.sub(replaced, text)


def _titled(block: re.Match[str]) -> str:
    """A block with its annotations for tests replaced by a title that names the sender."""
    language, info, text = block.groups()
    named, sender = re.search(r'title="[^"]*"', info), re.search(r"as=(\w+)", info)
    title = f" {named[0]}" if named else f' title="sent by {sender[1]}"' if sender else ""
    return f"```{language}{title}\n{text}```"
