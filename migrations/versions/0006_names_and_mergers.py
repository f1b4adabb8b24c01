"""Normalizes names, adds folded aliases, and records the merger that a revision is part of (ADR 0023)."""

import logging
from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from models.folding import fold
from models.names import normalize_name, normalize_prose, refused_character

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

UID = sa.String(36).with_variant(postgresql.UUID(as_uuid=False), "postgresql")
NAME = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
BATCH_SIZE = 1_000
MAX_REPORTED = 50
PARTIAL = sa.text("cause_id IS NOT NULL")

log = logging.getLogger("stancegraph.migration")

# Table → its key, the column that holds a name, and the column of its folded form with the length of that.
NAMES: Mapping[str, tuple[tuple[str, ...], str, str | None, int | None]] = {
    "actor": (("id",), "name", "sort_name", None),
    "actor_alias": (("id",), "name", "sort_name", None),
    "topic": (("id",), "name", "sort_name", None),
    "project": (("id",), "name", "sort_name", None),
    "document": (("id",), "title", "sort_title", 200),
    "membership": (("id",), "role", None, None),
    "annotator": (("id",), "name", None, None),
    "actor_attribute": (("actor_id", "position"), "name", None, None),
    "topic_attribute": (("topic_id", "position"), "name", None, None),
    "document_attribute": (("document_id", "position"), "name", None, None),
}
# Names that must differ from those of their neighbours: of all annotators, and of the other attributes of one row.
UNIQUE = {
    "annotator": (),
    "actor_attribute": ("actor_id",),
    "topic_attribute": ("topic_id",),
    "document_attribute": ("document_id",),
}
PROSE: Mapping[str, tuple[tuple[str, ...], str]] = {
    "project": (("id",), "guidelines"),
    "codebook": (("id",), "guidelines"),
    "codebook_label": (("codebook_id", "label"), "definition"),
}


def upgrade() -> None:
    """Add the columns, and normalize existing names."""
    with op.batch_alter_table("actor_alias") as batch:
        batch.add_column(sa.Column("sort_name", NAME, nullable=True))
    # ALTER TABLE instead of a new table, which would drop the trigger that counts places on SQLite.
    op.add_column("revision", sa.Column("cause_id", UID, nullable=True))
    op.create_index(
        "ix_revision_cause_id",
        "revision",
        ["cause_id", "id"],
        postgresql_where=PARTIAL,
        sqlite_where=PARTIAL,
    )
    left = [line for table in NAMES for line in normalize_table(table)]
    for table in PROSE:
        normalize_texts(table)
    fold_aliases()
    with op.batch_alter_table("actor_alias") as batch:
        batch.alter_column("sort_name", existing_type=NAME, nullable=False)
        batch.create_index("ix_actor_alias_sort_name_actor_id", ["sort_name", "actor_id"])
    for line in left[:MAX_REPORTED]:
        log.warning("%s", line)
    if len(left) > MAX_REPORTED:
        log.warning("%d more names were left as they are", len(left) - MAX_REPORTED)


def downgrade() -> None:
    """Drop the columns: names stay normalized, mergers can no longer be undone."""
    with op.batch_alter_table("actor_alias") as batch:
        batch.drop_index("ix_actor_alias_sort_name_actor_id")
        batch.drop_column("sort_name")
    op.drop_index("ix_revision_cause_id", "revision")
    op.drop_column("revision", "cause_id")


def rows_of(keys: tuple[Any, ...], *columns: Any) -> Iterator[Any]:
    """Yield all rows in batches by key, so that they can be changed meanwhile."""
    beyond = query = sa.select(*keys, *columns).order_by(*keys).limit(BATCH_SIZE)
    while batch := op.get_bind().execute(beyond).all():
        yield from batch
        last = [sa.literal(value, key.type) for key, value in zip(keys, batch[-1], strict=False)]
        beyond = query.where(sa.tuple_(*keys) > sa.tuple_(*last))


def normalize_table(name: str) -> Iterator[str]:
    """Normalize the names of a table; yield a message for each name that stays as it is."""
    key_names, column_name, folded, length = NAMES[name]
    types = {"position": sa.Integer()}
    columns = [*key_names, column_name, *([folded] if folded else [])]
    table = sa.table(name, *(sa.column(c, types.get(c, UID if c in key_names else sa.Text())) for c in columns))
    keys, column = tuple(table.c[k] for k in key_names), table.c[column_name]
    for row in rows_of(keys, column):
        key, text = row[: len(keys)], row[-1]
        here = sa.and_(*(k == value for k, value in zip(keys, key, strict=True)))
        where = f"{name} {' '.join(map(str, key))}: {column_name}"
        if text is None:
            continue
        normal = normalize_name(text)
        if (odd := refused_character(normal)) is not None:
            yield f"{where} {normal[:60]!a} holds U+{ord(odd):04X}, which names may no longer hold: edit it"
        if not normal:
            yield f"{where} {text[:60]!a} has nothing in it that can be seen: edit it"
        elif normal != text and name in UNIQUE and taken(table, column, UNIQUE[name], row, normal):
            yield f"{where} {text[:60]!a} is written otherwise than {normal[:60]!r}, which is there: edit one"
        elif normal != text:
            values = {column_name: normal, **({folded: fold(normal)[:length]} if folded else {})}
            op.get_bind().execute(sa.update(table).where(here).values(values))


def taken(table: Any, column: Any, within: tuple[str, ...], row: Any, normal: str) -> bool:
    """True if another row with the same owner has the name already."""
    same = [table.c[c] == getattr(row, c) for c in within]
    found: object = op.get_bind().scalar(sa.select(sa.literal(1)).where(column == normal, *same).limit(1))
    return found is not None


def normalize_texts(name: str) -> None:
    """Normalize guidelines and definitions."""
    key_names, column_name = PROSE[name]
    types = {"label": sa.Text(), column_name: sa.Text()}
    table = sa.table(name, *(sa.column(c, types.get(c, UID)) for c in (*key_names, column_name)))
    keys, column = tuple(table.c[k] for k in key_names), table.c[column_name]
    for row in rows_of(keys, column):
        normal = normalize_prose(row[-1])
        if normal != row[-1]:
            here = sa.and_(*(k == value for k, value in zip(keys, row[:-1], strict=True)))
            op.get_bind().execute(sa.update(table).where(here).values({column_name: normal}))


def fold_aliases() -> None:
    """Set the folded form of each alias."""
    alias = sa.table(
        "actor_alias", sa.column("id", UID), sa.column("name", sa.Text()), sa.column("sort_name", sa.Text())
    )
    rows = [{"key": row.id, "folded": fold(row.name)} for row in rows_of((alias.c.id,), alias.c.name)]
    if rows:
        update = sa.update(alias).where(alias.c.id == sa.bindparam("key")).values(sort_name=sa.bindparam("folded"))
        op.get_bind().execute(update, rows)
