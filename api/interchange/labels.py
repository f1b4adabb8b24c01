"""What other tools and data sets call the labels of stances."""

from collections.abc import Mapping

from models import StanceLabel

_SYNONYMS: Mapping[StanceLabel, tuple[str, ...]] = {
    StanceLabel.SUPPORT: ("favor", "favour", "in favor", "for", "pro", "agree", "positive"),
    StanceLabel.OPPOSE: ("against", "contra", "con", "disagree", "deny", "negative"),
    StanceLabel.NEUTRAL: ("none", "neither"),
    StanceLabel.MIXED: ("both", "ambivalent"),
    StanceLabel.UNCLEAR: ("unknown", "unsure"),
}
_BY_NAME: Mapping[str, StanceLabel] = {
    name: label for label, names in _SYNONYMS.items() for name in (label.value.casefold(), *names)
}


def label_of(text: str) -> StanceLabel | None:
    """The label that a tag means, in whichever case; None where it means none."""
    return _BY_NAME.get(" ".join(text.casefold().replace("_", " ").replace("-", " ").split()))
