"""Global IDs: the prefix of a type and the UUID of a row, such as `act_01937f…` (ADR 0002)."""

import re
from typing import NewType
from uuid import UUID

Id = NewType("Id", str)
"""A global ID as the client sent it, not yet parsed."""

PREFIXES = {
    "Actor": "act",
    "Adjudication": "adj",
    "Annotator": "ann",
    "Assignment": "asg",
    "Codebook": "cbk",
    "Document": "doc",
    "Membership": "mem",
    "Project": "prj",
    "ProjectMember": "pmb",
    "Relation": "rel",
    "Revision": "rev",
    "Stance": "stn",
    "Statement": "stm",
    "Topic": "top",
}
TYPES = {prefix: name for name, prefix in PREFIXES.items()}

_FORM = re.compile(r"([a-z]{3})_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


class MalformedId(ValueError):
    """The text is no global ID, or the ID of another type, as the error message states."""


def global_id(type_name: str, key: UUID) -> str:
    """Return the global ID of the row `key` of a GraphQL type."""
    return f"{PREFIXES[type_name]}_{key}"


def parse_any(text: str) -> tuple[str, UUID]:
    """Return the type name and the key of a global ID of any type.

    :raises MalformedId: if `text` is no global ID.
    """
    match = _FORM.fullmatch(text)
    if match is None or match[1] not in TYPES:
        raise MalformedId(f"{_quoted(text)} is not an id; pass an id that this API returned")
    return TYPES[match[1]], UUID(match[2])


def parse(text: str, *type_names: str) -> tuple[str, UUID]:
    """Return the type name and the key of a global ID of one of `type_names`.

    :raises MalformedId: if `text` is no global ID, or the ID of another type.
    """
    found, key = parse_any(text)
    if found not in type_names:
        expected = " or ".join(type_names)
        raise MalformedId(f"{_quoted(text)} is the id of a {found}; pass the id of a {expected}")
    return found, key


def _quoted(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")
