"""Reads the stances of a project as arrays, unit by unit, for measures of agreement and consensus. ADR 0015."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Select, Text, case, func, literal, select, type_coerce

from api.analysis.agreement.levels import Level, value_of
from api.analysis.agreement.ratings import Ratings
from api.analysis.arrays import Integers, Keys
from api.cache import SingleFlight
from api.dataset.change_watermark import version_columns
from api.dataset.columns import Layout, as_version, digits, key_at, numbered, numbered_keys, parse_keys, parse_numbers
from api.dataset.project_rows import PROJECT
from api.dataset.units import UNIT_KEY, target_key, unit_key
from api.graphql.graph import Graph
from api.graphql.sql.bound import BoundArguments
from api.graphql.sql.dialects import DialectText, placeholder
from api.graphql.sql.emit import Emitter
from api.graphql.sql.json_text import TextWriter
from api.graphql.sql.predicates import Predicate, Refers
from api.numeric import np
from api.security.visibility import Visibility, attributable, shows_all_stances, visible
from models import Annotator, Assignment, Revision, Stance, StanceLabel, Statement
from models.base import Uid, table_of

LABELS = tuple(StanceLabel)
_INTENSITIES = 4
"""None, 1, 2, 3: the code of a stance is the index of its label times this, plus its intensity."""
_CODE = 2
_ANNOTATOR = 6
_COUNTS = Layout(number=6)
_ENTRIES = Layout(annotator=_ANNOTATOR, code=_CODE)

STANCE_FILTERS: Mapping[str, Predicate] = {
    "targets": Refers({"Actor": (Stance.target_actor_id,), "Topic": (Stance.target_topic_id,)}),
    "annotators": Refers({"Annotator": (Stance.annotator_id,)}),
}
"""The arguments that filter a project's stances."""
_ASSIGNMENT_FILTERS = {"annotators": STANCE_FILTERS["annotators"]}
"""Those that filter assignments, too: an assignment has an annotator and no target."""


@dataclass(frozen=True)
class StanceSelection:
    """Which of a project's stances to read, of those that the viewer may see."""

    stances: Mapping[str, Any] = field(default_factory=dict)
    """Values of the arguments in `STANCE_FILTERS`."""
    statements: Mapping[str, Any] = field(default_factory=dict)
    """A filter of statements."""
    statement_keys: Sequence[UUID] | None = None
    """The keys of the statements that the stances belong to."""
    predicates: Mapping[str, Predicate] = field(default_factory=dict)
    """The predicates of the fields of `statements`."""

    @cached_property
    def bound(self) -> BoundArguments:
        """The parameters of the query.

        :raises BadArgument: if an argument is invalid.
        """
        bound = BoundArguments()
        bound.bind_filter(STANCE_FILTERS, self.stances, "stances", "")
        bound.bind_filter(self.predicates, self.statements, "statements", "statementFilter.")
        if self.statement_keys is not None:
            bound.values["keys"] = list(self.statement_keys)
        return bound

    @property
    def key(self) -> Hashable:
        """The key in a cache: equal for equal selections."""
        return self.bound.shape, orjson.dumps(self.bound.values, default=repr)


ALL_STANCES = StanceSelection()
"""All stances of a project."""


@dataclass(frozen=True, eq=False)
class StanceUnits:
    """Stances of one project by unit: one element of `unit`, `annotator` and `code` for each stance."""

    keys: Keys
    """Shape (units,): the sorted keys of the units."""
    unit: Integers
    annotator: Integers
    """Places in `annotators`."""
    code: Integers
    """Four times the index of the label among the five, plus the intensity, which is 0 if the stance has none."""
    annotators: Sequence[UUID]
    """The sorted keys of the annotators."""
    version: int | None
    """As in `cache.Snapshot`."""
    judged_without_stance: int
    """The number of assignments that were completed with nothing to record."""
    derived: SingleFlight = field(default_factory=SingleFlight)
    """Cache of what is computed from these stances."""

    @property
    def weight(self) -> int:
        """The number of stances, plus a constant for the overhead of an entry."""
        return 1_000 + len(self.unit)

    @property
    def label(self) -> Integers:
        """Shape (stances,): the index of the label among the five."""
        label: Integers = self.code // _INTENSITIES
        return label

    @cached_property
    def votes(self) -> Integers:
        """Shape (units, 5): the number of annotators that chose each label."""
        votes: Integers = np.bincount(self.unit * len(LABELS) + self.label, minlength=len(self.keys) * len(LABELS))
        return votes.reshape(len(self.keys), len(LABELS))

    def ratings(self, level: Level) -> Ratings:
        """Return the stances as ratings at a level; stances that have no value at the level count as missing."""
        values = _values(level)[self.code]
        rated = values != _NO_VALUE
        missing = int(len(rated) - rated.sum())
        return Ratings.of(self.unit[rated], self.annotator[rated], values[rated], len(self.keys), missing)


_NO_VALUE = -99


@cache
def _values(level: Level) -> Integers:
    """Return the value of each code at a level."""
    values = [value_of(label, intensity, level) for label in LABELS for intensity in (None, 1, 2, 3)]
    return np.array([_NO_VALUE if value is None else value for value in values], dtype=np.int64)


# ---------------------------------------------------------------- SQL


def last_change(selection: StanceSelection) -> Any:
    """Return the query of the position of the last change that may affect a selection of a project's stances."""
    revision = table_of(Revision).alias()
    found = select(func.coalesce(func.max(revision.c.place), 0))
    # A filter of statements may depend on rows of other projects, and on rows of none.
    return found if selection.statements else found.where(revision.c.project_id == placeholder(PROJECT, Uid()))


def freshness_query(selection: StanceSelection, visibility: Visibility) -> Select[Any]:
    """Return the query of the position of the last change, and of whether the viewer may see all of the stances."""
    complete = case((shows_all_stances(placeholder(PROJECT, Uid()), visibility), 1), else_=0)
    return select(last_change(selection).scalar_subquery(), complete)


def stance_units_query(dialect: DialectText, selection: StanceSelection, visibility: Visibility) -> Select[Any]:
    """Return the query of one row.

    Its columns are the keys of the units, the number of stances of each unit, the entries of the stances, the keys of
    all annotators, the two columns of the version, and the number of assignments without a stance.
    """
    stance = table_of(Stance).alias()
    annotator = numbered(Annotator)
    entry = digits(annotator.c.number * 10**_CODE + _code(stance.c), _ANNOTATOR + _CODE)
    unit = [stance.c[name] for name in ("statement_id", "holder_id", "target_actor_id", "target_topic_id")]
    seen = visible(Stance, stance.c, visibility)
    units = dialect.ordered(
        select(
            *unit,
            digits(func.count(), _ANNOTATOR).label("number"),
            dialect.joined(entry, [annotator.c.number]).label("entries"),
        )
        .select_from(stance.join(annotator, annotator.c.id == stance.c.annotator_id))
        .where(*_conditions(dialect, stance, selection, visibility, seen, STANCE_FILTERS))
        .group_by(*unit)
        .order_by(stance.c.statement_id, stance.c.holder_id, target_key(stance.c))
    ).subquery()
    order = [units.c.statement_id, units.c.holder_id, target_key(units.c)]
    return select(
        *(dialect.joined(text, order) for text in (unit_key(units.c), units.c.number, units.c.entries)),
        numbered_keys(dialect, Annotator),
        *version_columns(dialect, last_change(selection).scalar_subquery()),
        _judged_without_stance(dialect, selection, visibility),
    )


def _judged_without_stance(dialect: DialectText, selection: StanceSelection, visibility: Visibility) -> Any:
    """Return the number of assignments with nothing to record, of annotators whose stances the viewer may see."""
    assignment = table_of(Assignment).alias()
    seen = attributable(Assignment, assignment.c, visibility)
    conditions = _conditions(dialect, assignment, selection, visibility, seen, _ASSIGNMENT_FILTERS)
    return select(func.count()).where(assignment.c.nothing_to_record, *conditions).scalar_subquery()


def _conditions(
    dialect: DialectText,
    row: Any,
    selection: StanceSelection,
    visibility: Visibility,
    seen: Any,
    filters: Mapping[str, Predicate],
) -> list[Any]:
    """Return the conditions of a selection on stances, or on assignments."""
    emitter = Emitter(Graph((), {}), TextWriter(dialect), visibility)
    conditions = [row.c.project_id == placeholder(PROJECT, Uid()), *([] if seen is None else [seen])]
    conditions += emitter.conditions(selection.bound.filters["stances"].among(filters), row.c)
    statement, _ = emitter.rows(Statement)
    of_statement = emitter.conditions(selection.bound.filters["statements"], statement.c)
    if of_statement:
        conditions.append(row.c.statement_id.in_(select(statement.c.id).where(*of_statement)))
    if selection.statement_keys is not None:
        conditions.append(dialect.member(row.c.statement_id, "keys", Uid()))
    return conditions


def _code(row: Any) -> Any:
    places = {label.value: place * _INTENSITIES for place, label in enumerate(LABELS)}
    label = [(type_coerce(row.label, Text) == literal(name, Text()), place) for name, place in places.items()]
    return case(*label, else_=0) + func.coalesce(row.intensity, 0)


# ---------------------------------------------------------------- arrays


def parse_stance_units(row: Sequence[Any]) -> StanceUnits:
    """Return the stances in the row of `stance_units_query`."""
    keys, numbers, entries, annotators, position, settled, judged_without_stance = row
    counts = parse_numbers(_COUNTS.parse(numbers)["number"])
    stances = _ENTRIES.parse(entries)
    present, annotator = np.unique(parse_numbers(stances["annotator"]), return_inverse=True)
    return StanceUnits(
        keys=parse_keys(keys, UNIT_KEY),
        unit=np.repeat(np.arange(len(counts)), counts),
        annotator=annotator.reshape(-1).astype(np.int64),
        code=parse_numbers(stances["code"]),
        annotators=[UUID(key_at(annotators, number)) for number in present.tolist()],
        version=as_version(position, settled),
        judged_without_stance=judged_without_stance,
    )
