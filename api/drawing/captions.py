"""What a picture says in words, for those who do not see it, and for those who point at a part of it."""

import datetime as dt
from collections.abc import Sequence

from api.drawing.network import DrawnNetwork, DrawnTie
from api.drawing.style import KINDS
from api.drawing.text_metrics import clean
from api.drawing.tie_lines import Bundle
from models import RelationKind, RelationStatus

_MAX_NAMES = 12
"""So many allies and opponents are named; of others it is said how many."""


def isolated(name: str) -> str:
    """A name within a sentence, which runs its own way and turns nothing round about it."""
    return f"\N{FIRST STRONG ISOLATE}{clean(name)}\N{POP DIRECTIONAL ISOLATE}"


def day(date: dt.date) -> str:
    """`29 November 2024`."""
    return f"{date.day} {date:%B} {date.year}"


def subtitle(network: DrawnNetwork) -> str:
    """Of when it is, and how much there is."""
    actors, relations = len(network.nodes), len(network.ties)
    when = f"On {day(network.as_of)}" if network.as_of else "On all dates together"
    return f"{when}: {_count(relations, 'relation')} among {_count(actors, 'actor')}"


def _count(many: int, what: str) -> str:
    return f"{many:,} {what}{'s' if many != 1 else ''}"


def tie_title(network: DrawnNetwork, bundle: Bundle) -> str:
    """Between whom it is, and of which sign."""
    source, target = (isolated(network.nodes[end].name) for end in (bundle.source, bundle.target))
    if bundle.kind is RelationKind.ALLIANCE:
        sign = f"{source} backs {target}" if bundle.directed else f"{source} and {target} are allies"
    else:
        sign = f"{source} opposes {target}" if bundle.directed else f"{source} and {target} are opponents"
    return sign if bundle.status is RelationStatus.CONFIRMED else f"{sign} ({bundle.status.value.lower()})"


def tie_text(bundle: Bundle) -> str:
    """What it consists of, and when."""
    ordered = sorted(bundle.ties, key=lambda tie: (tie.valid_from or dt.date.min, tie.form))
    return "; ".join(_tie_description(tie) for tie in ordered)


def _tie_description(tie: DrawnTie) -> str:
    form = tie.form.value.replace("_", " ").lower()
    since = f" from {day(tie.valid_from)}" if tie.valid_from else ""
    until = f" to {day(tie.valid_to)}" if tie.valid_to else ""
    return f"{form}{since}{until}"


def node_texts(network: DrawnNetwork) -> list[str]:
    """Of each actor what it is, and whom it stands with and against."""
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
