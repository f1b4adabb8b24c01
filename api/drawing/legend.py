"""The legend of a picture, with the signs that occur in the picture (ADR 0020)."""

from collections.abc import Iterator
from dataclasses import dataclass

from api.drawing.network import DrawnNetwork
from api.drawing.style import CERTAINTIES, KINDS, SIGNS, SMALL
from api.drawing.text_metrics import width
from models import ActorKind, RelationKind, RelationStatus

ROW_HEIGHT = 26.0
"""Height of a row in pixels."""
_LINE, _SHAPE, _GAP, _AFTER = 54.0, 20.0, 8.0, 26.0


@dataclass(frozen=True, slots=True)
class Entry:
    """A sign and its meaning; x and y are the left edge and the middle of the sign."""

    sign: str
    x: float
    y: float
    text_x: float
    text: str


def entries(network: DrawnNetwork, room: float) -> list[Entry]:
    """Return the legend, in rows no wider than `room`."""
    found: list[Entry] = []
    x = y = 0.0
    for sign, takes, text in _signs(network):
        ends = x + takes + _GAP + width(text) * SMALL
        if x > 0 and ends > room:
            x, y = 0.0, y + ROW_HEIGHT
            ends = takes + _GAP + width(text) * SMALL
        found.append(Entry(sign, x, y, x + takes + _GAP, text))
        x = ends + _AFTER
    return found


def _signs(network: DrawnNetwork) -> Iterator[tuple[str, float, str]]:
    """Return the SVG of each sign, drawn right of the origin, its width and its meaning."""
    for kind, called in ((RelationKind.ALLIANCE, "alliance"), (RelationKind.OPPOSITION, "opposition")):
        for status in RelationStatus:
            ties = [tie for tie in network.ties if (tie.kind, tie.status) == (kind, status)]
            if ties:
                doubt = "" if status is RelationStatus.CONFIRMED else f", {status.value.lower()}"
                yield _tie_sample(kind, status, directed=False), _LINE, f"{called}{doubt}"
        if any(tie.directed for tie in network.ties if tie.kind is kind):
            yield _tie_sample(kind, RelationStatus.CONFIRMED, directed=True), _LINE, f"{called} that goes one way"
    kinds = {node.kind for node in network.nodes}
    for actor_kind in ActorKind:
        if actor_kind in kinds:
            yield f'<use class="node" href="#sg-{actor_kind}" x="10" y="0"/>', _SHAPE, KINDS[actor_kind]


def _tie_sample(kind: RelationKind, status: RelationStatus, *, directed: bool) -> str:
    sign = SIGNS[kind]
    end = f"{sign}-to" if directed else sign
    classes = " ".join(filter(None, ("tie", sign, CERTAINTIES[status])))
    return f'<path class="{classes}" d="M4 0H48" marker-start="url(#sg-{sign})" marker-end="url(#sg-{end})"/>'
