"""Finds the last change of rows of some types among the changes of all types, to invalidate cached arrays."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Integer, Select, func, literal, select

from api.graphql.sql.dialects import DialectText, Expression, placeholder
from models import Base, Revision
from models.base import table_of

_SCANNED, _LAST = "scanned", "last"


@dataclass(slots=True)
class ChangeWatermark:
    """Position of the last known change of rows of some types; a lookup scans only the changes after `scanned`.

    So changes of other types do not invalidate what is cached of these types. At first `last` is the position of the
    last change of any type: it only has to stay the same while no row of these types changes.
    """

    models: Sequence[type[Base]]
    scanned: int | None = None
    """All changes up to this position are known, and final; None before the first lookup."""
    last: int = 0

    @property
    def values(self) -> dict[str, object]:
        """The parameters of the query."""
        return {_SCANNED: self.last if self.scanned is None else self.scanned, _LAST: self.last}

    def first_query(self, dialect: DialectText) -> Select[Any]:
        """Return the query of the first lookup: see `version_columns`."""
        position = select(func.coalesce(func.max(table_of(Revision).c.place), 0)).scalar_subquery()
        return select(*version_columns(dialect, position))

    def query(self, dialect: DialectText) -> Select[Any]:
        """Return the query of a lookup: the last change of these types, and the columns of `version_columns`."""
        revision = table_of(Revision).alias()
        unscanned = revision.c.place > placeholder(_SCANNED, BigInteger())
        of_all = select(func.max(revision.c.place)).where(unscanned).scalar_subquery()
        position = func.coalesce(of_all, placeholder(_SCANNED, BigInteger()), type_=BigInteger())
        return select(self.position(), *version_columns(dialect, position))

    def position(self) -> Expression:
        """Return the position of the last change of these types."""
        revision = table_of(Revision).alias()
        names = [literal(model.__name__, revision.c.entity_type.type, literal_execute=True) for model in self.models]
        unscanned = revision.c.place > placeholder(_SCANNED, BigInteger()), revision.c.entity_type.in_(names)
        found = select(func.max(revision.c.place)).where(*unscanned).scalar_subquery()
        return func.coalesce(found, placeholder(_LAST, BigInteger()), type_=BigInteger())

    def advance(self, last: int, position: int, settled: int) -> None:
        """Record the result of a lookup."""
        self.last = max(self.last, last)
        if position < settled:
            self.scanned = max(self.scanned or 0, position)


def version_columns(dialect: DialectText, position: Expression) -> tuple[Expression, Expression]:
    """Return the position of the last change, and the position from which changes are not final yet.

    On Postgres a transaction that is still running may commit a change at an earlier position (ADR 0012); on SQLite
    there is one writer at a time. See `columns.as_version`.
    """
    settled = func.feed_settled(type_=Integer()) if dialect.name == "postgresql" else position + 1
    return position, settled
