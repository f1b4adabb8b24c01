"""Published networks: import, measures and a picture at the command line."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from starlette.testclient import TestClient

from api.app import create
from tests.cli.processes import stancegraph
from tests.conftest import DATA, Api, Template, settings

TRIBES = DATA / "signnet_tribes"
TIES = DATA / "ucdp_prio" / "ties.csv"


@pytest.fixture
def url(migrated: Template) -> Iterator[str]:
    found = migrated.copy()
    yield found
    migrated.drop(found)


def there(path: Path) -> Path:
    if not path.exists():
        pytest.skip("the published data sets are not here")
    return path


def asked(url: str, query: str, **variables: Any) -> Any:
    with TestClient(create(settings(url))) as client:
        return Api(client, url, {})(query, variables)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_the_tribes_come_in_once(url: str) -> None:
    """The tests of measures compare their values with the published ones."""
    edges, nodes = there(TRIBES / "tribes_edges.csv"), there(TRIBES / "tribes_nodes.csv")
    done = stancegraph("import", "edges", str(edges), "--nodes", str(nodes), "--actor-kind", "CIVILIANS", url=url)
    assert (done.status, done.err) == (0, "")
    again = stancegraph("import", "edges", str(edges), url=url)
    assert "58 lines: 58 matched" in again.out
    found = asked(url, "{ actors { totalCount } network { layout { actor { name kind } } } }")
    names = {line.split(",")[1] for line in nodes.read_text().split()[1:]}
    assert found["actors"]["totalCount"] == len(names)
    assert {place["actor"]["name"] for place in found["network"]["layout"]} == names
    assert {place["actor"]["kind"] for place in found["network"]["layout"]} == {"CIVILIANS"}


@pytest.mark.slow
def test_yearly_ties_come_in_as_spells_and_are_drawn(url: str, tmp_path: Path) -> None:
    done = stancegraph("import", "yearly-ties", str(there(TIES)), url=url, seconds=300)
    assert (done.status, done.err) == (0, "")
    assert "note: line 1519: 'Cuba ' is imported as 'Cuba', here and below" in done.out
    query = "query($d: Date!) { network(filter: {asOf: $d}) { actors { id } relations { validFrom validTo } } }"
    found = asked(url, query, d="2012-07-01")["network"]
    assert (len(found["actors"]), len(found["relations"])) == (118, 167)
    assert {relation["validTo"] for relation in found["relations"]} == {"2012-12-31"}
    assert asked(url, query, d="2013-01-01")["network"]["relations"] == []
    picture = tmp_path / "network.svg"
    assert stancegraph("draw", "--as-of", "2012-07-01", "-o", str(picture), url=url).err == ""
    told = ElementTree.parse(picture).getroot().findtext("{http://www.w3.org/2000/svg}desc")
    assert told == "On 1 July 2012: 167 relations among 118 actors"


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_broken_file_changes_nothing(url: str, tmp_path: Path) -> None:
    file = tmp_path / "ties.csv"
    for text, why in (
        ("source,target,sign\na,b,1\nb,c", "line 3: 2 cells"),
        ("source,target,sign\na,b,1\nb,c,7\n", "line 3: relation: sign: '7' is neither 1 nor -1"),
    ):
        file.write_text(text)
        done = stancegraph("import", "edges", str(file), url=url)
        assert done.status == 1
        assert why in done.err
        assert "Traceback" not in done.err
        assert asked(url, "{ actors { totalCount } relations { totalCount } }") == {
            "actors": {"totalCount": 0},
            "relations": {"totalCount": 0},
        }


# ---------------------------------------------------------------- draw


def test_the_seeds_are_drawn(seeded_url: str, tmp_path: Path) -> None:
    picture = tmp_path / "network.svg"
    done = stancegraph(
        "draw", "--as-of", "2024-11-29", "-o", str(picture), "--title", "Aleppo & <after>", url=seeded_url
    )
    assert (done.status, done.out, done.err) == (0, "", "")
    root = ElementTree.parse(picture).getroot()
    relations = asked(seeded_url, '{ network(filter: {asOf: "2024-11-29"}) { relations { id } actors { name } } }')[
        "network"
    ]
    assert root.findtext("{http://www.w3.org/2000/svg}title") == "Aleppo & <after>"
    told = root.findtext("{http://www.w3.org/2000/svg}desc")
    assert (
        told == f"On 29 November 2024: {len(relations['relations'])} relations among {len(relations['actors'])} actors"
    )
    titles = [element.text for element in root.iter("{http://www.w3.org/2000/svg}title")]
    assert {actor["name"] for actor in relations["actors"]} <= set(titles)
    printed = ElementTree.parse(Path(__file__).parents[2] / "docs" / "how-to" / "aleppo.svg").getroot()
    in_docs = [element.text for element in printed.iter("{http://www.w3.org/2000/svg}title")]
    assert in_docs[1:] == titles[1:], "docs/how-to/aleppo.svg is not what is drawn: see docs/how-to/draw.md"


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.slow
def test_what_cannot_be_drawn_is_told_in_a_line(seeded_url: str, tmp_path: Path) -> None:
    picture = tmp_path / "network.svg"
    refused = stancegraph("draw", "--actor", "nobody", "-o", str(picture), url=seeded_url)
    assert "there is no actor 'nobody'" in refused.reason
    assert not picture.exists()
    assert "cannot be written" in stancegraph("draw", "-o", str(tmp_path / "no" / "x.svg"), url=seeded_url).reason
