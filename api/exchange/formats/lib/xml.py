"""Pieces of XML files."""

import re
from collections.abc import AsyncIterator, Mapping
from xml.sax.saxutils import escape, quoteattr

_UNWRITABLE = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")
_CHUNK_CHARACTERS = 65_536


def text(value: object) -> str:
    """A value between tags. What XML 1.0 cannot hold at all becomes U+FFFD."""
    return escape(_writable(value))


def attributes(values: Mapping[str, object]) -> str:
    """Attributes of a tag, each behind a blank; those that are None are left out."""
    given = ((name, value) for name, value in values.items() if value is not None)
    return "".join(f" {name}={quoteattr(_writable(value))}" for name, value in given)


def _writable(value: object) -> str:
    return _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", str(value))


async def encode_chunks(made: AsyncIterator[str]) -> AsyncIterator[bytes]:
    """The text in pieces of some size."""
    waiting, size = [], 0
    async for each in made:
        waiting.append(each)
        size += len(each)
        if size >= _CHUNK_CHARACTERS:
            yield "".join(waiting).encode()
            waiting, size = [], 0
    if waiting:
        yield "".join(waiting).encode()
