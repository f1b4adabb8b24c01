"""The settings, and the limits of lengths and counts, as tables."""

from collections.abc import Iterator

from api import limits as declared
from api.settings import Settings, variable
from docs.generator.markdown import table


def settings() -> str:
    """Return the table of all settings: variable, default, description."""
    rows = []
    for name, field in Settings.model_fields.items():
        default = field.default
        rendered = (
            "none" if default in (None, ()) else f"`{str(default).lower() if isinstance(default, bool) else default}`"
        )
        rows.append((f"`{variable(name)}`", rendered, str(field.description)))
    return table(("Variable", "Default", "Description"), rows)


def limits() -> str:
    """Return the table of all limits: those of the code, then those that are settings alone."""
    return table(("Limit", "Maximum", "Setting"), _limits())


def _limits() -> Iterator[tuple[str, str, str]]:
    for limit in declared.TABLE:
        setting = f"`{variable(limit.setting)}`" if limit.setting else "none"
        yield limit.of, f"{limit.maximum:,} {limit.unit}", setting
    of_limits = {limit.setting for limit in declared.TABLE}
    for name, field in Settings.model_fields.items():
        if name.startswith("max_") and name not in of_limits:
            yield str(field.description).rstrip("."), f"{field.default:,}", f"`{variable(name)}`"
