"""`/docs`: the documentation as `make docs` built it, or a page that says how to build it.

The pages load nothing from other hosts. Whether the site is there is looked up with each request,
so a server that is already running serves it once it is built.
"""

import os
import re
from base64 import b64encode
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from html import escape
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import PathLike, StaticFiles
from starlette.types import Scope

SITE = Path(__file__).parent / "site"
"""The folder that `make docs` writes: `site_dir` of mkdocs.yml."""

_PLAIN_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_HEADERS = {
    "Content-Security-Policy": _PLAIN_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
_INLINE_SCRIPT = re.compile(rb"<script>(.*?)</script>", re.DOTALL)
_NAMED_BY_DIGEST = re.compile(r"\.[0-9a-f]{8}\.min\.(js|css)$")
_NOT_BUILT = "The documentation is not built here. Run <code>make docs</code> in a checkout of stancegraph and reload."
_NOT_FOUND = 'There is no page of this name. Begin at <a href="{root}">the first page</a>, or search there.'


class Site(StaticFiles):
    """The files of the site below a folder; nothing outside of it is served."""

    async def check_config(self) -> None:
        """Accept a folder that does not exist: its files are answered with 404."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return a file, a redirect to a folder's page, or a page with status 404."""
        if not (SITE / "index.html").is_file():
            return _page(_NOT_BUILT)
        try:
            response = await super().get_response(path, scope)
        except HTTPException as error:
            if error.status_code != 404:
                raise
            return _not_found(scope)
        return _not_found(scope) if response.status_code == 404 else response

    def file_response(
        self, full_path: PathLike, stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """Return a file with its headers: a security policy for pages, caching for a year for names with a digest."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers.update(_HEADERS)
        name = os.fspath(full_path)
        if name.endswith(".html"):
            response.headers["Content-Security-Policy"] = _policy(name, stat_result.st_mtime_ns)
        elif _NAMED_BY_DIGEST.search(name):
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


@lru_cache(maxsize=500)
def _policy(page: str, _changed: int) -> str:
    """Return the Content-Security-Policy of a page: files of this server, and its own inline scripts by digest."""
    scripts = {b64encode(sha256(text).digest()).decode() for text in _INLINE_SCRIPT.findall(Path(page).read_bytes())}
    digests = " ".join(f"'sha256-{digest}'" for digest in sorted(scripts))
    return (
        f"{_PLAIN_POLICY}; connect-src 'self'; img-src 'self' data:; worker-src 'self';"
        # Icons and the width of lists are set by style attributes.
        f" script-src 'self' {digests}; style-src 'self' 'unsafe-inline'"
    )


def _not_found(scope: Scope) -> Response:
    return _page(_NOT_FOUND.format(root=escape(f"{scope.get('root_path', '')}/")))


def _page(text: str) -> Response:
    body = f'<!doctype html><html lang="en"><title>Documentation of stancegraph</title><p>{text}</p></html>'
    return Response(body, 404, headers=_HEADERS, media_type="text/html")


def routes(path: str = "/docs") -> Sequence[BaseRoute]:
    """Return the routes of the documentation."""

    async def to_first_page(_request: Request) -> RedirectResponse:
        return RedirectResponse(f"{path}/", 308)

    return [Route(path, to_first_page), Mount(path, app=Site(directory=SITE, html=True, check_dir=False))]
