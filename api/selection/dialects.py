"""What differs between the two databases when they write JSON, hold lists and search texts. Nothing else does."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Dialect,
    Float,
    FromClause,
    FunctionElement,
    Select,
    Text,
    bindparam,
    case,
    cast,
    column,
    func,
    literal_column,
    select,
    table,
    true,
    type_coerce,
)
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.types import TypeEngine

from api.database.sqlite import adapted
from models.base import Uid

Expression = ColumnElement[Any]


def placeholder(name: str, kind: TypeEngine[Any]) -> BindParameter[Any]:
    """A parameter of the statement whose value each request brings."""
    return bindparam(name, type_=kind, required=False)


@dataclass(frozen=True, slots=True)
class WordQuery:
    """Folded words of which a text must hold all; longer ones also as the beginning of a word."""

    words: tuple[str, ...]

    def __post_init__(self) -> None:
        assert self.words, "a query without words matches nothing and is never asked"


PREFIX_FROM = 4
"""From how many letters on a searched word also finds the words that begin with it."""


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

    def ordered(self, rows: Select[Any], *order: Expression) -> Select[Any]:
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

    def matching(self, bind: str) -> Select[Any]:
        """Type, id and score (0 to 1) of the entries whose words match."""
        entry = table(
            "search_entry", column("entity_type"), column("entity_id", Uid()), column("vector", pg.TSVECTOR)
        ).alias()
        query = func.to_tsquery(literal_column("'simple'::regconfig"), placeholder(bind, Text()))
        score = cast(func.ts_rank(entry.c.vector, query, literal_column("33")), Float(53))
        return select(entry.c.entity_type, entry.c.entity_id, score.label("score")).where(
            entry.c.vector.op("@@")(query)
        )

    def adapt(self, value: object) -> object:
        """`value` as the driver takes it."""
        if isinstance(value, WordQuery):
            return " & ".join(f"{w}:*" if len(w) >= PREFIX_FROM else w for w in value.words)
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

    def ordered(self, rows: Select[Any], *order: Expression) -> Select[Any]:
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

    def matching(self, bind: str) -> Select[Any]:
        entry = table("search_entry", column("key"), column("entity_type"), column("entity_id", Uid())).alias()
        found = table("search_entry_words", column("rowid"))
        itself: Expression = literal_column("search_entry_words")
        rank: Expression = func.bm25(itself) * -1.0
        return (
            select(entry.c.entity_type, entry.c.entity_id, (rank / (1.0 + rank)).label("score"))
            .select_from(found.join(entry, entry.c.key == found.c.rowid))
            .where(itself.op("MATCH")(placeholder(bind, Text())))
        )

    def adapt(self, value: object) -> object:
        if isinstance(value, WordQuery):
            return " ".join(f'"{w}"{"*" if len(w) >= PREFIX_FROM else ""}' for w in value.words)
        return adapted(value)


DialectText = PostgresText | SqliteText


def for_dialect(compiler: Dialect) -> DialectText:
    """The text maker for what SQLAlchemy calls `compiler`."""
    return PostgresText(compiler) if compiler.name == "postgresql" else SqliteText(compiler)
