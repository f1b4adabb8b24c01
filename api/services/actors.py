"""Actors: entered and edited by curators."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, selectinload
from sqlalchemy.sql.base import ExecutableOption

from api import limits
from api.errors import ErrorCode
from api.ids import Id
from api.names import Name, Normalized, Text
from api.security.policies import require
from api.security.viewer import Viewer
from api.services import attributes, validation
from api.services.attributes import Attribute, Attributes
from api.services.outcome import KEEP, Keep, Outcome, Problems, version_conflict
from api.services.references import References, locked
from api.services.revisions import State, created, snapshot, updated
from api.services.search_index import find_by_names
from api.services.similar import similar_actors
from api.settings import Settings
from models import Actor, ActorAlias, ActorAttribute, ActorKind, ActorRedirect, Role, new_id


@dataclass(frozen=True, kw_only=True)
class NamedAs(Normalized):
    """Another name of an actor."""

    name: Name
    """The name."""
    language: str | None = None
    """Its language, a BCP 47 tag such as `ar`."""
    script: str | None = None
    """Its script, an ISO 15924 code such as `Arab`."""


Aliases: TypeAlias = Annotated[Sequence[NamedAs], limits.ALIASES]


@dataclass(frozen=True, kw_only=True)
class CreateActor(Normalized):
    """Enters an actor."""

    slug: str | None = None
    """A short name for URLs; made of the name where left out."""
    name: Name
    """The name it is best known by."""
    kind: ActorKind
    """What sort of actor it is."""
    description: Text | None = None
    """Who that is, in a sentence or two."""
    country_code: str | None = None
    """The country it belongs to, ISO 3166-1 alpha-2."""
    wikidata_id: str | None = None
    """Its item in Wikidata: `Q42`."""
    active_from: dt.date | None = None
    """Its first day, where that is known."""
    active_to: dt.date | None = None
    """Its last day, where it has ended."""
    aliases: Aliases = ()
    """Its other names, in their order."""
    attributes: Attributes = ()
    """What else is kept of it, in their order."""


@dataclass(frozen=True, kw_only=True)
class UpdateActor(Normalized):
    """Edits an actor: what is left out stays as it is, null clears it."""

    id: Id
    """Which actor."""
    slug: str | Keep = KEEP
    """A short name for URLs."""
    name: Name | Keep = KEEP
    """The name it is best known by."""
    kind: ActorKind | Keep = KEEP
    """What sort of actor it is."""
    description: Text | None | Keep = KEEP
    """Who that is, in a sentence or two."""
    country_code: str | None | Keep = KEEP
    """The country it belongs to, ISO 3166-1 alpha-2."""
    wikidata_id: str | None | Keep = KEEP
    """Its item in Wikidata: `Q42`."""
    active_from: dt.date | None | Keep = KEEP
    """Its first day."""
    active_to: dt.date | None | Keep = KEEP
    """Its last day."""
    aliases: Aliases | None | Keep = KEEP
    """All its other names, in place of those it has."""
    attributes: Attributes | None | Keep = KEEP
    """All its attributes, in place of those it has."""
    expected_version: int | None = None
    """The version that was looked at: where it is no longer the version, nothing changes."""


async def create_actor(
    session: AsyncSession, viewer: Viewer, command: CreateActor, *, key: UUID | None = None
) -> Outcome:
    """A new actor. Its slug and Wikidata item must be nobody else's; a slug that is left out is made unique.

    `key` is the id it is to have, where seeds or an import name one.
    """
    require(viewer, Role.CURATOR)
    problems = Problems()
    validation.name(problems, command.name, "name")
    validation.optional_text(problems, command.description, "description")
    validation.country_code(problems, command.country_code, "countryCode")
    validation.period(problems, command.active_from, command.active_to, "activeTo")
    await _check_slug(session, problems, command.slug, None)
    await _check_wikidata_id(session, problems, command.wikidata_id, None)
    _check_aliases(session, problems, command.aliases or ())
    aliases = _distinct(command.aliases or ())
    attributes.check(problems, command.attributes or ())
    if problems:
        return problems.refused()
    actor = Actor(
        id=key or new_id(),
        slug=command.slug or await _free_slug(session, validation.slug_of(command.name)),
        name=command.name,
        kind=command.kind,
        description=command.description,
        country_code=command.country_code,
        wikidata_id=command.wikidata_id,
        active_from=command.active_from,
        active_to=command.active_to,
    )
    await created(session, viewer, actor, **_more(aliases, command.attributes or ()))
    await write_names(session, actor.id, actor.name, aliases)
    await attributes.write(session, ActorAttribute, actor.id, command.attributes or ())
    names = [actor.name, *(alias.name for alias in aliases)]
    return Outcome(actor.id, created=True, similar=await similar_actors(session, actor.id, names))


async def update_actor(session: AsyncSession, viewer: Viewer, command: UpdateActor, *, limited: bool = True) -> Outcome:
    """An actor edited; nothing is written where nothing is different.

    `limited`: whether the lists that the command gives are held to the limits on their number.
    """
    require(viewer, Role.CURATOR)
    problems = Problems()
    key = await _actor_key(session, problems, command.id)
    if key is None:
        return problems.refused()
    actor = await locked(session, select(Actor).where(Actor.id == key).options(*whole()))
    if version_conflict(problems, command.expected_version, actor.version):
        return problems.refused(key)
    changes = {name: value for name in _EDITABLE if (value := getattr(command, name)) is not KEEP}
    await _check_changes(session, problems, actor, changes)
    names, kept = other_names(actor), attributes.kept(actor.attributes)
    new_names = names if command.aliases is KEEP else list(command.aliases or ())
    new_kept = kept if command.attributes is KEEP else list(command.attributes or ())
    if command.aliases is not KEEP:
        _check_aliases(session, problems, new_names, limited=limited)
        new_names = _distinct(new_names)
    if command.attributes is not KEEP:
        attributes.check(problems, new_kept, limited=limited)
    if problems:
        return problems.refused(key)
    given = [name for name in (command.name, *(() if command.aliases is KEEP else new_names)) if name is not KEEP]
    similar = await similar_actors(session, key, [n if isinstance(n, str) else n.name for n in given])
    before = state(actor)
    for name, value in changes.items():
        setattr(actor, name, value)
    if (new_names, new_kept) == (names, kept) and not session.is_modified(actor):
        return Outcome(key, similar=similar)
    await updated(session, viewer, actor, before, **_more(new_names, new_kept))
    await write_names(session, key, actor.name, new_names)
    if new_kept != kept:
        await attributes.write(session, ActorAttribute, key, new_kept)
    return Outcome(key, similar=similar)


_EDITABLE = ("slug", "name", "kind", "description", "country_code", "wikidata_id", "active_from", "active_to")


async def _actor_key(session: AsyncSession, problems: Problems, text: Id) -> UUID | None:
    references = References()
    wanted = references.want(problems, text, "id", of="Actor")
    await references.load(session)
    return references.key(wanted)


async def _check_changes(session: AsyncSession, problems: Problems, actor: Actor, changes: dict[str, object]) -> None:
    for name in ("slug", "kind"):
        if name in changes and changes[name] is None:
            problems.invalid("must not be null", name)
    given = (
        CreateActor(name=actor.name, kind=actor.kind, active_from=actor.active_from, active_to=actor.active_to).__dict__
        | changes
    )
    if "name" in changes:
        validation.name(problems, given["name"], "name")
    validation.optional_text(problems, given["description"], "description")
    validation.country_code(problems, given["country_code"], "countryCode")
    validation.period(
        problems, given["active_from"], given["active_to"], "activeTo" if "active_to" in changes else "activeFrom"
    )
    await _check_slug(session, problems, given["slug"], actor.id)
    await _check_wikidata_id(session, problems, given["wikidata_id"], actor.id)


async def _check_slug(session: AsyncSession, problems: Problems, slug: str | None, own: UUID | None) -> None:
    validation.slug(problems, slug, "slug")
    if slug is not None and await _taken(session, slug, own):
        problems.add(ErrorCode.DUPLICATE, f"the slug {slug!r} belongs to another actor", "slug")


async def _check_wikidata_id(session: AsyncSession, problems: Problems, item: str | None, own: UUID | None) -> None:
    validation.wikidata_id(problems, item, "wikidataId")
    if item is None:
        return
    other = await session.scalar(select(Actor.slug).where(Actor.wikidata_id == item, _not(Actor.id, own)))
    if other is not None:
        problems.add(ErrorCode.DUPLICATE, f"{item} belongs to the actor {other!r}", "wikidataId")


async def _taken(session: AsyncSession, slug: str, own: UUID | None = None) -> bool:
    by_actor = exists().where(Actor.slug == slug, _not(Actor.id, own))
    by_former = exists().where(ActorRedirect.former_slug == slug, _not(ActorRedirect.actor_id, own))
    return bool(await session.scalar(select(by_actor | by_former)))


def _not(column: InstrumentedAttribute[UUID], own: UUID | None) -> ColumnElement[bool]:
    return true() if own is None else column != own


async def _free_slug(session: AsyncSession, slug: str) -> str:
    number, free = 1, slug
    while await _taken(session, free):
        number += 1
        free = f"{slug}-{number}"
    return free


def _check_aliases(
    session: AsyncSession, problems: Problems, aliases: Sequence[NamedAs], *, limited: bool = True
) -> None:
    settings: Settings = session.info["settings"]
    most = settings.max_actor_aliases if limited else len(aliases)
    if not validation.count(problems, len(aliases), limits.ALIASES, "aliases", maximum=most):
        return
    for place, alias in enumerate(aliases):
        at = ("aliases", str(place))
        validation.name(problems, alias.name, *at, "name")
        validation.language(problems, alias.language, *at, "language")
        validation.script(problems, alias.script, *at, "script")


def _distinct(aliases: Sequence[NamedAs]) -> list[NamedAs]:
    """The aliases without those that repeat the name, language and script of one before them."""
    return list(dict.fromkeys(aliases))


def whole() -> tuple[ExecutableOption, ...]:
    """Loads an actor with what `state` tells of it from other tables."""
    return selectinload(Actor.aliases), selectinload(Actor.attributes)


def state(actor: Actor) -> State:
    """An actor as revisions show it."""
    return {**snapshot(actor), **_more(other_names(actor), attributes.kept(actor.attributes))}


def _more(aliases: Sequence[NamedAs], kept: Sequence[Attribute]) -> State:
    return {"aliases": alias_states(aliases), "attributes": attributes.states(kept)}


def other_names(actor: Actor) -> list[NamedAs]:
    """The aliases of an actor that was loaded with them."""
    return [NamedAs(name=a.name, language=a.language, script=a.script) for a in actor.aliases]


def alias_states(aliases: Sequence[NamedAs]) -> list[dict[str, str | None]]:
    """Aliases as revisions show them."""
    return [{"name": a.name, "language": a.language, "script": a.script} for a in aliases]


async def write_names(session: AsyncSession, key: UUID, name: str, aliases: Sequence[NamedAs]) -> None:
    """Give the actor these aliases and no others, and let it be found by all its names."""
    await session.execute(delete(ActorAlias).where(ActorAlias.actor_id == key))
    session.add_all(
        ActorAlias(actor_id=key, position=place, name=a.name, language=a.language, script=a.script)
        for place, a in enumerate(aliases)
    )
    await session.flush()
    await find_by_names(session, key, [name, *(a.name for a in aliases)])
