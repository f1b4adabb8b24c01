"""Discourse networks over GraphQL: every combination that makes sense, over a small world, held against the definitions."""

import datetime as dt
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from api.analysis.discourse.discourse import Mode, Normalization, Qualifier, Transformation
from api.analysis.discourse.periods import PeriodStep, periods
from api.app import create
from api.ids import global_id
from models import Annotator
from tests.analysis.discourse_oracle import Network, Said, once
from tests.conftest import Api, Template, settings
from tests.schema.measures.conftest import RECORD, Team, make_team
from tests.services.conftest import World, codes, towards

EVERY_COMBINATION = [
    how for how in itertools.product(Mode, Qualifier, Normalization) if Transformation.error(*how) is None
]
NODE = "{ ... on Actor { id } ... on Topic { id } }"
DAYS: Sequence[str | None] = ("2020-12-28", "2020-12-31", "2021-01-01", "2021-01-09", "2021-12-30", None)
LABELS = ("SUPPORT", "OPPOSE", "SUPPORT", "NEUTRAL", "OPPOSE", "SUPPORT", "MIXED")


@dataclass(frozen=True)
class Stances:
    """A project, and what was recorded in it, the earliest first, undated before all."""

    world: World
    project: str
    said: Sequence[Said]
    """Those that take a side."""
    holders: Sequence[str]
    targets: Sequence[str]
    documents: Sequence[str]

    def ask(self, fields: str, as_: str | None = "karl", **given: Any) -> Any:
        """What `discourseNetwork` says."""
        return self.answer(fields, as_, **given)["data"]["found"]

    def answer(self, fields: str, as_: str | None = "karl", **given: Any) -> Any:
        """The whole answer."""
        types = {"exclude": "[DiscourseExclusion!]", "period": "DateRange", "window": "DiscourseWindow"}
        values = {key: value for key, value in given.items() if key in types}
        plain = "".join(f", {key}: {value}" for key, value in given.items() if key not in types)
        declared = "".join(f", ${key}: {types[key]}" for key in values)
        passed = "".join(f", {key}: ${key}" for key in values)
        text = f"query($p: ID{declared}) {{ found: discourseNetwork(projectId: $p{plain}{passed}) {{ {fields} }} }}"
        return self.world.api.run(text, {"p": self.project, **values}, as_)

    def network(self, said: Sequence[Said], rows: str = "ACTOR", **more: Any) -> Network:
        """The same stances for the definitions, over those that occur in them."""
        sides = (sorted({s.holder for s in said}), sorted({s.target for s in said}, key=_by_type))
        first, second = sides if rows == "ACTOR" else sides[::-1]
        return Network(said, first, second, by_target=rows == "TARGET", **more)


def _by_type(id: str) -> tuple[bool, str]:
    return id.startswith("top_"), id


@pytest.fixture(scope="module")
def stances(migrated: Template) -> Iterator[Stances]:
    """One world for all that only look at it."""
    url = migrated.copy()
    with TestClient(create(settings(url))) as client:
        yield recorded(World(Api(client, url, migrated.tokens)))
    migrated.drop(url)


def recorded(world: World) -> Stances:
    """Four holders, five targets (two of them actors), three documents; two annotators, who mostly agree."""
    team = make_team(world, 2)
    holders, targets = [world.actor() for _ in range(4)], [world.topic() for _ in range(3)]
    targets += [world.actor(), holders[0]]
    documents = [world.document(" ".join(f"word{n:02}" for n in range(40))) for _ in range(3)]
    rows = []
    for number in range(40):
        document, day = documents[number * 7 % 3], DAYS[number * 5 % len(DAYS)]
        dated = {"statedOn": day} if day else {}
        statement = world.statement(speaker=holders[0], document=document, exact=f"word{number:02}", **dated)
        holder, target = holders[number * 3 % 4], targets[(number * number + number // 7) % 5]
        if target == holder:
            target = targets[0]
        for annotator in range(1 + (number % 4 == 0)):
            label = LABELS[(number * 3 + annotator) % len(LABELS)]
            rows.append((annotator, number, statement, holder, target, label, document, day))
    for annotator, member in enumerate(team.members):
        given = [
            {"statementId": s, "projectId": team.project, "holderId": h, "target": towards(t), "label": label}
            for who, _, s, h, t, label, *_ in rows
            if who == annotator
        ]
        answer = world.api(RECORD, {"input": {"stances": given}}, member)
        assert all(result["errors"] == [] for result in answer["recordStances"]["results"])
    said = [
        Said(h, t, label == "SUPPORT", d, dt.date.fromisoformat(day) if day else None, number)
        for _, number, _, h, t, label, d, day in rows
        if label in ("SUPPORT", "OPPOSE")
    ]
    said.sort(key=lambda s: s.day or dt.date.min)
    return Stances(world, team.project, said, holders, targets, documents)


def matrix(network: Network, *how: str) -> list[list[float]]:
    """Row by row."""
    found = network.matrix(*how)
    others = network.rows if how[0] == "ONE_MODE" else network.columns
    return [[found[row, other] for other in others] for row in network.rows]


def same(one: Sequence[Sequence[float]], other: Sequence[Sequence[float]]) -> bool:
    """Whether two matrices are the same but for rounding."""
    return [len(row) for row in one] == [len(row) for row in other] and all(
        math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-15)
        for pair in zip(one, other, strict=True)
        for a, b in zip(*pair, strict=True)
    )


def test_each_combination_is_its_definition(stances: Stances) -> None:
    fields = f"rows {NODE} columns {NODE} stances matrix"
    for rows, duplicates in itertools.product(
        ("ACTOR", "TARGET"), ("INCLUDE", "DOCUMENT", "WEEK", "MONTH", "YEAR", "ACROSS_RANGE")
    ):
        said = once(stances.said, duplicates)
        network = stances.network(said, rows)
        for mode, qualifier, normalization in EVERY_COMBINATION:
            given = {"mode": mode, "qualifier": qualifier, "normalization": normalization}
            found = stances.ask(fields, rows=rows, duplicates=duplicates, **given)
            columns = network.rows if mode == "ONE_MODE" else network.columns
            assert [node["id"] for node in found["rows"]] == network.rows, (rows, given)
            assert [node["id"] for node in found["columns"]] == columns
            assert found["stances"] == len(said)
            assert same(found["matrix"], matrix(network, mode, qualifier, normalization)), (rows, duplicates, given)


def test_what_takes_no_side_is_left_out_and_told(stances: Stances) -> None:
    found = stances.ask("stances undated excludedStances { label count }")
    assert found["stances"] == len(stances.said)
    assert found["undated"] == sum(s.day is None for s in stances.said)
    assert {each["label"] for each in found["excludedStances"]} == {"NEUTRAL", "MIXED"}
    assert sum(each["count"] for each in found["excludedStances"]) == 50 - len(stances.said)


@pytest.mark.parametrize("unit", PeriodStep)
@pytest.mark.parametrize("kernel", [None, "UNIFORM", "TRIANGULAR", "EPANECHNIKOV", "GAUSSIAN"])
def test_windows_move_over_dated_periods(stances: Stances, unit: PeriodStep, kernel: str | None) -> None:
    period = {"from": "2020-12-20", "to": "2021-01-20"} if unit is PeriodStep.DAY else None
    size = 4
    dated = [s for s in stances.said if s.day and (period is None or s.day.year < 2021 or s.day < dt.date(2021, 1, 21))]
    ends = (dt.date(2020, 12, 20), dt.date(2021, 1, 20)) if period else (dated[0].day, dated[-1].day)
    known = periods(*ends, unit)  # type: ignore[arg-type]
    network = stances.network(dated if period else stances.said)
    given: dict[str, Any] = {"window": {"size": size, "unit": unit.value, "kernel": kernel}}
    given |= {"period": period} if period else {}
    for mode, qualifier, normalization in (("ONE_MODE", "SUBTRACT", "AVERAGE"), ("TWO_MODE", "IGNORE", "ACTIVITY")):
        found = stances.ask(
            "slices { period { label start end } start end stances matrix edges(first: 2) { totalCount } }",
            **{**given, "mode": mode, "qualifier": qualifier, "normalization": normalization},
        )["slices"]
        middles = range(size // 2, len(known) - size // 2)
        assert [s["period"]["label"] for s in found] == [known[at].label for at in middles]
        for at, shown in zip(middles, found, strict=True):
            assert shown["start"] == known[at - 2].start.isoformat()
            assert shown["end"] == known[at + 2].end.isoformat()

            def weigh(one: Said, at: int = at) -> float:
                place = next(n for n, p in enumerate(known) if p.start <= (one.day or dt.date.min) <= p.end)
                return density(kernel, abs(place - at), size)

            wanted = Network(dated, network.rows, network.columns, weigh=weigh)
            assert same(shown["matrix"], matrix(wanted, mode, qualifier, normalization)), (unit, kernel, mode)
            assert shown["stances"] == sum(weigh(s) > 0 for s in dated)


def density(kernel: str | None, distance: int, size: int) -> float:
    """How much a stance so many periods from the middle counts."""
    if kernel == "GAUSSIAN":
        return math.exp(-((2 * distance / size) ** 2) / 2) / math.sqrt(2 * math.pi)
    if distance > size // 2:
        return 0.0
    u = 2 * distance / size
    return {None: 1.0, "UNIFORM": 0.5, "TRIANGULAR": 1 - u, "EPANECHNIKOV": 0.75 * (1 - u * u)}[kernel]


def test_what_is_excluded_has_no_part_and_inverted_alone_has_one(stances: Stances) -> None:
    h, t, d = stances.holders, stances.targets, stances.documents
    cases: list[tuple[list[Any], Callable[[Said], bool]]] = [
        ([{"holders": h[:2]}], lambda s: s.holder not in h[:2]),
        ([{"holders": h[:2], "invert": True}], lambda s: s.holder in h[:2]),
        ([{"targets": [t[0], t[3]]}], lambda s: s.target not in (t[0], t[3])),
        (
            [{"documents": d[:1]}, {"targets": t[:3], "invert": True}],
            lambda s: s.document != d[0] and s.target in t[:3],
        ),
        ([{"documents": d[:1], "holders": h[1:3]}], lambda s: s.document != d[0] and s.holder not in h[1:3]),
        (
            [{"documents": d[:1], "holders": h[1:3], "invert": True}],
            lambda s: s.document == d[0] and s.holder in h[1:3],
        ),
    ]
    for exclude, remains in cases:
        said = [s for s in stances.said if remains(s)]
        found = stances.ask("stances matrix", mode="TWO_MODE", exclude=exclude)
        assert found["stances"] == len(said) < len(stances.said)
        assert same(found["matrix"], matrix(stances.network(said), "TWO_MODE", "IGNORE", "NONE"))


def test_isolates_are_shown_where_that_is_asked(stances: Stances) -> None:
    exclude = [{"holders": stances.holders[:1], "invert": True}]
    some, everyone = (stances.ask(f"rows {NODE} matrix", exclude=exclude, isolates=on) for on in ("false", "true"))
    assert [node["id"] for node in some["rows"]] == stances.holders[:1]
    assert [node["id"] for node in everyone["rows"]] == sorted(stances.holders)
    assert everyone["matrix"] == [[0.0] * 4] * 4


def test_a_period_holds_dated_stances_alone(stances: Stances) -> None:
    found = stances.ask("stances undated", period={"to": "2020-12-31"})
    assert found == {"stances": sum(bool(s.day and s.day.year == 2020) for s in stances.said), "undated": 0}


def test_annotators_may_be_left_out_but_not_of_a_consensus(stances: Stances) -> None:
    (second,) = stances.world.rows(_key("member-1"))
    exclude = [{"annotators": [global_id("Annotator", second)]}]
    assert 0 < stances.ask("stances", exclude=exclude)["stances"] < len(stances.said)
    answer = stances.answer("stances", exclude=exclude, consensus="MAJORITY")
    assert codes(answer) == ["BAD_USER_INPUT"]
    assert "omit consensus" in answer["errors"][0]["message"]


def _key(name: str) -> Any:
    return select(Annotator.id).where(Annotator.name == name)


def test_edges_are_paged_heaviest_first_and_lead_to_their_statements(stances: Stances) -> None:
    edge = f"cursor node {{ row {NODE} column {NODE} weight statements(first: 100) {{ edges {{ node {{ id }} }} }} }}"
    whole = f"edges(first: 100) {{ totalCount edges {{ {edge} }} }}"
    for how in EVERY_COMBINATION:
        given = dict(zip(("mode", "qualifier", "normalization"), how, strict=True))
        found = stances.ask(f"rows {NODE} columns {NODE} matrix {whole}", **given)
        ids = [[node["id"] for node in found[side]] for side in ("rows", "columns")]
        cells = {
            (row, column): weight
            for row, weights in zip(ids[0], found["matrix"], strict=True)
            for column, weight in zip(ids[1], weights, strict=True)
            if weight and (how[0] == "TWO_MODE" or ids[0].index(row) < ids[0].index(column))
        }
        edges = [e["node"] for e in found["edges"]["edges"]]
        assert {(e["row"]["id"], e["column"]["id"]): e["weight"] for e in edges} == cells
        assert found["edges"]["totalCount"] == len(cells) == len(edges)
        sizes = [abs(e["weight"]) for e in edges]
        assert sizes == sorted(sizes, reverse=True)
        after, paged = "null", list[Any]()
        while len(paged) < len(edges):
            page = stances.ask(f"edges(first: 4, after: {after}) {{ edges {{ {edge} }} }}", **given)["edges"]["edges"]
            paged += [e["node"] for e in page]
            after = f'"{page[-1]["cursor"]}"'
        assert paged == edges


def test_a_tie_is_made_of_the_statements_that_the_definition_pairs(stances: Stances) -> None:
    edge = f"node {{ row {NODE} column {NODE} statements(first: 100) {{ totalCount }} }}"
    for qualifier in ("IGNORE", "CONGRUENCE", "CONFLICT"):
        found = stances.ask(f"edges(first: 100) {{ edges {{ {edge} }} }}", qualifier=qualifier)
        network = stances.network(stances.said)
        for each in [e["node"] for e in found["edges"]["edges"]]:
            one, other = (network._of(each[end]["id"]) for end in ("row", "column"))
            paired = {
                s.statement
                for a, b in itertools.product(one, other)
                if a.target == b.target
                and {"IGNORE": True, "CONGRUENCE": a.support == b.support}.get(qualifier, a.support != b.support)
                for s in (a, b)
            }
            assert each["statements"]["totalCount"] == len(paired) > 0


@pytest.mark.parametrize("method", ["MAJORITY", "DAWID_SKENE", "ADJUDICATED"])
def test_with_a_consensus_each_unit_counts_once(stances: Stances, method: str) -> None:
    query = f"""query($id: ID!) {{ node(id: $id) {{ ... on Project {{ consensus(method: {method}, first: 100) {{
      edges {{ node {{ label holder {{ id }} target {NODE} }} }} }} }} }} }}"""
    units = [e["node"] for e in stances.world.api(query, {"id": stances.project}, "karl")["node"]["consensus"]["edges"]]
    said = [
        Said(u["holder"]["id"], u["target"]["id"], u["label"] == "SUPPORT", "", None, 0)
        for u in units
        if u["label"] in ("SUPPORT", "OPPOSE")
    ]
    found = stances.ask("stances matrix excludedStances { count }", mode="TWO_MODE", consensus=method)
    assert found["stances"] == len(said)
    assert same(found["matrix"], matrix(stances.network(said), "TWO_MODE", "IGNORE", "NONE"))


def test_what_makes_no_sense_is_refused(stances: Stances) -> None:
    cases: dict[str, dict[str, Any]] = {
        "qualifier": {"mode": "TWO_MODE", "qualifier": "CONFLICT"},
        "normalization": {"mode": "ONE_MODE", "normalization": "ACTIVITY"},
        "window.size": {"window": {"size": 0, "unit": "DAY"}},
        "window.kernel": {
            "mode": "TWO_MODE",
            "qualifier": "COMBINE",
            "window": {"size": 3, "unit": "DAY", "kernel": "UNIFORM"},
        },
        "exclude[0].holders[0]": {"exclude": [{"holders": [stances.documents[0]]}]},
    }
    for argument, given in cases.items():
        (error,) = stances.answer("stances", **given)["errors"]
        assert error["extensions"] == {"code": "BAD_USER_INPUT", "argument": argument}
    message = stances.answer("stances", mode="TWO_MODE", normalization="AVERAGE")["errors"][0]["message"]
    assert message == "normalization: AVERAGE is not defined in TWO_MODE: choose NONE, ACTIVITY or PROMINENCE"
    (error,) = stances.answer('edges(after: "nonsense") { totalCount }')["errors"]
    assert "not a cursor" in error["message"]


def test_a_merged_actors_stances_are_the_survivors(world: World) -> None:
    stances = recorded(world)
    survivor, duplicate = stances.holders[1], stances.holders[2]
    before = stances.ask("stances", exclude=[{"holders": [survivor, duplicate], "invert": True}])
    assert stances.world.merge(duplicate, survivor)["errors"] == []
    after = stances.ask(f"stances rows {NODE}", exclude=[{"holders": [duplicate], "invert": True}])
    assert after == {**before, "rows": [{"id": survivor}]}


def test_the_colleagues_stances_of_a_blind_project_have_no_part(world: World) -> None:
    team: Team = make_team(world, 2, blind=True)
    statements = team.statements(2)
    team.record(team.members[0], statements, [{"label": "SUPPORT"}, {"label": "OPPOSE"}])
    team.record(team.members[1], statements[:1], [{"label": "OPPOSE"}])
    text = "query($p: ID) { discourseNetwork(projectId: $p, mode: TWO_MODE, qualifier: SUBTRACT) { stances matrix } }"
    seen = {
        who: world.api(text, {"p": team.project}, who)["discourseNetwork"]
        for who in (None, "karl", *team.members, "vera")
    }
    nothing = {"stances": 0, "matrix": []}
    assert seen[None] == seen["vera"] == nothing
    assert seen["karl"] == {"stances": 3, "matrix": [[-1.0]]}
    assert seen[team.members[0]] == {"stances": 2, "matrix": [[0.0]]}
    assert seen[team.members[1]] == {"stances": 1, "matrix": [[-1.0]]}


def test_what_is_kept_is_thrown_away_when_somebody_records(team: Team) -> None:
    statements = team.statements(2)
    text = "query($p: ID) { discourseNetwork(projectId: $p, mode: TWO_MODE) { stances } }"

    def count() -> int:
        return int(team.api(text, {"p": team.project}, "karl")["discourseNetwork"]["stances"])

    assert count() == 0
    team.record(team.members[0], statements, [{"label": "SUPPORT"}, {"label": "OPPOSE"}])
    assert count() == count() == 2
    team.record(team.members[1], statements[:1], [{"label": "SUPPORT"}])
    assert count() == 3


def test_a_second_asking_reads_no_stances_anew(team: Team) -> None:
    team.annotate([[{"label": "SUPPORT"}] * 3])
    text = "query($p: ID) { discourseNetwork(projectId: $p, %s) { stances } }"
    for arguments, statements in (("mode: TWO_MODE", 2), ("mode: ONE_MODE", 1), ("mode: TWO_MODE", 1)):
        team.api(text % arguments, {"p": team.project}, "karl")
        assert team.api.statements == statements
