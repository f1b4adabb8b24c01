"""Creates and edits topics."""

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
from api.services.editable_fields import EditableFields
from api.services.outcome import KEEP, Keep, Outcome, Problems, version_conflict
from api.services.references import References, locked
from api.services.revisions import created, snapshot, updated
from api.services.search_index import delete_words, index_words
from api.services.similar import similar_topics
from models import Role, Topic, TopicAttribute, new_id


@dataclass(frozen=True, kw_only=True)
class CreateTopic(Normalized):
    """Creates a topic."""

    slug: str | None = None
    """A short name for URLs, unique among topics (default: derived from the name)."""
    name: Name
    """The name of the topic."""
    description: Text | None = None
    """What the topic covers, and what support and opposition towards it mean."""
    attributes: Attributes = ()
    """Custom attributes as name–value pairs, in this order."""


@dataclass(frozen=True, kw_only=True)
class UpdateTopic(Normalized):
    """Edits a topic. A field that is left out stays as it is; null clears it."""

    id: Id
    """The topic to edit."""
    slug: str | Keep = KEEP
    """A short name for URLs, unique among topics."""
    name: Name | Keep = KEEP
    """The name of the topic."""
    description: Text | None | Keep = KEEP
    """What the topic covers, and what support and opposition towards it mean."""
    attributes: Attributes | None | Keep = KEEP
    """All custom attributes of the topic. They replace the current ones."""
    expected_version: int | None = None
    """The version that you read. If the current version is another, nothing changes and the error is CONFLICT."""


FIELDS = EditableFields(Topic, CreateTopic, UpdateTopic, {"attributes": attributes.CHILD_FIELD})


async def create_topic(
    session: AsyncSession, viewer: Viewer, command: CreateTopic, *, key: UUID | None = None
) -> Outcome:
    """Create a topic. Its slug must be unique; a slug derived from the name is made unique.

    `key` is the key of the topic, if seeds or an import fix it.
    """
    require(viewer, Role.CURATOR)
    problems = Problems()
    validation.name(problems, command.name, "name")
    validation.optional_text(problems, command.description, "description")
    await slugs.check(session, problems, Topic, command.slug)
    attributes.check(problems, command.attributes or ())
    if problems:
        return problems.refused()
    slug = command.slug or await slugs.find_free(session, Topic, command.name)
    topic = Topic(id=key or new_id(), **{**FIELDS.values(command), "slug": slug})
    await created(session, viewer, topic, attributes=attributes.states(command.attributes or ()))
    await attributes.write(session, TopicAttribute, topic.id, command.attributes or ())
    await index_words(session, Topic, topic.id, topic.name, topic.description)
    return Outcome(topic.id, created=True, similar=await similar_topics(session, topic.id, topic.name))


async def update_topic(session: AsyncSession, viewer: Viewer, command: UpdateTopic) -> Outcome:
    """Edit a topic. If nothing is different, nothing is written."""
    require(viewer, Role.CURATOR)
    problems = Problems()
    topic = await _locked_topic(session, problems, command.id)
    if topic is None or version_conflict(problems, command.expected_version, topic.version):
        return problems.refused(None if topic is None else topic.id)
    attributes_before = attributes.from_rows(topic.attributes)
    attributes_after = attributes_before if command.attributes is KEEP else list(command.attributes or ())
    changes = {name: value for name, value in FIELDS.changes(command).items() if value != getattr(topic, name)}
    await _check_changes(session, problems, changes)
    if command.attributes is not KEEP:
        attributes.check(problems, attributes_after)
    if problems:
        return problems.refused(topic.id)
    similar = () if command.name is KEEP else await similar_topics(session, topic.id, str(command.name))
    if not changes and attributes_after == attributes_before:
        return Outcome(topic.id, similar=similar)
    before = {**snapshot(topic), "attributes": attributes.states(attributes_before)}
    for name, value in changes.items():
        setattr(topic, name, value)
    await updated(session, viewer, topic, before, attributes=attributes.states(attributes_after))
    await attributes.write(session, TopicAttribute, topic.id, attributes_after)
    await delete_words(session, topic.id)
    await index_words(session, Topic, topic.id, topic.name, topic.description)
    return Outcome(topic.id, similar=similar)


async def _locked_topic(session: AsyncSession, problems: Problems, text: Id) -> Topic | None:
    """Return the topic with this ID, locked, with its attributes; add a problem and return None if there is none."""
    references = References()
    wanted = references.want(problems, text, "id", of="Topic")
    await references.load(session)
    key = references.key(wanted)
    query = select(Topic).where(Topic.id == key).options(selectinload(Topic.attributes))
    return None if key is None else await locked(session, query)


async def _check_changes(session: AsyncSession, problems: Problems, changes: Mapping[str, Any]) -> None:
    if changes.get("slug", "") is None:
        problems.invalid("must not be null", "slug")
    await slugs.check(session, problems, Topic, changes.get("slug"))
    if "name" in changes:
        validation.name(problems, changes["name"], "name")
    validation.optional_text(problems, changes.get("description"), "description")
