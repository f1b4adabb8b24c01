"""The page of settings lists them all with their defaults, and names no other."""

import re
from pathlib import Path

import pytest
from pydantic.fields import FieldInfo

from api.settings import PREFIX, Settings, variable
from docs.generator.settings import settings

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"
_ROW = re.compile(rf"^\|\s*`({PREFIX}[A-Z_]+)`\s*\|\s*([^|]*?)\s*\|", re.MULTILINE)


def rows() -> dict[str, str]:
    """Return the generated table: variable → default."""
    return dict(_ROW.findall(settings()))


def shown(field: FieldInfo) -> str:
    """Return the default of a setting in the form of the page."""
    if field.default in ((), None):
        return "none"
    return f"`{str(field.default).lower() if isinstance(field.default, bool) else field.default}`"


@pytest.mark.parametrize("name", Settings.model_fields)
def test_each_setting_is_listed_with_its_default(name: str) -> None:
    assert rows()[variable(name)] == shown(Settings.model_fields[name])


def test_nothing_else_is_listed() -> None:
    """The page lists no removed settings; variables of the tests have their own prefix."""
    named = set(re.findall(rf"{PREFIX}[A-Z_]*[A-Z]", PAGE.read_text(encoding="utf-8")))
    existing = {variable(name) for name in Settings.model_fields}
    assert {name for name in named - existing if not name.startswith(f"{PREFIX}TEST_")} == set()


def test_each_setting_says_what_it_sets() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []
