"""What is drawn: actors at their places, and the ties between them."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from models import ActorKind, RelationForm, RelationKind, RelationStatus


@dataclass(frozen=True, slots=True)
class DrawnActor:
    """An actor; x and y lie in the unit square, y downwards."""

    name: str
    kind: ActorKind
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class DrawnTie:
    """A relation between two actors, counted as the nodes are."""

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
    """The whole picture: on a date, or of all dates where there is none."""

    nodes: Sequence[DrawnActor]
    ties: Sequence[DrawnTie]
    as_of: dt.date | None = None
    title: str = "Who stands with whom"
