"""Topics: entered by curators."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.security.policies import require
from api.security.viewer import Viewer
from api.services import checks, slugs
from api.services.finding import find_by_words
from api.services.outcome import Outcome, Problems
from api.services.revisions import created
from models import Role, Topic, new_id


@dataclass(frozen=True, kw_only=True)
class CreateTopic:
    """Enters a topic."""

    slug: str | None = None
    """A short name for URLs; made of the name where left out."""
    name: str
    """What it is called."""
    description: str | None = None
    """What is meant by it, and what support and opposition mean towards it."""


async def create_topic(
    session: AsyncSession, viewer: Viewer, command: CreateTopic, *, key: UUID | None = None
) -> Outcome:
    """A new topic; its slug must be no other topic's, and one that is left out is made unique."""
    require(viewer, Role.CURATOR)
    problems = Problems()
    checks.name(problems, command.name, "name")
    checks.optional_text(problems, command.description, "description")
    await slugs.check(session, problems, Topic.slug, command.slug)
    if problems:
        return problems.refused()
    slug = command.slug or await slugs.free(session, Topic.slug, checks.slug_of(command.name))
    topic = Topic(id=key or new_id(), slug=slug, name=command.name, description=command.description)
    await created(session, viewer, topic)
    await find_by_words(session, Topic, topic.id, topic.name, topic.description)
    return Outcome(topic.id, created=True)
