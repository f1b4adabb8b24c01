"""The sentences around a statement's words: in the languages of the case, with positions in both units."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.analysis.sentences import sentences_around, sentences_of
from tests.conftest import Api

CONTEXT = """query($id: ID!, $n: Int!) { node(id: $id) { ... on Statement { position { start end }
  document { text } context(sentences: $n) { text start end startUtf16 endUtf16
    sentences { text start end startUtf16 endUtf16 quoted } } } } }"""

TEXTS = {
    "en": (
        "The U.S. government spoke on Nov. 29.",
        'Dr. Smith said 🙂 it was "deeply concerned."',
        "What now?",
        "Nobody knew!",
    ),
    "ar": ("أعلنت الحكومة الهدنة 🙂.", "هل ستلتزم بها المعارضة؟", "لا أحد يعرف.", "انتظروا!"),
    "he": ("שר הביטחון הודיע על הפסקת אש.", "האם היא תחזיק מעמד?", "איש אינו יודע.", "נמתין."),
    "ru": ("Объявлено перемирие в 2020 г. в Идлибе.", "А. С. Пушкин не согласен.", "Что дальше?", "Никто не знает."),
    "tr": ("Hükümet 29 Kasım 2024'te ateşkes ilan etti.", "Dr. Yılmaz aynı fikirde.", "Peki?", "Kimse bilmiyor!"),
    "zh-Hans": ("叙利亚政府军在阿勒颇交火。", "政府说会坚持。", "接下来怎么办？", "没有人知道！"),
}


def state(api: Api, language: str, text: str, exact: str) -> str:
    """The id of a statement whose words are `exact`, in a document of that text."""
    document = api.change("createDocument", {"title": "T", "language": language, "text": text}, "document { id }")
    speaker = api.change("createActor", {"name": f"Speaker {text[:20]}", "kind": "STATE"}, "actor { id }")
    given = {
        "documentId": document["document"]["id"],
        "speakerId": speaker["actor"]["id"],
        "kind": "QUOTATION",
        "anchor": {"exact": exact},
    }
    made = api.change("createStatement", given, "statement { id }")
    assert made["errors"] == []
    return str(made["statement"]["id"])


def context(api: Api, key: str, sentences: int) -> Any:
    """The passage of a statement, its positions held against the document's text."""
    node = api(CONTEXT, {"id": key, "n": sentences})["node"]
    assert api.statements == 2
    text = node["document"]["text"]
    units = text.encode("utf-16-le")
    for each in (node["context"], *node["context"]["sentences"]):
        assert text[each["start"] : each["end"]] == each["text"]
        assert units[2 * each["startUtf16"] : 2 * each["endUtf16"]].decode("utf-16-le") == each["text"]
    return node["context"]


def test_the_sentences_around_in_the_languages_of_the_case(bare: Api) -> None:
    for language, sentences in TEXTS.items():
        text = ("" if language.startswith("zh") else "  \n").join(sentences)
        key = state(bare, language, text, sentences[1][1:5])
        for beside, expected in ((0, sentences[1:2]), (1, sentences[:3]), (2, sentences), (5, sentences)):
            found = context(bare, key, beside)
            assert [each["text"] for each in found["sentences"]] == list(expected), language
            assert [each["quoted"] for each in found["sentences"]] == [each == sentences[1] for each in expected]
            assert found["text"] == text[text.index(expected[0]) : text.index(expected[-1]) + len(expected[-1])]


def test_a_quote_of_two_sentences_and_one_in_a_text_without_any(bare: Api) -> None:
    found = context(bare, state(bare, "en", "One. Two. Three. Four. Five.", "wo. Three"), 1)
    assert [each["text"] for each in found["sentences"]] == ["One.", "Two.", "Three.", "Four."]
    assert [each["quoted"] for each in found["sentences"]] == [False, True, True, False]
    long = context(bare, state(bare, "en", "x" * 9_000 + "quote" + "y" * 9_000, "quote"), 1)
    assert long["text"] == "x" * 2_000 + "quote" + "y" * 2_000


@pytest.mark.parametrize("sentences", [-1, 6])
def test_how_many_sentences(reading: Api, sentences: int) -> None:
    query = "query($n: Int!) { statements { edges { node { context(sentences: $n) { text } } } } }"
    (error,) = reading.run(query, {"n": sentences})["errors"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "argument": "sentences"}
    assert f"from 0 to 5, not {sentences}" in error["message"]


_LANGUAGES = st.sampled_from(["en", "ar", "he", "ru", "tr", "zh", "zh-Hant", "und", "no-such", ""])
_TEXTS = st.text(st.sampled_from("ab \n\r.!?。؟”\"'é🙂") | st.characters(exclude_categories=["Cs"]), max_size=60)


@given(_LANGUAGES, _TEXTS, st.data())
def test_sentences_hold_all_that_is_not_blank(language: str, text: str, data: st.DataObject) -> None:
    """In order, apart, in whatever language; those around a stretch hold it."""
    found = list(sentences_of(text, language))
    covered = [place for each in found for place in range(each.start, each.end)]
    assert covered == sorted(set(covered))
    assert {n for n, c in enumerate(text) if not c.isspace()} <= set(covered)
    if text:
        start = data.draw(st.integers(0, len(text) - 1))
        end = data.draw(st.integers(start + 1, len(text)))
        near = sentences_around(text, language, start, end, 0)
        assert all(each.start < end and each.end > start for each in near)
        assert bool(near) or not text[start:end].strip()
