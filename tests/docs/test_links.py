"""Links between pages lead to a file that is there, and to a heading of it."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from docs.generator.pages import render

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.joinpath("docs").rglob("*.md"), *ROOT.joinpath(".github").rglob("*.md")])
_FENCE = re.compile(r"^( *)(```+|~~~+).*?^\1\2`*$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"(`+)[^`]+?\1")
_LINK = re.compile(r"\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)|^\[[^\]]+\]: +(\S+)", re.MULTILINE)
_HEADING = re.compile(r"^#{1,6} +(.+?)(?: +#+)?(?: *\{ *#([\w-]+) *\})?$", re.MULTILINE)
_ANCHOR = re.compile(r"<a (?:id|name)=\"([^\"]+)\"|\{ *#([\w-]+)[ }]")


def links(text: str) -> Iterator[str]:
    """Yield the targets of the links of a page, without those in code."""
    for direct, referenced in _LINK.findall(_CODE.sub("``", _FENCE.sub("", text))):
        yield direct or referenced


@cache
def anchors(page: Path) -> frozenset[str]:
    """Return the anchors of a page: of its headings, as GitHub makes them, and those that it names itself."""
    text = _FENCE.sub("", render(page.read_text(encoding="utf-8")))
    found: list[str] = []
    for heading, named in _HEADING.findall(text):
        plain = re.sub(r"\]\([^)]*\)", "]", heading).lower()
        slug = named or re.sub(r" ", "-", re.sub(r"[^\w\- ]", "", plain))
        found.append(slug if slug not in found else f"{slug}-{found.count(slug)}")
    return frozenset(found) | {one or other for one, other in _ANCHOR.findall(text)}


def faults(page: Path) -> list[str]:
    """Return the links of a page that lead to no file, or to no heading."""
    found = []
    for link in links(page.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists():
            found.append(f"{link}: there is no file {path}")
        elif anchor and target.suffix == ".md" and anchor not in anchors(target):
            found.append(f"{link}: the headings of {target.name} are {', '.join(sorted(anchors(target)))}")
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_to_files_and_headings(page: Path) -> None:
    assert faults(page) == []


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text("# One\n\n## Two `words`\n\n## One\n\n```\n# no heading\n```\n")
    page = tmp_path / "page.md"
    page.write_text(
        "# Page\n[a](other.md#two-words) [b](other.md#three) [c](none.md) [d](#page) [e](#nothing) [f](other.md#one-1)\n"
        "[g](other.md#no-heading) `[h](code.md)` [i](https://example.org/x#y)\n\n```\n[j](code.md)\n```\n\n[k]: gone.md\n"
    )
    assert [fault.partition(":")[0] for fault in faults(page)] == [
        "other.md#three",
        "none.md",
        "#nothing",
        "other.md#no-heading",
        "gone.md",
    ]
