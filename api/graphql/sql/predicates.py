"""Predicates of filters. A predicate *reads* the value of an argument into values to bind, for each request; and it
writes its condition *where* the rows are selected, once for each plan.

The values have labels below that of the argument (`statedOn` binds `statedOn_from`). Which of them are present is part
of the shape for which a plan is made.
"""

import datetime as dt
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, Text, and_, func, not_, or_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.types import TypeEngine

from api import limits
from api.errors import BadArgument
from api.graphql.sql.dialects import CANDIDATES, PHRASES, UNWANTED_PHRASES, WORDS, DialectText, placeholder
from api.graphql.sql.parameters import parameter_name
from api.graphql.sql.query import Named, SelectQuery, own_alias
from api.graphql.sql.search_query import NothingWanted, TooManyTerms, WordQuery, read_query
from api.ids import MalformedId, parse
from models import Actor, ActorRedirect, ActorTrigram, Base
from models.base import Uid

Attribute = InstrumentedAttribute[Any]
Condition = ColumnElement[bool]

NAME_MATCH = 0.65
"""Minimum share of the trigrams in a search text that a name must contain."""
MAX_CANDIDATES = 10_000
"""Maximum number of entries that a search for a single letter looks at."""
TRIGRAMS, SIZE = "trigrams", "size"
"""Labels below the label of a name: its trigrams, and how many there are."""


@dataclass(frozen=True, slots=True)
class Binds:
    """The values that are bound under one argument, as parameters of the statement."""

    dialect: DialectText
    slot: int | None
    label: str
    values: Container[str]
    """The labels of all values of the node."""

    @property
    def name(self) -> str:
        """The name of the parameter."""
        return parameter_name(self.slot, self.label)

    def under(self, part: str) -> "Binds":
        """Return the values below `part`."""
        return Binds(self.dialect, self.slot, f"{self.label}_{part}", self.values)

    @property
    def there(self) -> bool:
        """True if a value is bound under exactly this label."""
        return self.label in self.values

    def value(self, kind: TypeEngine[Any]) -> BindParameter[Any]:
        """Return the value as a parameter of the statement."""
        return placeholder(self.name, kind)

    def holds(self, column: ColumnElement[Any], kind: TypeEngine[Any] | None = None) -> Condition:
        """Return the condition that the list under this label contains `column`."""
        return self.dialect.member(column, self.name, column.type if kind is None else kind)


class Predicate(Protocol):
    """A way to filter a list; see the module."""

    def read(self, value: Any, argument: str) -> Mapping[str, object]:
        """Return the values to bind, by their labels below that of the argument (`""` for its own).

        :raises BadArgument: if `value` is not valid.
        """
        ...

    def where(self, row: Any, binds: Binds) -> Condition:
        """Return the condition on `row`, a collection of columns by name."""
        ...


@dataclass(frozen=True)
class Among:
    """The column is one of the values."""

    column: Attribute

    def read(self, value: Any, argument: str) -> Mapping[str, object]:
        return {"one": str(value[0])} if len(value) == 1 else {"all": [str(v) for v in value]}

    def where(self, row: Any, binds: Binds) -> Condition:
        column: ColumnElement[Any] = row[self.column.key]
        one = binds.under("one")
        return column == one.value(Text()) if one.there else binds.under("all").holds(column, Text())


@dataclass(frozen=True)
class Refers:
    """One of the columns refers to one of the rows with these IDs. The ID of a merged actor matches its survivor."""

    columns: Mapping[str, tuple[Attribute, ...]]
    """Type name → the columns that may hold its key."""

    def read(self, value: Any, argument: str) -> Mapping[str, object]:
        keys: dict[str, list[object]] = {}
        for place, text in enumerate(value if isinstance(value, list) else [value]):
            where = f"{argument}[{place}]" if isinstance(value, list) else argument
            type_name, key = read_id(text, where, *self.columns)
            keys.setdefault(type_name, []).append(key)
        # One id makes the plan that can walk an index in order; several cannot.
        return {
            f"{name}_{'one' if len(ids) == 1 else 'all'}": ids[0] if len(ids) == 1 else ids
            for name, ids in keys.items()
        }

    def where(self, row: Any, binds: Binds) -> Condition:
        return or_(*self.ways(row, binds))

    def ways(self, row: Any, binds: Binds) -> list[Condition]:
        """Conditions of which one must hold. No row meets two: it refers to one type, by the first column that does."""
        found: list[Condition] = []
        for name, columns in self.columns.items():
            refers = [c for column in columns for c in self._leads(row[column.key], name, binds)]
            found += [and_(c, *map(not_, refers[:place])) for place, c in enumerate(refers)]
        return found or [or_(False)]

    def _leads(self, key: ColumnElement[Any], name: str, binds: Binds) -> Iterable[Condition]:
        one, several = binds.under(f"{name}_one"), binds.under(f"{name}_all")
        if one.there:
            yield key == (survivor(one.value(Uid())) if name == Actor.__name__ else one.value(Uid()))
        if several.there:
            yield one_of(key, several) if name == Actor.__name__ else several.holds(key)


@dataclass(frozen=True)
class HasSlug:
    """The actor has one of the slugs. The slug of a merged actor matches its survivor."""

    def read(self, value: Any, argument: str) -> Mapping[str, object]:
        return {"all": [str(v) for v in value]}

    def where(self, row: Any, binds: Binds) -> Condition:
        own, former, slugs = Actor.__table__.alias(), ActorRedirect.__table__.alias(), binds.under("all")
        named = select(own.c.id).where(slugs.holds(own.c.slug))
        led_to = select(former.c.actor_id).where(slugs.holds(former.c.former_slug))
        key: ColumnElement[Any] = row["id"]
        return key.in_(union_all(named, led_to))


@dataclass(frozen=True)
class Within:
    """The date is in the range, both ends included. A row without a date is in no range that has an end."""

    column: Attribute
    """A sort column, which holds the earliest date in place of NULL, so that the order's index serves it."""

    def read(self, value: Any, argument: str) -> Mapping[str, object]:
        return {end: value[end] for end in ("from", "to") if value.get(end) is not None}

    def where(self, row: Any, binds: Binds) -> Condition:
        column, start, end = row[self.column.key], binds.under("from"), binds.under("to")
        conditions: list[Condition] = []
        if start.there:
            conditions.append(column >= start.value(column.type))
        if end.there:
            conditions.append(column <= end.value(column.type))
        if conditions:
            conditions.append(column > dt.date.min)
        return and_(True, *conditions)


@dataclass(frozen=True)
class Valid:
    """The period between the two columns contains the date. A NULL end is open."""

    begins: Attribute
    """A sort column if there is one, which holds the earliest date in place of NULL: the order's index serves it."""
    ends: Attribute

    def read(self, value: Any, argument: str) -> Mapping[str, object]:
        return {"": value}

    def where(self, row: Any, binds: Binds) -> Condition:
        begins, ends = row[self.begins.key], row[self.ends.key]
        day = binds.value(begins.type)
        begun = or_(begins.is_(None), begins <= day) if begins.nullable else begins <= day
        return and_(begun, or_(ends.is_(None), ends >= day))


@dataclass(frozen=True)
class Between:
    """Both columns refer to actors with these IDs."""

    columns: tuple[Attribute, ...]

    def read(self, value: Any, argument: str) -> Mapping[str, object]:
        return {"all": [read_id(text, f"{argument}[{place}]", Actor.__name__)[1] for place, text in enumerate(value)]}

    def where(self, row: Any, binds: Binds) -> Condition:
        keys = binds.under("all")
        return and_(*(one_of(row[column.key], keys) for column in self.columns))


@dataclass(frozen=True)
class HoldsWords:
    """The entity's words match the search text: see `word_binds`."""

    type_name: str

    def read(self, value: Any, argument: str) -> Mapping[str, object]:
        return word_binds(read_search_text(value, argument, (self.type_name,)))

    def where(self, row: Any, binds: Binds) -> Condition:
        found = binds.dialect.matching(binds).subquery()
        key: ColumnElement[Any] = row["id"]
        return key.in_(select(found.c.entity_id))


@dataclass(frozen=True)
class HoldsName:
    """The actor has a name similar to the text, in any script or spelling."""

    def read(self, value: Any, argument: str) -> Mapping[str, object]:
        return name_binds(read_search_text(value, argument))

    def where(self, row: Any, binds: Binds) -> Condition:
        key: ColumnElement[Any] = row["id"]
        return key.in_(select(names_like(binds).subquery().c.entity_id))


@dataclass(frozen=True)
class Elsewhere:
    """A row of another model, whose key in the column `edge` refers to the row, meets `inner`.

    Several such predicates of one filter with the same edge must be met by one and the same row.
    """

    edge: Attribute
    inner: Predicate

    def read(self, value: Any, argument: str) -> Mapping[str, object]:
        return self.inner.read(value, argument)

    def where(self, row: Any, binds: Binds) -> Condition:
        return self.inner.where(row, binds)


def read_id(text: str, argument: str, *type_names: str) -> tuple[str, UUID]:
    """Return type name and key of a global ID.

    :raises BadArgument: naming `argument`, if the ID is malformed or of another type.
    """
    try:
        return parse(text, *type_names)
    except MalformedId as error:
        raise BadArgument(argument, str(error)) from None


def read_search_text(text: str, argument: str, types: Sequence[str] = ()) -> WordQuery:
    """Return the query of a search text for entities of these types, or of all types.

    :raises BadArgument: naming `argument`, if the text has no term to search for or is too long.
    """
    if too_long := limits.SEARCH_TEXT.exceeded(len(text)):  # before it is folded, which takes a second for a megabyte
        raise BadArgument(argument, too_long)
    try:
        return read_query(text, types)
    except (NothingWanted, TooManyTerms) as error:
        raise BadArgument(argument, str(error)) from None


def word_binds(query: WordQuery) -> Mapping[str, object]:
    """Return the values to bind to find entries by their words."""
    found: dict[str, object] = {WORDS: query}
    if query.phrases:
        found[PHRASES] = query.phrases
    if query.unwanted_phrases:
        found[UNWANTED_PHRASES] = query.unwanted_phrases
    return {**found, CANDIDATES: MAX_CANDIDATES} if query.broad else found


def name_binds(query: WordQuery) -> Mapping[str, object]:
    """Return the values to bind to find actors by their names."""
    grams = sorted(query.trigrams)
    unwanted: dict[str, object] = {}
    for number, each in enumerate(query.unwanted_trigrams):
        unwanted |= {f"unwanted_{number}": each, f"unwanted_{number}_size": len(each)}
    return {TRIGRAMS: grams, SIZE: len(grams), **unwanted}


def survivor(key: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return `key`, or the key of the actor that the actor with this key was merged into."""
    redirect = own_alias(ActorRedirect.__table__)
    led_to = SelectQuery((Named(redirect.c.actor_id),), redirect).where(redirect.c.former_id == key)
    return func.coalesce(led_to.scalar_subquery(), key)


def one_of(key: ColumnElement[Any], binds: Binds) -> Condition:
    """Return the condition that `key` is a bound key, or the survivor of an actor with a bound key."""
    keys, redirect = binds.dialect.unnested(binds.name, Uid()), ActorRedirect.__table__.alias()
    led_to = select(redirect.c.actor_id).where(binds.holds(redirect.c.former_id))
    # One list of keys, not two conditions with an OR between them: an index finds the rows.
    return key.in_(union_all(select(keys.c.value), led_to))


def has_slug(model: type[Base], row: Any, slug: ColumnElement[Any]) -> Condition:
    """Return the condition that `row` has the slug, or had it before it was merged."""
    own_slug: ColumnElement[Any] = row["slug"]
    key: ColumnElement[Any] = row["id"]
    if model is not Actor:
        return own_slug == slug
    own, former = own_alias(Actor.__table__), own_alias(ActorRedirect.__table__)
    led_to = SelectQuery((Named(former.c.actor_id),), former).where(former.c.former_slug == slug).scalar_subquery()
    named = SelectQuery((Named(own.c.id),), own).where(own.c.slug == slug).scalar_subquery()
    return key == func.coalesce(named, led_to)


def names_like(binds: Binds) -> Any:
    """Select ID and score (0 to 1) of the actors with a name that contains enough of the bound trigrams.

    The score is the mean of two shares: of the trigrams in the text that the name contains (containment), and of all
    trigrams of both that are shared (Jaccard), so that the exact name comes before longer ones.
    """
    row = ActorTrigram.__table__.alias()
    size = binds.under(SIZE).value(ActorTrigram.__table__.c.name_size.type)
    shared = func.count() * 1.0
    score = (shared / size + shared / (size + func.max(row.c.name_size) - func.count())) / 2
    like = (
        select(row.c.actor_id, score.label("score"))
        .where(binds.under(TRIGRAMS).holds(row.c.trigram, Text()), *_without_names(row.c.actor_id, binds))
        .group_by(row.c.actor_id, row.c.name_number)
        .having(shared >= size * NAME_MATCH)
    )
    per_name = like.subquery()
    return select(per_name.c.actor_id.label("entity_id"), func.max(per_name.c.score).label("score")).group_by(
        per_name.c.actor_id
    )


def _without_names(actor: ColumnElement[Any], binds: Binds) -> Iterable[Condition]:
    """Return the conditions that the actor has no name with an excluded word, that is, with all of its trigrams."""
    number = 0
    while (unwanted := binds.under(f"unwanted_{number}")).there:
        row = ActorTrigram.__table__.alias()
        named = (
            select(row.c.actor_id)
            .where(unwanted.holds(row.c.trigram, Text()))
            .group_by(row.c.actor_id, row.c.name_number)
            .having(func.count() == unwanted.under("size").value(row.c.name_size.type))
        )
        yield actor.not_in(named)
        number += 1
