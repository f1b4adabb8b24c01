"""Networks as other programs read them: opened by networkx, and by Python's own readers of XML and CSV."""

import csv
import datetime as dt
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import networkx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.exchange.format import Parsed, formats
from api.exchange.records import Actor, Alias, Record, Relation
from models import ActorKind, RelationForm, RelationKind, RelationStatus
from tests.conftest import Api
from tests.exchange.formats.held import Held, written

GEXF = "{http://gexf.net/1.3}"
NAMES = st.sampled_from(
    [
        '=HYPERLINK("http://x")',
        "-1",
        "+1",
        "@SUM(A1)",
        "\tx",
        "'=1",
        "''x",
        "a,b",
        'a"b',
        "a\nb",
        "<b>&amp;",
        "حزب الله",
        "]]>",
    ]
) | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12)


@st.composite
def networks(draw: st.DrawFn) -> Held:
    """Actors by slug, one of whom is alone, and relations among the others, of both signs and ways."""
    names = draw(st.lists(NAMES, min_size=3, max_size=6))
    actors = [Actor(f"a{n}", name, draw(st.sampled_from(ActorKind)), slug=f"a{n}") for n, name in enumerate(names)]
    end = st.integers(0, len(actors) - 2)
    ends = draw(st.lists(st.tuples(end, end).filter(lambda pair: pair[0] != pair[1]), min_size=1, max_size=8))
    return Held((*actors, *(draw(relations(f"r{n}", *pair)) for n, pair in enumerate(ends))))


def relations(key: str, source: int, target: int) -> st.SearchStrategy[Relation]:
    early, late = st.dates(max_value=dt.date(2000, 1, 1)), st.dates(min_value=dt.date(2000, 1, 1))
    return st.builds(
        Relation,
        st.just(key),
        st.just(f"a{source}"),
        st.just(f"a{target}"),
        st.sampled_from(RelationKind),
        st.sampled_from(RelationForm),
        st.sampled_from(RelationStatus),
        st.booleans(),
        st.none() | early,
        st.none() | late,
        st.none() | NAMES,
        st.sampled_from([(), ("stm_1", "stm_2")]),
    )


def exported(source: Held, name: str, **options: str) -> bytes:
    write = formats()[name].write
    assert write is not None
    return written(write(source, options))


def both(source: Held) -> tuple[list[Actor], list[Relation]]:
    actors = [record for record in source.records if isinstance(record, Actor)]
    return actors, [record for record in source.records if isinstance(record, Relation)]


def tied(source: Held) -> list[Actor]:
    actors, ties = both(source)
    ends = {end for tie in ties for end in (tie.source, tie.target)}
    return [actor for actor in actors if actor.key in ends]


def in_xml(text: str | None) -> str | None:
    """What XML keeps of a text: characters that it cannot hold are replaced, ends of lines are newlines."""
    if text is None:
        return None
    kept = "".join(c if c in "\t\n\r" or (ord(c) >= 0x20 and c not in "\ufffe\uffff") else "\ufffd" for c in text)
    return kept.replace("\r\n", "\n").replace("\r", "\n")


# ---------------------------------------------------------------- GraphML and GEXF


@settings(max_examples=40)
@given(networks(), st.sampled_from(["undirected", "directed"]), st.sampled_from(["no", "yes"]))
def test_graphml_holds_the_network(source: Held, edges: str, isolates: str) -> None:
    data = exported(source, "graphml", edges=edges, isolates=isolates)
    graph = networkx.read_graphml(io.BytesIO(data), force_multigraph=True)
    actors, ties = both(source)
    shown = actors if isolates == "yes" else tied(source)
    assert graph.is_directed() is (edges == "directed")
    assert {key: told["kind"] for key, told in graph.nodes(data=True)} == {a.key: a.kind.value for a in shown}
    assert [graph.nodes[actor.key]["label"] for actor in shown] == [in_xml(actor.name) for actor in shown]
    found = {key: (source, target, told) for source, target, key, told in graph.edges(keys=True, data=True)}
    assert found.keys() == {tie.key for tie in ties}
    for tie in ties:
        one, other, told = found[tie.key]
        assert {one, other} == {tie.source, tie.target}
        expected: Mapping[str, Any] = {
            "kind": tie.kind.value,
            "sign": 1 if tie.kind is RelationKind.ALLIANCE else -1,
            "form": tie.form.value,
            "status": tie.status.value,
            "directed": tie.directed,
            "valid_from": tie.valid_from and str(tie.valid_from),
            "valid_to": tie.valid_to and str(tie.valid_to),
            "summary": in_xml(tie.summary),
            "evidence": " ".join(tie.evidence) or None,
        }
        assert {name: told.get(name) for name in expected} == expected


def test_graphml_tells_source_and_target_of_undirected_ties_too() -> None:
    """Whoever reads the file, if not the graph, can have each direction."""
    tie = Relation("r", "b", "a", RelationKind.ALLIANCE, directed=True)
    actors = [Actor(key, key, ActorKind.STATE, slug=key) for key in "ab"]
    (edge,) = ElementTree.fromstring(exported(Held((*actors, tie)), "graphml")).iter(
        "{http://graphml.graphdrawing.org/xmlns}edge"
    )
    assert (edge.get("source"), edge.get("target")) == ("b", "a")


@settings(max_examples=40)
@given(networks(), st.sampled_from(["undirected", "directed", "mixed"]))
def test_gexf_holds_the_network_with_its_dates(source: Held, edges_: str) -> None:
    data = exported(source, "gexf", edges=edges_)
    if edges_ != "mixed":
        graph = networkx.read_gexf(io.BytesIO(data), version="1.3")
        assert set(graph.nodes) == {actor.key for actor in tied(source)}
        assert graph.is_directed() is (edges_ == "directed")
    _, ties = both(source)
    root = ElementTree.fromstring(data)
    (declared,) = root.iter(f"{GEXF}graph")
    assert (declared.get("mode"), declared.get("timeformat")) == ("dynamic", "date")
    edges = list(root.iter(f"{GEXF}edge"))
    assert [(edge.get("id"), edge.get("source"), edge.get("target")) for edge in edges] == [
        (tie.key, tie.source, tie.target) for tie in ties
    ]
    for tie, edge in zip(ties, edges, strict=True):
        dates = tuple(date and str(date) for date in (tie.valid_from, tie.valid_to))
        assert (edge.get("start"), edge.get("end")) == dates
        spells = [(spell.get("start"), spell.get("end")) for spell in edge.iter(f"{GEXF}spell")]
        assert spells == ([dates] if any(dates) else [])
        kind = "directed" if tie.directed else "undirected"
        assert edge.get("type") == (kind if edges_ == "mixed" else None)
        values = {value.get("for"): value.get("value") for value in edge.iter(f"{GEXF}attvalue")}
        assert values["directed"] == str(tie.directed).lower()
        assert values["sign"] == ("1" if tie.kind is RelationKind.ALLIANCE else "-1")
        assert (values["kind"], values["form"], values["status"]) == (tie.kind, tie.form, tie.status)


def test_files_are_made_in_pieces() -> None:
    """A piece is there before the next is made, and none is large."""
    actors = [Actor(f"a{n}", "x" * 500, ActorKind.STATE, slug=f"a{n}", aliases=(Alias("y"),)) for n in range(2_000)]
    ties = [Relation(f"r{n}", f"a{n}", f"a{n + 1}", RelationKind.ALLIANCE, summary="z" * 500) for n in range(1_999)]
    for name in ("graphml", "gexf", "edges"):
        write = formats()[name].write
        assert write is not None
        sizes: list[int] = []

        async def count(pieces: Any, sizes: list[int] = sizes) -> None:
            sizes.extend([len(piece) async for piece in pieces])

        import asyncio

        asyncio.run(count(write(Held((*actors, *ties)), {})))
        assert len(sizes) > 10
        assert max(sizes) < 200_000


# ---------------------------------------------------------------- CSV


def read_back(data: bytes, tmp_path: Path, name: str = "edges", **options: str) -> list[Record]:
    file = tmp_path / "file.csv"
    file.write_bytes(data)
    read = formats()[name].read
    assert read is not None
    return [each.record for each in read(file, options) if isinstance(each, Parsed)]


@settings(max_examples=60)
@given(source=networks())
def test_edge_lists_come_back_as_they_went(source: Held, tmp_path_factory: pytest.TempPathFactory) -> None:
    data = exported(source, "edges")
    records = read_back(data, tmp_path_factory.mktemp("edges"))
    kept = [_told(record) for record in records if isinstance(record, Relation)]
    assert kept == [_told(tie) for tie in both(source)[1]]
    actors = {record.key: (record.name, record.kind) for record in records if isinstance(record, Actor)}
    assert actors == {a.key: (a.name.strip() or a.key, a.kind) for a in tied(source)}


def _told(tie: Relation) -> tuple[Any, ...]:
    dates = (tie.valid_from, tie.valid_to)
    return (tie.source, tie.target, tie.kind, tie.form, tie.status, tie.directed, *dates, (tie.summary or "").strip())


@settings(max_examples=60)
@given(networks(), st.sampled_from(["edges", "adjacency"]))
def test_no_cell_is_taken_for_a_formula(source: Held, name: str) -> None:
    options = {"labels": "name"} if name == "adjacency" else {}
    for row in csv.reader(io.StringIO(exported(source, name, **options).decode(), newline="")):
        for cell in row:
            assert not cell or cell[0] not in "=+-@\t\r" or cell == "-1"


@settings(max_examples=60)
@given(networks())
def test_a_matrix_says_who_is_with_and_against_whom(source: Held) -> None:
    rows = list(csv.reader(io.StringIO(exported(source, "adjacency").decode(), newline="")))
    keys = rows[0][1:]
    assert keys == [actor.key for actor in tied(source)] == [row[0] for row in rows[1:]]
    expected: dict[tuple[str, str], set[str]] = {}
    for tie in both(source)[1]:
        ways = [(tie.source, tie.target)] + [(tie.target, tie.source)] * (not tie.directed)
        for way in ways:
            expected.setdefault(way, set()).add("1" if tie.kind is RelationKind.ALLIANCE else "-1")
    for key, row in zip(keys, rows[1:], strict=True):
        for other, cell in zip(keys, row[1:], strict=True):
            signs = expected.get((key, other), {"0"})
            assert cell == (signs.pop() if len(signs) == 1 else "NA")


# ---------------------------------------------------------------- out of a database


@pytest.mark.parametrize("name", ["graphml", "gexf", "edges", "adjacency"])
def test_what_is_in_the_database_comes_out(reading: Api, name: str) -> None:
    """All relations there are, and those alone that are asked for."""
    graph = reading("{ network { actors { slug } relations { id } } }")["network"]
    slugs, number = {actor["slug"] for actor in graph["actors"]}, len(graph["relations"])
    response = reading.client.get(f"/export/{name}")
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == formats()[name].media_type
    data = response.content
    if name == "adjacency":
        assert {row[0] for row in list(csv.reader(io.StringIO(data.decode())))[1:]} == slugs
        return
    if name == "edges":
        rows = list(csv.DictReader(io.StringIO(data.decode())))
        assert len(rows) == number
        assert {row[end] for row in rows for end in ("source", "target")} == slugs
        return
    opened = networkx.read_graphml if name == "graphml" else networkx.read_gexf
    found = opened(io.BytesIO(data), **({"version": "1.3"} if name == "gexf" else {"force_multigraph": True}))
    assert set(found.nodes) == slugs
    assert found.number_of_edges() == number
