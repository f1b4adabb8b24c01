"""Label Studio's JSON: marks and choices of several annotators become statements and stances."""

import json
from typing import Any

import pytest

from api.interchange.format import Malformed
from api.interchange.records import Actor, Annotator, Document, Stance, Statement, Topic
from models import ActorKind, StanceLabel
from tests.interchange.conftest import ReadAs, kinds, of_kind, whys

TEXT = "😀 Ana said yes.\nThe council said no."


def mark(start: int, end: int, label: str, region: str = "r1", **more: Any) -> dict[str, Any]:
    """A labelled region, as the tool writes it."""
    value = {"start": start, "end": end, "labels": [label], **more}
    return {"id": region, "from_name": "label", "to_name": "text", "type": "labels", "value": value}


def choice(name: str, value: str, region: str | None = None) -> dict[str, Any]:
    """A choice, of a region or of the whole text."""
    return {
        "id": region or f"{name}!",
        "from_name": name,
        "to_name": "text",
        "type": "choices",
        "value": {"choices": [value]},
    }


def task(*annotations: Any, **data: Any) -> dict[str, Any]:
    """A task with its annotations."""
    return {"id": 7, "data": {"text": TEXT, "speaker": "Ana", **data}, "annotations": list(annotations)}


def by(who: Any, *result: Any, **more: Any) -> dict[str, Any]:
    """An annotation of somebody."""
    return {"id": 1, "completed_by": who, "result": list(result), **more}


def test_marks_of_several_annotators(read_as: ReadAs) -> None:
    """Places count UTF-16 units; a label that is a stance is one; whoever made it has a name."""
    first = by({"email": "anna@example.org"}, mark(3, 16, "Support", text="Ana said yes."))
    second = by(12, mark(17, 37, "AGAINST"), mark(3, 6, "PER", "r2"))
    found = read_as("label-studio", json.dumps([task(first, second)]), target="=Truce")
    assert of_kind(found, Document) == [Document("task 7", "😀 Ana said yes. The council said no.", TEXT, "und")]
    statements = of_kind(found, Statement)
    assert [(s.speaker, s.exact) for s in statements] == [
        ("Ana", "Ana said yes."),
        ("Ana", "The council said no."),
        ("Ana", "Ana"),
    ]
    assert [(s.label.value, s.annotator, s.target_topic) for s in of_kind(found, Stance)] == [
        ("SUPPORT", "anna@example.org", "Truce"),
        ("OPPOSE", "Label Studio 12", "Truce"),
    ]
    assert of_kind(found, Annotator) == [Annotator("anna@example.org"), Annotator("Label Studio 12")]
    assert of_kind(found, Topic) == [Topic("Truce", "Truce", implied=True)]
    assert of_kind(found, Actor) == [Actor("Ana", "Ana", ActorKind.ORGANIZATION, implied=True)]
    assert whys(found) == ["annotation 2, region r2: no stance is called 'PER'"]


def test_what_a_region_says_itself(read_as: ReadAs) -> None:
    """Choices and texts of a region come before those of the whole text, and these before the data."""
    result = [
        *(mark(3, 16, "Statement"), choice("stance", "oppose", "r1"), choice("speaker", "Council", "r1")),
        *(mark(17, 37, "Statement", "r2"), choice("stance", "neutral", "r2"), choice("target", "Talks")),
        {"id": "r1", "from_name": "why", "type": "textarea", "value": {"text": ["It says no.", "Twice."]}},
    ]
    settings = {"rationale": "why", "annotator": "anna", "actor_kind": "STATE"}
    found = read_as("label-studio", json.dumps([task(by(1, *result))]), **settings)
    assert [(s.holder, s.label, s.target_topic, s.rationale, s.annotator) for s in of_kind(found, Stance)] == [
        ("Council", StanceLabel.OPPOSE, "Talks", "It says no.\nTwice.", "anna"),
        ("Ana", StanceLabel.NEUTRAL, "Talks", None, "anna"),
    ]
    assert {actor.kind for actor in of_kind(found, Actor)} == {ActorKind.STATE}


def test_a_choice_for_the_whole_text(read_as: ReadAs) -> None:
    """It is one statement; what is kept of the text beside it are its title, address, date and attributes."""
    data = {
        "title": "Minutes",
        "url": "https://example.org/1",
        "date": "2024-11-29T08:00:00Z",
        "outlet": "SANA",
        "n": 3,
    }
    found = read_as(
        "label-studio",
        json.dumps([task(by(1, choice("stance", "FAVOR")), **data)]),
        target="=Assad",
        target_type="actor",
    )
    (document,) = of_kind(found, Document)
    assert (document.title, document.url, str(document.published_on)) == (
        "Minutes",
        "https://example.org/1",
        "2024-11-29",
    )
    assert document.attributes == (("outlet", "SANA"), ("n", "3"))
    (statement,), (stance,) = of_kind(found, Statement), of_kind(found, Stance)
    assert (statement.start, statement.end, str(statement.stated_on)) == (0, len(TEXT), "2024-11-29")
    assert (stance.target_actor, stance.target_topic) == ("Assad", None)


def test_what_is_left_out(read_as: ReadAs) -> None:
    """Cancelled annotations, relations, predictions: each is told."""
    relation = {"type": "relation", "from_id": "r1", "to_id": "r2", "direction": "right"}
    tasks = [{**task(by(1, was_cancelled=True), by(2, relation)), "predictions": [by(1, mark(0, 5, "SUPPORT"))]}]
    found = read_as("label-studio", json.dumps(tasks))
    assert kinds(found) == ["Passed", "Passed", "Passed", "Document"]
    assert whys(found) == [
        "predictions are machine output and are not imported",
        *("annotation 1 was cancelled", "relations between marks are not kept"),
    ]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            {"result": [mark(3, 16, "SUPPORT", text="Ana said no.")]},
            "there stands 'Ana said yes.', not 'Ana said no.'",
        ),
        ({"result": [mark(1, 16, "SUPPORT")]}, "the text of 36 characters has no stretch from 1 to 16"),
        ({"result": [mark(3, 99, "SUPPORT")]}, "has no stretch from"),
        ({"result": [mark(16, 3, "SUPPORT")]}, "has no stretch from"),
        (
            {"result": [mark(0, 3, "SUPPORT") | {"value": {"start": "/div[1]", "end": 3}}]},
            "start and end must be whole numbers",
        ),
        (
            {"result": [mark(3, 16, "x"), choice("stance", "great", "r1")]},
            "no stance is called 'great': there are SUPPORT",
        ),
    ],
)
def test_marks_that_are_refused(read_as: ReadAs, change: dict[str, Any], told: str) -> None:
    """The others are read."""
    tasks = [task(by(1, mark(3, 16, "SUPPORT")), {**by(2), **change})]
    found = read_as("label-studio", json.dumps(tasks), target="=Truce")
    assert [s.exact for s in of_kind(found, Statement)] == ["Ana said yes."]
    (why,) = whys(found)
    assert told in why


def test_who_speaks_and_towards_what_must_be_said(read_as: ReadAs) -> None:
    """Else it is refused, with how it can be said."""
    content = json.dumps([task(by(1, mark(3, 16, "SUPPORT")))])
    (why,) = whys(read_as("label-studio", content))
    assert "there is no field 'target' that says the target: --target names another, or says which by =NAME" in why
    (why,) = whys(read_as("label-studio", content, speaker="who", target="=Truce"))
    assert "there is no field 'who' that says the speaker" in why


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('{"id": 1}', "task 1: it must have data"),
        ("", "neither a list of tasks nor a task"),
        ("id,text\n1,a\n", "neither a list of tasks nor a task"),
        ('[{"id": 1, "text": "a", "label": "b"}]', "task 1: it must have data: export the project as JSON"),
        ('[{"data": {"text": "a"}}, 3]', "task 2: it must have data"),
        ('[{"data": {"text": "a"}}, {"data', "after item 1: this is no JSON"),
    ],
)
def test_files_that_are_refused(read_as: ReadAs, content: str, told: str) -> None:
    """With the task, and what would be right."""
    with pytest.raises(Malformed, match=told):
        read_as("label-studio", content)


def test_texts_that_are_refused(read_as: ReadAs) -> None:
    """Where there is none under that name, or nothing in it, or its date is none; the next is read."""
    data: list[Any] = [
        {"body": "A text."},
        {"text": " "},
        {"text": "a", "date": "soon"},
        {"text": "b", "date": "2024-11-29"},
    ]
    found = read_as("label-studio", json.dumps([{"data": each} for each in data]))
    assert kinds(found) == ["Wrong", "Wrong", "Wrong", "Document"]
    told = ["its data have no text 'text', but 'body': name one by --text", "the text is empty", "'soon' is no date"]
    assert all(part in why for part, why in zip(told, whys(found), strict=True))
