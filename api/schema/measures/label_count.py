"""How many annotators chose each label for a unit."""

from api.dataset.stance_units import LABELS, StanceUnits
from api.graphql.fields import object_type
from models import StanceLabel


@object_type
class LabelCount:
    """Number of annotators that chose a label for a unit."""

    label: StanceLabel
    """The label."""
    count: int
    """Number of annotators."""


def label_counts(stances: StanceUnits, place: int) -> list[LabelCount]:
    """Return the labels that annotators chose for the unit at an index, most frequent first."""
    votes = zip(LABELS, stances.votes[place].tolist(), strict=True)
    return sorted((LabelCount(label=label, count=count) for label, count in votes if count), key=lambda v: -v.count)
