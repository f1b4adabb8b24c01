"""Names that other tools and data sets have for the labels of stances (ADR 0019)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from api.exchange.format import Malformed, Option, Options
from models import StanceLabel

_SYNONYMS: Mapping[StanceLabel, tuple[str, ...]] = {
    StanceLabel.SUPPORT: ("favor", "favour", "in favor", "for", "pro", "agree", "positive"),
    StanceLabel.OPPOSE: ("against", "contra", "con", "disagree", "deny", "negative"),
    StanceLabel.NEUTRAL: ("none", "neither"),
    StanceLabel.MIXED: ("both", "ambivalent"),
    StanceLabel.UNCLEAR: ("unknown", "unsure"),
}
_LABELS_BY_NAME: Mapping[str, StanceLabel] = {
    name: label for label, names in _SYNONYMS.items() for name in (label.value.casefold(), *names)
}
LABEL_MAP = Option(
    "label-map",
    "LABEL=STANCE, such as 2=SUPPORT: the stance for a label of the file; LABEL= for none.",
    repeatable=True,
    only="import",
)


def label_of(text: str) -> StanceLabel | None:
    """Return the label for a name in upper or lower case; None if no label has this name."""
    return _LABELS_BY_NAME.get(_normalize(text))


@dataclass(frozen=True, slots=True)
class StanceLabels:
    """The labels of stances for the labels of a file: as the options map them, else by name."""

    mapped: Mapping[str, StanceLabel | None] = field(default_factory=dict)

    @classmethod
    def from_options(cls, options: Options) -> "StanceLabels":
        """Return the labels that `--label-map` defines.

        :raises Malformed: if a mapping is not LABEL=STANCE, or two mappings contradict each other.
        """
        mapped: dict[str, StanceLabel | None] = {}
        for line in options.get(LABEL_MAP.name, "").splitlines():
            name, equals, stance = line.partition("=")
            label = label_of(stance)
            if not equals or not name.strip() or (label is None and stance.strip()):
                known = ", ".join(StanceLabel)
                raise Malformed(
                    f"--label-map must be LABEL=STANCE, such as 2=SUPPORT, not {line[:60]!r}; there are {known}"
                )
            if mapped.setdefault(_normalize(name), label) is not label:
                raise Malformed(f"--label-map maps {name.strip()[:60]!r} twice, and not to the same stance")
        return cls(mapped)

    def of(self, text: str) -> StanceLabel | None:
        """Return the label of a stance for a label of the file; None if there is none."""
        folded = _normalize(text)
        return self.mapped[folded] if folded in self.mapped else _LABELS_BY_NAME.get(folded)

    def is_ignored(self, text: str) -> bool:
        """Return True if the options map the label to no stance."""
        return self.mapped.get(_normalize(text), StanceLabel.UNCLEAR) is None


def _normalize(text: str) -> str:
    # A minus before a number is kept: -1 is not 1.
    return " ".join(re.sub(r"(?<=\w)[-_](?=\w)", " ", text.casefold()).split())
