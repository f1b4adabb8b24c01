"""`/docs`: the built site, or a page that says how to build it; nothing else of the disk."""

import os
import re
import shutil
import subprocess
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from api.http import documentation
from tests.conftest import Api

SCRIPT = "document.title = 'inline'"
PAGE = f"<!doctype html><title>A page</title><script>{SCRIPT}</script><script src='a.0123abcd.min.js'></script>"
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a site that the server serves; empty at first, with a file beside it that is none of the site's."""
    folder = tmp_path / "site"
    monkeypatch.setattr(documentation, "SITE", folder)
    folder.mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    return folder


@pytest.fixture
def built(site: Path) -> Path:
    """A site of two pages and a script."""
    for page in (site, site / "reference"):
        page.mkdir(exist_ok=True)
        (page / "index.html").write_text(PAGE)
    (site / "a.0123abcd.min.js").write_text("1")
    (site / "search.json").write_text("{}")
    return site


pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def test_without_a_site_the_page_says_how_to_build_it(site: Path, serve: Callable[..., Api]) -> None:
    response = serve().client.get("/docs/")
    assert response.status_code == 404
    assert "make docs" in response.text
    assert response.headers["content-security-policy"].startswith("default-src 'none'")


def test_a_site_that_is_built_later_is_served(site: Path, serve: Callable[..., Api]) -> None:
    client = serve().client
    assert client.get("/docs/").status_code == 404
    (site / "index.html").write_text(PAGE)
    assert client.get("/docs/").status_code == 200


def test_pages_are_served_with_their_policy(built: Path, serve: Callable[..., Api]) -> None:
    response = serve().client.get("/docs/reference/")
    assert (response.status_code, response.text) == (200, PAGE)
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    policy = response.headers["content-security-policy"]
    assert f"script-src 'self' 'sha256-{b64encode(sha256(SCRIPT.encode()).digest()).decode()}';" in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"] == "no-cache"


def test_folders_lead_to_their_pages(built: Path, serve: Callable[..., Api]) -> None:
    client = serve().client
    assert client.get("/docs").url.path == "/docs/"
    assert client.get("/docs/reference").url.path == "/docs/reference/"


def test_an_unchanged_page_is_not_sent_again(built: Path, serve: Callable[..., Api]) -> None:
    client = serve().client
    first = client.get("/docs/")
    again = client.get("/docs/", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = client.head("/docs/")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == first.headers["etag"]
    assert int(head.headers["content-length"]) == len(PAGE)


def test_files_that_are_named_by_their_digest_are_cached_for_good(built: Path, serve: Callable[..., Api]) -> None:
    client = serve().client
    assert "immutable" in client.get("/docs/a.0123abcd.min.js").headers["cache-control"]
    assert client.get("/docs/search.json").headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path",
    [
        "none/",
        "none.html",
        "../secret.txt",
        "%2e%2e/secret.txt",
        "..%2fsecret.txt",
        "reference/..%2f..%2fsecret.txt",
        "..%5csecret.txt",
        "/etc/passwd",
        "%2fetc/passwd",
        "link.txt",
    ],
)
def test_nothing_outside_of_the_site_is_served(built: Path, serve: Callable[..., Api], path: str) -> None:
    (built / "link.txt").symlink_to(built.parent / "secret.txt")
    response = serve().client.get(f"/docs/{path}")
    assert response.status_code == 404
    assert "secret" not in response.text


def test_other_methods_are_refused(built: Path, serve: Callable[..., Api]) -> None:
    assert serve().client.post("/docs/").status_code == 405


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
@pytest.mark.skipif(not (documentation.SITE / "index.html").is_file(), reason="needs the site: make docs")
def test_a_browser_shows_the_site_and_asks_nobody_else(server: Callable[..., str], seeded_url: str) -> None:
    """Scripts run under the policy: they mark the page as scripted, and report no violation."""
    address = server(seeded_url)
    done = subprocess.run(
        [
            str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", "--enable-logging=stderr",
            "--virtual-time-budget=5000", f"{address}/docs/reference/graphql/mutations/",
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
        env={**os.environ, "HOME": "/tmp"},
    )  # fmt: skip
    assert 'id="recordStance"' in done.stdout
    assert re.search(r'<html[^>]*class="js', done.stdout), "scripts did not run"
    assert "Content Security Policy" not in done.stderr
