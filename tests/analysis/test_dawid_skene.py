"""Dawid and Skene's model: on their own data, and on data made by it."""

import csv
import itertools
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.analysis.agreement.consensus import NO_LABEL, Annotations
from api.analysis.agreement.dawid_skene import DawidSkene, dawid_skene
from tests.conftest import DATA

FOLDER = DATA / "dawid_skene"


def made_up(seed: int, items: int = 2_000) -> tuple[Annotations, np.typing.NDArray[np.int64]]:
    """Three labels; of five annotators the last takes the first label for the second more often than not."""
    generator = np.random.default_rng(seed)
    true = generator.choice(3, items, p=[0.5, 0.3, 0.2])
    good, biased = np.full((3, 3), 0.1) + 0.7 * np.eye(3), np.array([[0.2, 0.7, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]])
    rates = np.stack([good] * 4 + [biased])
    item, annotator = np.divmod(np.arange(items * 5), 5)
    drawn = generator.random(items * 5)[:, None] > rates[annotator, true[item]].cumsum(axis=1)
    return Annotations.of(item, annotator, drawn.sum(axis=1), labels=3), true


@pytest.mark.skipif(not FOLDER.is_dir(), reason="the anaesthetists are not there (STANCEGRAPH_TEST_DATA)")
def test_the_anaesthetists_come_out_as_published() -> None:
    with (FOLDER / "anesthesia.csv").open(newline="") as file:
        given = list(csv.DictReader(file))
    item, annotator, label = ([int(row[name]) - 1 for row in given] for name in ("patient", "observer", "rating"))
    reference = json.loads((FOLDER / "reference.json").read_text())
    made = dawid_skene(Annotations.of(item, annotator, label))
    assert (made.label + 1).tolist() == reference["labels"]
    assert made.marginals == pytest.approx(reference["class_marginals"], abs=0.01)
    assert made.log_likelihood == pytest.approx(reference["log_likelihood"], abs=1e-6)
    assert made.converged
    # Their table 2: the first observer calls 2 what is 3 in a third of the cases.
    assert made.confusion[0, 2] == pytest.approx([0, 0.339, 0.661, 0], abs=0.001)


def test_what_made_the_annotations_is_found_again() -> None:
    annotations, true = made_up(3)
    made = dawid_skene(annotations)
    assert made.converged
    assert made.marginals == pytest.approx([0.5, 0.3, 0.2], abs=0.05)
    assert made.confusion[4] == pytest.approx(np.array([[0.2, 0.7, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]]), abs=0.06)
    assert (made.label == true).mean() > 0.94


def test_the_same_comes_again_in_any_order() -> None:
    annotations, _ = made_up(4, items=200)
    order = np.random.default_rng(1).permutation(len(annotations.item))
    first = dawid_skene(annotations)
    other = dawid_skene(
        Annotations.of(annotations.item[order], annotations.annotator[order], annotations.label[order], labels=3)
    )
    assert first.posterior == pytest.approx(other.posterior, abs=1e-6)
    assert dawid_skene(annotations).log_likelihood == first.log_likelihood


def test_an_annotator_without_evidence_has_no_rates() -> None:
    """The second annotator saw only items on which all agree: what they do with others is not known."""
    made = dawid_skene(Annotations.of([0, 0, 1, 1, 2, 2], [0, 1, 0, 2, 0, 2], [0, 0, 1, 1, 1, 1]))
    assert made.label.tolist() == [0, 1, 1]
    assert made.evidence[1] == pytest.approx([1, 0])
    assert made.confusion[1, 0].tolist() == [1, 0]
    assert np.isnan(made.confusion[1, 1]).all()


def test_what_cannot_be_told_apart_has_no_label() -> None:
    made = dawid_skene(Annotations.of([0, 0, 1, 1], [0, 1, 0, 1], [0, 1, 1, 0]))
    assert made.label.tolist() == [NO_LABEL, NO_LABEL]
    assert made.posterior == pytest.approx(np.full((2, 2), 0.5))


def test_labels_that_nobody_gave_change_nothing() -> None:
    annotations, _ = made_up(5, items=300)
    more = dawid_skene(Annotations.of(annotations.item, annotations.annotator, annotations.label, labels=5))
    made = dawid_skene(annotations)
    assert more.label.tolist() == made.label.tolist()
    assert more.marginals == pytest.approx([*made.marginals, 0, 0])
    assert more.posterior[:, :3] == pytest.approx(made.posterior)


def test_iterations_are_bounded() -> None:
    annotations, _ = made_up(6, items=300)
    made = dawid_skene(annotations, max_iterations=2)
    assert (made.iterations, made.converged) == (2, False)
    with pytest.raises(ValueError, match="max_iterations"):
        dawid_skene(annotations, max_iterations=0)
    with pytest.raises(ValueError, match="no annotations"):
        dawid_skene(Annotations.of([], [], []))


def sums_to_one(made: DawidSkene) -> bool:
    rows = made.confusion.sum(axis=2)
    return bool(
        np.allclose(made.posterior.sum(axis=1), 1)
        and np.isclose(made.marginals.sum(), 1)
        and np.allclose(rows[made.evidence > 1e-10], 1)
        and np.isnan(rows[made.evidence <= 1e-10]).all()
    )


@settings(deadline=None)
@given(
    st.lists(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), min_size=1, max_size=5), min_size=1, max_size=8)
)
def test_whatever_is_said_probabilities_come_out(items: list[list[tuple[int, int]]]) -> None:
    """Annotators may be missing anywhere, and label an item repeatedly. The likelihood grows with the iterations."""
    said = [(item, annotator, label) for item, row in enumerate(items) for annotator, label in row]
    item, annotator, label = zip(*said, strict=True)
    annotations = Annotations.of(item, annotator, label)
    made = [dawid_skene(annotations, max_iterations=most) for most in (1, 2, 5, 500)]
    assert all(sums_to_one(one) for one in made)
    likelihoods = [one.log_likelihood for one in made]
    assert all(after >= before - 1e-6 for before, after in itertools.pairwise(likelihoods))
