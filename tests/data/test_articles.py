"""Real articles go in by HTTP alone, and are found again."""

import csv
import datetime as dt
from typing import Any

import pytest

from tests.conftest import DATA

ARTICLES = DATA / "syria_articles" / "articles.csv"
KEPT = "title language publishedOn text"
WORDS = ("chlorine", "attack", "Khan", "Sheikhoun")
FIND = """
query Find($text: String!) {
  search(text: $text, types: [DOCUMENT], first: 100) {
    totalCount
    edges { score node { ... on Document { title } } }
  }
  documents(filter: {text: $text}) { totalCount }
}
"""


def articles() -> list[dict[str, Any]]:
    csv.field_size_limit(1_000_000)
    with ARTICLES.open(encoding="utf-8", newline="") as file:
        return [
            {
                "title": row["article_title"],
                "text": row["article_content"],
                "publishedOn": dt.datetime.strptime(row["date"], "%m/%d/%Y").date().isoformat(),  # noqa: DTZ007 (a day)
                "language": "en",
            }
            for row in csv.DictReader(file)
        ]


@pytest.mark.skipif(not ARTICLES.is_file(), reason="the articles are not here")
def test_articles_load_and_are_found(bare: Any) -> None:
    given = articles()
    assert len(given) == 804
    ids = []
    for article in given:
        payload = bare.change("createDocument", article, f"document {{ id {KEPT} }}")
        assert payload["errors"] == [], (article["title"], payload["errors"])
        ids.append(payload["document"].pop("id"))
        # A title is stored in its normal form, a text as it is.
        assert payload["document"] == {**article, "title": " ".join(article["title"].split())}
    assert len(set(ids)) == 804
    assert bare("{ documents { totalCount } }")["documents"]["totalCount"] == 804
    found = bare(FIND, {"text": " ".join(WORDS)})
    assert bare.statements == 1
    holding = [a for a in given if all(word.lower() in (a["title"] + a["text"]).lower() for word in WORDS)]
    assert found["search"]["totalCount"] == found["documents"]["totalCount"] == len(holding) > 0
    scores = [edge["score"] for edge in found["search"]["edges"]]
    assert scores == sorted(scores, reverse=True)
