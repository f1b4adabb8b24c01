"""What statements look like: a handful of documents and the SQL that comes of them, for people to read.

After a change that is meant, write them anew: STANCEGRAPH_TEST_GOLDEN=rewrite pytest tests/graphql/test_golden.py
"""

import os
import re
from pathlib import Path
from typing import Any

import pytest

from tests.graphql.compiling import DIALECTS, compiled

FOLDER = Path(__file__).parent / "golden"

DOCUMENTS: dict[str, tuple[str, dict[str, Any]]] = {
    "actor_by_slug": (
        """query($slug: String!) {
  actor(slug: $slug) { id name kind activeFrom aliases { name language } }
}""",
        {"slug": "hezbollah"},
    ),
    "first_page": (
        """query($first: Int, $after: String) {
  statements(first: $first, after: $after) {
    pageInfo { hasNextPage hasPreviousPage endCursor }
    edges { cursor node { id statedOn quote { exact } speaker { name } reportedBy { name } } }
  }
}""",
        {"first": 10, "after": "STATED_ON.2024-11-29.01937537-a000-7000-8000-000000000000"},
    ),
    "last_page_with_count": (
        """query($holder: [ID!]) {
  stances(last: 5, filter: {holder: $holder, label: [SUPPORT, OPPOSE]}, orderBy: {field: STATED_ON, direction: DESC}) {
    totalCount
    edges { node { label confidence target { ... on Actor { name } ... on Topic { slug } } } }
  }
}""",
        {"holder": ["act_01937537-a000-7000-8000-000000000001"]},
    ),
    "statements_with_stances": (
        """{
  statements(first: 100) {
    edges { node { id stances(first: 10) { edges { node { label holder { name } annotator { id } } } } } }
  }
}""",
        {},
    ),
    "ties_on_a_day": (
        """query($slug: String!, $day: Date) {
  actor(slug: $slug) { alliances(asOf: $day, first: 3) { edges { node { name } relation { form validFrom } } } }
}""",
        {"slug": "iran", "day": "2024-11-29"},
    ),
    "search": (
        """query($text: String!) {
  search(text: $text, first: 5) { edges { score node { __typename ... on Actor { name } ... on Statement { id } } } }
}""",
        {"text": "Aleppo offensive"},
    ),
}

_BREAKS = re.compile(
    r"(?<!OUTER) (?=(?:LEFT OUTER JOIN|JOIN|ORDER BY|GROUP BY|HAVING|UNION ALL|LIMIT) )| (?=\|\| ',\")"
)


def readable(statement: str) -> str:
    """One clause a line, indented by how many brackets are open."""
    lines: list[str] = []
    depth = 0
    for raw in _BREAKS.sub("\n", statement).splitlines():
        line = raw.strip()
        if line:
            lines.append("  " * depth + line)
        bare = re.sub(r"'(?:[^']|'')*'", "", line)
        depth = max(0, depth + bare.count("(") - bare.count(")"))
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_becomes_the_statement_that_stands_here(name: str, dialect: str) -> None:
    query, variables = DOCUMENTS[name]
    plan, _ = compiled(query, variables, dialect)
    asked = "".join(f"-- {line}\n" for line in query.splitlines())
    written = f"{asked}\n{readable(plan.sql)}\n-- parameters: {', '.join(plan.names)}\n"
    file = FOLDER / f"{name}.{dialect}.sql"
    if os.environ.get("STANCEGRAPH_TEST_GOLDEN") == "rewrite":
        file.parent.mkdir(exist_ok=True)
        file.write_text(written, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == written, "if this is meant, write the golden files anew: see the module"


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.sql")), ids=lambda file: file.name)
def test_no_golden_file_is_left_over(file: Path) -> None:
    name, dialect, _ = file.name.split(".")
    assert name in DOCUMENTS
    assert dialect in DIALECTS
