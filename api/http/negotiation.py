"""Content negotiation by RFC 9110: chooses media type and content coding by weight and order (ADR 0025)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from starlette.types import Scope

JSON = "application/json"
RESPONSE_JSON = "application/graphql-response+json"
EVENT_STREAM = "text/event-stream"
HTML = "text/html"

_MAX_HEADER_BYTES = 1_024
"""A longer header is cut here: browsers and clients send some hundred bytes."""
_MAX_CACHED = 64
"""Parsed headers in the cache: nearly all requests send one of a handful."""


@dataclass(frozen=True, slots=True)
class MediaRange:
    """One element of an `Accept` header."""

    type: str
    """In lower case and without parameters: `text/html`, `text/*` or `*/*`."""
    weight: float

    @property
    def specificity(self) -> int:
        """0 for `*/*`, 1 for `text/*`, 2 for a full type."""
        return 0 if self.type == "*/*" else 1 if self.type.endswith("/*") else 2

    def matches(self, media_type: str) -> bool:
        """True if the range covers the full media type."""
        return self.type in (media_type, "*/*", media_type.partition("/")[0] + "/*")


@dataclass(frozen=True)
class Accepted:
    """The media types that a client accepts, as its `Accept` header lists them."""

    ranges: Sequence[MediaRange]

    @cached_property
    def json_type(self) -> str:
        """Media type of a JSON answer: `application/json` if the client prefers neither type, or accepts no JSON."""
        return self.best(JSON, RESPONSE_JSON) or JSON

    @cached_property
    def accepts_stream(self) -> bool:
        """True if the client names the stream of events anywhere in the header."""
        return self._names(EVENT_STREAM)

    @cached_property
    def prefers_stream(self) -> bool:
        """True if the client prefers a stream of events to JSON, also for an operation with a single result."""
        return self.accepts_stream and self.best(JSON, RESPONSE_JSON, EVENT_STREAM) == EVENT_STREAM

    @cached_property
    def prefers_page(self) -> bool:
        """True if the client prefers HTML to JSON, as a browser does that opens the address."""
        return self._names(HTML) and self.best(JSON, RESPONSE_JSON, HTML) == HTML

    def best(self, *supported: str) -> str | None:
        """Return the supported type with the highest weight; None if the client accepts none of them.

        Between equal weights the type that the header lists first wins, then the order of `supported`. As in RFC 9110,
        the most specific range that covers a type decides its weight.
        """
        ranked = [
            (*rank, index, each) for index, each in enumerate(supported) if (rank := self._rank(each)) is not None
        ]
        return min(ranked)[-1] if ranked else None

    def _names(self, media_type: str) -> bool:
        """True if the client accepts the type by its own name or by `type/*`; `*/*` names nothing."""
        found = self._covering(media_type)
        return found is not None and found.specificity > 0 and found.weight > 0

    def _rank(self, media_type: str) -> tuple[float, int] | None:
        found = self._covering(media_type)
        return (-found.weight, self.ranges.index(found)) if found is not None and found.weight > 0 else None

    def _covering(self, media_type: str) -> MediaRange | None:
        return max((r for r in self.ranges if r.matches(media_type)), key=lambda r: r.specificity, default=None)


_ANYTHING = Accepted((MediaRange("*/*", 1.0),))
"""Media types that a client without an `Accept` header accepts."""


def accepted(scope: Scope) -> Accepted:
    """Return the media types that the request accepts. Several `Accept` lines make one list."""
    lines = [value for name, value in scope["headers"] if name == b"accept"]
    return parse_accept((lines[0] if len(lines) == 1 else b",".join(lines))[:_MAX_HEADER_BYTES])


@lru_cache(_MAX_CACHED)
def parse_accept(header: bytes) -> Accepted:
    """Parse an `Accept` header. An empty one accepts anything; an element that is no media range is ignored."""
    ranges = tuple(r for r in map(_media_range, header.decode("latin-1").split(",")) if r is not None)
    return Accepted(ranges) if ranges else _ANYTHING


def accepts_gzip(accept_encoding: bytes) -> bool:
    """True if an `Accept-Encoding` header names gzip (or any coding), not with a weight of 0."""
    return bool(accept_encoding) and _accepts_gzip(accept_encoding[:_MAX_HEADER_BYTES])


@lru_cache(_MAX_CACHED)
def _accepts_gzip(header: bytes) -> bool:
    weights = {name: _weight(parameters) for name, parameters in map(_element, header.decode("latin-1").split(","))}
    return weights.get("gzip", weights.get("*", 0)) > 0


def _element(text: str) -> tuple[str, Sequence[str]]:
    """Split one element of a header into its name and its parameters, in lower case."""
    name, *parameters = (part.strip() for part in text.lower().split(";"))
    return name, parameters


def _media_range(element: str) -> MediaRange | None:
    name, parameters = _element(element)
    main, slash, sub = name.partition("/")
    if not (main and slash and sub) or (main == "*" and sub != "*"):
        return None
    return MediaRange(name, _weight(parameters))


def _weight(parameters: Sequence[str]) -> float:
    """Return the value of `q`: 1 if there is none, 0 if it is no number from 0 to 1."""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            digits = value.strip()
            readable = digits.replace(".", "", 1).isdecimal() and digits.isascii() and len(digits) <= 5
            return float(digits) if readable and float(digits) <= 1 else 0.0
    return 1.0
