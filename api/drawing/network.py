"""The network that a picture draws: actors with positions, and ties between them."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from models import ActorKind, RelationForm, RelationKind, RelationStatus


@dataclass(frozen=True, slots=True)
class DrawnActor:
    """An actor; its position x, y is in the unit square, with y downwards."""

    name: str
    kind: ActorKind
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class DrawnTie:
    """A relation between two actors, which are indexes of nodes."""

    source: int
    target: int
    kind: RelationKind
    form: RelationForm = RelationForm.OTHER
    status: RelationStatus = RelationStatus.CONFIRMED
    directed: bool = False
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None


@dataclass(frozen=True, slots=True)
class DrawnNetwork:
    """A network on a date, or of all dates together if `as_of` is None."""

    nodes: Sequence[DrawnActor]
    ties: Sequence[DrawnTie]
    as_of: dt.date | None = None
    title: str = "Who stands with whom"
