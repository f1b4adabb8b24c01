"""Networks of stances: who supports and who opposes whom, on whose word."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from uuid import UUID

from api import limits
from api.analysis.arrays import Booleans, Integers
from api.analysis.discourse.duplicates import NO_DAY
from api.analysis.networks.signed_network import Folding
from api.dataset.datasets import Datasets
from api.dataset.networks import Network
from api.dataset.redirects import resolve_redirects
from api.dataset.stance_events import Columns, StanceEvents, stance_events
from api.dataset.stance_units import LABELS
from api.errors import BadArgument
from api.graphql.parts import Ref
from api.numeric import np, npt
from api.schema.measures.consensus_figures import ConsensusMethod, Together, together_in
from api.schema.measures.discourse_figures import labels_of_units
from api.security.viewer import Viewer
from models import StanceLabel

MOST_WEIGHT = limits.WEIGHT.maximum
_FOR, _AGAINST = LABELS.index(StanceLabel.SUPPORT), LABELS.index(StanceLabel.OPPOSE)


@dataclass(frozen=True, slots=True)
class StanceNetworkAsked:
    """Of which stances, and how, a network is made; days as `date.toordinal` counts them."""

    consensus: ConsensusMethod | None = None
    first_day: int | None = None
    last_day: int | None = None
    actors: tuple[Ref, ...] | None = None
    minimum_weight: int = 0

    def __post_init__(self) -> None:
        """Refuse what makes no sense.

        :raises BadArgument: naming the argument.
        """
        if not 0 <= self.minimum_weight <= MOST_WEIGHT:
            raise BadArgument("minimumWeight", f"must be from 0 to {MOST_WEIGHT:,}, not {self.minimum_weight:,}")


async def stance_network(measures: Datasets, project: UUID, viewer: Viewer, asked: StanceNetworkAsked) -> Network:
    """The network of a project's stances of actors towards actors, as far as `viewer` sees them.

    With a consensus, each unit in which the viewer sees a stance counts once, by the label that annotators gave it
    together; else each stance counts.
    """
    held = await stance_events(measures, project, viewer, Columns(units=asked.consensus is not None))
    if asked.actors is not None:
        asked = replace(asked, actors=tuple(await resolve_redirects(measures, viewer, asked.actors)))
    together = None
    if asked.consensus is not None:
        together = await together_in(measures, project, viewer, asked.consensus)
    work = partial(_network, held, together, asked)
    return await held.derived.run(asked, lambda: measures.compute(work))


def no_stances() -> Network:
    """The network where there are none."""
    none = np.empty(0, dtype=np.int64)
    return _tied(np.empty(0, dtype="S36"), none, none, none, np.empty((0, 2), dtype=np.uint64), 0)


def _network(held: StanceEvents, together: Together | None, asked: StanceNetworkAsked) -> Network:
    label = held.label if together is None else labels_of_units(held, together)
    towards = np.array([ref.type_name == "Actor" for ref in held.targets.refs], dtype=np.bool_)[held.target]
    chosen = np.flatnonzero(np.isin(label, (_FOR, _AGAINST)) & towards & _within(held, asked) & _among(held, asked))
    actors = sorted({ref.key for named in (held.holders, held.targets) for ref in named.refs})
    place = {key: at for at, key in enumerate(actors)}
    source, target = (
        np.array([place[ref.key] for ref in named.refs], dtype=np.int64)[codes[chosen]]
        for named, codes in ((held.holders, held.holder), (held.targets, held.target))
    )
    keys = np.array([str(key) for key in actors], dtype="S36")
    sign = np.where(label[chosen] == _FOR, 1, -1)
    return _tied(keys, source, target, sign, held.statement[chosen], asked.minimum_weight)


def _within(held: StanceEvents, asked: StanceNetworkAsked) -> Booleans:
    if (asked.first_day, asked.last_day) == (None, None):
        return np.ones(len(held.day), dtype=np.bool_)
    first, last = asked.first_day or NO_DAY, asked.last_day or np.iinfo(np.int64).max
    within: Booleans = (held.day >= first) & (held.day <= last) & (held.day != NO_DAY)
    return within


def _among(held: StanceEvents, asked: StanceNetworkAsked) -> Booleans:
    among = np.ones(len(held.day), dtype=np.bool_)
    for named, codes in ((held.holders, held.holder), (held.targets, held.target)):
        if asked.actors is not None:
            among &= np.isin(codes, named.among(asked.actors))
    return among


def _tied(
    keys: npt.NDArray[np.bytes_],
    source: Integers,
    target: Integers,
    sign: Integers,
    statement: npt.NDArray[np.uint64],
    minimum: int,
) -> Network:
    """The network of stances, one element of each array for each. What somebody says of themselves makes no tie."""
    apart = source != target
    size = len(keys) or 1
    pairs, tie = np.unique(source[apart] * size + target[apart], return_inverse=True)
    tie = tie.reshape(-1)
    positive, negative = (
        np.bincount(tie[sign[apart] == one], minlength=len(pairs)).astype(np.int64) for one in (1, -1)
    )
    heavy = np.abs(positive - negative) >= minimum
    ends = pairs[heavy] // size, pairs[heavy] % size
    nodes, places = np.unique(np.concatenate(ends), return_inverse=True)
    one, other = places.reshape(2, -1).astype(np.int64)
    number = np.full(len(pairs), -1, dtype=np.int64)
    number[heavy] = np.arange(int(heavy.sum()))
    rows, until = _rows(number[tie], statement[apart], len(one))
    return Network(
        actors=keys[nodes],
        source=one,
        target=other,
        directed=np.ones(len(one), dtype=np.bool_),
        positive=positive[heavy],
        negative=negative[heavy],
        rows=rows,
        until=until,
        behind="Statement",
        folding=Folding.MAJORITY,
    )


def _rows(tie: Integers, statement: npt.NDArray[np.uint64], ties: int) -> tuple[npt.NDArray[np.uint64], Integers]:
    """The statements behind each tie, once each, tie by tie, and where those of each end."""
    order = np.lexsort((statement[:, 1], statement[:, 0], tie))
    order = order[tie[order] >= 0]
    tie, statement = tie[order], statement[order]
    new = np.ones(len(tie), dtype=np.bool_)
    new[1:] = (tie[1:] != tie[:-1]) | (statement[1:] != statement[:-1]).any(axis=1)
    return statement[new], np.cumsum(np.bincount(tie[new], minlength=ties))
