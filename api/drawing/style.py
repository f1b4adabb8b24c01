"""Shapes of actors, patterns and ends of ties, and colours of the light and the dark theme (ADR 0020)."""

from collections.abc import Mapping

from api.drawing.text_metrics import FONT
from models import ActorKind, RelationKind, RelationStatus

RADIUS = 9.0
"""Radius of a node in pixels."""
NAME, SMALL, HEAD = 12.0, 13.0, 21.0
"""Font sizes in pixels."""

COLOURS: Mapping[str, tuple[str, str]] = {
    "paper": ("#ffffff", "#14171a"),
    "ink": ("#1b1f24", "#eceff1"),
    "faint": ("#59616b", "#a7b0ba"),
    "body": ("#eef1f4", "#2b3138"),
    "ally": ("#0a5fb4", "#6fb6f5"),
    "foe": ("#b23b06", "#ff9c66"),
}
"""Colours in the light and in the dark theme."""

SHAPES: Mapping[ActorKind, str] = {
    ActorKind.STATE: "M-8-8H8V8H-8Z",
    ActorKind.GOVERNMENT: "M-8.5-2L0-9L8.5-2V8H-8.5Z",
    ActorKind.ARMED_GROUP: "M0-9L9 7.5H-9Z",
    ActorKind.POLITICAL_PARTY: "M-8.5-9H8.5V2L0 9L-8.5 2Z",
    ActorKind.INTERGOVERNMENTAL_ORGANIZATION: (
        "M-9 0A9 9 0 1 1 9 0A9 9 0 1 1-9 0ZM-4.5 0A4.5 4.5 0 1 0 4.5 0A4.5 4.5 0 1 0-4.5 0Z"
    ),
    ActorKind.ORGANIZATION: "M-8.5 0A8.5 8.5 0 1 1 8.5 0A8.5 8.5 0 1 1-8.5 0Z",
    ActorKind.MEDIA: "M0-9L9 0L0 9L-9 0Z",
    ActorKind.PERSON: "M-4-4.5A4 4 0 1 1 4-4.5A4 4 0 1 1-4-4.5ZM-8 9C-8-1.5 8-1.5 8 9Z",
    ActorKind.CIVILIANS: "M-4.5-8H4.5L9 0L4.5 8H-4.5L-9 0Z",
}
"""SVG paths of the shape of each kind of actor, around the origin."""

KINDS: Mapping[ActorKind, str] = {kind: kind.value.replace("_", " ").lower() for kind in ActorKind}
"""Names of kinds of actors."""
SIGNS: Mapping[RelationKind, str] = {RelationKind.ALLIANCE: "ally", RelationKind.OPPOSITION: "foe"}
"""CSS classes of signs."""
CERTAINTIES: Mapping[RelationStatus, str] = {
    RelationStatus.CONFIRMED: "",
    RelationStatus.ALLEGED: "alleged",
    RelationStatus.DISPUTED: "disputed",
}
"""CSS classes of degrees of certainty."""

_RULES = (
    f"text{{font-family:{FONT};fill:{{ink}};unicode-bidi:isolate}}"
    f".head{{font-size:{HEAD:g}px;font-weight:600}}"
    f".small{{font-size:{SMALL:g}px}}.faint{{fill:{{faint}}}}"
    f".name{{font-size:{NAME:g}px;stroke:{{paper}};stroke-width:3px;stroke-linejoin:round;paint-order:stroke}}"
    ".paper{fill:{paper}}"
    ".node{fill:{body};stroke:{ink};stroke-width:1.6px;stroke-linejoin:round}"
    ".lead{stroke:{faint};stroke-width:.8px}"
    ".tie{fill:none;stroke-width:1.9px}"
    ".ally{stroke:{ally}}"
    ".foe{stroke:{foe};stroke-dasharray:9 5}"
    ".alleged{stroke-dasharray:.1 5;stroke-linecap:round;stroke-width:2.4px}"
    ".disputed{stroke-dasharray:12 5 .1 5;stroke-linecap:round}"
    ".ally-end{fill:{ally}}"
    ".foe-end{fill:{foe};stroke:{foe};stroke-width:2px}"
)


def style() -> str:
    """Return the style sheet, with a dark theme for readers that prefer it."""
    night = "".join(f".{name}{rule}" for name, rule in _night())
    return f"{_coloured(_RULES, 0)}@media (prefers-color-scheme:dark){{text{{fill:{COLOURS['ink'][1]}}}{night}}}"


def _coloured(rules: str, which: int) -> str:
    for name, colours in COLOURS.items():
        rules = rules.replace(f"{{{name}}}", colours[which])
    return rules


def _night() -> tuple[tuple[str, str], ...]:
    colour = {name: colours[1] for name, colours in COLOURS.items()}
    return (
        ("faint", f"{{fill:{colour['faint']}}}"),
        ("name", f"{{stroke:{colour['paper']}}}"),
        ("paper", f"{{fill:{colour['paper']}}}"),
        ("node", f"{{fill:{colour['body']};stroke:{colour['ink']}}}"),
        ("lead", f"{{stroke:{colour['faint']}}}"),
        ("ally", f"{{stroke:{colour['ally']}}}"),
        ("foe", f"{{stroke:{colour['foe']}}}"),
        ("ally-end", f"{{fill:{colour['ally']}}}"),
        ("foe-end", f"{{fill:{colour['foe']};stroke:{colour['foe']}}}"),
    )


def ends() -> str:
    """Return the markers at the ends of ties: a dot for an alliance, a bar for an opposition, an arrow if directed."""
    marks = (
        ("ally", "ally-end", "M-2.7 0A2.7 2.7 0 1 1 2.7 0A2.7 2.7 0 1 1-2.7 0Z"),
        ("foe", "foe-end", "M0-5V5"),
        ("ally-to", "ally-end", "M-7-4.5L2.5 0L-7 4.5Z"),
        ("foe-to", "foe-end", "M-9-4L0 0L-9 4ZM2-5V5"),
    )
    return "".join(
        f'<marker id="sg-{name}" class="{cls}" markerUnits="userSpaceOnUse" markerWidth="24" markerHeight="16" '
        f'viewBox="-12 -8 24 16" refX="0" refY="0" orient="auto-start-reverse"><path d="{path}"/></marker>'
        for name, cls, path in marks
    )
