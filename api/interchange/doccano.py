"""doccano: its JSONL exports of marked texts (sequence labelling) and of classified ones.

https://doccano.github.io/doccano/ ; a file is one annotator's, called after them, or everybody's.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from api.interchange.format import Format, Malformed, Option, Options, Passed, Reading, Wrong
from api.interchange.json_files import lines
from api.interchange.marked_texts import OF_TEXTS, Mark, Marked, MarkedTexts, plain_fields

_UNITS = ("code-point", "utf16")
_LABELS = ("label", "labels", "entities", "cats", "annotations")
_NOBODY = ("all", "unknown", "admin")
"""What files are called that are not one annotator's own."""


def read(path: Path, options: Options) -> Reading:
    """The texts of a project, and what was marked in them.

    :raises Malformed: where a line is no JSON, or no object.
    """
    texts = MarkedTexts(options, utf16=options.get("unit") == "utf16")
    annotator = options.get("annotator") or ("doccano" if path.stem in _NOBODY else path.stem)
    for number, example in lines(path):
        if not isinstance(example, dict):
            raise Malformed(f'line {number}: must be an object with a text, such as {{"text": ..., "label": ...}}')
        name = options.get("text") or "text"
        if not isinstance(example.get(name), str):
            there = ", ".join(map(repr, example)) or "nothing"
            yield Wrong(number, "document", f"it has no text {name!r}, but {there}: name one by --text")
            continue
        key = f"example {example.get('id', number)}"
        marks: list[Mark] = []
        for piece in _marks(number, key, annotator, example):
            if isinstance(piece, Mark):
                marks.append(piece)
            else:
                yield piece
        yield from texts.records(Marked(number, key, example[name], _fields(example, name), marks))


def _fields(example: Mapping[str, Any], text: str) -> dict[str, str]:
    """What is kept of a text beside its marks: in older versions by itself in `meta`."""
    meta = example.get("meta")
    return plain_fields({**(meta if isinstance(meta, dict) else {}), **example}, text, "id", *_LABELS)


def _marks(place: int, key: str, annotator: str, example: Mapping[str, Any]) -> Iterator[Mark | Passed | Wrong]:
    for what in ("relations", "Comments", "comments"):
        if example.get(what):
            yield Passed(place, f"{key}: {what.lower()} are not kept")
    number = 0
    for name in _LABELS:
        several = example.get(name)
        for each in several if isinstance(several, list) else [several] if isinstance(several, str) else []:
            number += 1
            mark = _mark(f"{key}, label {number}", annotator, each)
            yield mark or Wrong(place, "statement", f"{key}: {name} {number} is none of {_FORMS}")


_FORMS = '"SUPPORT", [0, 5, "SUPPORT"], {"start_offset": 0, "end_offset": 5, "label": "SUPPORT"}'


def _mark(key: str, annotator: str, value: Any) -> Mark | None:
    if isinstance(value, str):
        return Mark(key, annotator, labels=[value])
    if isinstance(value, list) and len(value) == 3:
        start, end, label = value
    elif isinstance(value, dict):
        start, end, label = (value.get(name) for name in ("start_offset", "end_offset", "label"))
        if start is None and end is None and isinstance(label, str):
            return Mark(key, annotator, labels=[label])
    else:
        return None
    if type(start) is not int or type(end) is not int or not isinstance(label, str | int):
        return None
    return Mark(key, annotator, (start, end), labels=[str(label)])


FORMAT = Format(
    name="doccano",
    title="doccano (JSONL export)",
    extension="jsonl",
    media_type="application/jsonl",
    read=read,
    options=(*OF_TEXTS, Option("unit", "What the places of marks count.", _UNITS, _UNITS[0])),
)
