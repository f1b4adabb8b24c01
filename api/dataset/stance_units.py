"""Reads the stances of a project as arrays: one statement, whose answer is a handful of texts of fixed width.

Rows by the hundred thousand would keep the event loop busy with making objects of them; texts are handed to numpy, in
a thread, as they are.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Integer, Select, Text, case, cast, func, literal, literal_column, select, type_coerce

from api.analysis.agreement.levels import Level, value_of
from api.analysis.agreement.ratings import Ratings
from api.analysis.arrays import Integers, Keys
from api.cache import SingleFlight
from api.dataset.units import KEY_LENGTH, key_of, pieces, target_of
from api.graphql.graph import Graph
from api.graphql.sql.arguments import Bound, bind_predicates
from api.graphql.sql.dialects import DialectText, placeholder
from api.graphql.sql.emit import Emitter
from api.graphql.sql.json_text import TextWriter
from api.graphql.sql.predicates import Predicate, Refers
from api.numeric import np
from api.security.visibility import Visibility, all_shown, attributed, visible
from models import Annotator, Assignment, Revision, Stance, StanceLabel, Statement
from models.base import Uid, table_of

LABELS = tuple(StanceLabel)
PROJECT = "project"
_INTENSITIES = 4
"""None, 1, 2, 3: what a stance says is its label's place times this and its intensity."""
_ENTRY, _NUMBER, _ID = 8, 6, 36
"""How wide a stance (six digits for its annotator, two for what it says), a count, and a key are."""

STANCES: Mapping[str, Predicate] = {
    "targets": Refers({"Actor": (Stance.target_actor_id,), "Topic": (Stance.target_topic_id,)}),
    "annotators": Refers({"Annotator": (Stance.annotator_id,)}),
}
"""Arguments that narrow a project's stances."""
_OF_READINGS = {"annotators": STANCES["annotators"]}
"""Those that narrow completed readings, too: a reading has an annotator, and no target."""


@dataclass(frozen=True)
class StanceSelection:
    """Which stances of a project are looked at, among those that the caller sees."""

    stances: Mapping[str, Any] = field(default_factory=dict)
    """Values of the arguments in `STANCES`."""
    statements: Mapping[str, Any] = field(default_factory=dict)
    """A filter of statements."""
    statement_keys: Sequence[UUID] | None = None
    """The statements that they were read in, by key."""
    predicates: Mapping[str, Predicate] = field(default_factory=dict)
    """What that filter's fields ask."""

    @cached_property
    def bound(self) -> Bound:
        """What is to be bound.

        :raises BadArgument: where an argument cannot be understood.
        """
        bound = Bound()
        bind_predicates(STANCES, self.stances, "stances", "", bound)
        bind_predicates(self.predicates, self.statements, "statements", "statementFilter.", bound)
        if self.statement_keys is not None:
            bound.choices["keys"], bound.values["keys"] = True, list(self.statement_keys)
        return bound

    @property
    def key(self) -> Hashable:
        """Equal for what chooses the same."""
        return self.bound.shape, orjson.dumps(self.bound.values, default=repr)


EVERYTHING = StanceSelection()
"""All stances of a project."""


@dataclass(frozen=True, eq=False)
class StanceUnits:
    """What annotators say of a project's units: one element of `unit`, `annotator` and `said` for each stance."""

    keys: Keys
    """Shape (units,): the texts of the units, sorted."""
    unit: Integers
    annotator: Integers
    """Counted from 0, in the order of their keys."""
    said: Integers
    """Four times the label's place among the five, and the intensity, 0 where there is none."""
    annotators: Sequence[UUID]
    version: int | None
    """As in `cache.Snapshot`."""
    without_stance: int
    """How many readings of the statements were completed with nothing to record."""
    derived: SingleFlight = field(default_factory=SingleFlight)
    """What was computed of these."""

    @property
    def weight(self) -> int:
        """How many stances, and a little for having them at all."""
        return 1_000 + len(self.unit)

    @property
    def label(self) -> Integers:
        """Shape (stances,): the label's place among the five."""
        label: Integers = self.said // _INTENSITIES
        return label

    @cached_property
    def votes(self) -> Integers:
        """Shape (units, 5): how many annotators gave which label."""
        votes: Integers = np.bincount(self.unit * len(LABELS) + self.label, minlength=len(self.keys) * len(LABELS))
        return votes.reshape(len(self.keys), len(LABELS))

    def ratings(self, level: Level) -> Ratings:
        """The same as ratings at a level; stances without a value there are counted as missing."""
        values = _values(level)[self.said]
        rated = values != _NO_VALUE
        missing = int(len(rated) - rated.sum())
        return Ratings.of(self.unit[rated], self.annotator[rated], values[rated], len(self.keys), missing)


_NO_VALUE = -99


@cache
def _values(level: Level) -> Integers:
    given = [value_of(label, intensity, level) for label in LABELS for intensity in (None, 1, 2, 3)]
    return np.array([_NO_VALUE if value is None else value for value in given], dtype=np.int64)


# ---------------------------------------------------------------- statements


def last_place(chosen: StanceSelection) -> Any:
    """The place of the last change that may matter to a choice of a project's stances."""
    revision = table_of(Revision).alias()
    found = select(func.coalesce(func.max(revision.c.place), 0))
    # What a filter of statements asks is told by changes of any project, and of none.
    return found if chosen.statements else found.where(revision.c.project_id == placeholder(PROJECT, Uid()))


def now_statement(chosen: StanceSelection, sight: Visibility) -> Select[Any]:
    """The place of the last change, and whether the caller sees all stances of the project."""
    whole = case((all_shown(placeholder(PROJECT, Uid()), sight), 1), else_=0)
    return select(last_place(chosen).scalar_subquery(), whole)


def stances_statement(dialect: DialectText, chosen: StanceSelection, sight: Visibility) -> Select[Any]:
    """The stances in one row: units, how many stances each has, what these say, all annotators, place, settled, and how
    many readings came without a stance.
    """
    stance = table_of(Stance).alias()
    who = _numbered_annotators()
    entry = _digits(who.c.number * 100 + _said(stance.c), _ENTRY)
    unit = [stance.c[name] for name in ("statement_id", "holder_id", "target_actor_id", "target_topic_id")]
    units = dialect.ordered(
        select(
            *unit,
            _digits(func.count(), _NUMBER).label("number"),
            dialect.joined(entry, [who.c.number]).label("entries"),
        )
        .select_from(stance.join(who, who.c.id == stance.c.annotator_id))
        .where(*_conditions(dialect, stance, chosen, sight, visible(Stance, stance.c, sight), STANCES))
        .group_by(*unit)
        .order_by(stance.c.statement_id, stance.c.holder_id, target_of(stance.c))
    ).subquery()
    order = [units.c.statement_id, units.c.holder_id, target_of(units.c)]
    place = last_place(chosen).scalar_subquery()
    return select(
        *(dialect.joined(text, order) for text in (key_of(units.c), units.c.number, units.c.entries)),
        _all_annotators(dialect),
        place,
        func.feed_settled(type_=Integer()) if dialect.name == "postgresql" else place + 1,
        _without_stance(dialect, chosen, sight),
    )


def _without_stance(dialect: DialectText, chosen: StanceSelection, sight: Visibility) -> Any:
    """How many readings were completed with nothing to record, by annotators whose stances the caller sees."""
    assignment = table_of(Assignment).alias()
    conditions = _conditions(
        dialect, assignment, chosen, sight, attributed(Assignment, assignment.c, sight), _OF_READINGS
    )
    return select(func.count()).where(assignment.c.nothing_to_record, *conditions).scalar_subquery()


def _conditions(
    dialect: DialectText,
    rows: Any,
    chosen: StanceSelection,
    sight: Visibility,
    seen: Any,
    known: Mapping[str, Predicate],
) -> list[Any]:
    """What `rows` must meet, which have a project, a statement and an annotator as stances do."""
    emitter = Emitter(Graph((), {}), TextWriter(dialect), chosen.bound, sight)
    conditions = [rows.c.project_id == placeholder(PROJECT, Uid()), *([] if seen is None else [seen])]
    conditions += emitter.conditions(known, "stances", rows.c)
    spoken, _ = emitter.rows(Statement)
    narrowed = emitter.conditions(chosen.predicates, "statements", spoken.c)
    if narrowed:
        conditions.append(rows.c.statement_id.in_(select(spoken.c.id).where(*narrowed)))
    if chosen.statement_keys is not None:
        conditions.append(dialect.member(rows.c.statement_id, "keys", Uid()))
    return conditions


def _numbered_annotators() -> Any:
    annotator = table_of(Annotator).alias()
    return select(annotator.c.id, func.row_number().over(order_by=annotator.c.id).label("number")).subquery()


def _all_annotators(dialect: DialectText) -> Any:
    annotator = table_of(Annotator).alias()
    keys = dialect.ordered(select(annotator.c.id).order_by(annotator.c.id)).subquery()
    return select(dialect.joined(dialect.plain(keys.c.id), [keys.c.id])).scalar_subquery()


def _said(row: Any) -> Any:
    places = {label.value: place * _INTENSITIES for place, label in enumerate(LABELS)}
    label = [(type_coerce(row.label, Text) == literal(name, Text()), place) for name, place in places.items()]
    return case(*label, else_=0) + func.coalesce(row.intensity, 0)


def _digits(number: Any, width: int) -> Any:
    """A number below 10 to the power of `width` as so many digits."""
    return func.substr(cast(literal_column(str(10**width)) + number, Text), 2)


# ---------------------------------------------------------------- texts to arrays


def stances_of(row: Sequence[Any]) -> StanceUnits:
    """The stances in the row that `stances_statement` gave."""
    keys, numbers, entries, annotators, place, settled, without_stance = row
    counts = _numbers(numbers, _NUMBER)
    number, said = np.divmod(_numbers(entries, _ENTRY), 100)
    present, annotator = np.unique(number, return_inverse=True)
    return StanceUnits(
        keys=pieces(keys, KEY_LENGTH).reshape(-1),
        unit=np.repeat(np.arange(len(counts)), counts),
        annotator=annotator.reshape(-1).astype(np.int64),
        said=said,
        annotators=[UUID(_at(annotators, int(n) - 1, _ID).decode()) for n in present],
        version=place if place < settled else None,
        without_stance=without_stance,
    )


def _at(text: bytes, place: int, width: int) -> bytes:
    return text[place * (width + 1) : place * (width + 1) + width]


def _numbers(text: bytes | None, width: int) -> Integers:
    digits = pieces(text, width).view(np.uint8).reshape(-1, width).astype(np.int64) - ord("0")
    numbers: Integers = digits @ (10 ** np.arange(width - 1, -1, -1))
    return numbers
