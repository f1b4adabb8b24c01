"""Dawid and Skene's model: each annotator errs in a way of their own, and the labels tell how as they are told by it.

Source: Dawid & Skene, *Maximum Likelihood Estimation of Observer Error-Rates Using the EM Algorithm* (1979), whose
equations 2.3 to 2.5 the steps below are.
"""

from __future__ import annotations

from dataclasses import dataclass

from api.analysis.agreement.consensus import NO_LABEL, Annotations
from api.analysis.arrays import Floats, Integers
from api.numeric import np

_LEAST = 1e-10
"""What a probability that is estimated as 0 counts as, so that one slip does not rule a label out for ever."""
_EQUAL = 1e-9
"""How near two posteriors count as equal."""


@dataclass(frozen=True, eq=False, slots=True)
class DawidSkene:
    """The labels that make the annotations likeliest, and how annotators err. I items, J annotators, K labels."""

    label: Integers
    """Shape (I,): the likeliest label; NO_LABEL where several are equally likely."""
    posterior: Floats
    """Shape (I, K): how likely each label is; each row sums to 1."""
    marginals: Floats
    """Shape (K,): how frequent each label is among the items."""
    confusion: Floats
    """Shape (J, K, K): how likely an annotator gives an item of the second axis' label that of the third; each row
    sums to 1, or is nan where the annotator has no item that may have the label (`evidence` is next to 0): undefined,
    to be shown as null."""
    evidence: Floats
    """Shape (J, K): on how many annotations of items of the label each row of `confusion` rests, by the posteriors."""
    log_likelihood: float
    iterations: int
    converged: bool
    """Whether the likelihood came to rest before the iterations ran out."""


def dawid_skene(annotations: Annotations, most_iterations: int = 500, tolerance: float = 1e-10) -> DawidSkene:
    """Find the maximum likelihood by expectation and maximisation, from each item's shares of votes.

    The same annotations give the same result: nothing is drawn. As any EM it may end on a lesser peak; the shares of
    votes start it near the one where annotators are right more often than not.

    Args:
        annotations: any number for each item and annotator; a missing one says nothing.
        most_iterations: how often both steps are taken at most.
        tolerance: stop when the log-likelihood grows by less than this part of itself.

    Raises:
        ValueError: where there are no annotations, or `most_iterations` is less than 1.
    """
    if not len(annotations.item):
        raise ValueError("there are no annotations")
    if most_iterations < 1:
        raise ValueError("most_iterations: less than 1")
    steps = _Steps(annotations)
    votes = annotations.votes().T
    posterior: Floats = votes / votes.sum(axis=0)
    before, iterations, converged = -np.inf, 0, False
    while iterations < most_iterations and not converged:
        marginals, counts = steps.maximise(posterior)
        posterior, likelihood = steps.expect(marginals, counts)
        converged = likelihood - before <= tolerance * abs(likelihood)
        before = likelihood
        iterations += 1
    evidence = counts.sum(axis=2)
    confusion = counts / np.where(evidence > _LEAST, evidence, np.nan)[:, :, None]
    by_item = np.ascontiguousarray(posterior.T)
    return DawidSkene(_likeliest(by_item), by_item, marginals, confusion, evidence, before, iterations, converged)


class _Steps:
    """Both steps, over annotations that lie side by side by item. Posteriors are (K, I) here: swiftest that way."""

    def __init__(self, annotations: Annotations) -> None:
        order = np.argsort(annotations.item, kind="stable")
        self._item = annotations.item[order]
        self._first = np.searchsorted(self._item, np.arange(annotations.items))
        self._said = annotations.annotator[order] * annotations.labels + annotations.label[order]
        self._annotators, self._labels = annotations.annotators, annotations.labels

    def maximise(self, posterior: Floats) -> tuple[Floats, Floats]:
        """The marginals (2.4), and how often each annotator said what of items of which label (above the line of 2.3).

        Returns:
            Shapes (K,) and (J, K, K), the latter by annotator, true label, given label.
        """
        sayings = self._annotators * self._labels
        by_label = [np.bincount(self._said, weights[self._item], minlength=sayings) for weights in posterior]
        counts = np.stack(by_label).astype(np.float64).reshape(self._labels, self._annotators, self._labels)
        marginals: Floats = posterior.mean(axis=1)
        return marginals, counts.transpose(1, 0, 2)

    def expect(self, marginals: Floats, counts: Floats) -> tuple[Floats, float]:
        """The posteriors (2.5) by way of logarithms, and the log-likelihood of the annotations."""
        rates = counts / np.maximum(counts.sum(axis=2, keepdims=True), _LEAST)
        by_saying = np.log(np.maximum(rates, _LEAST)).transpose(0, 2, 1).reshape(-1, self._labels)
        said = np.add.reduceat(by_saying.take(self._said, axis=0), self._first)
        joint = np.ascontiguousarray(said.T) + np.log(np.maximum(marginals, _LEAST))[:, None]
        greatest = joint.max(axis=0)
        relative = np.exp(joint - greatest)
        total = relative.sum(axis=0)
        return relative / total, float((greatest + np.log(total)).sum())


def _likeliest(posterior: Floats) -> Integers:
    first = posterior.argmax(axis=1)
    greatest = posterior[np.arange(len(posterior)), first]
    alone = (posterior >= greatest[:, None] - _EQUAL).sum(axis=1) == 1
    return np.where(alone, first, NO_LABEL)
