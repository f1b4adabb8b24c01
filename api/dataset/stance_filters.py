"""Filters of stance events: by day, by who and what they are about; and labels that annotators agreed on. ADR 0017."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from api.analysis.arrays import Booleans, Integers, Keys
from api.analysis.discourse.discourse import first_places
from api.analysis.discourse.duplicates import NO_DAY
from api.dataset.datasets import Datasets
from api.dataset.redirects import resolve_redirects
from api.dataset.stance_events import StanceEvents
from api.graphql.parts import Ref
from api.numeric import np
from api.security.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Stances to exclude: those that match any of the lists; inverted, those that do not match every list."""

    holders: tuple[Ref, ...] | None = None
    targets: tuple[Ref, ...] | None = None
    documents: tuple[Ref, ...] | None = None
    annotators: tuple[Ref, ...] | None = None
    invert: bool = False


async def resolve_exclusion(datasets: Datasets, viewer: Viewer, exclusion: Exclusion) -> Exclusion:
    """Return the same exclusion, with merged actors replaced by the surviving ones."""
    holders, targets = [
        None if refs is None else tuple(await resolve_redirects(datasets, viewer, refs))
        for refs in (exclusion.holders, exclusion.targets)
    ]
    return replace(exclusion, holders=holders, targets=targets)


def is_within(events: StanceEvents, first_day: int | None, last_day: int | None) -> Booleans:
    """Return for each stance whether its day is in a range, as in `date.toordinal`; None is an open end."""
    within = np.ones(len(events.day), dtype=np.bool_)
    if first_day is not None:
        within &= events.day >= first_day
    if last_day is not None:
        within &= events.day <= last_day
    if (first_day, last_day) != (None, None):
        within &= events.day != NO_DAY
    return within


def is_excluded(events: StanceEvents, exclusions: Sequence[Exclusion]) -> Booleans:
    """Return for each stance whether any of the exclusions excludes it."""
    excluded = np.zeros(len(events.day), dtype=np.bool_)
    for exclusion in exclusions:
        columns = [
            (exclusion.holders, events.holders, events.holder),
            (exclusion.targets, events.targets, events.target),
            (exclusion.documents, events.documents, events.document),
            (exclusion.annotators, events.annotators, events.annotator),
        ]
        for refs, categories, places in columns:
            if refs is not None:
                assert categories is not None
                assert places is not None
                excluded |= np.isin(places, categories.places_of(refs)) ^ exclusion.invert
    return excluded


def consensus_labels(events: StanceEvents, keys: Keys, labels: Integers) -> Integers:
    """Return a label for each stance: the first stance of a unit gets the unit's label, other stances get -1.

    :param keys: the sorted keys of the units; `labels` are the indexes of their labels, -1 for none.
    """
    assert events.units is not None
    label = np.full(len(events.units), -1, dtype=np.int64)
    if not len(keys) or not len(events.units):
        return label
    place = np.minimum(np.searchsorted(keys, events.units), len(keys) - 1)
    known = np.flatnonzero(keys[place] == events.units)
    first = known[first_places(place[known])]
    label[first] = labels[place[first]]
    return label
