"""The base of all models: naming of constraints, column types with the same meaning on both databases, IDs."""

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
"""Represents "no date" in sort columns, so that a keyset never contains NULL. It sorts before all dates."""


class Uid(sql.TypeDecorator[UUID]):
    """A UUID: `uuid` on Postgres; 36 characters on SQLite, so that `json_each` can pass lists of them."""

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
    """A point in time in UTC: `timestamptz` on Postgres, `2024-11-29T08:15:00.000000Z` on SQLite."""

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
    """Return `value` in UTC with microseconds: the only text form of instants."""
    return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")


def name_text() -> sql.TypeEngine[Any]:
    """Return the type of text that sorts by code point on both databases, independent of the locale."""
    return Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def json_value() -> sql.TypeEngine[Any]:
    """Return the type of a JSON document: `jsonb` on Postgres, text on SQLite."""
    return sql.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def choice(values: type[StrEnum]) -> Enum:
    """Return the type of an enumeration: its name in a text column, with a check constraint.

    The constraint is named after the type (`kind` → `ck_actor_actor_kind`).
    """
    name = "".join(f"_{c.lower()}" if c.isupper() else c for c in values.__name__).lstrip("_")
    return Enum(values, name=name, native_enum=False, create_constraint=True, length=32)


def now() -> dt.datetime:
    """Return the current time."""
    return dt.datetime.now(dt.UTC)


def new_id() -> UUID:
    """Return a new UUIDv7, which sorts by creation time."""
    return uuid7()


class Base(DeclarativeBase):
    """The base class of all models."""

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
    """Return the table of `model`."""
    table = model.__table__
    assert isinstance(table, Table)
    return table


class Identified:
    """Mixin: a row with an ID that sorts by creation time."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)


class Dated:
    """Mixin: a row with its creation time."""

    created_at: Mapped[dt.datetime] = mapped_column(default=now)


class Versioned(Dated):
    """Mixin: a row with the time of its last change and a version, which starts at 1."""

    updated_at: Mapped[dt.datetime] = mapped_column(default=now)
    version: Mapped[int] = mapped_column(default=1)


class Described:
    """Mixin: a custom attribute of a row, a name–value pair, with its position among the attributes."""

    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(name_text(), info=NAME)
    value: Mapped[str]


def period_check() -> CheckConstraint:
    """Return the check that a period does not end before it begins. Either end may be open."""
    return CheckConstraint("valid_from <= valid_to", name="period")
