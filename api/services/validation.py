"""Checks of plain values. Each check adds its problems and returns, so that one response reports all problems."""

import datetime as dt
import re
import unicodedata
from urllib.parse import urlsplit

from slugify import slugify

from api import limits
from api.limits import Limit
from api.services.outcome import Problems
from models.names import is_seen, refused_character

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_COUNTRY = re.compile(r"[A-Z]{2}")
_WIKIDATA = re.compile(r"Q[1-9][0-9]{0,18}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
_SCRIPT = re.compile(r"[A-Z][a-z]{3}")


def text(problems: Problems, value: str, *path: str, limit: Limit = limits.TEXT) -> None:
    """Check that a text is not blank, not too long, and without U+0000, which Postgres cannot store."""
    _length(problems, value, limit, *path)
    if "\0" in value:
        problems.invalid("must not contain the character U+0000", *path)


def optional_text(problems: Problems, value: str | None, *path: str, limit: Limit = limits.TEXT) -> None:
    """Check a text as `text` does, unless it is None."""
    if value is not None:
        text(problems, value, *path, limit=limit)


def name(problems: Problems, value: str | None, *path: str) -> None:
    """Check a normalized name: a single line, without control and formatting characters, visible."""
    if value is None:
        problems.invalid("must not be null", *path)
        return
    _length(problems, value, limits.NAME, *path)
    _characters(problems, value, *path)
    if value.strip() and not is_seen(value):
        problems.invalid(f"must have a visible character, not {described(value[0])} alone", *path)


def optional_name(problems: Problems, value: str | None, *path: str) -> None:
    """Check a name as `name` does, unless it is None."""
    if value is not None:
        name(problems, value, *path)


def prose(problems: Problems, value: str, *path: str, limit: Limit = limits.TEXT) -> None:
    """Check text of several lines, without control and formatting characters."""
    _length(problems, value, limit, *path)
    _characters(problems, value, *path, prose=True)


def optional_prose(problems: Problems, value: str | None, *path: str, limit: Limit = limits.TEXT) -> None:
    """Check text as `prose` does, unless it is None."""
    if value is not None:
        prose(problems, value, *path, limit=limit)


def count(problems: Problems, number: int, limit: Limit, *path: str, maximum: int | None = None) -> bool:
    """Check a number of items against `limit`, or against `maximum` if a setting overrides it; True if it is valid."""
    wrong = limit.exceeded(number, maximum)
    if wrong is not None and limit.setting is not None:
        wrong += f" (STANCEGRAPH_{limit.setting.upper()} sets the limit)"
    if wrong is not None:
        problems.invalid(wrong, *path)
    return wrong is None


def _length(problems: Problems, value: str, limit: Limit, *path: str) -> None:
    wrong = limit.exceeded(len(value))
    if not value.strip():
        problems.invalid("must not be empty", *path)
    elif wrong is not None:
        problems.invalid(f"must have {wrong}", *path)


def _characters(problems: Problems, value: str, *path: str, prose: bool = False) -> None:
    found = refused_character(value, prose=prose)
    if found is not None:
        problems.invalid(f"must not contain the character {described(found)}", *path)


def described(character: str) -> str:
    """Return code point and name of a character, such as `U+202E (RIGHT-TO-LEFT OVERRIDE)`."""
    unnamed = "no assigned character" if unicodedata.category(character) == "Cn" else "control character"
    called = "LINE BREAK" if character in "\n\r\x85" else unicodedata.name(character, unnamed)
    return f"U+{ord(character):04X} ({called})"


def period(problems: Problems, start: dt.date | None, end: dt.date | None, *path: str) -> None:
    """Check that a period does not end before it begins."""
    if start is not None and end is not None and end < start:
        problems.invalid(f"the end {end} is before the start {start}", *path)


def slug(problems: Problems, value: str | None, *path: str) -> None:
    """Check the form of a slug: small Latin letters and digits, joined by hyphens."""
    _form(problems, value, _SLUG, "must be small letters a-z and digits, joined by single hyphens", *path)
    if value is not None and (wrong := limits.NAME.exceeded(len(value))):
        problems.invalid(f"must have {wrong}", *path)


def country_code(problems: Problems, value: str | None, *path: str) -> None:
    """Check the form of an ISO 3166-1 alpha-2 code."""
    _form(problems, value, _COUNTRY, "must be two capital letters (ISO 3166-1 alpha-2), such as SY", *path)


def wikidata_id(problems: Problems, value: str | None, *path: str) -> None:
    """Check the form of the ID of a Wikidata item."""
    _form(problems, value, _WIKIDATA, "must be the id of a Wikidata item, such as Q858", *path)


def language(problems: Problems, value: str | None, *path: str) -> None:
    """Check the form of a BCP 47 language tag."""
    _form(problems, value, _LANGUAGE, "must be a language tag (BCP 47), such as en or ar-SY", *path)
    if value is not None and (wrong := limits.LANGUAGE.exceeded(len(value))):
        problems.invalid(f"must have {wrong}", *path)


def script(problems: Problems, value: str | None, *path: str) -> None:
    """Check the form of an ISO 15924 script code."""
    _form(problems, value, _SCRIPT, "must be a script code (ISO 15924), such as Arab or Cyrl", *path)


def url(problems: Problems, value: str | None, *path: str) -> None:
    """Check that a URL is an absolute web address."""
    if value is None:
        return
    text(problems, value, *path, limit=limits.URL)
    try:
        parts = urlsplit(value)
        # `urlsplit` accepts blanks and line breaks.
        if parts.scheme in ("http", "https") and parts.hostname and not any(map(str.isspace, value)):
            return
    except ValueError:
        pass
    problems.invalid("must be a URL that begins with http:// or https://", *path)


def _form(problems: Problems, value: str | None, form: re.Pattern[str], message: str, *path: str) -> None:
    if value is not None and not form.fullmatch(value):
        problems.invalid(f"{message}; not {value[:60]!r}", *path)


def slug_of(value: str) -> str:
    """Derive a slug from a name in any script."""
    return slugify(value, max_length=80, word_boundary=True) or "unnamed"
