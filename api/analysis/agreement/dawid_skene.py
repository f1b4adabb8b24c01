"""Dawid and Skene's model: estimates the true labels and the error rates of each annotator together.

Source: Dawid & Skene, *Maximum Likelihood Estimation of Observer Error-Rates Using the EM Algorithm* (1979);
the steps below are its equations 2.3 to 2.5.
"""

from __future__ import annotations

from dataclasses import dataclass

from api.analysis.agreement.consensus import NO_LABEL, Annotations
from api.analysis.arrays import Floats, Integers
from api.numeric import np

_MIN_PROBABILITY = 1e-10
"""Replaces a probability that is estimated as 0, so that a single error does not exclude a label for ever."""
_TOLERANCE = 1e-9
"""Difference below which two posteriors count as equal."""


@dataclass(frozen=True, eq=False, slots=True)
class DawidSkene:
    """The maximum likelihood estimate for I items, J annotators and K labels."""

    label: Integers
    """Shape (I,): the most probable label; NO_LABEL if several labels are equally probable."""
    posterior: Floats
    """Shape (I, K): the probability of each label; each row sums to 1."""
    marginals: Floats
    """Shape (K,): the frequency of each label among the items."""
    confusion: Floats
    """Shape (J, K, K): the probability that an annotator chooses the label of the third axis for an item whose label is
    that of the second axis. Each row sums to 1, or is nan (undefined) if the annotator has no item with that label.
    """
    evidence: Floats
    """Shape (J, K): the expected number of annotations that each row of `confusion` is estimated from."""
    log_likelihood: float
    iterations: int
    converged: bool
    """True if the likelihood converged within the maximum number of iterations."""


def dawid_skene(annotations: Annotations, max_iterations: int = 500, tolerance: float = 1e-10) -> DawidSkene:
    """Return the maximum likelihood estimate, by expectation–maximization from each item's shares of votes.

    The result is deterministic. As any EM it may converge to a local maximum; the shares of votes start it near the
    maximum at which annotators are right more often than not.

    Args:
        annotations: any number for each item and annotator; missing annotations are ignored.
        max_iterations: the maximum number of iterations.
        tolerance: stop if the log-likelihood grows by less than this share of its value.

    Raises:
        ValueError: if there are no annotations, or `max_iterations` is less than 1.
    """
    if not len(annotations.item):
        raise ValueError("there are no annotations")
    if max_iterations < 1:
        raise ValueError("max_iterations must be at least 1")
    steps = _Steps(annotations)
    votes = annotations.votes().T
    posterior: Floats = votes / votes.sum(axis=0)
    before, iterations, converged = -np.inf, 0, False
    while iterations < max_iterations and not converged:
        marginals, counts = steps.maximise(posterior)
        posterior, likelihood = steps.expect(marginals, counts)
        converged = likelihood - before <= tolerance * abs(likelihood)
        before = likelihood
        iterations += 1
    evidence = counts.sum(axis=2)
    confusion = counts / np.where(evidence > _MIN_PROBABILITY, evidence, np.nan)[:, :, None]
    by_item = np.ascontiguousarray(posterior.T)
    return DawidSkene(_most_probable(by_item), by_item, marginals, confusion, evidence, before, iterations, converged)


class _Steps:
    """The two steps of the algorithm, over annotations sorted by item. Posteriors have shape (K, I), for speed."""

    def __init__(self, annotations: Annotations) -> None:
        order = np.argsort(annotations.item, kind="stable")
        self._item = annotations.item[order]
        self._first = np.searchsorted(self._item, np.arange(annotations.items))
        self._choice = annotations.annotator[order] * annotations.labels + annotations.label[order]
        self._annotators, self._labels = annotations.annotators, annotations.labels

    def maximise(self, posterior: Floats) -> tuple[Floats, Floats]:
        """Return the marginals (2.4), and the expected number of annotations (the numerator of 2.3).

        Returns:
            Shapes (K,) and (J, K, K), the latter by annotator, true label, chosen label.
        """
        choices = self._annotators * self._labels
        by_label = [np.bincount(self._choice, weights[self._item], minlength=choices) for weights in posterior]
        counts = np.stack(by_label).astype(np.float64).reshape(self._labels, self._annotators, self._labels)
        marginals: Floats = posterior.mean(axis=1)
        return marginals, counts.transpose(1, 0, 2)

    def expect(self, marginals: Floats, counts: Floats) -> tuple[Floats, float]:
        """Return the posteriors (2.5), computed with logarithms, and the log-likelihood of the annotations."""
        rates = counts / np.maximum(counts.sum(axis=2, keepdims=True), _MIN_PROBABILITY)
        by_choice = np.log(np.maximum(rates, _MIN_PROBABILITY)).transpose(0, 2, 1).reshape(-1, self._labels)
        log_likelihood = np.add.reduceat(by_choice.take(self._choice, axis=0), self._first)
        joint = np.ascontiguousarray(log_likelihood.T) + np.log(np.maximum(marginals, _MIN_PROBABILITY))[:, None]
        greatest = joint.max(axis=0)
        relative = np.exp(joint - greatest)
        total = relative.sum(axis=0)
        return relative / total, float((greatest + np.log(total)).sum())


def _most_probable(posterior: Floats) -> Integers:
    first = posterior.argmax(axis=1)
    greatest = posterior[np.arange(len(posterior)), first]
    alone = (posterior >= greatest[:, None] - _TOLERANCE).sum(axis=1) == 1
    return np.where(alone, first, NO_LABEL)
