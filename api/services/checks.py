"""Checks of plain values. Each notes a problem at a path and leaves the rest to be checked too."""

import datetime as dt
import re
from urllib.parse import urlsplit

from slugify import slugify

from api.services.outcome import Problems

NAME_LENGTH = 300
TEXT_LENGTH = 20_000
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_COUNTRY = re.compile(r"[A-Z]{2}")
_WIKIDATA = re.compile(r"Q[1-9][0-9]{0,18}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
_SCRIPT = re.compile(r"[A-Z][a-z]{3}")


def text(problems: Problems, value: str, *path: str, most: int = TEXT_LENGTH) -> None:
    """Not blank, of bearable length, without the character that databases cannot keep."""
    if not value.strip():
        problems.invalid("must not be empty", *path)
    elif len(value) > most:
        problems.invalid(f"must have at most {most:,} characters, not {len(value):,}", *path)
    if "\0" in value:
        problems.invalid("must not hold the character U+0000", *path)


def optional_text(problems: Problems, value: str | None, *path: str, most: int = TEXT_LENGTH) -> None:
    """As `text`, where there is any."""
    if value is not None:
        text(problems, value, *path, most=most)


def name(problems: Problems, value: str | None, *path: str) -> None:
    """A name: text on one line."""
    if value is None:
        problems.invalid("must not be null", *path)
        return
    text(problems, value, *path, most=NAME_LENGTH)
    if "\n" in value or "\r" in value:
        problems.invalid("must stand on one line", *path)


def period(problems: Problems, start: dt.date | None, end: dt.date | None, *path: str) -> None:
    """A period does not end before it begins."""
    if start is not None and end is not None and end < start:
        problems.invalid(f"ends on {end}, before it begins on {start}", *path)


def slug(problems: Problems, value: str | None, *path: str) -> None:
    """Small Latin letters and digits, joined by hyphens."""
    _form(problems, value, _SLUG, "must be small letters a-z and digits, joined by single hyphens", *path)
    if value is not None and len(value) > NAME_LENGTH:
        problems.invalid(f"must have at most {NAME_LENGTH} characters", *path)


def country_code(problems: Problems, value: str | None, *path: str) -> None:
    """ISO 3166-1 alpha-2, in form."""
    _form(problems, value, _COUNTRY, "must be two capital letters (ISO 3166-1 alpha-2), such as SY", *path)


def wikidata_id(problems: Problems, value: str | None, *path: str) -> None:
    """The id of a Wikidata item, in form."""
    _form(problems, value, _WIKIDATA, "must be the id of a Wikidata item, such as Q858", *path)


def language(problems: Problems, value: str | None, *path: str) -> None:
    """BCP 47, in form."""
    _form(problems, value, _LANGUAGE, "must be a language tag (BCP 47), such as en or ar-SY", *path)
    if value is not None and len(value) > 35:
        problems.invalid("must have at most 35 characters", *path)


def script(problems: Problems, value: str | None, *path: str) -> None:
    """ISO 15924, in form."""
    _form(problems, value, _SCRIPT, "must be a script code (ISO 15924), such as Arab or Cyrl", *path)


def url(problems: Problems, value: str | None, *path: str) -> None:
    """An absolute web address."""
    if value is None:
        return
    text(problems, value, *path, most=2_000)
    try:
        parts = urlsplit(value)
        # `urlsplit` overlooks blanks and line breaks.
        if parts.scheme in ("http", "https") and parts.hostname and not any(map(str.isspace, value)):
            return
    except ValueError:
        pass
    problems.invalid("must be an address that begins with http:// or https://", *path)


def _form(problems: Problems, value: str | None, form: re.Pattern[str], message: str, *path: str) -> None:
    if value is not None and not form.fullmatch(value):
        problems.invalid(f"{message}; not {value[:60]!r}", *path)


def slug_of(value: str) -> str:
    """A slug made of a name in any script."""
    return slugify(value, max_length=80, word_boundary=True) or "unnamed"
