"""Arabic as it is written: passages and spans of a published data set, marked and read back through the front door."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tests.conftest import DATA
from tests.services.conftest import World

FOLDER = DATA / "arabic_offsets"
AT_ONCE = 60

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the data set is not there (STANCEGRAPH_TEST_DATA)")


def lines(name: str) -> list[Any]:
    """The objects in a file of lines of JSON."""
    return [json.loads(line) for line in (FOLDER / name).read_text(encoding="utf-8").splitlines()]


def many(world: World, mutation: str, inputs: Sequence[Mapping[str, Any]], payload: str) -> list[Any]:
    """The payloads of one mutation for many inputs, some dozens in one operation."""
    kind = mutation[0].upper() + mutation[1:]
    payloads: list[Any] = []
    for begin in range(0, len(inputs), AT_ONCE):
        given = {f"i{n}": one for n, one in enumerate(inputs[begin : begin + AT_ONCE])}
        declared = ", ".join(f"${name}: {kind}Input!" for name in given)
        asked = " ".join(f"{name}: {mutation}(input: ${name}) {{ ...Read }}" for name in given)
        text = f"mutation({declared}) {{ {asked} }} fragment Read on {kind}Payload {{ {payload} errors {{ message }} }}"
        payloads += world.api(text, given, "karl").values()
    return payloads


@pytest.mark.slow
def test_every_span_comes_back_to_the_letter(world: World) -> None:
    """Behind an emoji, so that the units differ: marked as a browser counts, read as a browser and as Python count."""
    passages = {passage["id"]: "🙂" + passage["text"] for passage in lines("passages.jsonl")}
    spans = {(s["passage"], s["start"], s["end"]): s["text"] for s in lines("spans.jsonl")}
    documents = many(
        world,
        "createDocument",
        [{"title": key, "language": "ar", "text": text} for key, text in passages.items()],
        "document { id text }",
    )
    assert [payload["document"]["text"] for payload in documents] == list(passages.values())
    ids = {key: payload["document"]["id"] for key, payload in zip(passages, documents, strict=True)}
    speaker = world.actor("جمال خاشقجي")
    marked = many(
        world,
        "createStatement",
        [
            {
                "documentId": ids[passage],
                "speakerId": speaker,
                "kind": "QUOTATION",
                "anchor": {"exact": words, "start": start + 2, "end": end + 2, "unit": "UTF16"},
            }
            for (passage, start, end), words in spans.items()
        ],
        "statement { quote { prefix exact suffix } position { start end } utf16: position(unit: UTF16) { start end } }",
    )
    for ((passage, start, end), words), payload in zip(spans.items(), marked, strict=True):
        assert payload["errors"] == []
        statement, text = payload["statement"], passages[passage]
        assert statement["quote"]["exact"] == text[start + 1 : end + 1] == words
        assert statement["position"] == {"start": start + 1, "end": end + 1}
        assert statement["utf16"] == {"start": start + 2, "end": end + 2}
        around = statement["quote"]["prefix"] + words + statement["quote"]["suffix"]
        assert text.startswith(around, start + 1 - len(statement["quote"]["prefix"]))


def test_words_that_stand_once_are_found_by_themselves(world: World) -> None:
    """By quote alone where that says enough; else all places are told, and each of them is one."""
    passages = {passage["id"]: passage["text"] for passage in lines("passages.jsonl")[:40]}
    spans = {(s["passage"], s["text"]): s["start"] for s in lines("spans.jsonl") if s["passage"] in passages}
    made = many(
        world,
        "createDocument",
        [{"title": key, "language": "ar", "text": text} for key, text in passages.items()],
        "document { id }",
    )
    ids = {key: payload["document"]["id"] for key, payload in zip(passages, made, strict=True)}
    speaker = world.actor("متحدث")
    marked = many(
        world,
        "createStatement",
        [
            {"documentId": ids[passage], "speakerId": speaker, "kind": "QUOTATION", "anchor": {"exact": words}}
            for passage, words in spans
        ],
        "statement { position { start } }",
    )
    for ((passage, words), start), payload in zip(spans.items(), marked, strict=True):
        text = passages[passage]
        if text.count(words) == 1:
            assert payload["statement"]["position"]["start"] == start
        else:
            assert payload["statement"] is None
            (error,) = payload["errors"]
            assert str(text.index(words)) in error["message"]
            assert str(text.rindex(words)) in error["message"]
