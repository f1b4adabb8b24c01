"""Global ids: what clients see of a row's UUID. `act_01937f…` leads to one row of one type, and means nothing else."""

import re
from typing import NewType
from uuid import UUID

Id = NewType("Id", str)
"""A global id as a caller wrote it: not yet looked at."""

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
    """A text that cannot be the id of what is asked for; `str` of it says why."""


def global_id(type_name: str, key: UUID) -> str:
    """The id under which clients know the row `key` of the GraphQL type `type_name`."""
    return f"{PREFIXES[type_name]}_{key}"


def parse_any(text: str) -> tuple[str, UUID]:
    """Type name and key of a global id of whichever type.

    :raises MalformedId: where it is none.
    """
    match = _FORM.fullmatch(text)
    if match is None or match[1] not in TYPES:
        raise MalformedId(f"{_shown(text)} is not an id; pass ids as this API gave them")
    return TYPES[match[1]], UUID(match[2])


def parse(text: str, *type_names: str) -> tuple[str, UUID]:
    """Type name and key of a global id of one of `type_names`.

    :raises MalformedId: where it is none, or the id of something else.
    """
    found, key = parse_any(text)
    if found not in type_names:
        wanted = " or ".join(type_names)
        raise MalformedId(f"{_shown(text)} is the id of a {found}; wanted is that of a {wanted}")
    return found, key


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")
