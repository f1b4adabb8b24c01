"""Renders a picture as SVG: the same bytes for the same network (ADR 0020)."""

from collections.abc import Iterator, Sequence
from html import escape

from api.analysis.arrays import Floats
from api.drawing import legend
from api.drawing.captions import node_texts, subtitle, tie_text, tie_title
from api.drawing.composition import Composition, compose
from api.drawing.labels import LabelBox
from api.drawing.network import DrawnNetwork
from api.drawing.style import CERTAINTIES, HEAD, KINDS, NAME, SHAPES, SIGNS, SMALL, ends, style
from api.drawing.text_metrics import ASCENT, LINE, WrappedText, clean, is_right_to_left, width
from api.drawing.tie_lines import Line

MARGIN = 28.0
_HEADER = 74.0
_MIN_WIDTH = 460.0


def svg(network: DrawnNetwork, width: int | None = None) -> str:
    """Return the picture of `network` as SVG text.

    Args:
        network: The network to draw.
        width: Width of the picture on the page, in pixels; None for its natural width.
    """
    return "".join(_pieces(network, compose(network), width))


def _pieces(network: DrawnNetwork, picture: Composition, display_width: int | None) -> Iterator[str]:
    left, top, right, bottom = picture.edges
    heading, subheading = clean(network.title), subtitle(network)
    room = max(right - left, _MIN_WIDTH, width(heading) * HEAD, width(subheading) * SMALL)
    signs = legend.entries(network, room)
    rows = (signs[-1].y + legend.ROW_HEIGHT) if signs else 0.0
    across, down = room + 2 * MARGIN, bottom - top + _HEADER + rows + 3 * MARGIN
    yield _opening(across, down, display_width, heading, subheading)
    yield f'<rect class="paper" width="{_n(across)}" height="{_n(down)}"/>'
    yield _heading(heading, subheading)
    if not network.ties:
        yield f'<text class="small" x="{_n(MARGIN)}" y="{_n(_HEADER + MARGIN)}">There is nothing to draw here.</text>'
    aside = MARGIN + (room - (right - left)) / 2 - left
    yield f'<g transform="translate({_n(aside)} {_n(_HEADER + MARGIN - top)})">'
    yield from _ties(network, picture.lines)
    yield from _nodes(network, picture)
    yield "</g>"
    yield from _legend(signs, down - MARGIN - rows + legend.ROW_HEIGHT / 2)
    yield "</svg>\n"


def _opening(across: float, down: float, display_width: int | None, heading: str, subheading: str) -> str:
    size = display_width or round(across)
    symbols = "".join(f'<path id="sg-{kind}" fill-rule="evenodd" d="{path}"/>' for kind, path in SHAPES.items())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{round(down * size / across)}" '
        f'viewBox="0 0 {_n(across)} {_n(down)}" role="graphics-document document" lang="en" '
        'aria-labelledby="sg-title" aria-describedby="sg-about">'
        f'<title id="sg-title">{escape(heading)}</title><desc id="sg-about">{escape(subheading)}</desc>'
        f"<style>{style()}</style><defs>{ends()}{symbols}</defs>"
    )


def _heading(heading: str, subheading: str) -> str:
    return (
        f"{_text('head', MARGIN, MARGIN + HEAD, heading, rightwards=is_right_to_left(heading))}"
        f"{_text('small faint', MARGIN, MARGIN + HEAD + SMALL * 1.8, subheading)}"
    )


def _text(classes: str, x: float, y: float, text: str, anchor: str = "start", *, rightwards: bool = False) -> str:
    """Return a line of text whose left edge (right edge for `end`) is at x, also if it is written from the right."""
    way = ""
    if rightwards:
        way, anchor = ' direction="rtl"', {"start": "end", "end": "start"}.get(anchor, anchor)
    placed = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text class="{classes}" x="{_n(x)}" y="{_n(y)}"{placed}{way}>{escape(text)}</text>'


def _ties(network: DrawnNetwork, lines: Sequence[Line]) -> Iterator[str]:
    yield '<g role="graphics-object" aria-label="Relations">'
    for line in lines:
        bundle = line.bundle
        sign = SIGNS[bundle.kind]
        classes = " ".join(filter(None, ("tie", sign, CERTAINTIES[bundle.status])))
        to = f"{sign}-to" if bundle.directed else sign
        yield (
            f'<g role="graphics-symbol" aria-roledescription="{bundle.kind.value.lower()}">'
            f"<title>{escape(tie_title(network, bundle))}</title><desc>{escape(tie_text(bundle))}</desc>"
            f'<path class="{classes}" d="{_path(line)}" marker-start="url(#sg-{sign})" marker-end="url(#sg-{to})"/></g>'
        )
    yield "</g>"


def _path(line: Line) -> str:
    start, end = _at(line.start), _at(line.end)
    return f"M{start}Q{_at(line.middle)} {end}" if line.bent else f"M{start}L{end}"


def _nodes(network: DrawnNetwork, picture: Composition) -> Iterator[str]:
    yield '<g role="graphics-object" aria-label="Actors">'
    texts = node_texts(network)
    for node, where, name, place, text in zip(
        network.nodes, picture.nodes, picture.names, picture.places, texts, strict=True
    ):
        yield (
            f'<g role="graphics-symbol" aria-roledescription="{KINDS[node.kind]}">'
            f"<title>{escape(clean(node.name))}</title><desc>{escape(text)}</desc>"
            f'{_leader(where, place)}<use class="node" href="#sg-{node.kind}" x="{_n(where[0])}" y="{_n(where[1])}"/>'
            f"{''.join(_name(name, place))}</g>"
        )
    yield "</g>"


def _leader(where: Floats, place: LabelBox) -> str:
    """Return the leader line from a node to its name; empty if the name is beside the node."""
    if not place.led:
        return ""
    x = min(max(float(where[0]), place.left), place.right)
    y = min(max(float(where[1]), place.top), place.bottom)
    return f'<path class="lead" d="M{_at(where)}L{_n(x)} {_n(y)}"/>'


def _name(name: WrappedText, place: LabelBox) -> Iterator[str]:
    side, anchor = place.left, "start"
    if place.side < 0:
        side, anchor = place.right, "end"
    elif place.side == 0:
        side, anchor = place.left + place.width / 2, "middle"
    for number, line in enumerate(name.lines):
        baseline = place.top + (ASCENT + LINE * number) * NAME
        yield _text("name", side, baseline, line, anchor, rightwards=name.from_right)


def _legend(signs: Sequence[legend.Entry], top: float) -> Iterator[str]:
    yield f'<g role="graphics-object" aria-label="Legend" transform="translate({_n(MARGIN)} {_n(top)})">'
    for sign in signs:
        yield f'<g transform="translate({_n(sign.x)} {_n(sign.y)})">{sign.sign}</g>'
        yield _text("small", sign.text_x, sign.y + SMALL * 0.36, sign.text)
    yield "</g>"


def _at(point: Floats) -> str:
    return f"{_n(point[0])} {_n(point[1])}"


def _n(value: float) -> str:
    """Return a number rounded to a tenth of a pixel."""
    return f"{round(float(value), 1) + 0.0:g}" if abs(value) < 1e5 else f"{value:.1f}"
