"""The page that a browser is shown at the endpoint: GraphiQL where it is built, else a plain form."""

import json
import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest
from graphql import OperationDefinitionNode, parse
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from api.http import graphiql
from tests.conftest import Api

EXAMPLES = sorted(Path(graphiql.__file__).with_name("examples").glob("*.graphql"))
HOSTILE = '/graphql"></script><script>alert(1)</script>&{{query}}'
"""An endpoint that would break out of an attribute, of a script element and of the template."""


class Reader(HTMLParser):
    """Collects what a test asks of a page: its elements, the addresses they name, and the text in them."""

    def __init__(self, page: str) -> None:
        """Reads the page."""
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.addresses: list[str] = []
        self.texts: dict[str, str] = {}
        self._open = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keeps the element and every address in it."""
        values = {name: value or "" for name, value in attrs}
        self.elements.append((tag, values))
        self.addresses += [values[name] for name in ("src", "href", "action", "srcset", "data") if name in values]
        self._open = values.get("id", tag)

    def handle_data(self, data: str) -> None:
        """Adds to the text of the element that was opened last."""
        self.texts[self._open] = self.texts.get(self._open, "") + data

    def ids(self, tag: str) -> set[str]:
        """The ids of all elements of one kind."""
        return {values["id"] for name, values in self.elements if name == tag and "id" in values}


def client() -> TestClient:
    """A server of the page and its files, and of nothing else."""

    async def show(_request: Request) -> Response:
        return graphiql.response()

    return TestClient(Starlette(routes=[Route("/graphql", show), graphiql.assets()]))


@pytest.fixture
def unbuilt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout in which GraphiQL was never built; gives the place where a build would be."""
    dist = tmp_path / "dist"
    monkeypatch.setattr(graphiql, "DIST", dist)
    return dist


@pytest.fixture
def built(unbuilt: Path) -> Path:
    """A checkout with a build, of small files that stand for the real ones."""
    unbuilt.mkdir()
    files = {"graphiql-A1.js": "import './part-B2.js'", "graphiql-A1.css": "body{}", "part-B2.js": "1"}
    for name, text in files.items():
        (unbuilt / name).write_text(text)
    listed = {"version": "1.2.3", "script": "graphiql-A1.js", "style": "graphiql-A1.css", "files": sorted(files)}
    (unbuilt / "files.json").write_text(json.dumps(listed))
    return unbuilt


def directives(policy: str) -> dict[str, list[str]]:
    """A Content-Security-Policy, taken apart."""
    return {name: sources for name, *sources in (part.split() for part in policy.split(";"))}


@pytest.mark.usefixtures("unbuilt")
class TestPlainPage:
    """What is shown where GraphiQL is not there."""

    def test_says_what_is_missing_and_how_to_get_it(self) -> None:
        """Whoever expected GraphiQL learns why it is not there, and the one command that brings it."""
        body = client().get("/graphql").text
        assert "own files are not here." in body
        assert "<code>make graphiql</code>" in body
        assert "npm" in body

    def test_offers_a_form(self) -> None:
        """The form has a field for all that a request takes, and the first query stands in it."""
        page = Reader(client().get("/graphql").text)
        assert page.ids("textarea") == {"query", "variables"}
        assert page.ids("select") == {"examples"}
        assert page.ids("input") == {"token", "remember"}
        assert page.ids("button") == {"run", "link"}
        assert page.ids("pre") == {"result"}
        assert page.texts["query"].strip() == EXAMPLES[0].read_text(encoding="utf-8").strip()
        assert json.loads(page.texts["settings"])["examples"][0]["title"] == "Who stood where"

    def test_names_no_other_file(self) -> None:
        """It is whole in itself: no address in it leads anywhere."""
        body = client().get("/graphql").text
        assert Reader(body).addresses == ["data:,"]
        assert "@import" not in body
        assert "url(" not in body
        assert not re.search(r"https?://", body)

    def test_policy_lets_only_its_own_script_and_style_run(self) -> None:
        """The digests in the policy are those of the script and the style that were sent."""
        answer = client().get("/graphql")
        policy = directives(answer.headers["content-security-policy"])
        for element, attributes in (("script", ' type="module"'), ("style", "")):
            (text,) = re.findall(f"<{element}{attributes}>(.*?)</{element}>", answer.text, re.DOTALL)
            assert "{{" not in text
            assert policy[f"{element}-src"] == [f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"]
        assert policy["default-src"] == ["'none'"]
        assert policy["connect-src"] == ["'self'"]
        # A style attribute would be refused by that policy.
        assert not any("style" in values for _, values in Reader(answer.text).elements)

    def test_endpoint_is_escaped(self) -> None:
        """An endpoint stays a value, whatever is in it."""
        body = graphiql.page(HOSTILE).decode()
        page = Reader(body)
        assert dict(page.elements)["form"]["data-endpoint"] == HOSTILE
        assert json.loads(page.texts["settings"])["endpoint"] == HOSTILE
        assert [name for name, _ in page.elements].count("script") == 2
        assert "<script>alert" not in body

    def test_assets_are_not_found(self) -> None:
        """Without a build there are no files; asking for one is not an error of the server."""
        assert client().get("/graphql/assets/graphiql-A1.js").status_code == 404


class TestGraphiQLPage:
    """What is shown where GraphiQL is built."""

    @pytest.mark.usefixtures("built")
    def test_names_files_of_this_server_that_are_there(self) -> None:
        """Each address is a path on this server, and leads to a file of the right kind."""
        server = client()
        page = Reader(server.get("/graphql").text)
        files = [address for address in page.addresses if address != "data:,"]
        assert files == ["/graphql/assets/graphiql-A1.css", "/graphql/assets/graphiql-A1.js"]
        kinds = [server.get(file).headers["content-type"].split(";")[0] for file in files]
        assert kinds[0] == "text/css"
        assert kinds[1] in {"text/javascript", "application/javascript"}

    @pytest.mark.usefixtures("built")
    def test_carries_endpoint_and_examples(self) -> None:
        """GraphiQL is told where to ask, and what it can open with."""
        settings = json.loads(Reader(client().get("/graphql").text).texts["settings"])
        assert settings["endpoint"] == "/graphql"
        assert [example["text"] for example in settings["examples"]] == [path.read_text() for path in EXAMPLES]
        assert "slug: $actor" in settings["examples"][0]["text"]

    @pytest.mark.usefixtures("built")
    def test_policy_keeps_to_this_server(self) -> None:
        """No host is allowed but this one, and no script that stands in the page."""
        policy = directives(client().get("/graphql").headers["content-security-policy"])
        allowed = {source for sources in policy.values() for source in sources}
        assert allowed == {"'none'", "'self'", "'unsafe-inline'", "data:"}
        assert policy["script-src"] == policy["worker-src"] == policy["connect-src"] == ["'self'"]

    @pytest.mark.usefixtures("built")
    def test_endpoint_is_escaped(self) -> None:
        """An endpoint stays a value, in the attributes and in the settings."""
        body = graphiql.page(HOSTILE).decode()
        page = Reader(body)
        assert json.loads(page.texts["settings"])["endpoint"] == HOSTILE
        assert page.addresses[-1] == f"{HOSTILE}/assets/graphiql-A1.js"
        assert [name for name, _ in page.elements].count("script") == 2
        assert "<script>alert" not in body

    @pytest.mark.usefixtures("built")
    def test_files_can_be_kept_and_the_page_cannot(self) -> None:
        """A new build has new file names; the page that names them is asked for again each time."""
        server = client()
        assert "immutable" in server.get("/graphql/assets/part-B2.js").headers["cache-control"]
        assert server.get("/graphql").headers["cache-control"] == "no-cache"

    @pytest.mark.parametrize("missing", ["files.json", "part-B2.js"])
    def test_half_a_build_is_none(self, built: Path, missing: str) -> None:
        """While a build is under way, or was broken off, the plain form is shown with its own policy."""
        (built / missing).unlink()
        answer = client().get("/graphql")
        assert "make graphiql" in answer.text
        assert "sha256-" in answer.headers["content-security-policy"]

    @pytest.mark.parametrize("text", ["", "[]", "{}", '{"script": 1, "style": 2, "files": [3]}'])
    def test_an_unreadable_list_is_none(self, built: Path, text: str) -> None:
        """A list that does not say what it should is as good as no list."""
        (built / "files.json").write_text(text)
        assert "make graphiql" in client().get("/graphql").text

    def test_shows_up_without_a_restart(self, unbuilt: Path) -> None:
        """A server that runs already shows GraphiQL, and serves its files, once the build is there."""
        server = client()
        assert "make graphiql" in server.get("/graphql").text
        assert server.get("/graphql/assets/a.js").status_code == 404
        unbuilt.mkdir()
        (unbuilt / "a.js").write_text("1")
        (unbuilt / "a.css").write_text("")
        (unbuilt / "files.json").write_text('{"script": "a.js", "style": "a.css", "files": ["a.css", "a.js"]}')
        assert "/graphql/assets/a.js" in server.get("/graphql").text
        assert server.get("/graphql/assets/a.js").text == "1"


@pytest.mark.parametrize("state", ["unbuilt", "built"])
def test_headers_belong_to_the_page(state: str, request: pytest.FixtureRequest) -> None:
    """``page()`` with ``headers()`` is what ``response()`` sends at once."""
    request.getfixturevalue(state)
    whole = graphiql.response()
    assert whole.body == graphiql.page()
    for name, value in graphiql.headers().items():
        assert whole.headers[name] == value


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_are_named_and_run_as_they_stand(api: Api, path: Path) -> None:
    """Each has a title in its first line and is one operation, with a value for every variable it must have."""
    text = path.read_text(encoding="utf-8")
    assert re.fullmatch(r"# [A-Z][a-z ]{5,30}", text.partition("\n")[0])
    (operation,) = (node for node in parse(text).definitions if isinstance(node, OperationDefinitionNode))
    assert operation.name
    if operation.operation.value == "subscription":
        # Over plain HTTP that is all that is wrong with it.
        assert api.run(text)["errors"][0]["extensions"]["code"] == "NOT_ACCEPTABLE"
        return
    answer = api(text, as_="chiara")
    assert all(answer.values())
    assert [payload["errors"] for payload in answer.values() if "errors" in payload] in ([], [[]])


def test_lock_file_names_no_registry() -> None:
    """Packages are held to by digest; where they are taken from is for whoever builds to say."""
    lock = json.loads(Path(graphiql.__file__).with_name("package-lock.json").read_text(encoding="utf-8"))
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    for entry in packages.values():
        assert "resolved" not in entry
        assert entry["integrity"].startswith("sha512-")
