"""What a command imports: seconds of every start hang on it, so it is held to a list and not to a time."""

import json
import sys

import pytest

from tests.cli.processes import environment, run
from tests.conftest import Template

SLOW = {"alembic", "graphql", "models", "numpy", "scipy", "seeds", "sqlalchemy", "starlette", "strawberry", "uvicorn"}
"""What takes longest to import, by its first name."""
IMPORTED = """
import json, sys
from api.cli.main import main
sys.argv[1:] = {arguments!r}
try:
    main()
except SystemExit as ended:
    assert not ended.code, ended.code
print(json.dumps(sorted({{name.partition(".")[0] for name in sys.modules}} & set({slow!r}))), file=sys.stderr)
print(len(sys.modules), file=sys.stderr)
"""


def imported(url: str, *arguments: str) -> tuple[set[str], int]:
    """What of `SLOW` a command imports, and how many modules it imports in all."""
    script = IMPORTED.format(arguments=list(arguments), slow=sorted(SLOW))
    ended = run([sys.executable, "-c", script], environment(url))
    assert ended.status == 0, ended.err
    *_, slow, number = ended.err.splitlines()
    return set(json.loads(slow)), int(number)


@pytest.mark.parametrize(
    ("arguments", "most"),
    [
        (["--help"], 230),
        (["annotator", "--help"], 230),
        (["annotator", "list"], 520),
        (["token", "list"], 520),
        (["check"], 520),
    ],
    ids=str,
)
def test_what_lists_and_checks_starts_at_once(seeded: Template, arguments: list[str], most: int) -> None:
    slow, number = imported(seeded.url, *arguments)
    assert slow == set()
    assert number < most


@pytest.mark.parametrize(
    ("arguments", "needed"),
    [
        (["annotator", "role", "amal", "ANNOTATOR"], {"models", "sqlalchemy"}),
        (["token", "create", "amal"], {"models", "sqlalchemy"}),
        (["export", "csv", "--table", "actors"], {"models", "sqlalchemy"}),
        (["migrate"], {"alembic", "models", "sqlalchemy"}),
        (["seed"], {"models", "seeds", "sqlalchemy"}),
    ],
    ids=lambda value: " ".join(sorted(value) if isinstance(value, set) else value),  # of a set, always in one order
)
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_command_imports_what_it_needs(seeded_url: str, arguments: list[str], needed: set[str]) -> None:
    """In particular no command but `serve`, `schema` and `draw` makes the types of the graph."""
    assert imported(seeded_url, *arguments)[0] == needed
