"""How the server logs: a line for each event, for people or as JSON. Never a token, never a document's text."""

import logging
import sys
from typing import Any

import orjson
import structlog
from structlog.typing import EventDict, WrappedLogger

from api.settings import Settings

_PROCESSORS: list[structlog.typing.Processor] = []
"""One list for the whole process: loggers that are bound already go on with what is put into it."""


def configure(settings: Settings) -> None:
    """Send structured lines of the settings' level and format to stderr."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    as_json = settings.log_format == "json"
    _PROCESSORS[:] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(serializer=_json) if as_json else _line,
    ]
    structlog.configure(
        processors=_PROCESSORS,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def _json(event: EventDict, **_: Any) -> str:
    return orjson.dumps(event, default=repr).decode()


def _line(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    """For people: when, how grave, what, and the rest by name; a trace, which shows no values, below."""
    when, level, what = event.pop("timestamp"), event.pop("level"), event.pop("event")
    trace = event.pop("exception", None)
    rest = " ".join([f"{name}={value}" for name, value in event.items()])
    line = f"{when} [{level:<7}] {what:<12} {rest}"
    return f"{line}\n{trace}" if trace else line
