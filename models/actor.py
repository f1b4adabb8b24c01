"""Actors, with aliases, attributes, search trigrams and redirects of merged actors."""

import datetime as dt
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from models.base import Base, Dated, Described, Identified, Versioned, choice, name_text
from models.enums import ActorKind
from models.folding import fold
from models.names import NAME


class Actor(Identified, Versioned, Base):
    """A state, government, armed group, organisation, media outlet, person or population."""

    __tablename__ = "actor"

    slug: Mapped[str] = mapped_column(name_text())
    name: Mapped[str] = mapped_column(info=NAME)
    sort_name: Mapped[str] = mapped_column(name_text())
    kind: Mapped[ActorKind] = mapped_column(choice(ActorKind))
    description: Mapped[str | None]
    country_code: Mapped[str | None] = mapped_column(String(2))
    wikidata_id: Mapped[str | None] = mapped_column(String(20))
    active_from: Mapped[dt.date | None]
    active_to: Mapped[dt.date | None]
    statement_count: Mapped[int] = mapped_column(default=0)
    """Number of the actor's statements, updated by the services so that an index supports the order by it."""

    aliases: Mapped[list["ActorAlias"]] = relationship(
        back_populates="actor", lazy="raise", order_by="ActorAlias.position"
    )
    attributes: Mapped[list["ActorAttribute"]] = relationship(
        back_populates="actor", lazy="raise", order_by="ActorAttribute.position"
    )

    __table_args__ = (
        CheckConstraint("active_from <= active_to", name="active_period"),
        UniqueConstraint("slug"),
        UniqueConstraint("wikidata_id"),
        Index(None, "sort_name", "id"),
        Index(None, "created_at", "id"),
        Index(None, "statement_count", "id"),
        Index(None, "kind", "sort_name", "id"),
        Index(None, "country_code", "sort_name", "id"),
    )

    @validates("name")
    def _set_sort_name(self, _key: str, name: str) -> str:
        self.sort_name = fold(name)
        return name


class ActorAlias(Identified, Base):
    """Another name of an actor."""

    __tablename__ = "actor_alias"

    actor_id: Mapped[UUID] = mapped_column(ForeignKey("actor.id", ondelete="RESTRICT"))
    position: Mapped[int]
    name: Mapped[str] = mapped_column(info=NAME)
    sort_name: Mapped[str] = mapped_column(name_text())
    language: Mapped[str | None] = mapped_column(String(35))
    script: Mapped[str | None] = mapped_column(String(4))

    actor: Mapped[Actor] = relationship(back_populates="aliases", lazy="raise")

    __table_args__ = (UniqueConstraint("actor_id", "position"), Index(None, "sort_name", "actor_id"))

    @validates("name")
    def _set_sort_name(self, _key: str, name: str) -> str:
        self.sort_name = fold(name)
        return name


class ActorAttribute(Described, Base):
    """A custom attribute of an actor."""

    __tablename__ = "actor_attribute"

    actor_id: Mapped[UUID] = mapped_column(ForeignKey("actor.id", ondelete="RESTRICT"), primary_key=True)

    actor: Mapped[Actor] = relationship(back_populates="attributes", lazy="raise")

    __table_args__ = (UniqueConstraint("actor_id", "name"),)


class ActorTrigram(Base):
    """A trigram of a name of an actor, for fuzzy search."""

    __tablename__ = "actor_trigram"

    trigram: Mapped[str] = mapped_column(name_text(), primary_key=True)
    actor_id: Mapped[UUID] = mapped_column(ForeignKey("actor.id", ondelete="RESTRICT"), primary_key=True)
    name_number: Mapped[int] = mapped_column(primary_key=True)
    """0 is the name itself, 1 the first alias and so on."""
    name_size: Mapped[int]
    """Number of trigrams of the name."""

    __table_args__ = (Index(None, "actor_id"),)


class ActorRedirect(Dated, Base):
    """Redirects the ID and slug of a merged actor to the survivor."""

    __tablename__ = "actor_redirect"

    former_id: Mapped[UUID] = mapped_column(primary_key=True)
    former_slug: Mapped[str] = mapped_column(name_text())
    actor_id: Mapped[UUID] = mapped_column(ForeignKey("actor.id", ondelete="RESTRICT"))

    __table_args__ = (UniqueConstraint("former_slug"), Index(None, "actor_id"))
