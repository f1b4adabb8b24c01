"""Reads the tasks of a project: a JSON export, a JSON-MIN export, or a single task."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from api.exchange.format import Invalid, Items, Malformed, Options, ParseEvents, Skipped
from api.exchange.formats.label_studio.json_min import TaskRow, is_json_min, row_of
from api.exchange.formats.label_studio.results import AnnotationResults, as_list, controls_of_regions, result_items
from api.exchange.formats.lib.annotator_names import AnnotatorNames
from api.exchange.formats.lib.marked_texts import Mark, MarkedText, MarkedTexts, plain_fields, sum_items
from api.exchange.formats.lib.untrusted_json import describe_nested_members, first_character, json_items

Task = Mapping[str, Any]
_ANNOTATIONS = ("annotations", "completions")
"""Members with annotations, in newer and in older versions."""
_SKIPPED_MEMBERS = {
    "predictions": "predictions are machine output and are not imported",
    "drafts": "drafts are not finished and are not imported",
}
_INTERNAL_MEMBERS = (
    "data",
    "updated_by",
    "comment_authors",
    "annotators",
    "reviewers",
    "file_upload",
    "storage_filename",
)
"""Members of a task that are internal to the tool."""


def read(path: Path, options: Options) -> ParseEvents:
    """Read the texts of a project's tasks, with their marks.

    :raises Malformed: if the file is not JSON, or contains no tasks.
    """
    sign = first_character(path)
    if sign not in ("[", "{"):
        raise Malformed("this is neither a list of tasks nor a task: export the project as JSON")
    texts = MarkedTexts(options, utf16=options.get("unit") != "code-point")
    users, name = AnnotatorNames.from_options("Label Studio", options), options.get("text") or "text"
    for _, number, value in json_items(path, "item" if sign == "[" else ""):
        row = _row(number, value, texts)
        data = row.task["data"]
        if not isinstance(data.get(name), str):
            there = ", ".join(map(repr, data)) or "none"
            why = f"its data have no text {name!r}, but {there}: name one by --text"
            yield Invalid(number, "document", why, sum_items({"task": 1}, _items(row.task)))
            continue
        key, marks = texts.unique_key(f"task {row.task.get('id', number)}", number), list[Mark]()
        yield from _skipped_members(number, row, name)
        for piece in _marks(number, key, row, users, texts):
            if isinstance(piece, Mark):
                marks.append(piece)
            else:
                yield piece
        yield from texts.records(MarkedText(number, key, data[name], plain_fields(data, name), marks, {"task": 1}))


def _row(number: int, value: Any, texts: MarkedTexts) -> TaskRow:
    """Return a task in the shape of the JSON export.

    :raises Malformed: if it has none of the shapes that Label Studio writes.
    """
    if isinstance(value, dict):
        if isinstance(value.get("data"), dict):
            return TaskRow(value, (), None)
        if isinstance(value.get("task"), dict) and isinstance(value["task"].get("data"), dict):
            # Cloud storage gets annotations, each with its task in it.
            return TaskRow({**value["task"], "annotations": [value]}, (), None)
        if is_json_min(value):
            return row_of(value, texts.fields_of_texts, texts.fields_of_stances)
    raise Malformed(f"task {number}: it must have data: export the project as JSON, or as JSON-MIN")


def _skipped_members(place: int, row: TaskRow, text: str) -> Iterator[Skipped]:
    task = row.task
    for name in row.left_out:
        yield Skipped(place, f"{name[:60]!r} is not imported: JSON-MIN does not say whether it is data or a choice")
    for name, why in _SKIPPED_MEMBERS.items():
        if several := as_list(task.get(name)):
            yield Skipped(place, why, {name.removesuffix("s"): len(several)})
    for why in describe_nested_members(task, *_ANNOTATIONS, *_SKIPPED_MEMBERS, *_INTERNAL_MEMBERS):
        yield Skipped(place, f"of the task: {why}")
    for why in describe_nested_members(task["data"], text):
        yield Skipped(place, f"of the data: {why}")


def _marks(
    place: int, key: str, row: TaskRow, users: AnnotatorNames, texts: MarkedTexts
) -> Iterator[Mark | Skipped | Invalid]:
    if row.refused is not None:
        yield Invalid(place, "statement", row.refused, _items(row.task))
        return
    annotations = _annotations(row.task)
    of_regions = {name for results in map(_results, annotations) for name in controls_of_regions(results)}
    for number, annotation in enumerate(annotations, 1):
        if not isinstance(annotation, dict):
            yield Invalid(place, "statement", f"annotation {number} must be an object", result_items(1))
            continue
        results = _results(annotation)
        if annotation.get("was_cancelled"):
            yield Skipped(place, f"annotation {number} was cancelled", result_items(len(results)))
        else:
            annotator = users.annotator(annotation.get("completed_by"), "Label Studio")
            where = f"annotation {number}"
            yield from AnnotationResults(place, key, where, annotator, texts, of_regions).pieces(results)


def _annotations(task: Task) -> list[Any]:
    return [each for name in _ANNOTATIONS for each in as_list(task.get(name))]


def _results(annotation: Any) -> list[Any]:
    return as_list(annotation.get("result")) if isinstance(annotation, dict) else []


def _items(task: Task) -> Items:
    """Return the numbers of source items within a task."""
    found = {name.removesuffix("s"): len(as_list(task.get(name))) for name in _SKIPPED_MEMBERS if task.get(name)}
    results = (len(as_list(each.get("result"))) if isinstance(each, dict) else 1 for each in _annotations(task))
    return {**found, **result_items(sum(results))}
