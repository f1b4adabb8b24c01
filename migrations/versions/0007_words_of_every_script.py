"""Searches scripts without spaces, beginnings of words and phrases; contexts of quotes end with words (ADR 0024).

Recomputes all stored words, trigrams of names and contexts of quotes, in batches and in one transaction. This takes
some minutes for a million statements.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op

from models.base import Uid
from models.folding import fold
from models.quotes import CONTEXT, prefix_of, suffix_of
from models.search import entry_words
from models.words import trigrams

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

BATCH_SIZE = 200
NO_KEY = UUID(int=0)
SOURCES = {"Document": ("title", "text"), "Statement": ("exact", "NULL"), "Topic": ("name", "description")}
_MAX_PLAIN = 100_000
_NEAR = 4 * CONTEXT
"""Number of code points read before and after a quote."""

# Words come cut already: each is a lexeme, with its place.
POSTGRES_VECTOR = """
CREATE FUNCTION search_vector(words text) RETURNS tsvector LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT coalesce(string_agg(word || ':' || least(place, 16383)::text, ' '), '')::tsvector
  FROM unnest(string_to_array(words, ' ')) WITH ORDINALITY AS numbered(word, place)
$$
"""
POSTGRES_PLAIN_VECTOR = "to_tsvector('simple', words)"
# `ascii` ends a word at each ASCII character that is no letter or digit, and nowhere else: words come cut already.
SQLITE_OPTIONS = "tokenize='ascii', prefix='1 2'"
SQLITE_PLAIN_OPTIONS = "tokenize='unicode61 remove_diacritics 0'"
SQLITE_TRIGGERS = (
    "CREATE TRIGGER search_entry_came AFTER INSERT ON search_entry BEGIN"
    " INSERT INTO search_entry_words(rowid, words) VALUES (new.key, new.words); END",
    "CREATE TRIGGER search_entry_went AFTER DELETE ON search_entry BEGIN"
    " INSERT INTO search_entry_words(search_entry_words, rowid, words) VALUES ('delete', old.key, old.words); END",
    "CREATE TRIGGER search_entry_changed AFTER UPDATE ON search_entry BEGIN"
    " INSERT INTO search_entry_words(search_entry_words, rowid, words) VALUES ('delete', old.key, old.words);"
    " INSERT INTO search_entry_words(rowid, words) VALUES (new.key, new.words); END",
)


def upgrade() -> None:
    """Recompute the search index and the contexts."""
    _rebuild_index(entry_words, SQLITE_OPTIONS, (POSTGRES_VECTOR,), "search_vector(words)")
    _rebuild_names(trigrams)
    _rebuild_contexts(prefix_of, suffix_of)


def downgrade() -> None:
    """Restore the words of scripts with spaces only, and contexts of a fixed number of code points."""
    _rebuild_index(_plain_words, SQLITE_PLAIN_OPTIONS, (), POSTGRES_PLAIN_VECTOR)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION search_vector(text)")
    _rebuild_names(_plain_trigrams)
    _rebuild_contexts(lambda t, start: t[max(0, start - CONTEXT) : start], lambda t, end: t[end : end + CONTEXT])


# ---------------------------------------------------------------- words


def _rebuild_index(
    words: Callable[[str, Sequence[str | None]], str], options: str, functions: Sequence[str], vector: str
) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE search_entry DROP COLUMN vector")
        _rewrite_words(words)
        for function in functions:
            op.execute(function)
        added = f"vector tsvector NOT NULL GENERATED ALWAYS AS ({vector}) STORED"
        op.execute(f"ALTER TABLE search_entry ADD COLUMN {added}")
        op.execute("CREATE INDEX ix_search_entry_vector ON search_entry USING gin (vector)")
        return
    for trigger in ("came", "went", "changed"):
        op.execute(f"DROP TRIGGER search_entry_{trigger}")
    op.execute("DROP TABLE search_entry_words")
    _rewrite_words(words)
    content = "content='search_entry', content_rowid='key'"
    op.execute(f"CREATE VIRTUAL TABLE search_entry_words USING fts5(words, {content}, {options})")
    op.execute("INSERT INTO search_entry_words(search_entry_words) VALUES ('rebuild')")
    for trigger in SQLITE_TRIGGERS:
        op.execute(trigger)


def _rewrite_words(words: Callable[[str, Sequence[str | None]], str]) -> None:
    for name, (first, second) in SOURCES.items():
        query = (
            f"SELECT e.key, {first} AS first, {second} AS second FROM search_entry AS e"
            f" JOIN {name.lower()} AS r ON r.id = e.entity_id"
            f" WHERE e.entity_type = '{name}' AND e.key > :after ORDER BY e.key LIMIT {BATCH_SIZE}"
        )
        for rows in _batches(query, "key", 0):
            changed = [{"k": row.key, "w": words(name, (row.first, row.second))} for row in rows]
            op.get_bind().execute(sa.text("UPDATE search_entry SET words = :w WHERE key = :k"), changed)


def _batches(query: str, key: str, least: int | UUID) -> Iterator[Sequence[Any]]:
    """Yield the rows of a query with the parameter `after`, the last key of the batch before."""
    after, kind = least, Uid() if isinstance(least, UUID) else sa.BigInteger()
    statement = sa.text(query).bindparams(sa.bindparam("after", type_=kind))
    while rows := op.get_bind().execute(statement, {"after": after}).all():
        yield rows
        after = type(least)(str(getattr(rows[-1], key)))


def _by_actor(statement: str) -> Any:
    return sa.text(statement).bindparams(sa.bindparam("actor", type_=Uid()))


def _plain_words(_type: str, texts: Sequence[str | None]) -> str:
    joined = " ".join(word for text in texts if text for word in _plain(text))
    return joined if len(joined) <= _MAX_PLAIN else joined[:_MAX_PLAIN].rpartition(" ")[0]


def _plain(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", fold(text))


# ---------------------------------------------------------------- names


def _rebuild_names(cut: Callable[[str], frozenset[str]]) -> None:
    """Replace the trigrams of the actors whose trigrams have changed."""
    query = f"SELECT id, name FROM actor WHERE id > :after ORDER BY id LIMIT {BATCH_SIZE}"
    for actors in _batches(query, "id", NO_KEY):
        for actor in actors:
            _rewrite_name(actor, cut)


def _rewrite_name(actor: Any, cut: Callable[[str], frozenset[str]]) -> None:
    connection, key = op.get_bind(), {"actor": UUID(str(actor.id))}
    aliases = _by_actor("SELECT name FROM actor_alias WHERE actor_id = :actor ORDER BY position")
    names = [actor.name, *connection.scalars(aliases, key)]
    rows = [
        {"trigram": gram, "number": number, "size": len(grams), **key}
        for number, grams in enumerate(map(cut, names))
        for gram in sorted(grams)
    ]
    stored = _by_actor("SELECT trigram, name_number FROM actor_trigram WHERE actor_id = :actor")
    if {(r.trigram, r.name_number) for r in connection.execute(stored, key)} == {
        (r["trigram"], r["number"]) for r in rows
    }:
        return
    connection.execute(_by_actor("DELETE FROM actor_trigram WHERE actor_id = :actor"), key)
    if rows:
        columns = "(trigram, actor_id, name_number, name_size) VALUES (:trigram, :actor, :number, :size)"
        connection.execute(_by_actor(f"INSERT INTO actor_trigram {columns}"), rows)


def _plain_trigrams(text: str) -> frozenset[str]:
    padded = [f"  {word} " for word in _plain(text)]
    return frozenset(each[place : place + 3] for each in padded for place in range(len(each) - 2))


# ---------------------------------------------------------------- quotes


def _rebuild_contexts(prefix: Callable[[str, int], str], suffix: Callable[[str, int], str]) -> None:
    """Replace the contexts that have changed. They are derived from the text, so versions stay."""
    query = (
        "SELECT s.id, s.prefix, s.suffix, s.exact,"
        f" substr(d.text, CASE WHEN s.start > {_NEAR} THEN s.start - {_NEAR - 1} ELSE 1 END,"
        f" CASE WHEN s.start > {_NEAR} THEN {_NEAR} ELSE s.start END) AS before,"
        f' substr(d.text, s."end" + 1, {_NEAR}) AS after'
        " FROM statement AS s JOIN document AS d ON d.id = s.document_id"
        f" WHERE s.id > :after ORDER BY s.id LIMIT {BATCH_SIZE}"
    )
    for rows in _batches(query, "id", NO_KEY):
        changed = []
        for row in rows:
            near = row.before + row.exact + row.after
            start = len(row.before)
            found = (prefix(near, start), suffix(near, start + len(row.exact)))
            if found != (row.prefix, row.suffix):
                changed.append({"id": UUID(str(row.id)), "prefix": found[0], "suffix": found[1]})
        if changed:
            update = sa.text("UPDATE statement SET prefix = :prefix, suffix = :suffix WHERE id = :id")
            op.get_bind().execute(update.bindparams(sa.bindparam("id", type_=Uid())), changed)
