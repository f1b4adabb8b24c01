"""Converts JSON-MIN to tasks. JSON-MIN is a flat object for each annotation, with the task's data and the results.

Regions are lists of objects under the name of their control; a single choice or text is a plain value. The format does
not say to which region a choice belongs.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_INTERNAL_MEMBERS = (
    "id",
    "annotator",
    "annotation_id",
    "created_at",
    "updated_at",
    "lead_time",
    "agreement",
    "history",
)
_PLACE = ("start", "end", "startOffset", "endOffset", "globalOffsets", "text")
_CONTROLS = ("choices", "taxonomy", "rating", "number")


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A row in the shape of a task of the JSON export."""

    task: Mapping[str, Any]
    left_out: tuple[str, ...]
    """Members that may be data or choices, since no option names them."""
    refused: str | None
    """Why the annotation cannot be read; None if it can."""


def is_json_min(value: Mapping[str, Any]) -> bool:
    """Return True if a value is a row of JSON-MIN."""
    return "annotation_id" in value or "annotator" in value


def row_of(value: Mapping[str, Any], of_texts: Collection[str], of_stances: Collection[str]) -> TaskRow:
    """Convert a row; `of_texts` are the members that are data, `of_stances` those that are controls of marks."""
    data, results, left_out, unplaced = dict[str, Any](), list[Mapping[str, Any]](), list[str](), list[str]()
    for name, member in value.items():
        if name in _INTERNAL_MEMBERS:
            continue
        is_plain = isinstance(member, str | int | float)
        if name in of_texts and is_plain:
            data[name] = member
        elif isinstance(member, list | dict):
            results_of_member = list(_results(name, member if isinstance(member, list) else [member]))
            unplaced += [name for each in results_of_member if not _is_placed(each)]
            results += results_of_member
        elif name in of_stances and is_plain:
            unplaced.append(name)
            results.append(_choice(name, member))
        elif is_plain:
            left_out.append(name)
    regions = {result["id"] for result in results if _is_placed(result)}
    open_ = [name for name in unplaced if name in of_stances]
    refused = None
    if len(regions) > 1 and open_:
        refused = (
            f"JSON-MIN does not say which of {len(regions)} regions {open_[0]!r} is about: export the project as JSON"
        )
    annotation = {"completed_by": value.get("annotator"), "result": results}
    task = {"data": data, "annotations": [annotation]}
    return TaskRow({**task, **({"id": value["id"]} if "id" in value else {})}, tuple(left_out), refused)


def _results(name: str, members: list[Any]) -> Iterator[Mapping[str, Any]]:
    """Return the members of a list as results; members at the same position are of one region."""
    for number, member in enumerate(members, 1):
        if not isinstance(member, dict):
            yield _choice(name, member)
            continue
        kind = next((kind for kind in member if kind not in _PLACE), "textarea" if "text" in member else "unknown")
        key = f"{name} {number}"
        if "start" in member or "globalOffsets" in member:
            key = f"from {member.get('start')} to {member.get('end')}"
        yield {"id": key, "from_name": name, "type": kind, "value": member}


def _choice(name: str, member: Any) -> Mapping[str, Any]:
    return {"from_name": name, "type": "choices", "value": {"choices": [member]}}


def _is_placed(result: Mapping[str, Any]) -> bool:
    return "start" in result["value"] or "globalOffsets" in result["value"]
