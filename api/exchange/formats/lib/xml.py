"""Escapes and encodes XML."""

import re
from collections.abc import AsyncIterator, Mapping
from xml.sax.saxutils import escape, quoteattr

_UNWRITABLE = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")
_CHUNK_CHARACTERS = 65_536


def text(value: object) -> str:
    """Return a value as text between tags; characters that XML 1.0 cannot represent become U+FFFD."""
    return escape(_writable(value))


def attributes(values: Mapping[str, object]) -> str:
    """Return attributes of a tag, each after a blank, without those that are None."""
    present = ((name, value) for name, value in values.items() if value is not None)
    return "".join(f" {name}={quoteattr(_writable(value))}" for name, value in present)


def _writable(value: object) -> str:
    return _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", str(value))


async def encode_chunks(pieces: AsyncIterator[str]) -> AsyncIterator[bytes]:
    """Join pieces of text to chunks of at least `_CHUNK_CHARACTERS`, and encode them."""
    buffer, size = [], 0
    async for piece in pieces:
        buffer.append(piece)
        size += len(piece)
        if size >= _CHUNK_CHARACTERS:
            yield "".join(buffer).encode()
            buffer, size = [], 0
    if buffer:
        yield "".join(buffer).encode()
