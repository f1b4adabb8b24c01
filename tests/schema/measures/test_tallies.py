"""Stances counted over time and between whom, held against a count by hand; and where relations say otherwise."""

import datetime as dt
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.analysis.agreement.net import compute_net
from api.analysis.discourse.periods import PeriodStep, periods
from api.app import create
from tests.conftest import Api, Template, settings
from tests.schema.measures.conftest import RECORD, Team, make_team
from tests.services.conftest import World, codes, nobody, towards

LABELS = ("SUPPORT", "OPPOSE", "NEUTRAL", "MIXED", "UNCLEAR")
NAMES = ("support", "opposition", "neutral", "mixed", "unclear")
TALLY = "tally { support opposition neutral mixed unclear net { value lower upper undefinedReason } }"


def tally(labels: Iterable[str]) -> dict[str, Any]:
    """What a tally of these labels shows."""
    counts = Counter(labels)
    found = compute_net(counts["SUPPORT"], counts["OPPOSE"], counts["NEUTRAL"] + counts["MIXED"] + counts["UNCLEAR"])
    shown = {
        "value": found.value,
        "lower": found.lower,
        "upper": found.upper,
        "undefinedReason": found.undefined_reason,
    }
    return {**{name: counts[label] for name, label in zip(NAMES, LABELS, strict=True)}, "net": shown}


@dataclass
class Talk:
    """A project in which stances are recorded, one statement for each."""

    team: Team
    said: list[tuple[str, str, str, str, str | None]] = field(default_factory=list)
    """Holder, target, label, statement, day."""

    @property
    def world(self) -> World:
        return self.team.world

    def record(self, stances: Sequence[tuple[str, str, str, str | None]]) -> None:
        """Record these: holder, target, label, day."""
        document = self.world.document(" ".join(f"word{n:03}" for n in range(len(stances))))
        given = []
        for number, (holder, target, label, day) in enumerate(stances):
            dated = {"statedOn": day} if day else {}
            statement = self.world.statement(holder, f"word{number:03}", document, **dated)
            self.said.append((holder, target, label, statement, day))
            given.append({"statementId": statement, "projectId": self.team.project, "label": label})
            given[-1] |= {"target": towards(target)}  # type: ignore[dict-item]
        answer = self.world.api(RECORD, {"input": {"stances": given}}, self.team.members[0])
        assert all(result["errors"] == [] for result in answer["recordStances"]["results"])

    def answer(self, field_: str, declared: str, as_: str | None = "karl", **given: Any) -> Any:
        """The answer to a root field with variables of these types."""
        types = dict(pair.split(": ") for pair in declared.split(", "))
        name, _, selection = field_.partition(" ")
        passed = ", ".join(f"{key}: ${key}" for key in types)
        variables = ", ".join(f"${key}: {kind}" for key, kind in types.items())
        text = f"query($p: ID, {variables}) {{ found: {name}(projectId: $p, {passed}) {selection} }}"
        return self.world.api.run(text, {"p": self.team.project, **given}, as_)

    def timeline(self, holder: str, target: str, step: str, period: Any = None) -> Any:
        """What `stanceTimeline` says."""
        fields = f"{{ periods {{ period {{ label start end }} {TALLY} }} total {TALLY[6:]} undated {TALLY[6:]} }}"
        declared = "holderId: ID!, target: ID!, step: PeriodStep!, period: DateRange"
        given = {"holderId": holder, "target": target, "step": step, "period": period}
        answer = self.answer(f"stanceTimeline {fields}", declared, **given)
        return answer["data"]["found"] if "errors" not in answer else answer

    def contradictions(self, as_of: str, as_: str | None = "karl", **given: Any) -> list[Any]:
        """All that `contradictions` says."""
        fields = f"""contradictions {{ totalCount edges {{ node {{ kind relation {{ id }} {TALLY}
          statements(first: 100) {{ edges {{ node {{ id }} }} }} }} }} }}"""
        types = {
            "asOf": "Date!",
            "windowDays": "Int!",
            "minimumStances": "Int!",
            "kinds": "[ContradictionKind!]",
            "first": "Int",
        }
        given = {"asOf": as_of, "windowDays": 365, "minimumStances": 1, "first": 100, **given}
        declared = ", ".join(f"{key}: {types[key]}" for key in given)
        found = self.answer(fields, declared, as_, **given)["data"]["found"]
        assert found["totalCount"] == len(found["edges"])
        return [edge["node"] for edge in found["edges"]]


@pytest.fixture(scope="module")
def talk(migrated: Template) -> Iterator[Talk]:
    """Two holders and two targets over two years, some undated, one pair without a stance."""
    url = migrated.copy()
    with TestClient(create(settings(url))) as client:
        world = World(Api(client, url, migrated.tokens))
        talk = Talk(make_team(world, 1))
        one, other, topic, actor = world.actor(), world.actor(), world.topic(), world.actor()
        days = ["2020-12-31", "2021-01-01", "2021-01-03", "2021-01-04", "2021-03-31", "2021-04-01", "2022-02-28", None]
        pairs = [(one, topic), (one, actor), (other, topic)]
        talk.record([(*pairs[n % 3], LABELS[(n * n + n // 5) % 5], days[n * 3 % len(days)]) for n in range(60)])
        talk.team.speaker, talk.team.topic = other, actor
        yield talk
    migrated.drop(url)


@pytest.mark.parametrize("step", PeriodStep)
def test_a_timeline_counts_by_dated_periods(talk: Talk, step: PeriodStep) -> None:
    for holder, target in sorted({(h, t) for h, t, *_ in talk.said}):
        said = [
            (label, day and dt.date.fromisoformat(day))
            for h, t, label, _, day in talk.said
            if (h, t) == (holder, target)
        ]
        days = [day for _, day in said if day]
        found = talk.timeline(holder, target, step)
        known = periods(min(days), max(days), step)
        assert found["periods"] == [
            {
                "period": {"label": p.label, "start": p.start.isoformat(), "end": p.end.isoformat()},
                "tally": tally(label for label, day in said if day and p.start <= day <= p.end),
            }
            for p in known
        ]
        assert found["total"] == tally(label for label, day in said if day)
        assert found["undated"] == tally(label for label, day in said if not day)


def test_a_timeline_shows_the_periods_asked_for_also_where_nothing_was_said(talk: Talk) -> None:
    holder, target, *_ = talk.said[0]
    found = talk.timeline(holder, target, "YEAR", {"from": "2018-05-01", "to": "2021-01-02"})
    assert [p["period"]["label"] for p in found["periods"]] == ["2018", "2019", "2020", "2021"]
    said = [(label, day) for h, t, label, _, day in talk.said if (h, t) == (holder, target) and day]
    assert [p["tally"] for p in found["periods"]] == [
        tally([]),
        tally([]),
        tally(label for label, day in said if day == "2020-12-31"),
        tally(label for label, day in said if day == "2021-01-01"),
    ]
    assert found["periods"][0]["tally"]["net"]["undefinedReason"] == "NO_STANCES"
    assert found["undated"] == tally([])
    open_ended = talk.timeline(holder, target, "YEAR", {"from": "2021-06-01"})
    assert [p["period"]["label"] for p in open_ended["periods"]] == ["2021", "2022"]
    assert talk.timeline(talk.team.speaker, talk.team.topic, "DAY")["periods"] == []
    backwards = talk.timeline(holder, target, "DAY", {"from": "2021-06-01", "to": "2021-01-01"})
    assert backwards["periods"] == []


def test_too_many_periods_are_refused(talk: Talk) -> None:
    holder, target, *_ = talk.said[0]
    refused = talk.timeline(holder, target, "DAY", {"from": "1990-01-01", "to": "2020-01-01"})
    assert codes(refused) == ["BAD_USER_INPUT"]
    assert "choose a longer step" in refused["errors"][0]["message"]


def test_a_matrix_has_a_cell_for_each_pair(talk: Talk) -> None:
    holders = [*sorted({h for h, *_ in talk.said}), nobody("Actor")]
    targets = sorted({t for _, t, *_ in talk.said})
    period = {"from": "2021-01-01", "to": "2021-12-31"}
    fields = f"""stanceMatrix {{ holder {{ id }} target {{ ... on Actor {{ id }} ... on Topic {{ id }} }} {TALLY}
      statements(first: 100) {{ totalCount edges {{ node {{ id statedOn }} }} }} }}"""
    declared = "holders: [ID!]!, targets: [ID!]!, period: DateRange"
    for asked in (period, None):
        found = talk.answer(fields, declared, holders=holders, targets=targets, period=asked)["data"]["found"]
        assert len(found) == len(holders) * len(targets)
        for cell, (holder, target) in zip(found, itertools.product(holders, targets), strict=True):
            said = [
                (label, statement, day)
                for h, t, label, statement, day in talk.said
                if (h, t) == (holder, target) and (asked is None or (day or "").startswith("2021"))
            ]
            assert cell["tally"] == tally(label for label, *_ in said)
            shown = [edge["node"] for edge in cell["statements"]["edges"]]
            assert {node["id"] for node in shown} == {statement for _, statement, _ in said}
            assert [n["statedOn"] or "" for n in shown] == sorted(day or "" for *_, day in said)
            assert cell["holder"] == ({"id": holder} if holder in holders[:-1] else None)
            assert cell["target"] == {"id": target}


def test_statements_of_a_cell_are_paged(talk: Talk) -> None:
    holder, target, *_ = talk.said[0]
    declared = "holders: [ID!]!, targets: [ID!]!"
    given: dict[str, Any] = {"holders": [holder], "targets": [target]}
    page = "edges { cursor node { id } } pageInfo { hasNextPage }"

    def ask(paging: str) -> Any:
        field_ = f"stanceMatrix {{ statements({paging}) {{ {page} }} }}"
        return talk.answer(field_, declared, **given)["data"]["found"][0]["statements"]

    whole = ask("first: 100")["edges"]
    paged: list[Any] = []
    while len(paged) < len(whole):
        after = f', after: "{paged[-1]["cursor"]}"' if paged else ""
        paged += ask(f"first: 3{after}")["edges"]
    assert paged == whole


def test_too_many_cells_are_refused(talk: Talk) -> None:
    holders, targets = ([nobody(kind) for _ in range(51)] for kind in ("Actor", "Topic"))
    answer = talk.answer(
        f"stanceMatrix {{ {TALLY} }}", "holders: [ID!]!, targets: [ID!]!", holders=holders, targets=targets
    )
    assert codes(answer) == ["BAD_USER_INPUT"]


# ---------------------------------------------------------------- contradictions


@pytest.fixture
def quarrel(world: World) -> Talk:
    """A project in which nothing was recorded yet."""
    return Talk(make_team(world, 2))


def proved(talk: Talk, kind: str, source: str, target: str, **more: Any) -> str:
    """A relation with evidence."""
    statement = talk.world.statement(source)
    return talk.world.relation(source, target, kind=kind, evidenceIds=[statement], **more)


def test_allies_who_oppose_and_opponents_who_support_each_other_are_told(quarrel: Talk) -> None:
    a, b, c, d = (quarrel.world.actor() for _ in range(4))
    pact, feud = proved(quarrel, "ALLIANCE", a, b), proved(quarrel, "OPPOSITION", c, d)
    proved(quarrel, "ALLIANCE", a, c)
    bare = quarrel.world.relation(b, d)
    quarrel.record(
        [
            (a, b, "OPPOSE", "2024-11-01"),
            (b, a, "OPPOSE", "2024-11-29"),
            (b, a, "SUPPORT", "2024-10-01"),
            (a, b, "MIXED", "2024-10-01"),
            (d, c, "SUPPORT", "2024-06-01"),
            (c, a, "SUPPORT", "2024-06-01"),
            (a, b, "OPPOSE", "2024-11-30"),
            (a, b, "OPPOSE", "2023-11-29"),
            (a, b, "OPPOSE", None),
        ]
    )
    statements = [statement for *_, statement, _ in quarrel.said]
    found = quarrel.contradictions("2024-11-29")
    assert [(each["kind"], each["relation"]["id"]) for each in found] == [
        ("ALLIES_OPPOSE", pact),
        ("OPPONENTS_SUPPORT", feud),
        ("NO_EVIDENCE", bare),
    ]
    assert found[0]["tally"] == tally(["OPPOSE", "OPPOSE", "SUPPORT", "MIXED"])
    assert {e["node"]["id"] for e in found[0]["statements"]["edges"]} == set(statements[:4])
    assert found[1]["tally"] == tally(["SUPPORT"])
    assert [e["node"]["id"] for e in found[1]["statements"]["edges"]] == statements[4:5]
    assert found[2]["tally"] == tally([])
    assert found[2]["tally"]["net"]["undefinedReason"] == "NO_STANCES"


def test_what_is_asked_narrows_them(quarrel: Talk) -> None:
    a, b, c = (quarrel.world.actor() for _ in range(3))
    old = proved(quarrel, "ALLIANCE", a, b, validTo="2020-12-31")
    one_way = proved(quarrel, "ALLIANCE", a, c, directed=True)
    quarrel.record(
        [
            (a, b, "OPPOSE", "2020-06-01"),
            (a, b, "OPPOSE", "2020-12-31"),
            (c, a, "OPPOSE", "2024-01-01"),
            (c, a, "OPPOSE", "2024-01-02"),
            (a, c, "OPPOSE", "2024-01-03"),
        ]
    )

    def told(as_of: str, **given: Any) -> list[tuple[str, int]]:
        return [(n["relation"]["id"], n["tally"]["opposition"]) for n in quarrel.contradictions(as_of, **given)]

    assert told("2020-12-31") == [(old, 2)]
    assert told("2021-01-01") == []
    assert told("2020-12-31", windowDays=1) == [(old, 1)]
    assert told("2020-12-31", windowDays=214) == [(old, 2)]
    assert told("2020-12-31", windowDays=213) == [(old, 1)]
    assert told("2020-12-31", minimumStances=3) == []
    assert told("2020-12-31", minimumStances=2) == [(old, 2)]
    assert told("2024-02-01") == [(one_way, 1)]
    assert told("2020-12-31", kinds=["OPPONENTS_SUPPORT", "NO_EVIDENCE"]) == []
    assert told("2020-12-31", kinds=["ALLIES_OPPOSE"]) == [(old, 2)]
    assert told("0001-01-05", windowDays=36525) == []


def test_as_many_for_as_against_are_no_contradiction(quarrel: Talk) -> None:
    a, b = quarrel.world.actor(), quarrel.world.actor()
    proved(quarrel, "ALLIANCE", a, b)
    quarrel.record([(a, b, "OPPOSE", "2024-01-01"), (b, a, "SUPPORT", "2024-01-02")])
    assert quarrel.contradictions("2024-02-01") == []


def test_the_most_contrary_come_first_page_by_page(quarrel: Talk) -> None:
    a, *others = (quarrel.world.actor() for _ in range(5))
    relations = [proved(quarrel, "ALLIANCE", a, other) for other in others]
    times = (1, 3, 3, 2)
    quarrel.record(
        [(a, other, "OPPOSE", "2024-01-01") for other, number in zip(others, times, strict=True) for _ in range(number)]
    )
    wanted = [relations[1], relations[2], relations[3], relations[0]]
    assert [n["relation"]["id"] for n in quarrel.contradictions("2024-02-01")] == wanted
    field_ = "contradictions { edges { cursor node { relation { id } } } pageInfo { hasNextPage } }"
    found, after, more = list[str](), None, True
    while more:
        page = quarrel.answer(field_, "asOf: Date!, first: Int, after: String", asOf="2024-02-01", first=2, after=after)
        edges, more = page["data"]["found"]["edges"], page["data"]["found"]["pageInfo"]["hasNextPage"]
        found += [edge["node"]["relation"]["id"] for edge in edges]
        after = edges[-1]["cursor"]
    assert found == wanted


def test_what_cannot_be_understood_is_refused(quarrel: Talk) -> None:
    types = {"asOf": "Date!", "windowDays": "Int!", "minimumStances": "Int!", "after": "String"}
    for given in ({"windowDays": 0}, {"minimumStances": 0}, {"after": "nonsense"}):
        values: dict[str, Any] = {"asOf": "2024-01-01", **given}
        declared = ", ".join(f"{key}: {types[key]}" for key in values)
        answer = quarrel.answer("contradictions { totalCount edges { cursor } }", declared, **values)
        assert codes(answer) == ["BAD_USER_INPUT"], given


def test_nobody_is_told_of_a_blind_colleagues_stances(world: World) -> None:
    talk = Talk(make_team(world, 2, blind=True))
    a, b = world.actor(), world.actor()
    proved(talk, "ALLIANCE", a, b)
    talk.record([(a, b, "OPPOSE", "2024-01-01")])
    first, second = talk.team.members
    seen = {who: talk.contradictions("2024-02-01", who) for who in (None, "vera", first, second, "karl")}
    assert [len(found) for found in seen.values()] == [0, 0, 1, 0, 1]
    fields = f"stanceMatrix {{ {TALLY} statements {{ totalCount }} }}"
    given: dict[str, Any] = {"holders": [a], "targets": [b]}
    for who, number in ((None, 0), (second, 0), (first, 1)):
        (cell,) = talk.answer(fields, "holders: [ID!]!, targets: [ID!]!", who, **given)["data"]["found"]
        assert (cell["tally"]["opposition"], cell["statements"]["totalCount"]) == (number, number)
        answer = talk.answer(
            f"stanceTimeline {{ total {TALLY[6:]} }}", "holderId: ID!, target: ID!", who, holderId=a, target=b
        )
        assert answer["data"]["found"]["total"]["opposition"] == number
