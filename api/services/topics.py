"""Topics: entered and edited by curators."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from api.ids import Id
from api.names import Name, Normalized, Text
from api.security.policies import require
from api.security.viewer import Viewer
from api.services import attributes, slugs, validation
from api.services.attributes import Attributes
from api.services.outcome import KEEP, Keep, Outcome, Problems, version_conflict
from api.services.references import References, locked
from api.services.revisions import created, snapshot, updated
from api.services.search_index import find_by_words, forget_words
from api.services.similar import similar_topics
from models import Role, Topic, TopicAttribute, new_id


@dataclass(frozen=True, kw_only=True)
class CreateTopic(Normalized):
    """Enters a topic."""

    slug: str | None = None
    """A short name for URLs; made of the name where left out."""
    name: Name
    """What it is called."""
    description: Text | None = None
    """What is meant by it, and what support and opposition mean towards it."""
    attributes: Attributes = ()
    """What else is kept of it, in their order."""


@dataclass(frozen=True, kw_only=True)
class UpdateTopic(Normalized):
    """Edits a topic: what is left out stays as it is, null clears it."""

    id: Id
    """Which topic."""
    slug: str | Keep = KEEP
    """A short name for URLs."""
    name: Name | Keep = KEEP
    """What it is called."""
    description: Text | None | Keep = KEEP
    """What is meant by it, and what support and opposition mean towards it."""
    attributes: Attributes | None | Keep = KEEP
    """All its attributes, in place of those it has."""
    expected_version: int | None = None
    """The version that was looked at: where it is no longer the version, nothing changes."""


async def create_topic(
    session: AsyncSession, viewer: Viewer, command: CreateTopic, *, key: UUID | None = None
) -> Outcome:
    """A new topic; its slug must be no other topic's, and one that is left out is made unique."""
    require(viewer, Role.CURATOR)
    problems = Problems()
    validation.name(problems, command.name, "name")
    validation.optional_text(problems, command.description, "description")
    await slugs.check(session, problems, Topic.slug, command.slug)
    attributes.check(problems, command.attributes or ())
    if problems:
        return problems.refused()
    slug = command.slug or await slugs.free(session, Topic.slug, validation.slug_of(command.name))
    topic = Topic(id=key or new_id(), slug=slug, name=command.name, description=command.description)
    await created(session, viewer, topic, attributes=attributes.states(command.attributes or ()))
    await attributes.write(session, TopicAttribute, topic.id, command.attributes or ())
    await find_by_words(session, Topic, topic.id, topic.name, topic.description)
    return Outcome(topic.id, created=True, similar=await similar_topics(session, topic.id, topic.name))


async def update_topic(session: AsyncSession, viewer: Viewer, command: UpdateTopic) -> Outcome:
    """A topic edited; nothing is written where nothing is different."""
    require(viewer, Role.CURATOR)
    problems = Problems()
    topic = await _wanted(session, problems, command.id)
    if topic is None or version_conflict(problems, command.expected_version, topic.version):
        return problems.refused(None if topic is None else topic.id)
    kept = attributes.kept(topic.attributes)
    new_kept = kept if command.attributes is KEEP else list(command.attributes or ())
    changes = {
        name: value
        for name in ("slug", "name", "description")
        if (value := getattr(command, name)) is not KEEP and value != getattr(topic, name)
    }
    await _check_changes(session, problems, changes)
    if command.attributes is not KEEP:
        attributes.check(problems, new_kept)
    if problems:
        return problems.refused(topic.id)
    similar = () if command.name is KEEP else await similar_topics(session, topic.id, str(command.name))
    if not changes and new_kept == kept:
        return Outcome(topic.id, similar=similar)
    before = {**snapshot(topic), "attributes": attributes.states(kept)}
    for name, value in changes.items():
        setattr(topic, name, value)
    await updated(session, viewer, topic, before, attributes=attributes.states(new_kept))
    await attributes.write(session, TopicAttribute, topic.id, new_kept)
    await forget_words(session, topic.id)
    await find_by_words(session, Topic, topic.id, topic.name, topic.description)
    return Outcome(topic.id, similar=similar)


async def _wanted(session: AsyncSession, problems: Problems, text: Id) -> Topic | None:
    """The topic of that id with its attributes, locked; None where there is none, which is a problem."""
    references = References()
    wanted = references.want(problems, text, "id", of="Topic")
    await references.load(session)
    key = references.key(wanted)
    whole = selectinload(Topic.attributes)
    return None if key is None else await locked(session, select(Topic).where(Topic.id == key).options(whole))


async def _check_changes(session: AsyncSession, problems: Problems, changes: Mapping[str, Any]) -> None:
    if changes.get("slug", "") is None:
        problems.invalid("must not be null", "slug")
    await slugs.check(session, problems, Topic.slug, changes.get("slug"))
    if "name" in changes:
        validation.name(problems, changes["name"], "name")
    validation.optional_text(problems, changes.get("description"), "description")
