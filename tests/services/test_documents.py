"""Entering documents: texts that stay what they were, to the code point."""

import hashlib
import random
from typing import Any

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.services.conftest import World, nobody, told

READ = "document { id title url publishedOn language text textSha256 version publisher { id } createdAt updatedAt attributes { name value } }"
REPORT: dict[str, Any] = {
    "title": "Rebels enter Aleppo",
    "url": "https://example.org/news?id=1#top",
    "publishedOn": "2024-11-29",
    "language": "en-GB",
    "text": "One two three.",
    "attributes": [{"name": "author", "value": "Somebody"}, {"name": "section", "value": "876"}],
}


def create(world: World, **given: Any) -> Any:
    """The payload of a new document."""
    return world.api.change("createDocument", {**REPORT, **given}, READ)


def test_what_is_sent_is_what_stands(world: World) -> None:
    """All fields, and the hash of the text."""
    publisher = world.actor("BBC News")
    document = create(world, publisherId=publisher)["document"]
    assert {name: document[name] for name in REPORT} == REPORT
    assert document["publisher"]["id"] == publisher
    assert document["textSha256"] == hashlib.sha256(b"One two three.").hexdigest()
    assert (document["version"], document["createdAt"]) == (1, document["updatedAt"])


def test_what_is_left_out_is_null(world: World) -> None:
    """Publisher, url and date may be unknown; the same text may be entered twice."""
    for more in (dict.fromkeys(("publisherId", "url", "publishedOn")), {}):
        given = {"title": "T", "language": "ar", "text": "One two three.", **more}
        document = world.api.change("createDocument", given, READ)["document"]
        assert (document["publisher"], document["url"], document["publishedOn"]) == (None, None, None)


def test_a_publisher_that_was_merged(world: World) -> None:
    """Answers to its old id."""
    old, survivor = world.actor(), world.actor()
    world.merge(old, survivor)
    assert create(world, publisherId=old)["document"]["publisher"]["id"] == survivor


def test_texts_are_kept_to_the_code_point(world: World) -> None:
    """Neither trimmed nor normalised, whatever is in them."""

    @hypothesis_settings(max_examples=30)
    @given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1))
    def check(text: str) -> None:
        text = f"\ufeff \r\n{text}e\u0301 \u200f"
        document = create(world, text=text)["document"]
        assert document["text"] == text
        assert document["textSha256"] == hashlib.sha256(text.encode()).hexdigest()

    check()


def test_what_is_wrong_is_told(world: World) -> None:
    """Each at its path, and all at once."""
    bad: tuple[tuple[dict[str, Any], str, str], ...] = (
        ({"title": ""}, "INVALID", "title"),
        ({"title": "a\nb"}, "INVALID", "title"),
        ({"url": "example.org"}, "INVALID", "url"),
        ({"url": "javascript:alert(1)"}, "INVALID", "url"),
        ({"url": "ftp://example.org"}, "INVALID", "url"),
        ({"url": "https://"}, "INVALID", "url"),
        ({"url": "https://[::1"}, "INVALID", "url"),
        ({"url": " https://example.org"}, "INVALID", "url"),
        ({"url": "https://exam\nple.org"}, "INVALID", "url"),
        ({"url": "https://example.org/a b"}, "INVALID", "url"),
        ({"url": "https://example.org/" + "x" * 2_000}, "INVALID", "url"),
        ({"language": "english!"}, "INVALID", "language"),
        ({"language": ""}, "INVALID", "language"),
        ({"text": " \n"}, "INVALID", "text"),
        ({"text": "a\u0000b"}, "INVALID", "text"),
        ({"publisherId": nobody("Actor")}, "NOT_FOUND", "publisherId"),
        ({"publisherId": nobody("Document")}, "INVALID", "publisherId"),
    )
    with world.unchanged():
        for wrong, code, path in bad:
            payload = create(world, **wrong)
            assert (payload["document"], told(payload)) == (None, {(code, f"input.{path}")}), wrong
        everything = {path: value for wrong, _, _ in bad for path, value in wrong.items()}
        expected = {("INVALID", f"input.{path}") for path in ("title", "url", "language", "text", "publisherId")}
        assert told(create(world, **everything)) == expected


def test_half_a_surrogate_pair(world: World) -> None:
    """No text of Unicode: a client's error, however it is written, and never a failure."""
    token = {"authorization": f"Bearer {world.api.tokens['karl']}"}
    input_ = b'{title: "T", language: "en", text: "\\\\uD83D"}'
    in_document = b'{"query": "mutation { createDocument(input: %s) { document { text } } }"}' % input_.replace(
        b'"', b'\\"'
    )
    in_variable = (
        b'{"query": "mutation($t: String!) { createDocument(input: {title: \\"T\\", language: \\"en\\", text: $t})'
        b' { document { text } } }", "variables": {"t": "\\ud83d"}}'
    )
    with world.unchanged():
        for body in (in_document, in_variable):
            response = world.api.post(body, **token)
            assert response.status_code < 500, response.text
            assert response.json()["errors"]


def test_long_texts_are_found(world: World) -> None:
    """One word as long as the text, and more different words than a database's index takes: entered and readable."""
    some = random.Random(7)
    many_words = "Aleppo " + " ".join(f"{some.getrandbits(40):x}" for _ in range(80_000))
    for text in ("x" * 900_000, many_words, "🙂" * 200_000):
        payload = create(world, text=text)
        assert payload["errors"] == []
        assert payload["document"]["text"] == text
    assert len(world.search("Aleppo", "DOCUMENT")) == 3  # all three by their title
    assert len(world.search(many_words.split()[1], "DOCUMENT")) == 1


def test_found_by_its_words(world: World) -> None:
    """By title and text."""
    document = create(world, title="عنوان", text="Die Straße nach Ḥalab")["document"]["id"]
    for text in ("عنوان", "strasse", "halab"):
        assert world.search(text, "DOCUMENT") == [document], text
