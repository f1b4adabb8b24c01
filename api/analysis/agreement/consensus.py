"""What annotators say together: the label that most of them give to each item."""

from __future__ import annotations

from dataclasses import dataclass

from api.analysis.arrays import Floats, Integers, indices, number
from api.numeric import np, npt

NO_LABEL = -1
"""In an array of labels: several are first together, and none is chosen."""


@dataclass(frozen=True, eq=False, slots=True)
class Annotations:
    """Who gave which label to what: one element of each array for each time an annotator labelled an item."""

    item: Integers
    """Shape (N,): counted from 0, every item having a label."""
    annotator: Integers
    """Shape (N,): counted from 0."""
    label: Integers
    """Shape (N,): counted from 0, less than `labels`."""
    labels: int
    """How many labels there are to choose from, those too that nobody gave."""

    @classmethod
    def of(
        cls, item: npt.ArrayLike, annotator: npt.ArrayLike, label: npt.ArrayLike, labels: int | None = None
    ) -> Annotations:
        """Annotations from three sequences of one length; an annotator may label an item more than once.

        Raises:
            ValueError: for sequences of different lengths, anything but indices, an item without a label, or a label
                that is not among `labels`.
        """
        item, annotator, label = indices(item, "item"), indices(annotator, "annotator"), indices(label, "label")
        if not len(item) == len(annotator) == len(label):
            raise ValueError("item, annotator and label differ in length")
        if len(item) and not np.bincount(item).all():
            raise ValueError("an item has no label")
        least = number(label)
        if labels is not None and labels < least:
            raise ValueError("there are fewer labels than a label's index says")
        return cls(item, annotator, label, least if labels is None else labels)

    @property
    def items(self) -> int:
        """How many items there are."""
        return number(self.item)

    @property
    def annotators(self) -> int:
        """How many annotators there are, up to the greatest index."""
        return number(self.annotator)

    def votes(self) -> Integers:
        """How often each item got each label, shape (items, labels)."""
        votes: Integers = np.bincount(self.item * self.labels + self.label, minlength=self.items * self.labels)
        return votes.reshape(self.items, self.labels)


@dataclass(frozen=True, eq=False, slots=True)
class Majority:
    """The label that each item was given most often."""

    label: Integers
    """Shape (items,): NO_LABEL where several labels were given equally often, more often than the rest."""
    support: Floats
    """Shape (items,): the share of an item's annotations that give it its most frequent label, or one of these."""
    tie: npt.NDArray[np.bool_]
    """Shape (items,): whether several labels are the most frequent."""
    votes: Integers
    """Shape (items, labels): how often each label was given."""


def majority(annotations: Annotations) -> Majority:
    """The plurality of the annotations of each item. A tie has no label: to choose one would invent a reading."""
    votes = annotations.votes()
    most = votes.max(axis=1, initial=0)
    tie = (votes == most[:, None]).sum(axis=1) > 1
    label = np.where(tie, NO_LABEL, votes.argmax(axis=1)) if votes.size else np.zeros(0, dtype=np.int64)
    return Majority(label, most / votes.sum(axis=1), tie, votes)
