"""Ids, instants and folded names: what the tables are made of, alike on both databases."""

import datetime as dt
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from models import Actor, ActorKind, Annotator, Token, instant_text, new_id
from models.folding import fold
from models.words import fold_words, join_acronyms, trigrams, words
from tests.models.conftest import Filled


def test_ids_sort_by_the_time_they_were_made() -> None:
    """Also those of one millisecond, and none comes twice."""
    ids = [new_id() for _ in range(20_000)]
    assert ids == sorted(set(ids))


@pytest.mark.parametrize(
    "instant",
    [
        dt.datetime(2024, 11, 29, 8, 15, 0, 1, dt.UTC),
        dt.datetime(2024, 11, 29, 8, 15, tzinfo=dt.timezone(dt.timedelta(hours=3))),
        dt.datetime(1, 1, 2, tzinfo=dt.UTC),
        dt.datetime(9999, 12, 30, 23, 59, 59, 999999, dt.UTC),
    ],
)
def test_an_instant_comes_back(filled: Filled, instant: dt.datetime) -> None:
    """The same instant to the microsecond, in UTC, and compared as an instant."""

    async def work(connection: AsyncConnection) -> list[dt.datetime]:
        await connection.execute(update(Annotator).values(created_at=instant))
        found = select(Annotator.created_at).where(
            Annotator.created_at == instant, Annotator.created_at < instant + dt.timedelta(microseconds=1)
        )
        return list((await connection.execute(found)).scalars())

    found = filled.try_(work)
    assert found
    assert {(value, value.tzinfo) for value in found} == {(instant, dt.UTC)}


@given(st.datetimes(dt.datetime(2, 1, 1), dt.datetime(9998, 1, 1), timezones=st.timezones()))
def test_instants_sort_as_texts(instant: dt.datetime) -> None:
    """SQLite compares texts: each has the same length and leads back to its instant."""
    text = instant_text(instant)
    assert len(text) == 27
    assert dt.datetime.fromisoformat(text) == instant.astimezone(dt.UTC)


def test_names_sort_by_code_point(filled: Filled) -> None:
    """On both databases alike, whatever the server's locale: a sort name is folded already."""
    slugs = ["a", "a-b", "aa", "b", "z", "ä", "я", "ا", "中", "🙂"]

    async def work(connection: AsyncConnection) -> list[str]:
        for slug in reversed(slugs):
            row = {"slug": slug, "name": slug, "sort_name": slug, "kind": ActorKind.STATE}
            await connection.execute(insert(Actor).values(row))
        query = select(Actor.slug).where(Actor.slug.in_(slugs)).order_by(Actor.slug)
        return list((await connection.execute(query)).scalars())

    assert filled.try_(work) == sorted(slugs)


def test_a_token_has_no_way_back(filled: Filled) -> None:
    """Whoever reads the table finds a hash of 64 characters and nothing else that opens."""

    async def work(connection: AsyncConnection) -> list[str]:
        return list((await connection.execute(select(Token.sha256))).scalars())

    assert all(len(value) == 64 and not value.startswith("sg_") for value in filled.try_(work))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hezbollah", "HEZBOLLAH"),
        ("Élan", "e\u0301lan"),
        ("İstanbul", "istanbul"),
        ("Straße", "STRASSE"),
        ("حِزْبُ اللّٰه", "حزب الله"),
        ("على", "علي"),
        ("ﬁle", "file"),
        ("Ｆｕｌｌ", "full"),
        ("Łódź", "lodz"),
    ],
)
def test_folded_alike(one: str, other: str) -> None:
    """What people type for one another is one and the same to search and to order."""
    assert fold(one) == fold(other)
    assert trigrams(one) == trigrams(other)


@given(st.text(max_size=40))
def test_folding(text: str) -> None:
    """Folding what is folded changes nothing, nor does it matter how the text was composed."""
    folded = fold(text)
    assert fold(folded) == folded
    assert fold(unicodedata.normalize("NFC", text)) == fold(unicodedata.normalize("NFD", text))


@given(
    st.text(max_size=40) | st.text(st.sampled_from("aé\u0301œßガ\u3099한ᄒ\u1161א\u05b0\"ل\u064eทั叙ʼ' "), max_size=12),
    st.data(),
)
def test_folding_of_words(text: str, data: st.DataObject) -> None:
    """Folded again nothing changes, it does not matter how the text was composed, and pieces are folded alone."""
    folded = fold_words(text)
    assert fold_words(folded) == folded
    assert words(unicodedata.normalize("NFC", text)) == words(unicodedata.normalize("NFD", text))
    joined = join_acronyms(text)
    cut = data.draw(st.integers(0, len(text)))
    assert fold_words(joined[:cut]) + fold_words(joined[cut:]) == folded
