"""Label Studio: its JSON export, marks and choices in texts, by several annotators.

https://labelstud.io/guide/export (JSON); the places of marks count UTF-16 units, as browsers do.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from api.interchange.format import Format, Malformed, Option, Options, Passed, Reading, Wrong
from api.interchange.json_files import first_sign, items
from api.interchange.marked_texts import OF_TEXTS, Mark, Marked, MarkedTexts, plain_fields

_UNITS = ("utf16", "code-point")


def read(path: Path, options: Options) -> Reading:
    """The texts of a project's tasks, and what was marked in them.

    :raises Malformed: where the file is no JSON, or no list of tasks.
    """
    if first_sign(path) != "[":
        raise Malformed("this is no list of tasks: export the project as JSON (not JSON-MIN)")
    texts = MarkedTexts(options, utf16=options.get("unit") != "code-point")
    for _, number, task in items(path, "item"):
        if not isinstance(task, dict) or not isinstance(task.get("data"), dict):
            raise Malformed(f"task {number}: it must have data: export the project as JSON (not JSON-MIN)")
        data, name = task["data"], options.get("text") or "text"
        if not isinstance(data.get(name), str):
            there = ", ".join(map(repr, data)) or "none"
            yield Wrong(number, "document", f"its data have no text {name!r}, but {there}: name one by --text")
            continue
        if task.get("predictions"):
            yield Passed(number, "predictions are not kept")
        key = f"task {task.get('id', number)}"
        marks: list[Mark] = []
        for piece in _marks(number, key, task, options):
            if isinstance(piece, Mark):
                marks.append(piece)
            else:
                yield piece
        yield from texts.records(Marked(number, key, data[name], plain_fields(data, name), marks))


def _marks(place: int, key: str, task: Mapping[str, Any], options: Options) -> Iterator[Mark | Passed | Wrong]:
    for number, annotation in enumerate(_listed(task.get("annotations", task.get("completions"))), 1):
        if not isinstance(annotation, dict):
            yield Wrong(place, "statement", f"annotation {number} must be an object")
        elif annotation.get("was_cancelled"):
            yield Passed(place, f"annotation {number} was cancelled")
        else:
            annotator = options.get("annotator") or _annotator(annotation.get("completed_by"))
            results = [result for result in _listed(annotation.get("result")) if isinstance(result, dict)]
            yield from _of_annotation(place, f"{key}, annotation {number}", annotator, results)


def _of_annotation(
    place: int, key: str, annotator: str, results: Sequence[Mapping[str, Any]]
) -> Iterator[Mark | Passed | Wrong]:
    """A mark for each region, with what is said of it; one for the whole text where there is no region."""
    regions: dict[str, list[Mapping[str, Any]]] = {}
    whole: dict[str, str] = {}
    for number, result in enumerate(results):
        if result.get("type") == "relation":
            yield Passed(place, f"{key}: relations between marks are not kept")
        elif _is_placed(result) or result.get("id") in regions:
            regions.setdefault(str(result.get("id", number)), []).append(result)
        else:
            whole |= _said(result)
    for region, several in regions.items():
        placed = next(
            (_value(each) for each in several if "start" in _value(each) or "globalOffsets" in _value(each)), {}
        )
        span = _span(placed)
        if span is None:
            yield Wrong(place, "statement", f"{key}, region {region}: start and end must be whole numbers")
            continue
        said = {name: text for each in several for name, text in _said(each).items()}
        labels = [str(label) for each in several for label in _listed(_value(each).get(str(each.get("type"))))]
        exact = placed.get("text") if isinstance(placed.get("text"), str) else None
        yield Mark(f"{key}, region {region}", annotator, span, exact, labels, {**whole, **said})
    if whole and not regions:
        yield Mark(key, annotator, fields=whole)


def _value(result: Mapping[str, Any]) -> Mapping[str, Any]:
    value = result.get("value")
    return value if isinstance(value, dict) else {}


def _is_placed(result: Mapping[str, Any]) -> bool:
    return "start" in _value(result) or "globalOffsets" in _value(result)


def _span(value: Mapping[str, Any]) -> tuple[int, int] | None:
    for places in (value.get("globalOffsets"), value):
        if isinstance(places, dict):
            start, end = places.get("start"), places.get("end")
            if type(start) is int and type(end) is int:
                return start, end
    return None


def _said(result: Mapping[str, Any]) -> dict[str, str]:
    """What a control of the labelling interface says, under its name: a choice, a text, a number."""
    name, kind, value = result.get("from_name"), result.get("type"), _value(result)
    if kind == "textarea":
        said = [text for text in _listed(value.get("text")) if isinstance(text, str)]
    elif kind == "taxonomy":
        said = [str(path[-1]) for path in _listed(value.get("taxonomy")) if isinstance(path, list) and path]
    elif kind in ("choices", "number", "rating"):
        said = [str(each) for each in _listed(value.get(kind))]
    else:
        return {}
    return {name: "\n".join(said)} if isinstance(name, str) and said else {}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _annotator(completed_by: Any) -> str:
    if isinstance(completed_by, dict):
        for name in ("email", "username", "id"):
            if completed_by.get(name):
                return str(completed_by[name]) if name != "id" else f"Label Studio {completed_by[name]}"
    return "Label Studio" if completed_by is None else f"Label Studio {completed_by}"


FORMAT = Format(
    name="label-studio",
    title="Label Studio (JSON export)",
    extension="json",
    media_type="application/json",
    read=read,
    counted="task",
    options=(*OF_TEXTS, Option("unit", "What the places of marks count.", _UNITS, _UNITS[0])),
)
