"""Label Studio's JSON: marks and choices of several annotators become statements and stances."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from api.exchange.format import Adjusted, Malformed, Parsed, Skipped
from api.exchange.records import Actor, Annotator, Document, Stance, Statement, Topic
from models import ActorKind, StanceLabel
from tests.exchange.formats.conftest import ReadAs, kinds, of_kind, whys

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
    assert kinds(found) == ["Skipped", "Skipped", "Skipped", "Document"]
    assert whys(found) == [
        "predictions are machine output and are not imported",
        *("annotation 1 was cancelled", "relations between marks are not imported"),
    ]


def test_a_choice_belongs_to_its_region_wherever_it_is_listed(read_as: ReadAs) -> None:
    """Also before it; and one of a region that is no stretch of the text is of nothing else."""
    box = {"id": "box", "from_name": "b", "type": "rectanglelabels", "value": {"x": 1, "rectanglelabels": ["SUPPORT"]}}
    result = [
        *(choice("stance", "OPPOSE", "r1"), choice("stance", "NEUTRAL", "box"), mark(3, 16, "SUPPORT", "r1")),
        *(mark(17, 37, "SUPPORT", "r2"), box),
    ]
    found = read_as("label-studio", json.dumps([task(by(1, *result))]), target="=Truce")
    assert [stance.label.value for stance in of_kind(found, Stance)] == ["OPPOSE", "SUPPORT"]
    (passed,) = [piece for piece in found if isinstance(piece, Skipped)]
    assert passed.reason == "a region of the kind 'rectanglelabels' is not imported: it is no span of the text"
    assert passed.items == {"result": 2}


def test_kinds_that_are_not_read_are_told(read_as: ReadAs) -> None:
    """Regions of sounds, dates, controls that no option names, drafts, members that the tool does not write."""
    sound = {"id": "s", "type": "labels", "value": {"start": 0.5, "end": 1.5, "channel": 0, "labels": ["SUPPORT"]}}
    date = {"id": "d", "from_name": "when", "type": "datetime", "value": {"datetime": "2024-11-29"}}
    tone = choice("tone", "harsh")
    tasks = [{**task(by(1, sound, date, tone, 7)), "drafts": [by(1, mark(0, 2, "SUPPORT"))], "extra": {"a": 1}}]
    tasks[0]["data"]["tokens"] = ["Ana"]
    found = read_as("label-studio", json.dumps(tasks), target="=Truce")
    assert kinds(found) == [*["Skipped"] * 3, "Invalid", *["Skipped"] * 3, "Document"]
    assert sorted(whys(found)) == [
        "a region of the kind 'labels' is not imported: it is no span of the text",
        "a result of the kind 'datetime' is not imported",
        "annotation 1: result 4 must be an object",
        "drafts are not finished and are not imported",
        "of the data: 'tokens' is a list and is not imported",
        "of the task: 'extra' is an object and is not imported",
        "the control 'tone' (choices) is not read: --stance, --rationale … name the controls",
    ]


def test_ratings_and_numbers(read_as: ReadAs) -> None:
    """They are intensity and confidence; one out of bounds is refused with a way out."""
    rating = {"id": "r1", "from_name": "intensity", "type": "rating", "value": {"rating": 2}}
    sure = {"id": "r1", "from_name": "sure", "type": "number", "value": {"number": 0.5}}
    content = json.dumps([task(by(1, rating, sure, mark(3, 16, "SUPPORT")))])
    (stance,) = of_kind(read_as("label-studio", content, target="=Truce", confidence="sure"), Stance)
    assert (stance.intensity, stance.confidence) == (2, 0.5)
    content = content.replace('"rating": 2', '"rating": 5')
    found = read_as("label-studio", content, target="=Truce")
    assert "'intensity' must be a whole number from 1 to 3, not '5' (--intensity = leaves it out)" in whys(found)[1]
    (stance,) = of_kind(read_as("label-studio", content, target="=Truce", intensity="="), Stance)
    assert stance.intensity is None
    found = read_as("label-studio", content.replace("SUPPORT", "NEUTRAL").replace("5}", "2}"), target="=Truce")
    assert "annotation 1, region r1: NEUTRAL has no intensity, so its intensity is not imported" in whys(found)


@pytest.mark.parametrize(
    ("text", "place", "words", "exact", "told"),
    [
        ("We\nback it", (0, 7), "We\\nback", "We\nback", "its words are at 0, with other white space"),
        ("We\nback it", (0, 7), "Weback", "We\nback", "its words are at 0, with other white space"),
        ("We\r\nback it", (0, 7), "We\nback", "We\r\nback", "counts each line break of the text (CRLF) as one"),
        ("One.\r\nWe. We.", (9, 11), "We", "We", "counts each line break of the text (CRLF) as one"),
        (
            "Oh. We back it",
            (0, 10),
            "We back it",
            "We back it",
            "its words are at 4, not at 0: the statement is imported there",
        ),
        ("😀 Oh. We", (7, 10), "We", "We", "its words end at 9, not at 10: the statement is imported there"),
        ("😀 Oh. We", (6, 9), "We", "We", "its words are at 7, not at 6: the statement is imported there"),
        ("😀 We", (2, 4), "We", "We", "is imported there (--unit code-point would fit)"),
    ],
)
def test_words_that_are_not_at_their_position(
    read_as: ReadAs, text: str, place: tuple[int, int], words: str, exact: str, told: str
) -> None:
    """They are taken where they stand once, or where positions count otherwise, and that is told."""
    content = json.dumps([task(by(1, mark(*place, "SUPPORT", text=words)), text=text)])
    found = read_as("label-studio", content, target="=Truce")
    (statement,), (noted,) = of_kind(found, Statement), [piece for piece in found if isinstance(piece, Adjusted)]
    assert (statement.exact, text[statement.start : statement.end]) == (exact, exact)
    assert told in noted.reason


@pytest.mark.parametrize(
    ("text", "place", "told"),
    [
        ("No. We. We.", (0, 2), "from 0 to 2 the text has 'No'; the mark says 'We', which the text has at 4, 8"),
        ("We. We.", (99, 109), "no span from 99 to 109; the mark says 'We', which the text has at 0, 4"),
        ("No. They.", (0, 2), "from 0 to 2 the text has 'No'; the mark says 'We'"),
        ("😀 We. We.", (2, 4), "the mark says 'We', which the text has at 3, 7 (--unit code-point would fit)"),
    ],
)
def test_words_that_are_not_found(read_as: ReadAs, text: str, place: tuple[int, int], told: str) -> None:
    """They are refused with where they stand; the unit is named only if the other would fit."""
    content = json.dumps([task(by(1, mark(*place, "SUPPORT", text="We")), text=text)])
    (why,) = whys(read_as("label-studio", content, target="=Truce"))
    assert why.endswith(told)


def _one_task(annotation: dict[str, Any]) -> Any:
    return task(annotation)


def _storage_file(annotation: dict[str, Any]) -> Any:
    return {**annotation, "task": {key: value for key, value in task().items() if key != "annotations"}}


def _min_row(annotation: dict[str, Any]) -> Any:
    value = annotation["result"][0]["value"]
    more = {"annotator": annotation["completed_by"], "annotation_id": 1, "lead_time": 2.5, "outlet": "SANA"}
    return [{"id": 7, "text": TEXT, "speaker": "Ana", "label": [value], "stance": "AGAINST", **more}]


@pytest.mark.parametrize("shape", [_one_task, _storage_file, _min_row])
def test_shapes_of_files(read_as: ReadAs, shape: Callable[[dict[str, Any]], Any]) -> None:
    """A task by itself, an annotation as cloud storage gets it, and a row of JSON-MIN."""
    annotation = by(3, mark(3, 16, "SUPPORT", text="Ana said yes."), choice("stance", "AGAINST"))
    found = read_as("label-studio", json.dumps(shape(annotation)), target="=Truce", annotator_map="3=anna")
    (stance,), (document,) = of_kind(found, Stance), of_kind(found, Document)
    assert (stance.label.value, stance.annotator, document.key) == ("SUPPORT", "anna", "task 7")
    left_out = ["'outlet' is not imported: JSON-MIN does not say whether it is data or a choice"]
    assert whys(found) == [*(left_out if shape is _min_row else []), _NOT_USED.format("stance", "AGAINST")]


_NOT_USED = "the control '{}' says '{}' of the whole text, which is not used: each region has one of its own"


def test_a_label_comes_before_what_the_whole_text_says(read_as: ReadAs) -> None:
    """A choice of the whole text, or a field of its data, is for regions without a label of their own."""
    whole = choice("stance", "OPPOSE", "g")
    content = json.dumps([task(by(1, whole, mark(3, 16, "SUPPORT"), mark(17, 37, "PER", "r2")))])
    found = read_as("label-studio", content, target="=Truce")
    assert [stance.label.value for stance in of_kind(found, Stance)] == ["SUPPORT", "OPPOSE"]
    assert whys(found) == ["annotation 1, region r2: no stance is called 'PER'"]
    found = read_as("label-studio", json.dumps([task(by(1, whole, mark(3, 16, "SUPPORT")))]), target="=Truce")
    assert [stance.label.value for stance in of_kind(found, Stance)] == ["SUPPORT"]
    (passed,) = [piece for piece in found if isinstance(piece, Skipped)]
    assert (passed.reason, passed.items) == (_NOT_USED.format("stance", "OPPOSE"), {"result": 1})
    (last,) = [piece for piece in found if isinstance(piece, Parsed) and isinstance(piece.record, Stance)]
    assert last.items == {"result": 1}
    own = [mark(3, 16, "SUPPORT"), choice("stance", "OPPOSE", "r1"), mark(17, 37, "SUPPORT", "r2")]
    found = read_as("label-studio", json.dumps([task(by(1, *own), stance="NEUTRAL")]), target="=Truce")
    assert [stance.label.value for stance in of_kind(found, Stance)] == ["OPPOSE", "SUPPORT"]
    assert whys(found) == [
        "annotation 1, region r1: its label 'SUPPORT' is not used: its field 'stance' says 'OPPOSE'",
        "annotation 1, region r2: the text's field 'stance' says 'NEUTRAL', which is not used:"
        " it has a label of its own",
    ]


@pytest.mark.parametrize(
    "gone",
    [
        [choice("stance", "OPPOSE", "r1"), choice("stance", "OPPOSE", "gone")],
        [choice("stance", "OPPOSE", "gone"), choice("stance", "OPPOSE", "lost")],
    ],
)
def test_a_choice_of_a_region_that_is_not_in_the_file(read_as: ReadAs, gone: list[Any]) -> None:
    """A control that is given for regions, or several times, is not about the whole text: no other region takes it."""
    result = [mark(3, 16, "x"), *gone, mark(17, 37, "x", "r2")]
    found = read_as("label-studio", json.dumps([task(by(1, *result))]), target="=Truce")
    assert len(of_kind(found, Statement)) == 2
    there = [each for each in gone if each["id"] == "r1"]
    assert [stance.label.value for stance in of_kind(found, Stance)] == ["OPPOSE"] * len(there)
    why = "the control 'stance' (choices) is about a region that is not in the file: it is not used"
    assert whys(found).count(why) == len(gone) - len(there)


def test_a_place_is_said_once(read_as: ReadAs) -> None:
    """The report says the task: a message begins with the annotation, and the region."""
    bad = {"type": "labels", "id": "r2", "value": {"start": "a", "end": 3, "labels": ["SUPPORT"]}}
    noted = {**mark(3, 16, "SUPPORT"), "meta": {"text": ["Hm."]}}
    found = read_as("label-studio", json.dumps([task(by(1, 9, bad, noted))]), target="=Truce")
    assert whys(found) == [
        "annotation 1: result 1 must be an object",
        "annotation 1, region r2: start and end must be whole numbers",
        "annotation 1, region r1: its note (meta) is not imported",
    ]


def test_what_json_min_leaves_open_is_refused(read_as: ReadAs) -> None:
    """Of two regions nobody knows which one a choice is about: neither gets the other's stance."""
    regions = [{"start": 3, "end": 16, "labels": ["x"]}, {"start": 17, "end": 37, "labels": ["x"]}]
    row = {"id": 7, "text": TEXT, "speaker": "Ana", "annotator": 3, "annotation_id": 1, "label": regions}
    found = read_as("label-studio", json.dumps([{**row, "stance": ["SUPPORT", "OPPOSE"]}]), target="=Truce")
    assert not of_kind(found, Stance)
    assert whys(found) == ["JSON-MIN does not say which of 2 regions 'stance' is about: export the project as JSON"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            {"result": [mark(3, 16, "SUPPORT", text="Ana said no.")]},
            "annotation 2, region r1: from 3 to 16 the text has 'Ana said yes.'; the mark says 'Ana said no.'",
        ),
        ({"result": [mark(1, 16, "SUPPORT")]}, "the text of 36 characters has no span from 1 to 16"),
        ({"result": [mark(3, 99, "SUPPORT")]}, "has no span from"),
        ({"result": [mark(16, 3, "SUPPORT")]}, "has no span from"),
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
    assert "there is no field 'target' for the target: name another field by --target, or the target by =NAME" in why
    (why,) = whys(read_as("label-studio", content, speaker="who", target="=Truce"))
    assert "there is no field 'who' for the speaker" in why


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('{"id": 1}', "task 1: it must have data"),
        ("", "neither a list of tasks nor a task"),
        ("id,text\n1,a\n", "neither a list of tasks nor a task"),
        ('[{"id": 1, "text": "a", "label": "b"}]', "task 1: it must have data: export the project as JSON"),
        ('[{"data": {"text": "a"}}, 3]', "task 2: it must have data"),
        ('[{"data": {"text": "a"}}, {"data', "after item 1: not valid JSON"),
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
    assert kinds(found) == ["Invalid", "Invalid", "Invalid", "Document"]
    told = ["its data have no text 'text', but 'body': name one by --text", "the text is empty", "'soon' is no date"]
    assert all(part in why for part, why in zip(told, whys(found), strict=True))
