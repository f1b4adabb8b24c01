"""The page that GET /graphql shows a browser: GraphiQL, or a plain form where GraphiQL was not built.

GraphiQL comes from npm and is bundled into ``dist/`` by the ``build`` script of this folder; nothing of it is
kept in the repository, and a browser that opens the page asks no host but this server. Whether the bundle is
there is looked up with each request, so a server that is already running shows GraphiQL once it is built.
"""

import html
import json
import os
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from re import DOTALL, findall

from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import PathLike, StaticFiles
from starlette.types import Scope

__all__ = ["assets", "headers", "page", "response"]

_FOLDER = Path(__file__).parent

DIST = _FOLDER / "dist"
"""Where the build puts GraphiQL."""

_COMMON_POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; connect-src 'self'; img-src data:"
)

GRAPHIQL_POLICY = (
    # The editor sets its styles from code and carries its fonts in its style sheet.
    f"{_COMMON_POLICY}; script-src 'self'; worker-src 'self'; style-src 'self' 'unsafe-inline'; font-src data:"
)
"""The Content-Security-Policy of the page with GraphiQL: files of this server and no other."""


@dataclass(frozen=True)
class _Bundle:
    """The two files of a finished build that the page names; these load the others."""

    script: str
    style: str


@dataclass(frozen=True)
class _Page:
    """A page and the policy that it can be shown under."""

    body: bytes
    policy: str


_MODULE = 'script type="module"'
"""How the plain page's script begins; the other script element of it holds data."""


@cache
def _text(name: str) -> str:
    """One of the files beside this module."""
    return (_FOLDER / name).read_text(encoding="utf-8")


def _bundle() -> _Bundle | None:
    """What the build's list names, or nothing where the list or any file in it is missing."""
    try:
        listed = json.loads((DIST / "files.json").read_bytes())
        names = [listed["script"], listed["style"], *listed["files"]]
        whole = all((DIST / name).is_file() for name in names)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return _Bundle(script=names[0], style=names[1]) if whole else None


def _json_in_html(value: object) -> str:
    """JSON that cannot end the script element it stands in."""
    text = json.dumps(value)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _fill(template: str, values: Mapping[str, str]) -> str:
    """The template with each ``{{name}}`` replaced, never looking again at what was put in."""
    first, *rest = template.split("{{")
    filled = [first]
    for part in rest:
        name, after = part.split("}}", 1)
        filled += [values[name], after]
    return "".join(filled)


@cache
def _examples() -> list[dict[str, str]]:
    """The example operations in their order; the first line of each is its title."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((_FOLDER / "examples").glob("*.graphql"))]
    return [{"title": text.partition("\n")[0].removeprefix("#").strip(), "text": text} for text in texts]


@cache
def _plain_template() -> str:
    """The plain page with its script whole, and its values still to be filled in."""
    before, after = _text("plain.html").split("/* send.js */")
    return before + _text("send.js") + after


@cache
def _plain_policy() -> str:
    """The Content-Security-Policy of the plain page: its own script and style by their digests, and no other."""

    def digests(opening: str) -> str:
        found = findall(f"<{opening}>(.*?)</{opening.partition(' ')[0]}>", _plain_template(), DOTALL)
        return " ".join(f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in found)

    return f"{_COMMON_POLICY}; script-src {digests(_MODULE)}; style-src {digests('style')}"


def _render(endpoint: str) -> _Page:
    """The page for the state that the build is in now."""
    values = {
        "endpoint": html.escape(endpoint),
        "settings": _json_in_html({"endpoint": endpoint, "examples": _examples()}),
    }
    bundle = _bundle()
    if bundle is None:
        values["query"] = html.escape(_examples()[0]["text"])
        return _Page(_fill(_plain_template(), values).encode(), _plain_policy())
    values |= {
        "script": html.escape(f"{endpoint}/assets/{bundle.script}"),
        "style": html.escape(f"{endpoint}/assets/{bundle.style}"),
    }
    return _Page(_fill(_text("graphiql.html"), values).encode(), GRAPHIQL_POLICY)


def _headers(policy: str) -> dict[str, str]:
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        # The page names files that the next build replaces.
        "Cache-Control": "no-cache",
    }


def page(endpoint: str = "/graphql") -> bytes:
    """The page as HTML: with GraphiQL where it is built, else with the plain form.

    Args:
        endpoint: The path that operations are posted to; GraphiQL's files are expected at ``assets/`` below it.
    """
    return _render(endpoint).body


def headers() -> dict[str, str]:
    """The headers to send with ``page()``, foremost the Content-Security-Policy of whichever page it is now."""
    return _headers(GRAPHIQL_POLICY if _bundle() else _plain_policy())


def response(endpoint: str = "/graphql") -> Response:
    """The page together with the headers that belong to it."""
    rendered = _render(endpoint)
    return Response(rendered.body, media_type="text/html", headers=_headers(rendered.policy))


class _Assets(StaticFiles):
    """The files of the build, which need not be there and never change under one name."""

    async def check_config(self) -> None:
        """Accepts a folder that is not there: its files are not found, which is no fault of the server."""

    def file_response(
        self, full_path: PathLike, stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """Lets the browser keep a file for good: its digest is part of its name."""
        answer = super().file_response(full_path, stat_result, scope, status_code)
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        answer.headers["X-Content-Type-Options"] = "nosniff"
        return answer


def assets(endpoint: str = "/graphql") -> Mount:
    """The route that serves GraphiQL's files below the endpoint; to stand in the list with the endpoint's own."""
    return Mount(f"{endpoint}/assets", app=_Assets(directory=DIST, check_dir=False), name="graphiql-assets")
