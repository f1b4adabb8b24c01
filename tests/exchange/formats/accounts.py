"""Files of all formats with parts that nobody knows, and how many source records each kind of them has.

The numbers are counted here of what was made, and not by the readers.
"""

import csv
import io
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

LABELS = st.sampled_from(["SUPPORT", "against", "PER", "2"])
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 40) | st.text("ab ", max_size=3) | LABELS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "label", "value"]), inner),
    max_leaves=4,
)
TEXTS = st.sampled_from(["We back it. They do not.", "One.\r\nTwo.", "😀 We", " "])
PLACES = st.integers(0, 12)


@dataclass(frozen=True)
class Made:
    """A file of a format, the options to read it with, and the source records in it."""

    format: str
    content: bytes
    options: Mapping[str, str]
    counts: Mapping[str, int]


def _made(name: str, content: str, counts: Mapping[str, int], **options: str) -> Made:
    return Made(name, content.encode(), options, {kind: number for kind, number in counts.items() if number})


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None or value == "" else [value]


# ---------------------------------------------------------------- Label Studio

_REGIONS = st.fixed_dictionaries(
    {"type": st.sampled_from(["labels", "rectanglelabels", "brushlabels", "timeserieslabels"])},
    optional={
        "id": st.sampled_from(["r1", "r2", "r3"]),
        "from_name": st.just("label"),
        "value": st.fixed_dictionaries(
            {"labels": st.lists(LABELS, max_size=2)},
            optional={"start": PLACES | st.floats(0, 3), "end": PLACES, "text": st.sampled_from(["We", "Two.", "no"])},
        ),
    },
)
_CONTROLS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["choices", "rating", "number", "textarea", "datetime", "relation", "pairwise"]),
        "from_name": st.sampled_from(["stance", "speaker", "intensity", "tone"]),
        "value": st.fixed_dictionaries({}, optional={"choices": st.lists(LABELS, max_size=2), "rating": PLACES}) | JUNK,
    },
    optional={"id": st.sampled_from(["r1", "r2", "c"])},
)
_ANNOTATIONS = st.fixed_dictionaries(
    {"result": st.lists(st.one_of(_REGIONS, _CONTROLS, _REGIONS, _CONTROLS, JUNK), min_size=2, max_size=6)},
    optional={"completed_by": st.integers(1, 2) | JUNK, "was_cancelled": st.booleans()},
)
_TASKS = st.fixed_dictionaries(
    {"data": st.fixed_dictionaries({}, optional={"text": TEXTS | st.none(), "speaker": st.just("Ana"), "extra": JUNK})},
    optional={
        "annotations": st.lists(st.one_of(_ANNOTATIONS, _ANNOTATIONS, st.integers(0, 9)), min_size=1, max_size=3),
        "completions": st.lists(_ANNOTATIONS, max_size=1),
        "predictions": st.lists(JUNK, max_size=2),
        "drafts": st.lists(JUNK, max_size=2),
        "other": JUNK,
    },
)


def _label_studio(tasks: list[Any]) -> Made:
    counts = Counter({"task": len(tasks)})
    for task in tasks:
        counts["prediction"] += len(task.get("predictions", []))
        counts["draft"] += len(task.get("drafts", []))
        for annotation in (*task.get("annotations", []), *task.get("completions", [])):
            # An annotation that is no object is refused as one result.
            counts["result"] += len(annotation["result"]) if isinstance(annotation, dict) else 1
    return _made("label-studio", json.dumps(tasks), counts, speaker="=Ana", target="=Truce")


# ---------------------------------------------------------------- doccano

_MARKS = (
    LABELS
    | st.tuples(PLACES, PLACES, LABELS).map(list)
    | st.fixed_dictionaries(
        {"label": LABELS | st.integers(1, 3)},
        optional={"start_offset": PLACES, "end_offset": PLACES, "user": st.integers(1, 2) | JUNK},
    )
    | JUNK
)
_EXAMPLES = st.fixed_dictionaries(
    {},
    optional={
        "text": TEXTS | st.none(),
        "id": st.integers(1, 3),
        "label": st.lists(_MARKS, max_size=3) | LABELS,
        "entities": st.lists(_MARKS, max_size=2),
        "relations": st.lists(JUNK, min_size=1, max_size=2),
        "Comments": st.lists(JUNK, max_size=2),
        "meta": JUNK,
        "spans": JUNK,
    },
)


def _doccano(examples: list[Any]) -> Made:
    counts = Counter({"example": len(examples)})
    for example in examples:
        counts["label"] += len(_list(example.get("label"))) + len(_list(example.get("entities")))
        counts["relations"] += len(example.get("relations", []))
        counts["comments"] += len(example.get("Comments", []))
    return _made("doccano", "\n".join(map(json.dumps, examples)), counts, speaker="=Ana", target="=Truce")


# ---------------------------------------------------------------- web annotations

_SELECTORS = st.fixed_dictionaries(
    {"type": st.sampled_from(["TextQuoteSelector", "TextPositionSelector", "RangeSelector"])},
    optional={"exact": st.sampled_from(["We", "Two."]), "start": PLACES, "end": PLACES},
)
_GOOD = st.just([{"type": "TextQuoteSelector", "exact": "We"}])
_TARGETS = st.fixed_dictionaries(
    {"source": st.just("d"), "selector": st.one_of(_GOOD, _GOOD, st.lists(_SELECTORS, max_size=2))}
)
_BODIES = st.lists(
    LABELS
    | st.fixed_dictionaries({"value": LABELS | st.text("ab", max_size=2)}, optional={"purpose": st.just("commenting")})
    | st.fixed_dictionaries({"stance": JUNK})
    | JUNK,
    min_size=1,
    max_size=4,
)
_STANDARD = st.fixed_dictionaries(
    {"type": st.just("Annotation"), "target": _TARGETS, "body": _BODIES}, optional={"x": JUNK}
)
_ROWS = st.fixed_dictionaries(
    {"user": st.just("acct:mira@h.example"), "tags": st.lists(LABELS, max_size=3), "text": st.text("ab", max_size=2)},
    optional={"target": _TARGETS.map(lambda one: [one]), "references": st.just(["x"]), "links": JUNK},
)


def _web_annotation(annotations: list[Any]) -> Made:
    counts = Counter({"annotation": len(annotations)})
    for one in annotations:
        counts["body"] += len(one["body"]) if "body" in one else len(one["tags"]) + bool(one["text"])
    content = json.dumps({"documents": [{"id": "d", "value": "We back it.\nTwo."}], "rows": annotations})
    given = {"speaker": "Ana", "target": "Truce", "annotator": "anna"}
    return _made("web-annotation", content, counts | Counter({"document": 1}), **given)


# ---------------------------------------------------------------- tables


def _table(name: str, header: list[str], rows: list[list[Any]], **options: str) -> Made:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    return _made(name, text.getvalue(), {"line": len(rows)}, **options)


_NAMES = st.sampled_from(["Ana", "Ana ", "Boris", "Council"])
_ACTOR_ROWS = st.lists(
    st.lists(_NAMES, min_size=1, max_size=1).flatmap(
        lambda name: st.lists(st.sampled_from(["STATE", "MEDIA", "PLANET", ""]), min_size=1, max_size=2).map(
            lambda more: [*name, *more]
        )
    ),
    min_size=1,
    max_size=5,
)
_EDGES = st.lists(
    st.tuples(_NAMES, _NAMES, st.sampled_from(["1", "-", "x"]), st.just("y")).map(list), min_size=1, max_size=6
)
_YEARS = st.lists(
    st.tuples(
        st.sampled_from(["1990", "1991", "1993", "soon"]),
        st.sampled_from(["Ana", "Ana ", "Boris"]),
        st.sampled_from(["Boris", "Council"]),
        st.sampled_from(["supportive", "opposing", "opposing", "opposingdirected", "opposingdirected", "odd"]),
    ).map(list),
    min_size=3,
    max_size=10,
)

FILES: Mapping[str, st.SearchStrategy[Made]] = {
    "label-studio": st.lists(_TASKS, min_size=1, max_size=3).map(_label_studio),
    "doccano": st.lists(_EXAMPLES, min_size=1, max_size=4).map(_doccano),
    "web-annotation": st.lists(_STANDARD | _ROWS, min_size=1, max_size=4).map(_web_annotation),
    "csv": _ACTOR_ROWS.map(lambda rows: _table("csv", ["name", "kind"], rows, table="actors")),
    "edges": _EDGES.map(lambda rows: _table("edges", ["source", "target", "sign", "odd"], rows)),
    "yearly-ties": _YEARS.map(lambda rows: _table("yearly-ties", ["year", "source", "target", "type"], rows)),
}
