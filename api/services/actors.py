"""Creates and edits actors."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload
from sqlalchemy.sql.base import ExecutableOption

from api import limits
from api.errors import ErrorCode
from api.ids import Id
from api.names import Name, Normalized, Text
from api.security.policies import require
from api.security.viewer import Viewer
from api.services import attributes, slugs, validation
from api.services.attributes import Attributes, AttributeValue
from api.services.editable_fields import ChildField, EditableFields
from api.services.outcome import KEEP, Keep, Outcome, Problems, version_conflict
from api.services.references import References, locked
from api.services.revisions import State, created, snapshot, updated
from api.services.search_index import index_names
from api.services.similar import similar_actors
from api.settings import Settings
from models import Actor, ActorAlias, ActorAttribute, ActorKind, Role, new_id


@dataclass(frozen=True, kw_only=True)
class AliasValue(Normalized):
    """Another name of an actor."""

    name: Name
    """The name."""
    language: str | None = None
    """The language of the name: a BCP 47 tag such as `ar`."""
    script: str | None = None
    """The script of the name: an ISO 15924 code such as `Arab`."""


Aliases: TypeAlias = Annotated[Sequence[AliasValue], limits.ALIASES]


@dataclass(frozen=True, kw_only=True)
class CreateActor(Normalized):
    """Creates an actor."""

    slug: str | None = None
    """A short name for URLs, unique among actors (default: derived from the name)."""
    name: Name
    """The best-known name."""
    kind: ActorKind
    """The kind of actor."""
    description: Text | None = None
    """A description in a sentence or two."""
    country_code: str | None = None
    """The country of the actor: an ISO 3166-1 alpha-2 code such as `SY`."""
    wikidata_id: str | None = None
    """The Wikidata item of the actor, such as `Q42`, unique among actors."""
    active_from: dt.date | None = None
    """The first day of the actor's activity, if it is known."""
    active_to: dt.date | None = None
    """The last day of the actor's activity, if it has ended."""
    aliases: Aliases = ()
    """Other names, in this order."""
    attributes: Attributes = ()
    """Custom attributes as name–value pairs, in this order."""


@dataclass(frozen=True, kw_only=True)
class UpdateActor(Normalized):
    """Edits an actor. A field that is left out stays as it is; null clears it."""

    id: Id
    """The actor to edit."""
    slug: str | Keep = KEEP
    """A short name for URLs, unique among actors."""
    name: Name | Keep = KEEP
    """The best-known name."""
    kind: ActorKind | Keep = KEEP
    """The kind of actor."""
    description: Text | None | Keep = KEEP
    """A description in a sentence or two."""
    country_code: str | None | Keep = KEEP
    """The country of the actor: an ISO 3166-1 alpha-2 code such as `SY`."""
    wikidata_id: str | None | Keep = KEEP
    """The Wikidata item of the actor, such as `Q42`, unique among actors."""
    active_from: dt.date | None | Keep = KEEP
    """The first day of the actor's activity."""
    active_to: dt.date | None | Keep = KEEP
    """The last day of the actor's activity."""
    aliases: Aliases | None | Keep = KEEP
    """All other names of the actor. They replace the current ones."""
    attributes: Attributes | None | Keep = KEEP
    """All custom attributes of the actor. They replace the current ones."""
    expected_version: int | None = None
    """The version that you read. If the current version is another, nothing changes and the error is CONFLICT."""


FIELDS = EditableFields(
    Actor,
    CreateActor,
    UpdateActor,
    {
        "aliases": ChildField("aliases", lambda states: [AliasValue(**alias) for alias in states]),
        "attributes": attributes.CHILD_FIELD,
    },
)


async def create_actor(
    session: AsyncSession, viewer: Viewer, command: CreateActor, *, key: UUID | None = None
) -> Outcome:
    """Create an actor. Its slug and Wikidata item must be unique; a slug derived from the name is made unique.

    `key` is the key of the actor, if seeds or an import fix it.
    """
    require(viewer, Role.CURATOR)
    problems = Problems()
    validation.name(problems, command.name, "name")
    validation.optional_text(problems, command.description, "description")
    validation.country_code(problems, command.country_code, "countryCode")
    validation.period(problems, command.active_from, command.active_to, "activeTo")
    await slugs.check(session, problems, Actor, command.slug)
    await _check_wikidata_id(session, problems, command.wikidata_id, None)
    _check_aliases(session, problems, command.aliases or ())
    aliases = _distinct(command.aliases or ())
    attributes.check(problems, command.attributes or ())
    if problems:
        return problems.refused()
    slug = command.slug or await slugs.find_free(session, Actor, command.name)
    actor = Actor(id=key or new_id(), **{**FIELDS.values(command), "slug": slug})
    await created(session, viewer, actor, **_children(aliases, command.attributes or ()))
    await write_names(session, actor.id, actor.name, aliases)
    await attributes.write(session, ActorAttribute, actor.id, command.attributes or ())
    names = [actor.name, *(alias.name for alias in aliases)]
    return Outcome(actor.id, created=True, similar=await similar_actors(session, actor.id, names))


async def update_actor(session: AsyncSession, viewer: Viewer, command: UpdateActor, *, limited: bool = True) -> Outcome:
    """Edit an actor. If nothing is different, nothing is written.

    `limited=False` lifts the limits on the number of aliases and attributes.
    """
    require(viewer, Role.CURATOR)
    problems = Problems()
    key = await _actor_key(session, problems, command.id)
    if key is None:
        return problems.refused()
    actor = await locked(session, select(Actor).where(Actor.id == key).options(*with_children()))
    if version_conflict(problems, command.expected_version, actor.version):
        return problems.refused(key)
    changes = FIELDS.changes(command)
    await _check_changes(session, problems, actor, changes)
    old_aliases, old_attributes = aliases_of(actor), attributes.from_rows(actor.attributes)
    new_aliases = old_aliases if command.aliases is KEEP else list(command.aliases or ())
    new_attributes = old_attributes if command.attributes is KEEP else list(command.attributes or ())
    if command.aliases is not KEEP:
        _check_aliases(session, problems, new_aliases, limited=limited)
        new_aliases = _distinct(new_aliases)
    if command.attributes is not KEEP:
        attributes.check(problems, new_attributes, limited=limited)
    if problems:
        return problems.refused(key)
    names = [] if command.name is KEEP else [str(command.name)]
    names += [] if command.aliases is KEEP else [alias.name for alias in new_aliases]
    similar = await similar_actors(session, key, names)
    before = state(actor)
    for name, value in changes.items():
        setattr(actor, name, value)
    if (new_aliases, new_attributes) == (old_aliases, old_attributes) and not session.is_modified(actor):
        return Outcome(key, similar=similar)
    await updated(session, viewer, actor, before, **_children(new_aliases, new_attributes))
    await write_names(session, key, actor.name, new_aliases)
    if new_attributes != old_attributes:
        await attributes.write(session, ActorAttribute, key, new_attributes)
    return Outcome(key, similar=similar)


async def _actor_key(session: AsyncSession, problems: Problems, text: Id) -> UUID | None:
    references = References()
    wanted = references.want(problems, text, "id", of="Actor")
    await references.load(session)
    return references.key(wanted)


async def _check_changes(session: AsyncSession, problems: Problems, actor: Actor, changes: Mapping[str, Any]) -> None:
    for name in ("slug", "kind"):
        if name in changes and changes[name] is None:
            problems.invalid("must not be null", name)
    if "name" in changes:
        validation.name(problems, changes["name"], "name")
    validation.optional_text(problems, changes.get("description"), "description")
    validation.country_code(problems, changes.get("country_code"), "countryCode")
    start, end = (changes.get(name, getattr(actor, name)) for name in ("active_from", "active_to"))
    validation.period(problems, start, end, "activeTo" if "active_to" in changes else "activeFrom")
    await slugs.check(session, problems, Actor, changes.get("slug"), own=actor.id)
    await _check_wikidata_id(session, problems, changes.get("wikidata_id"), actor.id)


async def _check_wikidata_id(session: AsyncSession, problems: Problems, item: str | None, own: UUID | None) -> None:
    validation.wikidata_id(problems, item, "wikidataId")
    if item is None:
        return
    other = await session.scalar(select(Actor.slug).where(Actor.wikidata_id == item, slugs.other_than(Actor.id, own)))
    if other is not None:
        problems.add(ErrorCode.DUPLICATE, f"{item} belongs to the actor {other!r}", "wikidataId")


def _check_aliases(
    session: AsyncSession, problems: Problems, aliases: Sequence[AliasValue], *, limited: bool = True
) -> None:
    settings: Settings = session.info["settings"]
    maximum = settings.max_actor_aliases if limited else len(aliases)
    if not validation.count(problems, len(aliases), limits.ALIASES, "aliases", maximum=maximum):
        return
    for place, alias in enumerate(aliases):
        at = ("aliases", str(place))
        validation.name(problems, alias.name, *at, "name")
        validation.language(problems, alias.language, *at, "language")
        validation.script(problems, alias.script, *at, "script")


def _distinct(aliases: Sequence[AliasValue]) -> list[AliasValue]:
    """Return the aliases without duplicates, in order."""
    return list(dict.fromkeys(aliases))


def with_children() -> tuple[ExecutableOption, ...]:
    """Return the loader options for the aliases and attributes, which `state` needs."""
    return selectinload(Actor.aliases), selectinload(Actor.attributes)


def state(actor: Actor) -> State:
    """Return the state of an actor, loaded `with_children`, for a revision."""
    return {**snapshot(actor), **_children(aliases_of(actor), attributes.from_rows(actor.attributes))}


def _children(aliases: Sequence[AliasValue], attributes_: Sequence[AttributeValue]) -> State:
    return {"aliases": alias_states(aliases), "attributes": attributes.states(attributes_)}


def aliases_of(actor: Actor) -> list[AliasValue]:
    """Return the aliases of an actor that was loaded `with_children`."""
    return [AliasValue(name=a.name, language=a.language, script=a.script) for a in actor.aliases]


def alias_states(aliases: Sequence[AliasValue]) -> list[dict[str, str | None]]:
    """Return aliases in the form in which revisions store them."""
    return [{"name": a.name, "language": a.language, "script": a.script} for a in aliases]


async def write_names(session: AsyncSession, key: UUID, name: str, aliases: Sequence[AliasValue]) -> None:
    """Replace the aliases of the actor, and index all its names for search."""
    await session.execute(delete(ActorAlias).where(ActorAlias.actor_id == key))
    session.add_all(
        ActorAlias(actor_id=key, position=place, name=a.name, language=a.language, script=a.script)
        for place, a in enumerate(aliases)
    )
    await session.flush()
    await index_names(session, key, [name, *(a.name for a in aliases)])
