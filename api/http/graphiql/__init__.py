"""The page that browsers get at GET /graphql: GraphiQL, or a plain form if GraphiQL is not built.

The ``build`` script of this folder bundles GraphiQL from npm into ``dist/``, which is not in the repository. The page
loads nothing from other hosts. Each request checks for the bundle, so a running server shows GraphiQL once it is built.
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
"""Folder of the built GraphiQL."""

_COMMON_POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; connect-src 'self'; img-src data:"
)

GRAPHIQL_POLICY = (
    # The editor sets styles from code, and its style sheet contains its fonts.
    f"{_COMMON_POLICY}; script-src 'self'; worker-src 'self'; style-src 'self' 'unsafe-inline'; font-src data:"
)
"""The Content-Security-Policy of the page with GraphiQL: files of this server alone."""


@dataclass(frozen=True)
class _Bundle:
    """The two files of a build that the page loads; these load the others."""

    script: str
    style: str


@dataclass(frozen=True)
class _Page:
    """A page and its Content-Security-Policy."""

    body: bytes
    policy: str


_MODULE = 'script type="module"'
"""Start tag of the script of the plain page; the page's other script element holds data."""


@cache
def _text(name: str) -> str:
    """Return the text of a file in this folder."""
    return (_FOLDER / name).read_text(encoding="utf-8")


def _bundle() -> _Bundle | None:
    """Return the files in the build's list; None if the list or a file in it is missing."""
    try:
        listed = json.loads((DIST / "files.json").read_bytes())
        names = [listed["script"], listed["style"], *listed["files"]]
        complete = all((DIST / name).is_file() for name in names)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return _Bundle(script=names[0], style=names[1]) if complete else None


def _json_in_html(value: object) -> str:
    """Return JSON that cannot end the script element around it."""
    text = json.dumps(value)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _fill(template: str, values: Mapping[str, str]) -> str:
    """Return the template with each ``{{name}}`` replaced; inserted values are not searched for placeholders."""
    first, *rest = template.split("{{")
    filled = [first]
    for part in rest:
        name, after = part.split("}}", 1)
        filled += [values[name], after]
    return "".join(filled)


@cache
def _examples() -> list[dict[str, str]]:
    """Return the example operations in order; the first line of a file is the title."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((_FOLDER / "examples").glob("*.graphql"))]
    return [{"title": text.partition("\n")[0].removeprefix("#").strip(), "text": text} for text in texts]


@cache
def _plain_template() -> str:
    """Return the template of the plain page with its script inserted."""
    before, after = _text("plain.html").split("/* send.js */")
    return before + _text("send.js") + after


@cache
def _plain_policy() -> str:
    """Return the Content-Security-Policy of the plain page: its own script and style alone, by digest."""

    def digests(opening: str) -> str:
        found = findall(f"<{opening}>(.*?)</{opening.partition(' ')[0]}>", _plain_template(), DOTALL)
        return " ".join(f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in found)

    return f"{_COMMON_POLICY}; script-src {digests(_MODULE)}; style-src {digests('style')}"


def _render(endpoint: str) -> _Page:
    """Return the page for the present state of the build."""
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
    """Return the page as HTML: GraphiQL if it is built, else the plain form.

    :param endpoint: path that operations are posted to, with GraphiQL's files at ``assets/`` below it.
    """
    return _render(endpoint).body


def headers() -> dict[str, str]:
    """Return the headers of ``page()``, with the Content-Security-Policy of the present page."""
    return _headers(GRAPHIQL_POLICY if _bundle() else _plain_policy())


def response(endpoint: str = "/graphql") -> Response:
    """Return the page with its headers."""
    rendered = _render(endpoint)
    return Response(rendered.body, media_type="text/html", headers=_headers(rendered.policy))


class _Assets(StaticFiles):
    """Serves the files of the build; the folder may be missing, and a file never changes under its name."""

    async def check_config(self) -> None:
        """Accept a missing folder: requests for its files get 404."""

    def file_response(
        self, full_path: PathLike, stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """Let browsers cache a file for ever: its name contains its digest."""
        answer = super().file_response(full_path, stat_result, scope, status_code)
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        answer.headers["X-Content-Type-Options"] = "nosniff"
        return answer


def assets(endpoint: str = "/graphql") -> Mount:
    """Return the route of GraphiQL's files below the endpoint."""
    return Mount(f"{endpoint}/assets", app=_Assets(directory=DIST, check_dir=False), name="graphiql-assets")
