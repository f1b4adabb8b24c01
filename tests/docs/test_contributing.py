"""A format and a measure that are added as CONTRIBUTING.md says, in one file each, work."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.exchange import formats as package
from api.exchange.format import formats
from tests.cli.processes import environment
from tests.conftest import Api
from tests.exchange.commands import called

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(r"^```python\n(.*?)^```$", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE | re.DOTALL)
FORMAT, MEASURE, LINE = BLOCKS
FORMATS = {
    name: (came, went)
    for name, came, went in re.findall(
        r"^\| \[`([a-z-]+)`\]\(#[a-z0-9-]+\) \| (yes|no) \| (yes|no) \|",
        (ROOT / "docs" / "formats.md").read_text(),
        re.MULTILINE,
    )
}
SERVE = """
import json, sys
import api.schema.measures
api.schema.measures.__path__.insert(0, sys.argv[1])
from starlette.testclient import TestClient
from api.app import create
with TestClient(create()) as client:
    print(client.post("/graphql", json={"query": sys.argv[2]}).text)
"""


def test_the_page_of_formats_lists_them_all() -> None:
    words = {True: "yes", False: "no"}
    there = {name: (words[one.read is not None], words[one.write is not None]) for name, one in formats().items()}
    assert there == FORMATS


@pytest.fixture
def names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The format of the page, as a file of the package."""
    folder = tmp_path / "formats"
    folder.mkdir()
    (folder / "names.py").write_text(FORMAT, encoding="utf-8")
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
    formats.cache_clear()
    yield
    sys.modules.pop("api.exchange.formats.names", None)
    formats.cache_clear()


@pytest.mark.usefixtures("names")
def test_the_format_of_the_page_is_found_and_works(bare: Api, tmp_path: Path) -> None:
    file, back = tmp_path / "in.txt", tmp_path / "out.txt"
    file.write_text("# who there is\nAlpha\tSTATE\nBeta\tMEDIA\n", encoding="utf-8")
    ended = called("import", "names", file, url=bare.url)
    assert ended.status == 0, ended.err
    assert "skipped: line 1: is a remark" in ended.out
    assert called("export", "names", "--kind", "MEDIA", "-o", back, url=bare.url).status == 0
    assert back.read_text() == "Beta\tMEDIA\n"
    assert bare.client.get("/export/names").text == "Alpha\tSTATE\nBeta\tMEDIA\n"
    file.write_text("Gamma\tPLANET\n", encoding="utf-8")
    assert "line 1: actor: there is no kind 'PLANET'" in called("import", "names", file, url=bare.url).err
    file.write_text("Gamma\n", encoding="utf-8")
    assert "line 1: has no tab" in called("import", "names", file, url=bare.url).err


def test_the_measure_of_the_page_is_served(seeded_url: str, reading: Api, tmp_path: Path) -> None:
    """By a server of its own, whose schema has the page's file and its line."""
    networks = (ROOT / "api" / "schema" / "measures" / "networks.py").read_text()
    anchor = "    directed_triads: DirectedTriads = computed(measured(of_relations, shown_triads))\n"
    assert networks.count(anchor) == 1
    imported = "from api.dataset.request import ComputeRequest\n"
    changed = networks.replace(anchor, LINE + anchor).replace(
        imported, imported + "from api.schema.measures.density import Density, shown_density\n"
    )
    (tmp_path / "networks.py").write_text(changed, encoding="utf-8")
    (tmp_path / "density.py").write_text(MEASURE, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", SERVE, str(tmp_path), "{ network { density { pairs share } } }"],
        env={
            **environment(seeded_url, allowed_hosts="testserver"),
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        },
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    found = json.loads(done.stdout.splitlines()[-1])["data"]["network"]["density"]
    ties = reading("{ network { relations { source { id } target { id } } } }")["network"]["relations"]
    pairs = {frozenset((tie["source"]["id"], tie["target"]["id"])) for tie in ties}
    actors = len(frozenset().union(*pairs))
    assert found == {"pairs": len(pairs), "share": pytest.approx(2 * len(pairs) / (actors * (actors - 1)))}
