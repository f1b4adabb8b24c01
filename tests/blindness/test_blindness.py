"""In an open blind project nobody can tell, by whatever they ask, whether a colleague has recorded anything.

Whatever the schema lets one ask is asked of two databases that differ by nothing but a colleague's stances: recorded,
revised and withdrawn. All answers must be the same, to the byte. That the walk would notice is shown by leaks that
are planted.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create
from api.graphql import document_limits
from api.graphql.sql.emit import Emitter
from api.security import visibility
from models import Revision, Stance
from tests.blindness.conftest import Pair
from tests.conftest import Api, settings

BLIND = (None, "vera", "ada", "anna")
"""Nobody, somebody who takes no part, an ADMIN who annotates in the project, and the other annotator."""
EXPECTED = {"BAD_USER_INPUT"}
"""What the walk may be told: that an id is of another kind, where several kinds are tried."""
GENEROUS = {
    "max_tokens": "100000",
    "max_aliases": "10000",
    "max_fields": "100000",
    "max_nodes": "100000000",
    "statement_timeout_ms": "60000",
}
"""Whatever is refused would be refused on both sides alike."""


@contextmanager
def both(pair: Pair) -> Iterator[tuple[Api, Api]]:
    """Servers over the two databases."""
    with ExitStack() as stack:
        # Of entities whatever their kind, the walk asks the same for each kind.
        stack.enter_context(pytest.MonkeyPatch.context()).setattr(document_limits, "MAX_REPEATS", 100_000)
        urls = (pair.before, pair.after)
        apps = [create(settings(url, **GENEROUS)) for url in urls]
        clients = [stack.enter_context(TestClient(app)) for app in apps]
        before, after = (Api(c, url, pair.tokens) for c, url in zip(clients, urls, strict=True))
        yield before, after


def leaks(pair: Pair, caller: str | None, most: int = 10_000, refused: list[Any] | None = None) -> list[str]:
    """What tells `caller` that a colleague has recorded something: the fields, with their arguments.

    `refused` gathers the errors that come in place of an answer.
    """
    found: list[str] = []
    with both(pair) as (before, after):
        for text, variables, known in pair.walk.documents():
            told = [api.post({"query": text, "variables": variables}, caller).json() for api in (before, after)]
            if refused is not None:
                refused += told[1].get("errors", ())
            if told[0] == told[1]:
                continue
            found += [known[alias].path for alias in known if _member(told[0], alias) != _member(told[1], alias)]
            if len(found) >= most:
                break
    return found


def _member(answer: Any, alias: str) -> Any:
    data = answer.get("data") or {}
    inside = data.get("node", data) or {}
    return inside.get(alias), answer.get("errors")


@pytest.mark.slow
@pytest.mark.parametrize("caller", [*(pytest.param(c, marks=pytest.mark.soak) for c in BLIND[:-1]), BLIND[-1]])
def test_no_field_tells(pair: Pair, caller: str | None) -> None:
    assert leaks(pair, caller) == []


@pytest.mark.soak
def test_whoever_curates_sees_the_difference(pair: Pair) -> None:
    """The walk does ask for what there is to see, and next to nothing of it is refused."""
    refused: list[Any] = []
    found = leaks(pair, "karl", refused=refused)
    assert {error["extensions"]["code"] for error in refused} <= EXPECTED, refused
    assert {path.split("(")[0] for path in found} >= {
        "Query.stances",
        "Query.node",
        "Query.changes",
        "Stance.history",
        "Stance.valueAt",
        "Revision.changes",
        "Statement.stances",
        "Statement.stanceCounts",
        "Project.stancesUnderOldCodebook",
        "Actor.stancesReceived",
        "Actor.stanceSummary",
    }
    assert any("stanceLabel" in path for path in found), "a filter by stances tells"
    assert any("orderBy" in path for path in found), "so does an order"


def blind_to(model: type[Any]) -> Callable[..., Any]:
    ruled = visibility.visible

    def leaking(asked: Any, row: Any, seen_with: Any) -> Any:
        return None if asked is model else ruled(asked, row, seen_with)

    return leaking


def _asks_no_one(emitter: Emitter, edge: Any, predicates: Any, row: Any) -> Any:
    from sqlalchemy import literal, select

    from api.graphql.parts import HasMany
    from api.graphql.sql.json_text import froms

    there = HasMany.by(edge)
    other = there.model.__table__.alias()
    asked = [predicate.where(other.c, binds) for predicate, binds in predicates]
    return select(literal(1)).where(other.c[there.key] == row["id"], *asked).correlate(*froms(row)).exists()


PLANTED: dict[str, tuple[str, Any]] = {
    "stances": ("api.graphql.sql.emit.visible", blind_to(Stance)),
    "measures of stances": ("api.dataset.stance_units.visible", blind_to(Stance)),
    "discourse networks": ("api.dataset.project_rows.visible", blind_to(Stance)),
    "what became of stances": ("api.graphql.sql.emit.visible", blind_to(Revision)),
    "a filter by what there is elsewhere": ("api.graphql.sql.emit.Emitter._exists", _asks_no_one),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_leak_is_found(pair: Pair, planted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*PLANTED[planted])
    assert leaks(pair, "anna", most=1)
