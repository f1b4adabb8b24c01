"""How the server logs: a line for each event, for people or as JSON. Never a token, never a document's text."""

import logging
import sys
import time
from collections.abc import Callable

import orjson
import structlog
from structlog.typing import EventDict, WrappedLogger

from api.settings import Settings

_PROCESSORS: list[structlog.typing.Processor] = []
"""One list for the whole process: loggers that are bound already go on with what is put into it."""


def configure(settings: Settings) -> None:
    """Send structured lines of the settings' level and format to stderr."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    _PROCESSORS[:] = [_Rendering(_json if settings.log_format == "json" else _line)]
    structlog.configure(
        processors=_PROCESSORS,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=False,
    )


class _Rendering:
    """Makes a line of an event, with its time and level, in one go: there is one for each request."""

    def __init__(self, write: Callable[[str, str, str, str | None, EventDict], bytes]) -> None:
        self._write = write
        self._second, self._text = -1, ""

    def __call__(self, logger: WrappedLogger, method: str, event: EventDict) -> bytes:
        trace = structlog.processors.format_exc_info(logger, method, event) if "exc_info" in event else event
        level = "error" if method == "exception" else method
        return self._write(self._now(), level, trace.pop("event"), trace.pop("exception", None), trace)

    def _now(self) -> str:
        """The time, UTC, of which all but the fraction is made once a second."""
        now = time.time()
        second = int(now)
        if second != self._second:
            self._second, self._text = second, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        return f"{self._text}.{int((now - second) * 1_000_000):06}Z"


def _json(when: str, level: str, what: str, trace: str | None, more: EventDict) -> bytes:
    event = {"timestamp": when, "level": level, "event": what, **more}
    return orjson.dumps({**event, "exception": trace} if trace else event, default=repr)


def _line(when: str, level: str, what: str, trace: str | None, more: EventDict) -> bytes:
    """For people: when, how grave, what, and the rest by name; a trace, which shows no values, below."""
    rest = " ".join([f"{name}={value}" for name, value in more.items()])
    line = f"{when} [{level:<7}] {what:<12} {rest}"
    return (f"{line}\n{trace}" if trace else line).encode(errors="backslashreplace")
