"""The differences between the two databases: how they write JSON, take lists and search texts."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

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
from api.graphql.sql.query import SelectQuery
from api.graphql.sql.search_query import WordQuery
from models.base import Uid

if TYPE_CHECKING:
    from api.graphql.sql.predicates import Binds

Expression = ColumnElement[Any]
S = TypeVar("S", SelectQuery, Select[Any])


def placeholder(name: str, kind: TypeEngine[Any]) -> BindParameter[Any]:
    """Return a parameter of the statement whose value comes with each request."""
    return bindparam(name, type_=kind, required=False)


WORDS, PHRASES, UNWANTED_PHRASES, CANDIDATES = "words", "phrases", "unwanted_phrases", "candidates"
"""Labels below the label of a search text: its `WordQuery`; the phrases that Postgres looks for in what the index
found; the phrases that must not be there; the maximum number of entries to look at."""
BROAD_SCORE = 0.01
"""Score of everything that a broad query finds: a rank by a single letter says nothing, and takes long."""


class PostgresText:
    """JSON text by `||`, which is faster in Postgres than its JSON functions."""

    name = "postgresql"
    joins_inner = True
    """True if an edge that always has a row may be an inner join."""
    dates_are_text = False
    string_writes_null = False
    """True if `string` writes null for NULL, and numbers as they are."""

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
        """Return the rows in the order in which `joined` must join them."""
        # `string_agg` takes an order.
        return rows

    def listed(self, bind: str, kind: TypeEngine[Any]) -> BindParameter[Any]:
        return placeholder(bind, pg.ARRAY(kind))

    def member(self, value: Expression, bind: str, kind: TypeEngine[Any]) -> ColumnElement[bool]:
        return value == func.any(self.listed(bind, kind))

    def unnested(self, bind: str, kind: TypeEngine[Any]) -> FromClause:
        """Return the members of a list as rows of `value` and `place`, in the order of the list."""
        return (
            func.unnest(self.listed(bind, kind))
            .table_valued(column("value", kind), with_ordinality="place")
            .render_derived()
        )

    def state_member(self, state: Expression, name: Expression) -> Expression:
        """Return the JSON text of a state's member; NULL if there is none or it is null."""
        return cast(func.nullif(state.op("->")(name), literal_column("'null'::jsonb")), Text)

    def settled(self, place: Expression) -> ColumnElement[bool]:
        """Return the condition that no transaction can still add a row at or before the feed position `place`."""
        return place < func.feed_settled()

    def matching(self, text: "Binds") -> Select[Any]:
        """Return type, id and score (0 to 1) of the entries that match a search text."""
        entry = table(
            "search_entry",
            column("key"),
            column("entity_type"),
            column("entity_id", Uid()),
            column("words", Text()),
            column("vector", pg.TSVECTOR),
        ).alias()
        query = cast(text.under(WORDS).value(Text()), pg.TSQUERY)
        score = cast(func.ts_rank(entry.c.vector, query, literal_column("33")), Float(53))
        found = _entries(entry, score, text).where(entry.c.vector.op("@@")(query))
        phrases, unwanted_phrases = text.under(PHRASES), text.under(UNWANTED_PHRASES)
        if phrases.there:
            found = found.where(entry.c.words.op("~")(func.all(self.listed(phrases.name, Text()))))
        if unwanted_phrases.there:
            unwanted = func.any(self.listed(unwanted_phrases.name, Text()))
            found = found.where(not_(entry.c.words.op("~", is_comparison=True)(unwanted)))
        return found

    def adapt(self, value: object) -> object:
        """Return `value` as the driver takes it."""
        if isinstance(value, WordQuery):
            return value.tsquery
        if isinstance(value, list):
            return [self.adapt(v) for v in value]
        # Postgres texts cannot hold NUL. No text that is compared holds its replacement.
        return value.replace("\0", "\ufffd") if isinstance(value, str) else value


class SqliteText:
    """JSON text by `||`. The order comes from the inner query: `group_concat` takes no order before 3.44."""

    name = "sqlite"
    joins_inner = False
    """The planner would reorder inner joins, and the order of the rows would be lost."""
    dates_are_text = True
    string_writes_null = True

    def __init__(self, compiler: Dialect) -> None:
        self.compiler = compiler

    def string(self, value: Expression) -> Expression:
        return func.json_quote(type_coerce(value, Text))

    def plain(self, value: Expression) -> Expression:
        # `||` converts to text.
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
        # Without a limit SQLite would drop the order of a subquery.
        return rows if rows._limit_clause is not None else rows.limit(literal_column("-1"))

    def listed(self, bind: str, kind: TypeEngine[Any]) -> BindParameter[Any]:
        return placeholder(bind, Text())

    def member(self, value: Expression, bind: str, kind: TypeEngine[Any]) -> ColumnElement[bool]:
        return value.in_(select(self.unnested(bind, kind).c.value))

    def unnested(self, bind: str, kind: TypeEngine[Any]) -> FromClause:
        each = func.json_each(self.listed(bind, kind)).table_valued("key", column("value", kind)).alias()
        return select(each.c.value, each.c.key.label("place")).subquery()

    def state_member(self, state: Expression, name: Expression) -> Expression:
        return func.nullif(type_coerce(state, Text).op("->", return_type=Text())(name), literal_column("'null'"))

    def settled(self, place: Expression) -> ColumnElement[bool]:
        # SQLite has one writer, so that rows are added in order.
        return true()

    def matching(self, text: "Binds") -> Select[Any]:
        entry = table("search_entry", column("key"), column("entity_type"), column("entity_id", Uid())).alias()
        found = table("search_entry_words", column("rowid"))
        itself: Expression = literal_column("search_entry_words")
        rank: Expression = func.bm25(itself) * -1.0
        return (
            _entries(entry, rank / (1.0 + rank), text, key=found.c.rowid)
            .select_from(found.join(entry, entry.c.key == found.c.rowid))
            .where(itself.op("MATCH")(text.under(WORDS).value(Text())))
        )

    def adapt(self, value: object) -> object:
        if isinstance(value, WordQuery):
            return value.fts5
        return adapt(value)


def _entries(entry: FromClause, score: Expression, text: "Binds", key: Expression | None = None) -> Select[Any]:
    """Return type, id and score of entries; for a broad query, the newest entries without a rank."""
    candidates = text.under(CANDIDATES)
    if not candidates.there:
        return select(entry.c.entity_type, entry.c.entity_id, score.label("score"))
    some = candidates.value(Integer())
    alike: Expression = literal_column(str(BROAD_SCORE), Float(53))
    newest = select(entry.c.entity_type, entry.c.entity_id, cast(alike, Float(53)).label("score"))
    return newest.order_by((entry.c.key if key is None else key).desc()).limit(some)


DialectText = PostgresText | SqliteText


def for_dialect(compiler: Dialect) -> DialectText:
    """Return the dialect for SQLAlchemy's `compiler`."""
    return PostgresText(compiler) if compiler.name == "postgresql" else SqliteText(compiler)
