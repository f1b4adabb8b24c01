"""doccano's JSONL in all its versions: marked texts and classified ones become statements and stances."""

import json
from typing import Any

import pytest

from api.exchange.format import Malformed
from api.exchange.records import Document, Stance, Statement
from tests.exchange.formats.conftest import ReadAs, kinds, of_kind, whys

TEXT = "😀 Ana said yes. The council said no."
FORMS: tuple[dict[str, Any], ...] = (
    {"label": [[2, 15, "SUPPORT"]]},
    {"labels": [[2, 15, "SUPPORT"]]},
    {"entities": [{"id": 3, "label": "SUPPORT", "start_offset": 2, "end_offset": 15}], "relations": []},
    {"annotations": [{"label": "SUPPORT", "start_offset": 2, "end_offset": 15, "user": 1}]},
)


def lines(*examples: dict[str, Any]) -> str:
    """A file of examples with a text and a speaker, one on each line."""
    given = [{"id": n, "text": TEXT, "speaker": "Ana", **example} for n, example in enumerate(examples, 1)]
    return "".join(f"{json.dumps(each, ensure_ascii=False)}\n" for each in given)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: next(iter(form)))
def test_marks(read_as: ReadAs, form: dict[str, Any]) -> None:
    """However a version writes them; places count code points, or UTF-16 units where that is said."""
    found = read_as("doccano", lines(form), called="anna.jsonl", target="=Truce")
    (statement,), (stance,) = of_kind(found, Statement), of_kind(found, Stance)
    assert (statement.speaker, statement.exact, statement.start) == ("Ana", "Ana said yes.", 2)
    by = "doccano 1" if "annotations" in form else "anna"
    assert (stance.label.value, stance.annotator, stance.target_topic) == ("SUPPORT", by, "Truce")
    (statement,) = of_kind(read_as("doccano", lines(form), target="=Truce", unit="utf16"), Statement)
    assert (statement.exact, statement.start) == (" Ana said yes", 1)


def test_classified_texts(read_as: ReadAs) -> None:
    """The whole text is the statement; what else is told of it are fields and attributes."""
    more = {"label": ["against"], "target": "Talks", "title": "Minutes", "outlet": "SANA"}
    old = {"annotations": [{"label": "FAVOR", "user": 1}], "meta": {"target": "Truce", "page": 3}}
    found = read_as(
        "doccano", lines(more, old, {"label": [], "cats": ["NEUTRAL"], "target": "Truce"}), called="all.jsonl"
    )
    assert [(s.label.value, s.target_topic, s.annotator) for s in of_kind(found, Stance)] == [
        ("OPPOSE", "Talks", "doccano"),
        ("SUPPORT", "Truce", "doccano 1"),
        ("NEUTRAL", "Truce", "doccano"),
    ]
    assert {(s.start, s.end) for s in of_kind(found, Statement)} == {(0, len(TEXT))}
    first, second, _ = of_kind(found, Document)
    assert (first.title, first.attributes) == ("Minutes", (("outlet", "SANA"),))
    assert second.attributes == (("page", "3"),)


def test_what_is_left_out(read_as: ReadAs) -> None:
    """Relations, comments, and labels that are no stance."""
    example = {"entities": FORMS[2]["entities"], "relations": [{"id": 1}], "Comments": ["Hm."]}
    found = read_as("doccano", lines(example, {"label": [[2, 5, "PER"]]}), target="=Truce")
    assert kinds(found).count("Stance") == 1
    assert whys(found) == [
        *("relations are not imported", "comments are not imported"),
        "label 1: no stance is called 'PER'",
    ]


def test_the_users_of_annotations(read_as: ReadAs) -> None:
    """Two users are two annotators, and both stances are read; numbers and names can be mapped."""
    marks = [
        {"label": "SUPPORT", "start_offset": 2, "end_offset": 15, "user": 1},
        {"label": "OPPOSE", "start_offset": 2, "end_offset": 15, "user": "boris"},
        {"label": "NEUTRAL", "start_offset": 2, "end_offset": 15, "user": {"id": 3, "username": "chiara"}},
        {"label": "MIXED", "start_offset": 2, "end_offset": 15},
    ]
    content = lines({"annotations": marks})
    found = read_as("doccano", content, called="team.jsonl", target="=Truce")
    said = [(stance.annotator, stance.label.value) for stance in of_kind(found, Stance)]
    assert said == [("doccano 1", "SUPPORT"), ("boris", "OPPOSE"), ("chiara", "NEUTRAL"), ("team", "MIXED")]
    found = read_as("doccano", content, target="=Truce", annotator_map="1=amal\nchiara=Chiara B.")
    assert [stance.annotator for stance in of_kind(found, Stance)] == ["amal", "boris", "Chiara B.", "doccano"]
    found = read_as("doccano", content, target="=Truce", annotator="anna")
    assert {stance.annotator for stance in of_kind(found, Stance)} == {"anna"}


def test_labels_by_number_and_of_ones_own(read_as: ReadAs) -> None:
    """A map says which stance they are, in any form of the export; one that is none is told how."""
    example = {"annotations": [{"label": 2, "start_offset": 2, "end_offset": 15, "user": 1}], "cats": [-1, "PER"]}
    found = read_as("doccano", lines(example), target="=Truce", label_map="2=SUPPORT\n-1=against\nPER=")
    assert [stance.label.value for stance in of_kind(found, Stance)] == ["OPPOSE", "SUPPORT"]
    assert whys(found) == []
    found = read_as("doccano", lines(example), target="=Truce")
    assert "label 3: no stance is called '2' (map it by --label-map 2=SUPPORT)" in whys(found)
    for wrong, told in (
        ("2", "must be LABEL=STANCE"),
        ("2=great", "not '2=great'"),
        ("2=pro\n2=con", "maps '2' twice"),
    ):
        with pytest.raises(Malformed, match=told):
            read_as("doccano", lines(example), label_map=wrong)


@pytest.mark.parametrize("shape", ["lines", "array", "one object"])
def test_shapes_of_files(read_as: ReadAs, shape: str) -> None:
    """JSON lines, a JSON array, and an object that is written over several lines."""
    example = {"text": TEXT, "speaker": "Ana", "label": [[2, 15, "SUPPORT"]]}
    made = {"lines": json.dumps(example), "array": json.dumps([example]), "one object": json.dumps(example, indent=1)}
    found = read_as("doccano", made[shape], target="=Truce")
    assert [stance.label.value for stance in of_kind(found, Stance)] == ["SUPPORT"]


@pytest.mark.parametrize(
    ("example", "told"),
    [
        ({"label": [[2, 99, "SUPPORT"]]}, "has no span from"),
        ({"label": [[2.5, 15, "SUPPORT"]]}, "label 1 is none of"),
        ({"label": [[2, 15]]}, "label 1 is none of"),
        ({"label": [7.5]}, "label 1 is none of"),
        ({"label": [True]}, "label 1 is none of"),
        ({"entities": [{"label": "SUPPORT", "start_offset": 2}]}, "entities 1 is none of"),
        ({"label": ["SUPPORT"], "speaker": " "}, "no field 'speaker' for the speaker"),
        ({"text": ""}, "the text is empty"),
        ({"text": None}, "it has no text 'text', but 'id', 'text', 'speaker'"),
    ],
)
def test_what_is_refused(read_as: ReadAs, example: dict[str, Any], told: str) -> None:
    """With the line, and what would be right; the next line is read."""
    found = read_as("doccano", lines(example, FORMS[0]), target="=Truce")
    (wrong,) = [piece for piece in found if type(piece).__name__ == "Invalid"]
    assert told in wrong.reason
    assert wrong.place == 1
    assert kinds(found).count("Stance") == 1


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{}\n[1]\n", "line 2: must be an object with a text"),
        ("text\tlabel\nA\tB\n", "line 1: not valid JSON"),
        ('{"text": "a"}\n{"text": "b', "line 2: not valid JSON"),
        (lines(FORMS[0]).encode("utf-16"), "line 1: not in UTF-8"),
    ],
)
def test_files_that_are_refused(read_as: ReadAs, content: str | bytes, told: str) -> None:
    """With the line."""
    with pytest.raises(Malformed, match=told):
        read_as("doccano", content)
