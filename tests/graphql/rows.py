"""All rows of a database, read once into plain dictionaries: what the oracle answers from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.database.database import Database
from models import (
    Actor,
    ActorAlias,
    ActorAttribute,
    ActorRedirect,
    Adjudication,
    Annotator,
    Assignment,
    Base,
    Codebook,
    CodebookLabel,
    CodebookTarget,
    Document,
    DocumentAttribute,
    Membership,
    Project,
    ProjectMember,
    ProjectRole,
    ProjectStatement,
    Relation,
    RelationEvidence,
    Revision,
    Stance,
    Statement,
    Topic,
    TopicAttribute,
)

M = TypeVar("M", bound=Base)

PREFIXES = {
    "act": "Actor",
    "adj": "Adjudication",
    "ann": "Annotator",
    "asg": "Assignment",
    "cbk": "Codebook",
    "doc": "Document",
    "mem": "Membership",
    "prj": "Project",
    "pmb": "ProjectMember",
    "rel": "Relation",
    "rev": "Revision",
    "stn": "Stance",
    "stm": "Statement",
    "top": "Topic",
}
"""What an id begins with → the type of what it names."""


@dataclass(frozen=True)
class Rows:
    """Every row there is, by type and key."""

    actors: Mapping[UUID, Actor]
    adjudications: Mapping[UUID, Adjudication]
    annotators: Mapping[UUID, Annotator]
    assignments: Mapping[UUID, Assignment]
    codebooks: Mapping[UUID, Codebook]
    documents: Mapping[UUID, Document]
    memberships: Mapping[UUID, Membership]
    projects: Mapping[UUID, Project]
    members: Mapping[UUID, ProjectMember]
    relations: Mapping[UUID, Relation]
    revisions: Mapping[UUID, Revision]
    stances: Mapping[UUID, Stance]
    statements: Mapping[UUID, Statement]
    topics: Mapping[UUID, Topic]
    aliases: Mapping[UUID, ActorAlias]
    attributes: tuple[ActorAttribute | TopicAttribute | DocumentAttribute, ...]
    roles: Mapping[tuple[UUID, UUID], ProjectRole]
    """Project and annotator → what they do in it."""
    redirects: tuple[ActorRedirect, ...]
    evidence: tuple[RelationEvidence, ...]
    labels: tuple[CodebookLabel, ...]
    targets: tuple[CodebookTarget, ...]
    chosen: tuple[ProjectStatement, ...]
    """What is to be annotated."""

    def of_type(self, name: str) -> Mapping[UUID, Any]:
        """The rows of the GraphQL type `name`."""
        plural = {"ProjectMember": "members"}.get(name, f"{name.lower()}s")
        found: Mapping[UUID, Any] = getattr(self, plural)
        return found

    def keys(self, *ids: str) -> set[UUID]:
        """The keys that global ids stand for; that of a merged actor stands for the survivor too."""
        found = {UUID(text.partition("_")[2]) for text in ids}
        return found | {r.actor_id for r in self.redirects if r.former_id in found}

    def called(self, text: str) -> Any:
        """Whatever has this global id, or had it before it was merged; None where nothing has."""
        rows = self.of_type(PREFIXES[text.partition("_")[0]])
        return next((rows[key] for key in self.keys(text) if key in rows), None)


def global_id(row: Any) -> str:
    """The id under which clients know a row."""
    (prefix,) = [prefix for prefix, name in PREFIXES.items() if name == type(row).__name__]
    return f"{prefix}_{row.id}"


async def load_rows(database: Database) -> Rows:
    """Read everything."""
    async with database.transaction() as session:
        return Rows(
            actors=await _by_key(session, Actor),
            adjudications=await _by_key(session, Adjudication),
            annotators=await _by_key(session, Annotator),
            assignments=await _by_key(session, Assignment),
            codebooks=await _by_key(session, Codebook),
            documents=await _by_key(session, Document),
            memberships=await _by_key(session, Membership),
            projects=await _by_key(session, Project),
            members=await _by_key(session, ProjectMember),
            relations=await _by_key(session, Relation),
            revisions=await _by_key(session, Revision),
            stances=await _by_key(session, Stance),
            statements=await _by_key(session, Statement),
            topics=await _by_key(session, Topic),
            aliases=await _by_key(session, ActorAlias),
            attributes=await _attributes(session),
            roles={(m.project_id, m.annotator_id): m.role for m in await session.scalars(select(ProjectMember))},
            redirects=tuple(await session.scalars(select(ActorRedirect))),
            evidence=tuple(await session.scalars(select(RelationEvidence))),
            labels=tuple(await session.scalars(select(CodebookLabel).order_by(CodebookLabel.position))),
            targets=tuple(await session.scalars(select(CodebookTarget).order_by(CodebookTarget.position))),
            chosen=tuple(await session.scalars(select(ProjectStatement))),
        )


async def _by_key(session: AsyncSession, model: type[M]) -> dict[UUID, M]:
    rows = await session.scalars(select(model))
    return {row.id: row for row in rows}  # type: ignore[attr-defined]


async def _attributes(session: AsyncSession) -> tuple[ActorAttribute | TopicAttribute | DocumentAttribute, ...]:
    return (
        *await session.scalars(select(ActorAttribute)),
        *await session.scalars(select(TopicAttribute)),
        *await session.scalars(select(DocumentAttribute)),
    )
