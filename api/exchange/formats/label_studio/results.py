"""Converts the results of one annotation to marks: regions of the text, and values of controls for regions or the text.

Results with one ID belong to one region. A control's result with the ID of a region is about that region; a result with
an ID of its own is about the whole text. Label Studio writes at most one result of a control for the whole text. So if
a control has results for regions, or results with several IDs, its other results are about regions that the file lacks.
"""

from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from api.exchange.format import Invalid, Items, Skipped
from api.exchange.formats.lib.marked_texts import Mark, MarkedTexts

Result = Mapping[str, Any]
_REGIONS_OF_TEXTS = ("labels", "hypertextlabels", "paragraphlabels")
_CONTROLS = ("choices", "textarea", "taxonomy", "number", "rating")
_OTHER_CONTROLS = ("datetime", "pairwise", "ranker")
"""Controls that are not imported. Every kind in none of these lists is a region of something other than text."""


def as_list(value: Any) -> list[Any]:
    """Return a list as it is, null as an empty list, and any other value as the only item of a list."""
    return value if isinstance(value, list) else [] if value is None else [value]


def result_items(number: int) -> Items:
    """Return source items for a number of results."""
    return {"result": number} if number else {}


@dataclass(slots=True)
class _Region:
    """The results of one region, or those about the whole text."""

    results: list[Result] = field(default_factory=list)

    @property
    def is_text(self) -> bool:
        """True if the region is a span of text, not of an image, a sound or a time series."""
        kinds = {_kind(result) for result in self.results if _is_placed(result)}
        starts = (_value(result).get("start") for result in self.results)
        readable = {*_REGIONS_OF_TEXTS, *_CONTROLS}
        return bool(kinds & readable) and not any(isinstance(start, float) for start in starts)

    @property
    def kind(self) -> str:
        """The kind of the region, such as `labels`."""
        others = (_kind(result) for result in self.results if _kind(result) not in (*_CONTROLS, *_OTHER_CONTROLS))
        return next(others, "") or _kind(self.results[0])


class AnnotationResults:
    """The results of one annotation of a task."""

    def __init__(
        self, place: int, key: str, where: str, annotator: str, texts: MarkedTexts, of_regions: Collection[str]
    ) -> None:
        """Store the parts: `where` names the annotation within its task, `of_regions` the controls used for regions."""
        self.place, self.key, self.where, self.annotator = place, f"{key}, {where}", where, annotator
        self.texts, self.names, self.of_regions = texts, texts.fields_of_marks, of_regions

    def pieces(self, results: Sequence[Any]) -> Iterator[Mark | Skipped | Invalid]:
        """Yield a mark for each region, or one for the whole text if there is none; and notes on skipped results."""
        good = []
        for number, result in enumerate(results, 1):
            if not isinstance(result, dict):
                yield Invalid(
                    self.place, "statement", f"{self.where}: result {number} must be an object", result_items(1)
                )
            elif result.get("type") == "relation":
                yield Skipped(self.place, "relations between marks are not imported", result_items(1))
            else:
                good.append(result)
        regions, whole = _grouped(good)
        said = yield from self._said((yield from self._of_whole_text(whole.results)))
        marks = list[Mark]()
        for name, region in regions.items():
            if not region.is_text:
                why = f"a region of the kind {region.kind[:60]!r} is not imported: it is no span of the text"
                yield Skipped(self.place, why, result_items(len(region.results)))
                continue
            mark = yield from self._mark(f"region {name}", region, said.fields)
            marks += [] if mark is None else [mark]
        if marks:
            used = yield from self._used(said, marks)
            marks[0] = replace(marks[0], items=result_items(marks[0].items.get("result", 0) + used))
            yield from marks
        elif said.used:
            yield from self._unmarked(regions, said)

    def _of_whole_text(self, results: Sequence[Result]) -> Generator[Skipped, None, list[Result]]:
        """Return the results about the whole text, skipping those about regions that are not in the file."""
        ids: dict[Any, set[str]] = {}
        for result in results:
            if result.get("id") is not None and _kind(result) != "textarea":
                ids.setdefault(str(result.get("from_name")), set()).add(str(result["id"]))
        whole = []
        for result in results:
            name, kind = str(result.get("from_name")), _kind(result)
            of_region = name in self.of_regions or len(ids.get(name, ())) > 1
            if kind in _CONTROLS and name in self.names and of_region:
                why = f"the control {name!r} ({kind}) is about a region that is not in the file: it is not used"
                yield Skipped(self.place, why, result_items(1))
            else:
                whole.append(result)
        return whole

    def _used(self, said: "_ControlValues", marks: Sequence[Mark]) -> Generator[Skipped, None, int]:
        """Return how many results about the whole text the marks use, skipping those that no mark uses."""
        used = 0
        for name, text in said.fields.items():
            number = said.used.count(name)
            if any(name in mark.whole for mark in marks):
                used += number
                continue
            own = "each region has one of its own"
            why = f"the control {name!r} says {text[:60]!r} of the whole text, which is not used: {own}"
            yield Skipped(self.place, why, result_items(number))
        return used

    def _unmarked(self, regions: Mapping[str, _Region], said: "_ControlValues") -> Iterator[Mark | Skipped]:
        """Yield a mark for the whole text; if all regions of the text were refused, yield `Skipped` instead."""
        if any(region.is_text for region in regions.values()):
            why = "controls of the whole text are not imported: all regions were refused"
            yield Skipped(self.place, why, result_items(len(said.used)))
        else:
            yield Mark(self.key, self.annotator, fields=said.fields, items=result_items(len(said.used)))

    def _mark(
        self, name: str, region: _Region, whole: Mapping[str, str]
    ) -> "Generator[Skipped | Invalid, None, Mark | None]":
        """Return the mark of a region, or None, after yielding why it is invalid."""
        placed = [result for result in region.results if _is_placed(result)]
        placed.sort(key=lambda result: _kind(result) not in _REGIONS_OF_TEXTS)
        span = next((span for result in placed if (span := _span(_value(result))) is not None), None)
        if span is None:
            why = f"{self.where}, {name}: start and end must be whole numbers"
            yield Invalid(self.place, "statement", why, result_items(len(region.results)))
            return None
        own = [result for result in region.results if _kind(result) in _REGIONS_OF_TEXTS]
        said = yield from self._said([result for result in region.results if _kind(result) not in _REGIONS_OF_TEXTS])
        exact = next((text for result in placed if isinstance(text := _value(result).get("text"), str)), None)
        labels = [str(label) for result in own for label in as_list(_value(result).get(_kind(result)))]
        if any(isinstance(result.get("meta"), dict) and result["meta"] for result in own):
            yield Skipped(self.place, f"{self.where}, {name}: its note (meta) is not imported")
        has_own = {*said.fields, *([self.texts.stance_field] if self.texts.has_stance(labels) else [])}
        taken = {control: text for control, text in whole.items() if control not in has_own}
        items = result_items(len(own) + len(said.used))
        return Mark(f"{self.key}, {name}", self.annotator, span, exact, labels, said.fields, items, taken)

    def _said(self, results: Sequence[Result]) -> "Generator[Skipped, None, _ControlValues]":
        """Return the values of controls by name, skipping results that are not imported."""
        said = _ControlValues()
        for result in results:
            name, kind, text = result.get("from_name"), _kind(result), _text(result)
            if kind not in _CONTROLS:
                yield Skipped(self.place, f"a result of the kind {kind[:60]!r} is not imported", result_items(1))
            elif not isinstance(name, str) or name not in self.names:
                why = f"the control {str(name)[:60]!r} ({kind}) is not read: --stance, --rationale … name the controls"
                yield Skipped(self.place, why, result_items(1))
            elif not text:
                yield Skipped(self.place, f"the control {name!r} ({kind}) is empty", result_items(1))
            else:
                said.add(name, text)
        return said


@dataclass(slots=True)
class _ControlValues:
    """The values of controls by name, and the name of the control of each result used."""

    fields: dict[str, str] = field(default_factory=dict)
    used: list[str] = field(default_factory=list)

    def add(self, name: str, text: str) -> None:
        """Add the value of a control; values of two results with one name are joined."""
        self.fields[name] = f"{self.fields[name]}\n{text}" if name in self.fields else text
        self.used.append(name)


def controls_of_regions(results: Sequence[Any]) -> set[str]:
    """Return the names of the controls that an annotation has for regions."""
    regions, _ = _grouped([result for result in results if isinstance(result, dict)])
    of_regions = (result for region in regions.values() for result in region.results)
    return {str(result.get("from_name")) for result in of_regions if _kind(result) in _CONTROLS}


def _grouped(results: Sequence[Result]) -> tuple[dict[str, _Region], _Region]:
    """Return the results of each region by its ID, and the results about the whole text, in any order of results."""
    ids = {str(result["id"]) for result in results if _is_region(result) and result.get("id") is not None}
    regions: dict[str, _Region] = {}
    whole = _Region()
    for number, result in enumerate(results):
        name = str(result["id"]) if result.get("id") is not None else f"without id {number}"
        if _is_region(result) or name in ids:
            regions.setdefault(name, _Region()).results.append(result)
        else:
            whole.results.append(result)
    return regions, whole


def _is_region(result: Result) -> bool:
    return _is_placed(result) or _kind(result) not in (*_CONTROLS, *_OTHER_CONTROLS)


def _is_placed(result: Result) -> bool:
    return "start" in _value(result) or "globalOffsets" in _value(result)


def _kind(result: Result) -> str:
    return str(result.get("type"))


def _value(result: Result) -> Mapping[str, Any]:
    value = result.get("value")
    return value if isinstance(value, dict) else {}


def _span(value: Mapping[str, Any]) -> tuple[int, int] | None:
    for places in (value.get("globalOffsets"), value):
        if isinstance(places, dict):
            start, end = places.get("start"), places.get("end")
            if type(start) is int and type(end) is int:
                return start, end
    return None


def _text(result: Result) -> str:
    """Return the value of a control: its choices, texts or number, one to a line."""
    kind, value = _kind(result), _value(result)
    if kind == "textarea":
        said = [text for text in as_list(value.get("text")) if isinstance(text, str)]
    elif kind == "taxonomy":
        said = [str(path[-1]) for path in as_list(value.get("taxonomy")) if isinstance(path, list) and path]
    else:
        said = [str(each) for each in as_list(value.get(kind)) if isinstance(each, str | int | float)]
    return "\n".join(said).strip()
