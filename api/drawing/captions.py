"""The texts of a picture's titles and descriptions, for screen readers and tooltips (ADR 0020)."""

import datetime as dt
from collections.abc import Sequence

from api.drawing.network import DrawnNetwork, DrawnTie
from api.drawing.style import KINDS
from api.drawing.text_metrics import clean
from api.drawing.tie_lines import Bundle
from models import RelationKind, RelationStatus

_MAX_NAMES = 12
"""Maximum number of allies, and of opponents, that a description names; it gives the number of all others."""


def isolated(name: str) -> str:
    """Return a name for a sentence, isolated so that its writing direction does not affect the text around it."""
    return f"\N{FIRST STRONG ISOLATE}{clean(name)}\N{POP DIRECTIONAL ISOLATE}"


def day(date: dt.date) -> str:
    """Return a date such as `29 November 2024`."""
    return f"{date.day} {date:%B} {date.year}"


def subtitle(network: DrawnNetwork) -> str:
    """Return the date of the network, with its numbers of relations and actors."""
    actors, relations = len(network.nodes), len(network.ties)
    when = f"On {day(network.as_of)}" if network.as_of else "On all dates together"
    return f"{when}: {_count(relations, 'relation')} among {_count(actors, 'actor')}"


def _count(many: int, what: str) -> str:
    return f"{many:,} {what}{'s' if many != 1 else ''}"


def tie_title(network: DrawnNetwork, bundle: Bundle) -> str:
    """Return the ends and the sign of a tie as a sentence."""
    source, target = (isolated(network.nodes[end].name) for end in (bundle.source, bundle.target))
    if bundle.kind is RelationKind.ALLIANCE:
        sign = f"{source} backs {target}" if bundle.directed else f"{source} and {target} are allies"
    else:
        sign = f"{source} opposes {target}" if bundle.directed else f"{source} and {target} are opponents"
    return sign if bundle.status is RelationStatus.CONFIRMED else f"{sign} ({bundle.status.value.lower()})"


def tie_text(bundle: Bundle) -> str:
    """Return the relations of a tie, with their dates."""
    ordered = sorted(bundle.ties, key=lambda tie: (tie.valid_from or dt.date.min, tie.form))
    return "; ".join(_tie_description(tie) for tie in ordered)


def _tie_description(tie: DrawnTie) -> str:
    form = tie.form.value.replace("_", " ").lower()
    since = f" from {day(tie.valid_from)}" if tie.valid_from else ""
    until = f" to {day(tie.valid_to)}" if tie.valid_to else ""
    return f"{form}{since}{until}"


def node_texts(network: DrawnNetwork) -> list[str]:
    """Return the kind, the allies and the opponents of each actor."""
    allies: list[set[int]] = [set() for _ in network.nodes]
    foes: list[set[int]] = [set() for _ in network.nodes]
    for tie in network.ties:
        of = allies if tie.kind is RelationKind.ALLIANCE else foes
        of[tie.source].add(tie.target)
        of[tie.target].add(tie.source)
    return [
        "; ".join([KINDS[node.kind]] + [f"{word} {_named(network, sorted(with_))}" for word, with_ in groups if with_])
        for number, node in enumerate(network.nodes)
        for groups in [(("allied with", allies[number]), ("opposed to", foes[number]))]
    ]


def _named(network: DrawnNetwork, numbers: Sequence[int]) -> str:
    named = ", ".join(isolated(network.nodes[number].name) for number in numbers[:_MAX_NAMES])
    more = len(numbers) - _MAX_NAMES
    return f"{named} and {more} more" if more > 0 else named
