"""Converts annotations of the API of hypothes.is to the Web Annotation model.

https://h.readthedocs.io/en/latest/api-reference/v1/ ; `user` becomes the creator, `tags` and `text` become bodies.
"""

from collections.abc import Mapping
from typing import Any

Object = Mapping[str, Any]
_ACCOUNT = "acct:"


def is_row(value: Object) -> bool:
    """Return True if a value is an annotation of hypothes.is, which has no `type` and no `body`."""
    return not {"type", "body", "bodyValue"} & value.keys() and bool({"uri", "user", "tags"} & value.keys())


def skip_reason(value: Object) -> str | None:
    """Return why an annotation is no statement; None if it is one."""
    if value.get("references"):
        return "replies to annotations are not imported"
    targets = value.get("target")
    target = targets[0] if isinstance(targets, list) and targets else targets
    if not (isinstance(target, dict) and target.get("selector")):
        return "notes on a whole page are not imported: they mark no words"
    return None


def bodies_of(annotation: Object) -> list[Any]:
    """Return the bodies of an annotation as a list; the model permits a single body without one."""
    bodies = annotation.get("body", annotation.get("bodyValue", []))
    return bodies if isinstance(bodies, list) else [] if bodies is None else [bodies]


def annotation_of(value: Object) -> Object:
    """Return an annotation with tags and text as bodies, and the user as creator."""
    tags = value.get("tags") or []
    bodies = [
        *bodies_of(value),
        *({"purpose": "tagging", "value": tag} for tag in (tags if isinstance(tags, list) else [tags])),
        *([{"purpose": "commenting", "value": value["text"]}] if value.get("text") else []),
    ]
    return {**value, "body": bodies, "creator": value.get("creator", value.get("user")), "target": _with_source(value)}


def account(name: str) -> str:
    """Return the name in an account of hypothes.is; any other name as it is."""
    return name.removeprefix(_ACCOUNT).partition("@")[0] if name.startswith(_ACCOUNT) else name


def _with_source(row: Object) -> Any:
    """Return the targets, with the URI of the row as source of the first."""
    targets = row.get("target")
    first, *others = targets if isinstance(targets, list) and targets else [targets]
    if isinstance(first, dict) and "source" not in first and "uri" in row:
        first = {**first, "source": row["uri"]}
    return [first, *others] if isinstance(targets, list) else first
