"""In an open blind project nobody can tell, by whatever they try to change, whether a colleague has recorded anything.

Every mutation is sent, with every part of its input in turn, to two databases that differ by nothing but what a
colleague did. All payloads and all error messages must be the same, but for the ids of what is only just made. That
the walk would notice is shown by leaks that are planted.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import true

from models import Stance
from tests.blindness.conftest import Pair
from tests.blindness.test_blindness import blind_to, both
from tests.conftest import Template

BLIND = ("anna", "ada", "vera", None)
"""The other annotator; an annotator of the project who is ADMIN; somebody who takes no part; nobody."""


@pytest.fixture
def changing(pair: Pair, seeded: Template) -> Iterator[Pair]:
    """Copies of the two, to be changed."""
    urls = [replace(seeded, url=url).copy() for url in (pair.before, pair.after)]
    yield replace(pair, before=urls[0], after=urls[1])
    for url in urls:
        seeded.drop(url)


def leaks(pair: Pair, caller: str | None, only: Sequence[str] = ()) -> list[tuple[str, Any, str, str]]:
    """What tells `caller` that a colleague did something: the mutation, its input, and both answers."""
    found, sent = [], 0
    with both(pair) as (before, after):
        for name, text, given in pair.mutations.documents(only):
            body = {"query": text, "variables": {"input": given}}
            one, other = (pair.mutations.plain(api.post(body, caller).text) for api in (before, after))
            assert "GRAPHQL_VALIDATION_FAILED" not in one, (text, one)
            sent += 1
            if one != other:
                found.append((name, given, one, other))
    assert sent
    return found


@pytest.mark.parametrize("caller", [BLIND[0], *(pytest.param(c, marks=pytest.mark.slow) for c in BLIND[1:])])
def test_no_mutation_tells(changing: Pair, caller: str | None) -> None:
    assert leaks(changing, caller) == []


def test_who_curates_is_told(changing: Pair) -> None:
    """The walk does send what there is to tell of."""
    told = {name for name, *_ in leaks(changing, "karl", ("deleteStatement", "updateProject"))}
    assert told == {"deleteStatement", "updateProject"}


async def _all_visible(*_: Any) -> bool:
    return True


PLANTED: dict[str, tuple[str, Any, Sequence[str]]] = {
    "counts in error messages": ("api.services.visible_rows._seen", lambda *_: true(), ["undo"]),
    "whether there is a stance": ("api.services.stances.withdraw.is_visible", _all_visible, ["withdrawStance"]),
    "whether there is an assignment": ("api.services.assignments.is_visible", _all_visible, ["finishAssignment"]),
    "whether there is a change": ("api.services.undo.is_visible", _all_visible, ["undo"]),
    "what a payload shows": ("api.graphql.sql.emit.visible", blind_to(Stance), ["withdrawStance", "recordStance"]),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_leak_is_found(changing: Pair, planted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    where, leaking, only = PLANTED[planted]
    monkeypatch.setattr(where, leaking)
    assert leaks(changing, "anna", only)
