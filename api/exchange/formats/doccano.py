"""doccano: its exports of sequence labelling and text classification, as JSON lines or as a JSON array (ADR 0019).

https://doccano.github.io/doccano/ ; a file has the annotations of one annotator, whose name is the file's, or of all.
Annotations that name a user are that user's.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from api.exchange.format import Format, Invalid, Items, Malformed, Option, Options, ParseEvents, Skipped
from api.exchange.formats.lib.annotator_names import AnnotatorNames
from api.exchange.formats.lib.marked_texts import TEXT_OPTIONS, Mark, MarkedText, MarkedTexts, plain_fields, sum_items
from api.exchange.formats.lib.untrusted_json import describe_nested_members, first_character, json_items, json_lines

_UNITS = ("code-point", "utf16")
_LABEL_MEMBERS = ("label", "labels", "entities", "cats", "annotations")
_SKIPPED_MEMBERS = ("relations", "Comments", "comments")
"""Members without labels, which are not imported; each of their elements is a source item."""
_SHARED_FILE_NAMES = ("all", "unknown", "admin")
"""Names of files that are not of one annotator."""
_EXAMPLE: Items = {"example": 1}
_LABEL: Items = {"label": 1}


def read(path: Path, options: Options) -> ParseEvents:
    """Read the texts of a project, with their marks.

    :raises Malformed: if a line is not JSON, or no object.
    """
    texts = MarkedTexts(options, utf16=options.get("unit") == "utf16")
    users, stem = (
        AnnotatorNames.from_options("doccano", options),
        "doccano" if path.stem in _SHARED_FILE_NAMES else path.stem,
    )
    place_word, examples = _examples(path)
    for number, example in examples:
        if not isinstance(example, dict):
            raise Malformed(
                f'{place_word} {number}: must be an object with a text, such as {{"text": ..., "label": ...}}'
            )
        name = options.get("text") or "text"
        if not isinstance(example.get(name), str):
            there = ", ".join(map(repr, example)) or "nothing"
            why = f"it has no text {name!r}, but {there}: name one by --text"
            yield Invalid(number, "document", why, sum_items(_EXAMPLE, _items(example)))
            continue
        key, marks = texts.unique_key(f"example {example.get('id', number)}", number), list[Mark]()
        for piece in _Example(number, key, users, stem, example).pieces(name):
            if isinstance(piece, Mark):
                marks.append(piece)
            else:
                yield piece
        yield from texts.records(MarkedText(number, key, example[name], _fields(example, name), marks, _EXAMPLE))


def _examples(path: Path) -> tuple[str, Iterator[tuple[int, Any]]]:
    """Return the unit of places, and the examples in an array, in lines, or in a file of one example."""
    sign = first_character(path)
    if sign == "[":
        return "item", ((number, value) for _, number, value in json_items(path, "item"))
    if sign == "{" and _is_one_object(path):
        return "item", ((number, value) for _, number, value in json_items(path, ""))
    return "line", json_lines(path)


def _is_one_object(path: Path) -> bool:
    """Return True if the file is one object over several lines."""
    with path.open("rb") as file:
        return file.readline(64).strip(b"\xef\xbb\xbf \t\r\n") == b"{"


def _fields(example: Mapping[str, Any], text: str) -> dict[str, str]:
    """Return the fields of a text beside its marks, which older versions have in `meta`."""
    meta = example.get("meta")
    return plain_fields({**(meta if isinstance(meta, dict) else {}), **example}, text, "id", *_LABEL_MEMBERS)


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None or value == "" else [value]


def _items(example: Mapping[str, Any]) -> Items:
    """Return the numbers of source items within an example."""
    labels = sum(len(_as_list(example.get(name))) for name in _LABEL_MEMBERS)
    others = {name.lower(): len(_as_list(example.get(name))) for name in _SKIPPED_MEMBERS if example.get(name)}
    return {**({"label": labels} if labels else {}), **others}


class _Example:
    """An example of the file, with the names of its annotators."""

    def __init__(self, place: int, key: str, users: AnnotatorNames, stem: str, example: Mapping[str, Any]) -> None:
        self.place, self.key, self.users, self.stem, self.example = place, key, users, stem, example

    def pieces(self, text: str) -> Iterator[Mark | Skipped | Invalid]:
        """Return the marks of the example, and what in it is skipped or invalid."""
        for name in _SKIPPED_MEMBERS:
            if self.example.get(name):
                count = len(_as_list(self.example[name]))
                yield Skipped(self.place, f"{name.lower()} are not imported", {name.lower(): count})
        meta = self.example.get("meta")
        for values in (self.example, meta if isinstance(meta, dict) else {}):
            for why in describe_nested_members(values, text, "meta", *_LABEL_MEMBERS, *_SKIPPED_MEMBERS):
                yield Skipped(self.place, why)
        number = 0
        for name in _LABEL_MEMBERS:
            for each in _as_list(self.example.get(name)):
                number += 1
                mark = self._mark(f"{self.key}, label {number}", each)
                yield mark or Invalid(
                    self.place, "statement", f"{self.key}: {name} {number} is none of {_FORMS}", _LABEL
                )

    def _mark(self, key: str, value: Any) -> Mark | None:
        if _is_label(value):
            return Mark(key, self.users.annotator(None, self.stem), labels=[str(value)], items=_LABEL)
        if isinstance(value, list) and len(value) == 3:
            start, end, label, user = *value, None
        elif isinstance(value, dict):
            start, end, label, user = (value.get(name) for name in ("start_offset", "end_offset", "label", "user"))
        else:
            return None
        if not _is_label(label):
            return None
        if isinstance(value, dict) and start is None and end is None:
            return Mark(key, self.users.annotator(user, self.stem), labels=[str(label)], items=_LABEL)
        if type(start) is not int or type(end) is not int:
            return None
        return Mark(key, self.users.annotator(user, self.stem), (start, end), labels=[str(label)], items=_LABEL)


def _is_label(value: Any) -> bool:
    """Return True if the value is a label: its name, or its number in doccano's database."""
    return (isinstance(value, str) and value.strip() != "") or type(value) is int


_FORMS = '"SUPPORT", [0, 5, "SUPPORT"], {"start_offset": 0, "end_offset": 5, "label": "SUPPORT", "user": 1}'

FORMAT = Format(
    name="doccano",
    title="doccano (JSONL or JSON export)",
    extension="jsonl",
    media_type="application/jsonl",
    read=read,
    options=(*TEXT_OPTIONS, Option("unit", "The unit of positions.", _UNITS, _UNITS[0])),
)
