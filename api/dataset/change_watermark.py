"""Where the last change of rows of some types stands, among the changes of all others."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Integer, Select, func, literal, select

from api.graphql.sql.dialects import DialectText, Expression, placeholder
from models import Base, Revision
from models.base import table_of

SEEN, LAST = "seen", "last"


@dataclass(slots=True)
class ChangeWatermark:
    """The last change of rows of some types, as far as is known: looked for only behind what was looked through.

    What others record each second thus makes nothing of these types be read again. The first place may be that of
    a change of another type: it only has to stay the same for as long as nothing of these types changes.
    """

    models: Sequence[type[Base]]
    seen: int | None = None
    """Up to this place all changes are known, and none can come any more; None before the first look."""
    last: int = 0

    @property
    def values(self) -> dict[str, object]:
        """What the statements bind."""
        return {SEEN: self.last if self.seen is None else self.seen, LAST: self.last}

    def first_statement(self, dialect: DialectText) -> Select[Any]:
        """The place of the last change of all, and up to where none can come any more."""
        place = select(func.coalesce(func.max(table_of(Revision).c.place), 0)).scalar_subquery()
        return select(place, settled(dialect, place))

    def statement(self, dialect: DialectText) -> Select[Any]:
        """The place of the last change of these types, that of the last one of all, and up to where none can come."""
        revision = table_of(Revision).alias()
        behind = revision.c.place > placeholder(SEEN, BigInteger())
        of_all = select(func.max(revision.c.place)).where(behind).scalar_subquery()
        place = func.coalesce(of_all, placeholder(SEEN, BigInteger()), type_=BigInteger())
        return select(self.place(), place, settled(dialect, place))

    def place(self) -> Expression:
        """The place of the last change of these types."""
        revision = table_of(Revision).alias()
        names = [literal(model.__name__, revision.c.entity_type.type, literal_execute=True) for model in self.models]
        behind = revision.c.place > placeholder(SEEN, BigInteger()), revision.c.entity_type.in_(names)
        found = select(func.max(revision.c.place)).where(*behind).scalar_subquery()
        return func.coalesce(found, placeholder(LAST, BigInteger()), type_=BigInteger())

    def note(self, last: int, place: int, settled: int) -> None:
        """Take in what a look found: the last change of these types, that of all, and up to where none can come."""
        self.last = max(self.last, last)
        if place < settled:
            self.seen = max(self.seen or 0, place)


def settled(dialect: DialectText, place: Expression) -> Expression:
    """The place before which no change can come any more, if `place` is the last there is."""
    return func.feed_settled(type_=Integer()) if dialect.name == "postgresql" else place + 1
