"""Web annotations: ours come back as they were, others' are read as far as they say who stands where."""

import datetime as dt
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from api.exchange.format import Malformed, formats
from api.exchange.records import Actor, Annotator, Document, Quotation, Record, Stance, Statement, Topic
from models import ActorKind, StanceLabel, StatementKind
from tests.exchange.formats.conftest import ReadAs, kinds, of_kind, whys
from tests.exchange.formats.held import held, options, written

FORMAT = formats()["web-annotation"]
TEXT = "😀 Ana said yes. The council said no."
WORLD: tuple[Record, ...] = (
    Actor("ana", "Ana", ActorKind.PERSON),
    Actor("council", "Council", ActorKind.GOVERNMENT),
    Topic("truce", "Truce"),
    Document(
        "doc_1", "Minutes", TEXT, "en", publisher="council", url="https://example.org/1",
        published_on=dt.date(2024, 11, 29), attributes=(("section", "p. 3"),),
    ),
    Statement(
        "stm_1", "doc_1", "ana", 2, 15, StatementKind.PARAPHRASE, exact="Ana said yes.", reported_by="council",
        stated_on=dt.date(2024, 11, 28), prefix="😀 ", suffix=" The council said no.",
    ),
    Statement("stm_2", "doc_1", "council", 16, 36, exact="The council said no."),
    Stance("stm_1", "ana", StanceLabel.SUPPORT, "anna", target_topic="truce", intensity=2, confidence=0.25, rationale="Yes."),
    Stance("stm_1", "ana", StanceLabel.UNCLEAR, "boris", target_actor="council", project="aleppo"),
)  # fmt: skip


def exported(**given: str) -> Any:
    """The export of the world, as JSON."""
    assert FORMAT.write
    return json.loads(written(FORMAT.write(held(WORLD), options(FORMAT, **given))))


def test_what_is_written_is_what_the_standard_says() -> None:
    """A collection with a page; selectors by quote and by position; bodies with who made them."""
    collection = exported()
    assert collection["@context"][0] == "http://www.w3.org/ns/anno.jsonld"
    assert (collection["type"], collection["first"]["type"]) == ("AnnotationCollection", "AnnotationPage")
    assert "documents" not in collection
    first, second = collection["first"]["items"]
    assert (first["id"], first["type"], first["motivation"]) == ("urn:stancegraph:stm_1", "Annotation", "classifying")
    assert first["target"] == {
        "source": "https://example.org/1",
        "selector": [
            {"type": "TextQuoteSelector", "exact": "Ana said yes.", "prefix": "😀 ", "suffix": " The council said no."},
            {"type": "TextPositionSelector", "start": 2, "end": 15},
        ],
    }
    body, _ = first["body"]
    assert (body["type"], body["value"], body["creator"]["name"]) == ("TextualBody", "Ana: SUPPORT Truce", "anna")
    assert (second["motivation"], second.get("body")) == ("highlighting", None)
    own = set(collection["@context"][1])
    assert {*first["statement"], *body["stance"]} - {"label", "target"} <= own
    _, position = exported(unit="utf16")["first"]["items"][0]["target"]["selector"]
    assert (position["start"], position["end"]) == (3, 16)


@pytest.mark.parametrize("unit", ["code-point", "utf16"])
def test_what_is_written_is_read_again(read_as: ReadAs, unit: str) -> None:
    """All of it, with the documents where they were brought along."""
    content = json.dumps(exported(texts="yes", unit=unit), ensure_ascii=False)
    found = read_as("web-annotation", content, called="a.jsonld", unit=unit)
    assert not whys(found)
    assert of_kind(found, Document) == [each for each in WORLD if isinstance(each, Document)]
    assert of_kind(found, Stance) == [each for each in WORLD if isinstance(each, Stance)]
    assert of_kind(found, Actor) == [
        Actor("council", "Council", ActorKind.GOVERNMENT, slug="council", implied=True),
        Actor("ana", "Ana", ActorKind.PERSON, slug="ana", implied=True),
    ]
    quotation, _ = of_kind(found, Quotation)
    shift = unit == "utf16"
    assert quotation == Quotation(
        "stm_1", "doc_1", "ana", "Ana said yes.", "😀 ", " The council said no.", 2 + shift, 15 + shift,
        address="https://example.org/1", utf16=shift, kind=StatementKind.PARAPHRASE, reported_by="council",
        stated_on=dt.date(2024, 11, 28),
    )  # fmt: skip


def foreign(**more: Any) -> dict[str, Any]:
    """An annotation as others make them."""
    quote = {"type": "TextQuoteSelector", "exact": "Ana said yes."}
    target = {"source": "https://example.org/1", "selector": quote}
    return {"type": "Annotation", "body": {"type": "TextualBody", "value": "favor"}, "target": target, **more}


SAID = {"speaker": "Ana", "target": "Truce", "annotator": "anna"}


@pytest.mark.parametrize("shape", ["collection", "page", "list"])
def test_others(read_as: ReadAs, shape: str) -> None:
    """Tags are stances, where it is said who speaks and towards what; in a collection, a page or a plain list."""
    items = [foreign(), foreign(creator={"name": "zoe"}, body=[{"value": "Against", "purpose": "tagging"}])]
    shapes = {"collection": {"first": {"items": items}}, "page": {"items": items}, "list": items}
    found = read_as("web-annotation", json.dumps(shapes[shape]), **SAID)
    assert [(s.holder, s.label.value, s.target_topic, s.annotator) for s in of_kind(found, Stance)] == [
        ("Ana", "SUPPORT", "Truce", "anna"),
        ("Ana", "OPPOSE", "Truce", "zoe"),
    ]
    first, _ = of_kind(found, Quotation)
    assert (first.address, first.exact, first.start) == ("https://example.org/1", "Ana said yes.", None)
    assert of_kind(found, Annotator) == [Annotator("anna"), Annotator("zoe")]


def row(**more: Any) -> dict[str, Any]:
    """An annotation as the API of hypothes.is gives it."""
    target = [{"source": "https://example.org/1", "selector": foreign()["target"]["selector"]}]
    return {
        "id": "x1", "created": "2024-11-30T10:00:00+00:00", "updated": "2024-11-30T10:00:00+00:00", "group": "__world__",
        "user": "acct:mira@hypothes.example", "uri": "https://example.org/1", "text": "Clear backing.",
        "tags": ["SUPPORT"], "target": target, "document": {"title": ["Minutes"]}, "links": {"html": "https://h"},
        "permissions": {"read": ["group:__world__"]}, "flagged": False, "hidden": False,
        "user_info": {"display_name": None}, **more,
    }  # fmt: skip


@pytest.mark.parametrize("shape", ["rows", "annotations", "list", "one"])
def test_annotations_of_hypothesis(read_as: ReadAs, shape: str) -> None:
    """The user is the annotator, tags are labels, the text is the rationale; in each shape of a file."""
    shapes = {"rows": {"total": 1, "rows": [row()]}, "annotations": {"annotations": [row()]}, "list": [row()]}
    found = read_as("web-annotation", json.dumps(shapes.get(shape, row())), speaker="Ana", target="Truce")
    (stance,), (quotation,) = of_kind(found, Stance), of_kind(found, Quotation)
    assert (stance.label.value, stance.annotator, stance.rationale) == ("SUPPORT", "mira", "Clear backing.")
    assert (quotation.key, quotation.address, quotation.exact) == ("x1", "https://example.org/1", "Ana said yes.")
    assert whys(found) == []


def test_what_of_hypothesis_is_left_out(read_as: ReadAs) -> None:
    """Replies, notes on a page, tags that are no stance, texts without a stance: each is told."""
    rows = [
        *(row(references=["x1"]), row(target=[{"source": "https://example.org/1"}])),
        *(row(tags=["SUPPORT", "key passage"], user="mira"), row(tags=[]), row(text="", tags=["c2"])),
    ]
    content = json.dumps({"total": 5, "rows": rows, "replies": [row()]})
    found = read_as("web-annotation", content, speaker="Ana", target="Truce", label_map="c2=OPPOSE")
    assert [(s.label.value, s.annotator) for s in of_kind(found, Stance)] == [("SUPPORT", "mira"), ("OPPOSE", "mira")]
    assert whys(found) == [
        "replies to annotations are not imported",
        "notes on a whole page are not imported: they mark no words",
        "a body that is no stance is not imported: 'key passage'",
        "a body that is no stance is not imported: 'Clear backing.'",
        "replies to annotations are not imported",
    ]


def test_tags_beside_bodies(read_as: ReadAs) -> None:
    """Of an annotation in a mixture of both shapes nothing is dropped."""
    mixed = foreign(tags=["neutral"], text="Well.", user="acct:mira@h.example", body=["A remark."])
    found = read_as("web-annotation", json.dumps([mixed]), speaker="Ana", target="Truce")
    (stance,) = of_kind(found, Stance)
    assert (stance.label.value, stance.annotator, stance.rationale) == ("NEUTRAL", "mira", "A remark.\nWell.")


def test_comments_are_the_rationale_of_whoever_made_them(read_as: ReadAs) -> None:
    """In an annotation of the standard, alone in its file."""
    bodies = [
        {"type": "TextualBody", "purpose": "commenting", "value": "They do back it."},
        {"type": "TextualBody", "purpose": "tagging", "value": "SUPPORT"},
        {"type": "TextualBody", "purpose": "tagging", "value": "AGAINST", "creator": "zoe"},
    ]
    content = json.dumps(foreign(creator="mira", body=bodies, via=["https://example.org"], odd={"a": 1}))
    found = read_as("web-annotation", content, speaker="Ana", target="Truce")
    assert [(s.label.value, s.annotator, s.rationale) for s in of_kind(found, Stance)] == [
        ("SUPPORT", "mira", "They do back it."),
        ("OPPOSE", "zoe", None),
    ]
    assert whys(found) == ["'odd' is an object and is not imported"]


def test_bodies_that_are_no_stance(read_as: ReadAs) -> None:
    """They are left out, and that is told; the statement is kept."""
    found = read_as("web-annotation", json.dumps([foreign(body=["A remark.", {"type": "Image", "id": "x"}])]), **SAID)
    assert kinds(found) == ["Actor", "Quotation", "Skipped", "Skipped"]


@pytest.mark.parametrize(
    ("change", "settings", "told"),
    [
        ({}, {}, "it has no speaker: name one by --speaker"),
        ({}, {"speaker": "Ana"}, "has no target: name one by --target"),
        ({}, {"speaker": "Ana", "target": "Truce"}, "has no creator: name the annotator by --annotator"),
        ({"target": {"source": "x"}}, SAID, "must be a TextQuoteSelector or a TextPositionSelector"),
        ({"target": {"source": "x", "selector": {"type": "TextPositionSelector", "start": 1}}}, SAID, "must be a TextQuote"),
        ({"target": {"source": "x", "selector": {"type": "TextPositionSelector", "start": "1"}}}, SAID, "start must be a whole"),
        ({"target": {"source": "x", "selector": {"type": "TextQuoteSelector", "exact": 3}}}, SAID, "exact must be a text, and is a number"),
        ({"target": {"selector": {}}}, SAID, "target.source must be the address or the id"),
        ({"target": None}, SAID, "target must be an object, and is missing"),
        ({"statement": {"kind": "RUMOUR"}}, SAID, "kind must be one of QUOTATION"),
        ({"statement": {"statedOn": "yesterday"}}, SAID, "statedOn must be a date such as 2024-11-29"),
        ({"body": {"stance": {"label": "SUPPORT"}}}, SAID, "a stance must have a holder and a target"),
        ({"body": {"stance": {"holder": "A", "target": "B", "label": "LOVE"}}}, SAID, "label must be one of SUPPORT"),
        ({"body": {"stance": {"holder": {}, "target": "B"}}}, SAID, "holder: neither a slug nor a name"),
        ({"body": {"stance": [1]}}, SAID, "stance must be an object, and is a list"),
    ],
)  # fmt: skip
def test_what_is_refused(read_as: ReadAs, change: Mapping[str, Any], settings: dict[str, str], told: str) -> None:
    """With what is missing, and how it can be said; the next annotation is read."""
    known = foreign(statement={"speaker": "Ana"}, body=[])
    found = read_as("web-annotation", json.dumps([foreign(**change), known]), **settings)
    assert any(told in why for why in whys(found)), whys(found)
    assert of_kind(found, Quotation)[-1].key == "annotation 2"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "not JSON"),
        ("<rdf/>", "not JSON"),
        ("{}", "there are no annotations"),
        ('{"items": []}', "there are no annotations"),
        ("[3]", "item 1 must be an object, and is a number"),
        ('{"items": [{}, {"id": "x"', "after item 1: not valid JSON"),
    ],
)
def test_files_that_are_refused(read_as: ReadAs, content: str, told: str) -> None:
    """With the place, and what would be right."""
    with pytest.raises(Malformed, match=told):
        read_as("web-annotation", content)


def test_a_document_that_is_refused(read_as: ReadAs, tmp_path: Path) -> None:
    """What is wrong with it is told; the others are read."""
    documents = [{"id": "a"}, {"id": "b", "value": "B", "attributes": {"n": 1}}, {"id": "c", "value": "C"}]
    found = read_as("web-annotation", json.dumps({"documents": documents, "items": [foreign()]}), **SAID)
    assert [d.key for d in of_kind(found, Document)] == ["c"]
    assert whys(found) == ["value must be a text, and is missing", "n must be a text, and is a number"]
