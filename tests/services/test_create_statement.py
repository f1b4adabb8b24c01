"""Marking what somebody says, through the front door: the words that come back are the words that were marked."""

from typing import Any

from models import Statement
from models.quotes import CONTEXT
from tests.services.conftest import World, nobody, told

TEXT = "Il a dit « non ».\r\nThen e\u0301te\u0301 👩\u200d👩\u200d👧 said 🙂 yes; \u200fقال: «نعم»\u200e and 🙂 yes.\n"
READ = """statement { id kind statedOn version document { id } speaker { id } reportedBy { id }
  quote { prefix exact suffix } position { start end } utf16: position(unit: UTF16) { start end } }"""


def mark(world: World, document: str, speaker: str, anchor: dict[str, Any], **more: Any) -> Any:
    """The payload of a statement that is marked, or refused."""
    given = {"documentId": document, "speakerId": speaker, "kind": "QUOTATION", "anchor": anchor, **more}
    return world.api.change("createStatement", given, READ, "anna")


def units(text: str) -> int:
    """How many UTF-16 units a text has."""
    return len(text.encode("utf-16-le")) // 2


def test_everything_sent_comes_back(world: World) -> None:
    """Document, speaker, reporter, kind and date, beside the words and both positions."""
    document, speaker, channel = world.document(TEXT), world.actor(), world.actor()
    more = {"reportedById": channel, "kind": "REPORTED_SPEECH", "statedOn": "2024-11-29"}
    statement = mark(world, document, speaker, {"exact": "« non »"}, **more)["statement"]
    assert (statement["document"]["id"], statement["speaker"]["id"]) == (document, speaker)
    assert statement["reportedBy"]["id"] == channel
    assert (statement["kind"], statement["statedOn"], statement["version"]) == ("REPORTED_SPEECH", "2024-11-29", 1)
    assert statement["quote"] == {"prefix": "Il a dit ", "exact": "« non »", "suffix": TEXT[16:47].rstrip()}
    assert statement["position"] == statement["utf16"] == {"start": 9, "end": 16}


def test_round_trip_in_both_units(world: World) -> None:
    """Every stretch of some text, named as a browser would, comes back as it was named, and as Python counts it."""
    document = world.document(TEXT)
    for n, (start, length) in enumerate(((0, 1), (24, 7), (24, 14), (36, 3), (44, 5), (55, 12), (60, 12))):
        exact = TEXT[start : start + length]
        by_units = {"start": units(TEXT[:start]), "end": units(TEXT[: start + length])}
        speaker = world.actor(f"Speaker {n}")
        statement = mark(world, document, speaker, {"exact": exact, **by_units, "unit": "UTF16"})["statement"]
        assert statement["quote"]["exact"] == exact
        assert statement["position"] == {"start": start, "end": start + length}
        assert statement["utf16"] == by_units
        text = world.node(document, "... on Document { text }")["text"]
        assert text[statement["position"]["start"] : statement["position"]["end"]] == exact
        in_units = text.encode("utf-16-le")[2 * by_units["start"] : 2 * by_units["end"]]
        assert in_units.decode("utf-16-le") == exact
        # what came back may be sent again, in either unit, and names the same
        for again in (
            {**statement["utf16"], "unit": "UTF16"},
            statement["position"],
            {**statement["position"], "unit": "CODE_POINT"},
            {"start": statement["position"]["start"], "unit": None},
        ):
            payload = mark(world, document, speaker, {**statement["quote"], **again})
            assert told(payload) == {("DUPLICATE", "input.anchor")}
            assert payload["statement"] == statement


def test_ambiguous_words(world: World) -> None:
    """The places are told in the unit asked; prefix, suffix or position decide."""
    document = world.document(TEXT)
    first, second = TEXT.index("🙂 yes"), TEXT.rindex("🙂 yes")
    one, other = world.actor(), world.actor()
    with world.unchanged():
        for unit, places in (
            ("CODE_POINT", (first, second)),
            (None, (first, second)),
            ("UTF16", (units(TEXT[:first]), units(TEXT[:second]))),
        ):
            payload = mark(world, document, one, {"exact": "🙂 yes", "unit": unit})
            assert told(payload) == {("INVALID", "input.anchor.exact")}
            assert f"{places[0]}, {places[1]}" in payload["errors"][0]["message"]
            assert payload["statement"] is None
    by_suffix = mark(world, document, one, {"exact": "🙂 yes", "suffix": ";"})["statement"]
    by_prefix = mark(world, document, other, {"exact": "🙂 yes", "prefix": "\u200e and "})["statement"]
    assert [s["position"]["start"] for s in (by_suffix, by_prefix)] == [first, second]


def test_what_does_not_match_is_refused_and_shown(world: World) -> None:
    """Composed is not decomposed, and a trimmed quote is not the quote: to the letter or not at all."""
    document, speaker = world.document(TEXT), world.actor()
    at = TEXT.index("e\u0301te\u0301")
    with world.unchanged():
        for anchor, path, shown in (
            ({"exact": "été", "start": at, "end": at + 5}, "exact", repr(TEXT[at : at + 5])),
            ({"exact": "été"}, "exact", "does not contain"),
            ({"exact": "« non »", "start": 8}, "exact", repr(TEXT[8:15])),
            ({"exact": "non", "start": 11, "end": 13}, "exact", "'no'"),
            ({"exact": "non", "prefix": "oui "}, "exact", "does not contain"),
            ({"exact": "non", "start": 11, "prefix": "oui "}, "prefix", "another prefix"),
            ({"exact": "non", "start": 11, "suffix": " ?"}, "suffix", "another suffix"),
            ({"exact": "non", "end": 14}, "start", "start"),
            ({"exact": "non", "start": -1}, "start", f"{len(TEXT)}"),
            ({"exact": "non", "start": 0, "end": len(TEXT) + 1}, "end", f"{len(TEXT)}"),
            ({"exact": "\n", "start": len(TEXT), "unit": "UTF16"}, "exact", ""),
            ({"exact": "x" * 20_001}, "exact", "20,000"),
        ):
            payload = mark(world, document, speaker, anchor)
            assert ("INVALID", f"input.anchor.{path}") in told(payload), anchor
            assert shown in payload["errors"][-1]["message"] or shown in payload["errors"][0]["message"], payload
            assert payload["statement"] is None


def test_inside_a_surrogate_pair(world: World) -> None:
    """A position between the halves of an emoji is refused at its own path."""
    document, speaker = world.document(TEXT), world.actor()
    emoji = units(TEXT[: TEXT.index("🙂")])
    with world.unchanged():
        for place, path in (
            ({"start": emoji + 1, "end": emoji + 2}, "start"),
            ({"start": emoji, "end": emoji + 1}, "end"),
        ):
            payload = mark(world, document, speaker, {"exact": "🙂", **place, "unit": "UTF16"})
            assert told(payload) == {("INVALID", f"input.anchor.{path}")}


def test_the_whole_of_a_text_and_its_ends(world: World) -> None:
    """A statement may be all there is, the first letter, or the last."""
    document = world.document(TEXT[:60])
    text = TEXT[:60]
    for exact, start in ((text, 0), (text[:1], 0), (text[-1:], 59)):
        statement = mark(world, document, world.actor(), {"exact": exact, "start": start})["statement"]
        assert statement["quote"]["exact"] == exact
        prefix, suffix = statement["quote"]["prefix"], statement["quote"]["suffix"]
        assert prefix + exact + suffix in text
        assert max(len(prefix), len(suffix)) <= CONTEXT


def test_what_makes_a_duplicate(world: World) -> None:
    """The same words at the same place by the same speaker are there once; another speaker's are another statement."""
    document, speaker, old = world.document("yes, yes"), world.actor(), world.actor()
    world.merge(old, speaker)
    first = mark(world, document, speaker, {"exact": "yes", "start": 0})["statement"]
    with world.unchanged():
        for who, more in ((speaker, {}), (speaker, {"kind": "PARAPHRASE", "statedOn": "2024-11-29"}), (old, {})):
            payload = mark(world, document, who, {"exact": "yes", "suffix": ","}, **more)
            assert told(payload) == {("DUPLICATE", "input.anchor")}
            assert payload["statement"] == first
    others = [
        mark(world, document, world.actor(), {"exact": "yes", "start": 0}),
        mark(world, document, speaker, {"exact": "yes", "start": 5}),
        mark(world, document, speaker, {"exact": "yes,", "start": 0}),
        mark(world, world.document("yes, yes"), speaker, {"exact": "yes", "start": 0}),
    ]
    assert [told(payload) for payload in others] == [set()] * 4
    assert world.count(Statement) == 5


def test_everything_wrong_at_once(world: World) -> None:
    """References and anchor are told together, as far as each can be looked at."""
    document = world.document()
    with world.unchanged():
        payload = mark(
            world,
            document,
            nobody("Actor"),
            {"exact": "four"},
            reportedById=document,
        )
        assert told(payload) == {
            ("NOT_FOUND", "input.speakerId"),
            ("INVALID", "input.reportedById"),
            ("INVALID", "input.anchor.exact"),
        }
        payload = mark(world, nobody("Document"), "me", {"exact": ""}, reportedById=nobody("Actor"))
        assert {("NOT_FOUND", "input.documentId"), ("INVALID", "input.speakerId")} <= told(payload)
        assert ("NOT_FOUND", "input.reportedById") in told(payload)


def test_found_by_its_words(world: World) -> None:
    """A statement is found by what it quotes, in any script, as soon as it is marked, and only by that."""
    document = world.document(TEXT)
    arabic = mark(world, document, world.actor(), {"exact": "قال: «نعم»"})["statement"]["id"]
    french = mark(world, document, world.actor(), {"exact": "e\u0301te\u0301"})["statement"]["id"]
    assert world.search("نعم", "STATEMENT") == [arabic]
    assert world.search("ÉTÉ", "STATEMENT") == [french]
    assert world.search("non", "STATEMENT") == []
