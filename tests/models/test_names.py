"""The normal form of names: what it takes away, what it keeps, and what it never is applied to."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import Base
from models.folding import fold, foldings
from models.names import case_folded, is_seen, normalize_name, normalize_prose, refused_character

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        ("Cafe\u0301", "Café"),
        ("  FARC \t\n", "FARC"),
        ("United\u00a0 Nations", "United Nations"),
        ("山田\u3000太郎", "山田 太郎"),
        ("\ufeffAl\u00adep\u200bpo\u2060", "Aleppo"),
        ("\u200eحزب الله\u200f ", "حزب الله"),
        ("می\u200cخواهم", "می\u200cخواهم"),  # the joiner is part of the spelling
        ("👩\u200d💻", "👩\u200d💻"),
        ("a\u200fb", "a\u200fb"),
        ("two\nlines", "two\nlines"),  # for the check to refuse
        ("\u200e \u200f", ""),
    ],
)
def test_names(given: str, normal: str) -> None:
    assert normalize_name(given) == normal


@given(texts)
def test_a_normal_name_stays_as_it_is(text: str) -> None:
    """Normalizing twice is normalizing once; a name is composed, and has no blank at its ends or twice in a row."""
    name = normalize_name(text)
    assert normalize_name(name) == name
    assert unicodedata.is_normalized("NFC", name)
    assert name == name.strip()
    assert "  " not in name
    assert normalize_name(unicodedata.normalize("NFD", text)) == name
    assert normalize_name(f" \u00a0{text}\u200f ") == name


@given(texts)
def test_prose(text: str) -> None:
    """Its lines stay lines, with what they are indented by."""
    prose = normalize_prose(text)
    assert normalize_prose(prose) == prose
    assert prose.split() == unicodedata.normalize("NFC", text).split()
    assert normalize_prose("\n \n    indented\n\nmore  \n") == "    indented\n\nmore"


@given(texts, texts)
def test_equal_but_for_case_is_equal_when_folded(one: str, other: str) -> None:
    """An index of folded names finds whatever is similar."""
    for a, b in ((one, other), (one, one.upper()), (one, one.casefold())):
        if case_folded(a) == case_folded(b):
            assert fold(normalize_name(a)) == fold(normalize_name(b)), (a, b)


@pytest.mark.parametrize(
    "character",
    [
        *("\0", "\t", "\n", "\x7f", "\x85", "\u2028", "\u202e", "\u2066", "\ud800"),
        *("\ufdd0", "\ufdef", "\ufffe", "\uffff", "\U0001fffe", "\U0010ffff", "\ufff9", "\ufffb"),
        *("\U000e0000", "\U000e0041", "\U000e007f"),
    ],
)
def test_what_is_refused(character: str) -> None:
    assert refused_character(f"a{character}b") == character
    allowed = character in "\t\n\x85\u2028"
    assert refused_character(f"a{character}b", prose=True) == (None if allowed else character)


@pytest.mark.parametrize(
    "name",
    [
        "می\u200cخواهم",
        "👩\u200d💻",
        "❤\ufe0f",
        "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f England",
        "\ufffd",
        "葛\U000e0100飾",
        "\u115f\u1161",
        "a\u200fb",
    ],
)
def test_what_names_need(name: str) -> None:
    """Joiners, variation selectors, the tags of a flag, fillers beside letters."""
    assert normalize_name(name) == name
    assert refused_character(name) is None
    assert is_seen(name)


@pytest.mark.parametrize("tags", ["\U000e0067\U000e0062", "\U000e0041" * 4 + "\U000e007f", "\U000e007f"])
def test_tags_that_are_no_flag(tags: str) -> None:
    assert refused_character(f"\U0001f3f4{tags}") == tags[0]


@pytest.mark.parametrize("unseen", ["\u3164", "\u2800", "\u115f", "\uffa0", "\u034f", "\ufe0f", "\u2062", "\u180e"])
def test_what_is_not_seen(unseen: str) -> None:
    """A name is not made of it alone, and is not another's with it."""
    assert not is_seen(f"{unseen} {unseen}")
    for other in (f"A{unseen}bc", f"Abc{unseen}", f"{unseen} abc"):
        assert case_folded(other) == case_folded("Abc")
        assert foldings(other) > {fold("Abc")}
    assert case_folded(f"A {unseen} b") == case_folded("a b")


def test_texts_and_quotes_are_no_names() -> None:
    """Positions count their code points; and who gives a reason says it as it is."""
    normal = {f"{table.name}.{c.name}" for table in Base.metadata.sorted_tables for c in table.columns if c.info}
    as_they_came = {"document.text", "statement.exact", "statement.prefix", "statement.suffix", "stance.rationale"}
    assert not normal & as_they_came
    assert {"actor.name", "actor_alias.name", "topic.name", "annotator.name", "project.name", "document.title"} < normal
