"""What differs between the two databases when they write JSON, hold lists and search texts. Nothing else does."""

from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Dialect,
    Float,
    FromClause,
    FunctionElement,
    Integer,
    Select,
    Text,
    bindparam,
    case,
    cast,
    column,
    func,
    literal_column,
    not_,
    select,
    table,
    true,
    type_coerce,
)
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.types import TypeEngine

from api.database.sqlite import adapt
from api.graphql.sql.query import Query
from api.graphql.sql.search_query import WordQuery
from models.base import Uid

Expression = ColumnElement[Any]
S = TypeVar("S", Query, Select[Any])


def placeholder(name: str, kind: TypeEngine[Any]) -> BindParameter[Any]:
    """A parameter of the statement whose value each request brings."""
    return bindparam(name, type_=kind, required=False)


WORDS, PHRASES, UNWANTED_PHRASES, CANDIDATES = "words", "phrases", "unwanted_phrases", "candidates"
"""Below the name of a search text: its `WordQuery`; the phrases in it that Postgres looks for in what the index found,
and those that it must not find; how many entries at most are looked at."""
BROAD_SCORE = 0.01
"""The score of whatever a broad query finds: to rank all that begins with one letter says nothing, and takes long."""


class PostgresText:
    """JSON text by `||`, which Postgres makes faster than its own JSON functions."""

    name = "postgresql"
    joins_inner = True
    """Whether an edge that is always there may be an inner join."""
    dates_are_text = False
    string_writes_null = False
    """Whether `string` writes null for NULL, and numbers as they are."""

    def __init__(self, compiler: Dialect) -> None:
        self.compiler = compiler

    def string(self, value: Expression) -> Expression:
        return cast(func.to_json(value), Text)

    def plain(self, value: Expression) -> Expression:
        return cast(value, Text)

    real = plain

    def instant(self, value: Expression) -> Expression:
        return func.to_char(value, literal_column("""'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'"""))

    def joined(self, value: Expression, order: Sequence[Expression]) -> FunctionElement[Any]:
        comma: Expression = literal_column("','")
        return func.string_agg(value, pg.aggregate_order_by(comma, *order) if order else comma)

    def ordered(self, rows: S, *order: Expression) -> S:
        """Rows that `joined` is to join in this order."""
        # It orders them itself.
        return rows

    def listed(self, bind: str, kind: TypeEngine[Any]) -> BindParameter[Any]:
        return placeholder(bind, pg.ARRAY(kind))

    def member(self, value: Expression, bind: str, kind: TypeEngine[Any]) -> ColumnElement[bool]:
        return value == func.any(self.listed(bind, kind))

    def unnested(self, bind: str, kind: TypeEngine[Any]) -> FromClause:
        """The members of a list as rows of `value` and `place`, the places rising."""
        return (
            func.unnest(self.listed(bind, kind))
            .table_valued(column("value", kind), with_ordinality="place")
            .render_derived()
        )

    def held(self, state: Expression, name: Expression) -> Expression:
        """The JSON text of what a state holds under `name`: NULL where it holds nothing or null."""
        return cast(func.nullif(state.op("->")(name), literal_column("'null'::jsonb")), Text)

    def settled(self, place: Expression) -> ColumnElement[bool]:
        """Whether nothing can come before `place` any more."""
        return place < func.feed_settled()

    def matching(self, name: str, present: frozenset[str]) -> Select[Any]:
        """Type, id and score (0 to 1) of the entries that match the search text bound below `name`."""
        entry = table(
            "search_entry",
            column("key"),
            column("entity_type"),
            column("entity_id", Uid()),
            column("words", Text()),
            column("vector", pg.TSVECTOR),
        ).alias()
        query = cast(placeholder(f"{name}_{WORDS}", Text()), pg.TSQUERY)
        score = cast(func.ts_rank(entry.c.vector, query, literal_column("33")), Float(53))
        found = _entries(entry, score, name, present).where(entry.c.vector.op("@@")(query))
        if f"{name}_{PHRASES}" in present:
            found = found.where(entry.c.words.op("~")(func.all(self.listed(f"{name}_{PHRASES}", Text()))))
        if f"{name}_{UNWANTED_PHRASES}" in present:
            unwanted = func.any(self.listed(f"{name}_{UNWANTED_PHRASES}", Text()))
            found = found.where(not_(entry.c.words.op("~", is_comparison=True)(unwanted)))
        return found

    def adapt(self, value: object) -> object:
        """`value` as the driver takes it."""
        if isinstance(value, WordQuery):
            return value.tsquery
        if isinstance(value, list):
            return [self.adapt(v) for v in value]
        # No text in Postgres holds NUL; what replaces it is in no text that is compared.
        return value.replace("\0", "\ufffd") if isinstance(value, str) else value


class SqliteText:
    """JSON text by `||`; order comes from the inner query, since `group_concat` takes none before 3.44."""

    name = "sqlite"
    joins_inner = False
    """The planner would turn the joins round, and the order of the rows would be lost."""
    dates_are_text = True
    string_writes_null = True

    def __init__(self, compiler: Dialect) -> None:
        self.compiler = compiler

    def string(self, value: Expression) -> Expression:
        return func.json_quote(type_coerce(value, Text))

    def plain(self, value: Expression) -> Expression:
        # `||` takes anything for text.
        return value

    def real(self, value: Expression) -> Expression:
        # printf writes 0.0 for NULL.
        return case((value.is_not(None), func.printf("%!.17g", value)))

    def instant(self, value: Expression) -> Expression:
        return value

    def joined(self, value: Expression, order: Sequence[Expression]) -> FunctionElement[Any]:
        return func.group_concat(value, literal_column("','"))

    def ordered(self, rows: S, *order: Expression) -> S:
        rows = rows.order_by(*order)
        # The limit keeps SQLite from dropping the order as meaningless.
        return rows if rows._limit_clause is not None else rows.limit(literal_column("-1"))

    def listed(self, bind: str, kind: TypeEngine[Any]) -> BindParameter[Any]:
        return placeholder(bind, Text())

    def member(self, value: Expression, bind: str, kind: TypeEngine[Any]) -> ColumnElement[bool]:
        return value.in_(select(self.unnested(bind, kind).c.value))

    def unnested(self, bind: str, kind: TypeEngine[Any]) -> FromClause:
        each = func.json_each(self.listed(bind, kind)).table_valued("key", column("value", kind)).alias()
        return select(each.c.value, each.c.key.label("place")).subquery()

    def held(self, state: Expression, name: Expression) -> Expression:
        return func.nullif(type_coerce(state, Text).op("->", return_type=Text())(name), literal_column("'null'"))

    def settled(self, place: Expression) -> ColumnElement[bool]:
        # It has one writer: whatever is there has come in its turn.
        return true()

    def matching(self, name: str, present: frozenset[str]) -> Select[Any]:
        entry = table("search_entry", column("key"), column("entity_type"), column("entity_id", Uid())).alias()
        found = table("search_entry_words", column("rowid"))
        itself: Expression = literal_column("search_entry_words")
        rank: Expression = func.bm25(itself) * -1.0
        return (
            _entries(entry, rank / (1.0 + rank), name, present, key=found.c.rowid)
            .select_from(found.join(entry, entry.c.key == found.c.rowid))
            .where(itself.op("MATCH")(placeholder(f"{name}_{WORDS}", Text())))
        )

    def adapt(self, value: object) -> object:
        if isinstance(value, WordQuery):
            return value.fts5
        return adapt(value)


def _entries(
    entry: FromClause, score: Expression, name: str, present: frozenset[str], key: Expression | None = None
) -> Select[Any]:
    """Type, id and score of entries; of a broad query, the newest ones without ranking them."""
    if f"{name}_{CANDIDATES}" not in present:
        return select(entry.c.entity_type, entry.c.entity_id, score.label("score"))
    some = placeholder(f"{name}_{CANDIDATES}", Integer())
    alike: Expression = literal_column(str(BROAD_SCORE), Float(53))
    newest = select(entry.c.entity_type, entry.c.entity_id, cast(alike, Float(53)).label("score"))
    return newest.order_by((entry.c.key if key is None else key).desc()).limit(some)


DialectText = PostgresText | SqliteText


def for_dialect(compiler: Dialect) -> DialectText:
    """The text maker for what SQLAlchemy calls `compiler`."""
    return PostgresText(compiler) if compiler.name == "postgresql" else SqliteText(compiler)
