"""Majority: the label that most annotators chose for each item."""

from __future__ import annotations

from dataclasses import dataclass

from api.analysis.arrays import Floats, Integers, count_of_indices, indices
from api.numeric import np, npt

NO_LABEL = -1
"""In an array of labels: none, since several labels are equally frequent or probable."""


@dataclass(frozen=True, eq=False, slots=True)
class Annotations:
    """Labels that annotators chose for items: one element of each array for each annotation."""

    item: Integers
    """Shape (N,): the item, counted from 0; every item has an annotation."""
    annotator: Integers
    """Shape (N,): the annotator, counted from 0."""
    label: Integers
    """Shape (N,): the label, counted from 0."""
    labels: int
    """Number of possible labels, including those that no annotator chose."""

    @classmethod
    def of(
        cls, item: npt.ArrayLike, annotator: npt.ArrayLike, label: npt.ArrayLike, labels: int | None = None
    ) -> Annotations:
        """Return annotations from three sequences; an annotator may label an item more than once.

        Raises:
            ValueError: if the sequences differ in length, an element is no index, an item has no annotation, or a label
                is not less than `labels`.
        """
        item, annotator, label = indices(item, "item"), indices(annotator, "annotator"), indices(label, "label")
        if not len(item) == len(annotator) == len(label):
            raise ValueError("item, annotator and label differ in length")
        if len(item) and not np.bincount(item).all():
            raise ValueError("an item has no label")
        used = count_of_indices(label)
        if labels is not None and labels < used:
            raise ValueError("there are fewer labels than a label's index says")
        return cls(item, annotator, label, used if labels is None else labels)

    @property
    def items(self) -> int:
        """Number of items."""
        return count_of_indices(self.item)

    @property
    def annotators(self) -> int:
        """Number of annotators: the largest index plus 1."""
        return count_of_indices(self.annotator)

    def votes(self) -> Integers:
        """Return the number of times that each label was chosen for each item, shape (items, labels)."""
        votes: Integers = np.bincount(self.item * self.labels + self.label, minlength=self.items * self.labels)
        return votes.reshape(self.items, self.labels)


@dataclass(frozen=True, eq=False, slots=True)
class Majority:
    """The most frequent label of each item."""

    label: Integers
    """Shape (items,): the label; NO_LABEL if several labels are equally frequent."""
    support: Floats
    """Shape (items,): the share of an item's annotations that have its most frequent label, or one of these."""
    tie: npt.NDArray[np.bool_]
    """Shape (items,): True if several labels are equally frequent."""
    votes: Integers
    """Shape (items, labels): the number of times that each label was chosen."""


def majority(annotations: Annotations) -> Majority:
    """Return the most frequent label of each item. A tie has no label: any choice would be arbitrary."""
    votes = annotations.votes()
    maximum = votes.max(axis=1, initial=0)
    tie = (votes == maximum[:, None]).sum(axis=1) > 1
    label = np.where(tie, NO_LABEL, votes.argmax(axis=1)) if votes.size else np.zeros(0, dtype=np.int64)
    return Majority(label, maximum / votes.sum(axis=1), tie, votes)
