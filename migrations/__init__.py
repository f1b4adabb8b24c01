"""The migrations of the database schema, and the list of them.

The list is read from the headers of the files, since importing Alembic takes longer than most commands (ADR 0028).
"""

import re
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
_HEADER = re.compile(r'^(?P<name>revision|down_revision)(?:: [^=]+)? = (?:"(?P<id>\w+)"|None)$', re.MULTILINE)


@cache
def revisions() -> tuple[str, ...]:
    """Return the ids of all migrations, oldest first."""
    after: dict[str | None, str] = {}
    for file in (FOLDER / "versions").glob("*.py"):
        header = {match["name"]: match["id"] for match in _HEADER.finditer(file.read_text(encoding="utf-8"))}
        before, revision = header["down_revision"], header["revision"]
        assert before not in after, f"two migrations follow {before}: {after[before]} and {revision}"
        after[before] = revision
    found: list[str] = []
    while (following := after.get(found[-1] if found else None)) is not None:
        found.append(following)
    return tuple(found)


def head() -> str:
    """Return the id of the newest migration: the one that this version of the program needs."""
    return revisions()[-1]
