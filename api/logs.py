"""Logging: one line per event, as text or JSON. Never log a token or the text of a document.

Values may come from clients. Characters that cannot be printed (line breaks, NUL, bidirectional controls, lone
surrogates) are escaped here for all lines of both formats, so that no value can forge a line.
"""

import logging
import sys
import time
from collections.abc import Callable
from typing import Any

import orjson
import structlog
from structlog.typing import EventDict, WrappedLogger

from api.settings import Settings

_MAX_VALUE_LENGTH = 2_000

_PROCESSORS: list[structlog.typing.Processor] = []
"""One list for the whole process: loggers that are already bound use its present content."""


def configure(settings: Settings) -> None:
    """Log to stderr with the level and format of the settings."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    _PROCESSORS[:] = [_Renderer(_json if settings.log_format == "json" else _line)]
    structlog.configure(
        processors=_PROCESSORS,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=False,
    )


class _Renderer:
    """Renders an event with time and level in one processor: every request logs a line."""

    def __init__(self, write: Callable[[str, str, str, str | None, EventDict], bytes]) -> None:
        self._write = write
        self._second, self._text = -1, ""

    def __call__(self, logger: WrappedLogger, method: str, event: EventDict) -> bytes:
        trace = structlog.processors.format_exc_info(logger, method, event) if "exc_info" in event else event
        level = "error" if method == "exception" else method
        return self._write(self._now(), level, trace.pop("event"), trace.pop("exception", None), trace)

    def _now(self) -> str:
        """Return the time in UTC; all but its fraction is formatted once per second."""
        now = time.time()
        second = int(now)
        if second != self._second:
            self._second, self._text = second, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        return f"{self._text}.{int((now - second) * 1_000_000):06}Z"


class _ForwardingHandler(logging.Handler):
    """Logs the records of libraries (uvicorn, websockets, asyncio) as events named like their loggers."""

    def emit(self, record: logging.LogRecord) -> None:
        log = structlog.get_logger(record.name)
        log.log(record.levelno, record.name, message=record.getMessage(), **_trace_of(record))


def _trace_of(record: logging.LogRecord) -> dict[str, Any]:
    return {"exc_info": record.exc_info} if record.exc_info and record.exc_info[0] else {}


def forward_libraries() -> None:
    """Make libraries log as the server does. Replaces the handlers of the root logger: only for own processes."""
    logging.root.handlers[:] = [_ForwardingHandler()]


def _json(when: str, level: str, what: str, trace: str | None, more: EventDict) -> bytes:
    values = {name: _escaped(value) if isinstance(value, str) else value for name, value in more.items()}
    event = {"timestamp": when, "level": level, "event": _escaped(what), **values}
    return orjson.dumps({**event, "exception": "\n".join(_lines(trace))} if trace else event, default=repr)


def _line(when: str, level: str, what: str, trace: str | None, more: EventDict) -> bytes:
    """Return a line of text: time, level, event and values by name; a stack trace follows indented."""
    rest = " ".join([f"{name}={_quoted(value)}" for name, value in more.items()])
    line = f"{when} [{level:<7}] {_escaped(what):<12} {rest}"
    return "\n    ".join([line, *_lines(trace)] if trace else [line]).encode()


def _quoted(value: object) -> str:
    """Return a value, in quotes if it could be read as several values."""
    if not isinstance(value, str):
        value = str(value)
    text = _escaped(value)
    if " " in text or "=" in text or '"' in text:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return text


def _escaped(text: str) -> str:
    """Return `text` with escapes for unprintable characters, cut to `_MAX_VALUE_LENGTH`."""
    if len(text) > _MAX_VALUE_LENGTH:
        text = f"{text[:_MAX_VALUE_LENGTH]}… ({len(text):,} characters)"
    if text.isprintable():
        return text
    return "".join([c if c.isprintable() else c.encode("unicode_escape").decode() for c in text])


def _lines(trace: str) -> list[str]:
    return [_escaped(line) for line in trace.split("\n")]
