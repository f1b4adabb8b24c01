"""The picture of a network: everything in it told apart, every name readable, nothing of anybody's taken for markup."""

import datetime as dt
import re
from itertools import combinations, product
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.drawing.composition import MAX_NAME_LINES, MAX_NAME_WIDTH, Composition, compose
from api.drawing.network import DrawnActor, DrawnNetwork, DrawnTie
from api.drawing.style import RADIUS, SHAPES
from api.drawing.svg import svg
from api.drawing.text_metrics import clean, is_right_to_left, width, wrap
from api.drawing.tie_lines import bundle_ties
from models import ActorKind, RelationForm, RelationKind, RelationStatus

SVG = "{http://www.w3.org/2000/svg}"
NAMES = (
    "Russia", "Syrian government under Bashar al-Assad", "حزب الله", "حركة المقاومة الإسلامية «حماس» في قطاع غزة",
    "חיזבאללה", "日本国政府と関係機関の連絡調整会議", "한국 정부", "देवनागरी संगठन", "เครือข่ายประชาชน",
    "Правительство Сирии", "👩‍👩‍👧‍👦 Families", "x", "a" * 70, "Rebels & <b>Sons</b>", "Zu\u0308rich e\u0301",
    "\u202eturned round", "Mixed حزب name", "line\nbreak\ttab", "\x00\x1b[31m", "]]>", "\u2069\u2069 out of it",
)  # fmt: skip
UNIT = st.floats(0, 1)


@st.composite
def networks(draw: st.DrawFn, most: int = 12) -> DrawnNetwork:
    names = draw(st.lists(st.sampled_from(NAMES) | st.text(max_size=30), min_size=1, max_size=most))
    nodes = [DrawnActor(name, draw(st.sampled_from(ActorKind)), draw(UNIT), draw(UNIT)) for name in names]
    end = st.integers(0, len(nodes) - 1)
    ends = (
        draw(st.lists(st.tuples(end, end).filter(lambda pair: pair[0] != pair[1]), max_size=20))
        if len(nodes) > 1
        else []
    )
    return DrawnNetwork(
        nodes, [draw(ties(*pair)) for pair in ends], draw(st.none() | st.dates()), draw(st.text(max_size=20))
    )


def ties(source: int, target: int) -> st.SearchStrategy[DrawnTie]:
    return st.builds(
        DrawnTie,
        st.just(source),
        st.just(target),
        st.sampled_from(RelationKind),
        st.sampled_from(RelationForm),
        st.sampled_from(RelationStatus),
        st.booleans(),
        st.none() | st.dates(max_value=dt.date(2000, 1, 1)),
        st.none() | st.dates(min_value=dt.date(2000, 1, 1)),
    )


def grown(picture: str) -> ElementTree.Element:
    return ElementTree.fromstring(picture)


def in_group(picture: str, label: str) -> list[ElementTree.Element]:
    (group,) = [g for g in grown(picture).iter(f"{SVG}g") if g.get("aria-label") == label]
    return list(group)


def told(element: ElementTree.Element) -> tuple[str, str]:
    return element.findtext(f"{SVG}title") or "", element.findtext(f"{SVG}desc") or ""


# ---------------------------------------------------------------- names


def boxes(picture: Composition) -> list[tuple[float, float, float, float]]:
    return [(place.left, place.top, place.right, place.bottom) for place in picture.places]


def meet(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@settings(max_examples=150, deadline=None)
@given(networks())
def test_no_name_lies_over_another_or_over_a_node(network: DrawnNetwork) -> None:
    """Whatever the names, and wherever the nodes: also where all are in one place."""
    picture = compose(network)
    named = boxes(picture)
    assert not [pair for pair in combinations(named, 2) if meet(*pair)]
    nodes = [(x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS) for x, y in picture.nodes.tolist()]
    assert not [pair for pair in product(named, nodes) if meet(*pair)]


def test_names_stand_beside_their_nodes_where_there_is_room() -> None:
    nodes = [
        DrawnActor(name, ActorKind.STATE, x / 3, y / 3)
        for (x, y), name in zip(product(range(4), repeat=2), NAMES, strict=False)
    ]
    picture = compose(DrawnNetwork(nodes, []))
    assert not any(place.led for place in picture.places)


@settings(max_examples=60, deadline=None)
@given(networks())
def test_the_picture_holds_all_that_is_drawn(network: DrawnNetwork) -> None:
    root = grown(svg(network))
    _, _, across, down = map(float, (root.get("viewBox") or "").split())
    for group in root.findall(f"{SVG}g"):
        moved = re.fullmatch(r"translate\((\S+) (\S+)\)", group.get("transform") or "translate(0 0)")
        assert moved
        dx, dy = map(float, moved.groups())
        for each in group.iter(f"{SVG}use"):
            if group.get("aria-label") == "Legend":
                continue
            assert RADIUS <= float(each.get("x") or 0) + dx <= across - RADIUS
            assert RADIUS <= float(each.get("y") or 0) + dy <= down - RADIUS


@given(st.sampled_from(NAMES) | st.text(max_size=200))
def test_no_line_of_a_name_is_too_wide(name: str) -> None:
    written = wrap(name, MAX_NAME_WIDTH, MAX_NAME_LINES)
    assert 1 <= len(written.lines) <= MAX_NAME_LINES
    assert all(0 < width(line) <= MAX_NAME_WIDTH or not line.strip() or width(line) == 0 for line in written.lines)
    whole = "".join(written.lines).replace(" ", "")
    assert whole == clean(name).replace(" ", "") or (
        whole[-1] == "…" and clean(name).replace(" ", "").startswith(whole[:-1])
    )


def test_widths_follow_the_script() -> None:
    assert width("Zu\u0308rich") == width("Zurich")
    assert width("日本") > width("ab")
    assert width("👩") > width("w")
    assert width("\u200d\u200f") == 0
    assert 3 < width("المقاومة") < 8


def test_words_are_not_broken_where_lines_can_be() -> None:
    assert (
        wrap("Правительство Сирии при Башаре Асаде", MAX_NAME_WIDTH, MAX_NAME_LINES)
        .lines[0]
        .startswith("Правительство")
    )
    for name in ("Syrian government under Bashar al-Assad", "Turkish-backed factions in Syria"):
        assert " ".join(wrap(name, MAX_NAME_WIDTH, MAX_NAME_LINES).lines) == name


@pytest.mark.parametrize(
    ("name", "rtl"), [("حزب الله", True), ("חיזבאללה", True), ("1 حزب", True), ("HTS هيئة", False)]
)
def test_what_runs_from_the_right_says_so(name: str, rtl: bool) -> None:
    """And stands on the side that it would stand on otherwise: `start` is on its right."""
    assert is_right_to_left(name) is rtl
    for x in (0.0, 1.0):  # an actor beside it, on whose other side the name stands
        nodes = [DrawnActor(name, ActorKind.STATE, x, 0.5), DrawnActor("b", ActorKind.STATE, 0.5, 0.5)]
        picture = svg(DrawnNetwork(nodes, [DrawnTie(0, 1, RelationKind.ALLIANCE)]))
        written = in_group(picture, "Actors")[0].find(f"{SVG}text")
        assert written is not None
        assert written.get("direction") == ("rtl" if rtl else None)
        place = compose(DrawnNetwork(nodes, [DrawnTie(0, 1, RelationKind.ALLIANCE)])).places[0]
        from_left = "end" if rtl else None
        from_its_right = None if rtl else "end"
        expected = {1.0: from_left, -1.0: from_its_right, 0.0: "middle"}[place.side]
        assert written.get("text-anchor") == expected
    assert "unicode-bidi:isolate" in picture


# ---------------------------------------------------------------- markup


@settings(max_examples=100, deadline=None)
@given(networks())
def test_whatever_the_names_it_is_well_formed_and_the_same_each_time(network: DrawnNetwork) -> None:
    picture = svg(network)
    root = grown(picture)
    assert picture == svg(network)
    allowed = {"svg", "title", "desc", "style", "defs", "marker", "path", "rect", "text", "g", "use"}
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= allowed
    titles = [told(element)[0] for element in in_group(picture, "Actors")]
    assert titles == [" ".join(clean(node.name).split()) for node in network.nodes] or titles == [
        clean(node.name) for node in network.nodes
    ]


def test_it_asks_nobody_for_anything() -> None:
    nodes = [
        DrawnActor(name, kind, n / 20, (n * 7 % 20) / 20)
        for n, (name, kind) in enumerate(zip(NAMES, [*ActorKind] * 3, strict=False))
    ]
    picture = svg(DrawnNetwork(nodes, [DrawnTie(0, 1, RelationKind.ALLIANCE)]))
    without_namespace = picture.replace('xmlns="http://www.w3.org/2000/svg"', "")
    for word in ("http", "//", "@import", "@font-face", "<script", "javascript:", "onload", "<image", "<foreignObject"):
        assert word not in without_namespace
    links = re.findall(r'(?:href="|url\()([^")]*)', picture)
    assert links
    assert all(link.startswith("#sg-") for link in links)


# ---------------------------------------------------------------- everything told apart, by all


def rules(picture: str) -> tuple[dict[str, dict[str, str]], dict[str, dict[str, str]]]:
    """Selector → property → value by day, and by night."""
    style = grown(picture).findtext(f"{SVG}style") or ""
    day, night = style.split("@media (prefers-color-scheme:dark){")
    return parsed(day), parsed(night)


def parsed(css: str) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for selector, body in re.findall(r"([\w.\-]+)\{([^{}]*)\}", css):
        found.setdefault(selector, {}).update(part.split(":", 1) for part in body.split(";") if part)
    return found


def luminance(colour: str) -> float:
    """WCAG 2.2: relative luminance."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """WCAG 2.2: contrast ratio."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


EMPTY = DrawnNetwork([], [])


@pytest.mark.parametrize("when", [0, 1], ids=["day", "night"])
def test_contrast_is_sufficient_by_day_and_by_night(when: int) -> None:
    """4.5 for letters, 3 for what is no letter (WCAG 1.4.3, 1.4.11)."""
    both = rules(svg(EMPTY))
    style = {**both[0], **both[1]} if when else both[0]
    paper = style[".paper"]["fill"]
    assert (luminance(paper) < 0.1) is bool(when)
    for letters in ("text", ".faint"):
        assert contrast(style[letters]["fill"], paper) >= 4.5
    for lines_ in (".ally", ".foe", ".node", ".lead"):
        assert contrast(style[lines_]["stroke"], paper) >= 3
    for marks in (".ally-end", ".foe-end"):
        assert contrast(style[marks]["fill"], paper) >= 3
    assert contrast(style[".node"]["stroke"], style[".node"]["fill"]) >= 3
    assert style[".name"]["stroke"] == paper


def drawn(kind: RelationKind, status: RelationStatus, *, directed: bool = False) -> tuple[str, ...]:
    """What makes a tie what it is but for colour: its dashes and its ends."""
    nodes = [DrawnActor("a", ActorKind.STATE, 0, 0), DrawnActor("b", ActorKind.STATE, 1, 1)]
    picture = svg(DrawnNetwork(nodes, [DrawnTie(0, 1, kind, status=status, directed=directed)]))
    (tie,) = in_group(picture, "Relations")
    path = tie.find(f"{SVG}path")
    assert path is not None
    style = rules(picture)[0]
    looks: dict[str, str] = {}
    # As a browser has it: what comes last in the sheet holds.
    for selector, body in style.items():
        if selector.removeprefix(".") in (path.get("class") or "").split():
            looks.update(body)
    markers = {m.get("id"): ElementTree.tostring(m) for m in grown(picture).iter(f"{SVG}marker")}
    ends = [str(markers[(path.get(f"marker-{end}") or "")[5:-1]]) for end in ("start", "end")]
    shapes = [re.sub(r'(id|class)="[^"]*"', "", end) for end in ends]
    return (looks.get("stroke-dasharray", ""), *shapes)


def test_ties_differ_by_more_than_colour() -> None:
    made = [
        drawn(kind, status, directed=directed)
        for kind, status, directed in product(RelationKind, RelationStatus, (False, True))
    ]
    assert len(set(made)) == len(made)


def test_each_kind_of_actor_has_its_shape() -> None:
    assert set(SHAPES) == set(ActorKind)
    assert len(set(SHAPES.values())) == len(ActorKind)


@settings(max_examples=60, deadline=None)
@given(networks())
def test_the_legend_explains_what_is_there_and_nothing_else(network: DrawnNetwork) -> None:
    legend = [element.text for element in in_group(svg(network), "Legend") if element.tag == f"{SVG}text"]
    kinds = {node.kind.value.replace("_", " ").lower() for node in network.nodes}
    signs = {
        (tie.kind.value.lower(), "" if tie.status is RelationStatus.CONFIRMED else f", {tie.status.lower()}")
        for tie in network.ties
    }
    ways = {tie.kind.value.lower() for tie in network.ties if tie.directed}
    expected = kinds | {f"{kind}{doubt}" for kind, doubt in signs} | {f"{kind} that goes one way" for kind in ways}
    assert sorted(filter(None, legend)) == sorted(expected)


# ---------------------------------------------------------------- in words


def test_everything_is_said_in_words_too() -> None:
    nodes = [
        DrawnActor("Russia", ActorKind.STATE, 0, 0),
        DrawnActor("Syria & Co", ActorKind.GOVERNMENT, 1, 1),
        DrawnActor("حزب", ActorKind.ARMED_GROUP, 0, 1),
    ]
    relations = [
        DrawnTie(0, 1, RelationKind.ALLIANCE, RelationForm.MILITARY_SUPPORT, valid_from=dt.date(2015, 9, 30)),
        DrawnTie(1, 0, RelationKind.ALLIANCE, RelationForm.DEFENSE_PACT, valid_to=dt.date(2024, 12, 8)),
        DrawnTie(2, 0, RelationKind.OPPOSITION, RelationForm.ARMED_CONFLICT, RelationStatus.ALLEGED, directed=True),
    ]
    picture = svg(DrawnNetwork(nodes, relations, dt.date(2024, 11, 29)))
    root = grown(picture)
    assert told(root) == ("Who stands with whom", "On 29 November 2024: 3 relations among 3 actors")
    assert root.get("role") == "graphics-document document"
    named = {element.get("id"): element for element in root.iter() if element.get("id")}
    assert named[root.get("aria-labelledby")].text == "Who stands with whom"
    plain = [tuple(re.sub("[\u2068\u2069]", "", text) for text in told(tie)) for tie in in_group(picture, "Relations")]
    assert plain == [
        (
            "Russia and Syria & Co are allies",
            "defense pact to 8 December 2024; military support from 30 September 2015",
        ),
        ("حزب opposes Russia (alleged)", "armed conflict"),
    ]
    actors = [tuple(re.sub("[\u2068\u2069]", "", text) for text in told(node)) for node in in_group(picture, "Actors")]
    assert actors == [
        ("Russia", "state; allied with Syria & Co; opposed to حزب"),
        ("Syria & Co", "government; allied with Russia"),
        ("حزب", "armed group; opposed to Russia"),
    ]
    for part in (*in_group(picture, "Relations"), *in_group(picture, "Actors")):
        assert part.get("role") == "graphics-symbol"


@settings(max_examples=60, deadline=None)
@given(networks())
def test_each_node_and_each_line_has_a_title_and_a_text(network: DrawnNetwork) -> None:
    picture = svg(network)
    drawn_ties = in_group(picture, "Relations")
    assert len(drawn_ties) == len(bundle_ties(network.ties))
    assert all(all(told(part)) for part in (*drawn_ties, *in_group(picture, "Actors")))


def test_nothing_is_drawn_of_nothing_and_said() -> None:
    picture = svg(DrawnNetwork([], [], dt.date(1900, 1, 1)), 300)
    assert "There is nothing to draw here." in picture
    root = grown(picture)
    assert root.get("width") == "300"


@pytest.mark.parametrize("shown", [None, 320, 4_000])
def test_it_is_shown_as_wide_as_is_wanted(shown: int | None) -> None:
    nodes = [DrawnActor(name, ActorKind.STATE, n % 5 / 5, n / 20) for n, name in enumerate(NAMES)]
    root = grown(svg(DrawnNetwork(nodes, []), shown))
    _, _, across, down = map(float, (root.get("viewBox") or "").split())
    assert int(root.get("width") or 0) == (shown or round(across))
    assert float(root.get("height") or 0) / float(root.get("width") or 1) == pytest.approx(down / across, rel=0.01)
