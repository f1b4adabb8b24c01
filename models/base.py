"""What every mapped table shares: naming of constraints, column types that mean the same on both databases, ids."""

import datetime as dt
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Dialect, Enum, MetaData, String, Table, Text
from sqlalchemy import types as sql
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from uuid_utils.compat import uuid7

from models.names import NAME

UNDATED = dt.date(1, 1, 1)
"""Stands for "no date" in the sort columns, so that a keyset never meets NULL: undated sorts before all dates."""


class Uid(sql.TypeDecorator[UUID]):
    """A UUID: `uuid` on Postgres, its canonical 36 characters on SQLite, where `json_each` can carry a list of them."""

    impl = String(36)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sql.TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.UUID(as_uuid=True))
        return dialect.type_descriptor(String(36))

    def process_bind_param(self, value: UUID | None, dialect: Dialect) -> Any:
        return value if value is None or dialect.name == "postgresql" else str(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> UUID | None:
        return value if value is None or isinstance(value, UUID) else UUID(value)


class Instant(sql.TypeDecorator[dt.datetime]):
    """A point in time, always UTC: `timestamptz` on Postgres, `2024-11-29T08:15:00.000000Z` on SQLite."""

    impl = String(27)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sql.TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.TIMESTAMP(timezone=True))
        return dialect.type_descriptor(String(27))

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> Any:
        return value if value is None or dialect.name == "postgresql" else instant_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        return (dt.datetime.fromisoformat(value) if isinstance(value, str) else value).astimezone(dt.UTC)


def instant_text(value: dt.datetime) -> str:
    """`value` in UTC with six digits of a second, the one way in which instants are written as text."""
    return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")


def name_text() -> sql.TypeEngine[Any]:
    """Text that sorts by code point on both databases, whatever the server's locale."""
    return Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def json_value() -> sql.TypeEngine[Any]:
    """A JSON document: `jsonb` on Postgres, text on SQLite."""
    return sql.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def choice(values: type[StrEnum]) -> Enum:
    """An enumeration kept as its name in a text column, held to its values by a check constraint.

    The constraint is named after the type (`kind` → `ck_actor_actor_kind`).
    """
    name = "".join(f"_{c.lower()}" if c.isupper() else c for c in values.__name__).lstrip("_")
    return Enum(values, name=name, native_enum=False, create_constraint=True, length=32)


def now() -> dt.datetime:
    """The present instant."""
    return dt.datetime.now(dt.UTC)


def new_id() -> UUID:
    """A fresh UUIDv7: sortable by the time it was made."""
    return uuid7()


class Base(DeclarativeBase):
    """The root of all mapped tables."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {UUID: Uid(), dt.datetime: Instant(), str: Text(), dt.date: sql.Date()}  # noqa: RUF012 (SQLAlchemy reads it so)


def table_of(model: type[Base]) -> Table:
    """Where the rows of `model` are."""
    table = model.__table__
    assert isinstance(table, Table)
    return table


class Identified:
    """A row with a sortable id."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)


class Dated:
    """When a row came to be."""

    created_at: Mapped[dt.datetime] = mapped_column(default=now)


class Versioned(Dated):
    """A row that changes: when it last did, and how often, counted from 1."""

    updated_at: Mapped[dt.datetime] = mapped_column(default=now)
    version: Mapped[int] = mapped_column(default=1)


class Described:
    """Something kept of a row under a name, such as its colour, that has no column of its own; in the order given."""

    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(name_text(), info=NAME)
    value: Mapped[str]


def period_check() -> CheckConstraint:
    """A period may be open at either end, and may not end before it begins."""
    return CheckConstraint("valid_from <= valid_to", name="period")
