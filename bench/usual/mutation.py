"""The mutations of the conventional stack: look up rows, add entities, commit."""

from typing import Any
from uuid import UUID

import strawberry
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

import models
from bench.usual.context import Context, Info
from bench.usual.types import Stance
from models import Project, Revision, RevisionAction, StanceLabel, Statement, new_id, now


@strawberry.input(one_of=True)
class StanceTargetInput:
    """The target of a stance."""

    actor_id: strawberry.ID | None = strawberry.UNSET
    topic_id: strawberry.ID | None = strawberry.UNSET


@strawberry.input
class RecordStanceInput:
    """A stance to record."""

    statement_id: strawberry.ID
    target: StanceTargetInput
    label: StanceLabel
    intensity: int | None = None
    confidence: float | None = None
    rationale: str | None = None


@strawberry.input
class RecordStancesInput:
    """Stances to record."""

    stances: list[RecordStanceInput]


@strawberry.type
class UserError:
    """An error of the input."""

    code: str


@strawberry.type
class RecordStancePayload:
    """The result of recording a stance."""

    stance: Stance | None
    created: bool
    errors: list[UserError]


@strawberry.type
class RecordStancesPayload:
    """The results of recording stances."""

    results: list[RecordStancePayload]


def _key(text: str | None) -> UUID | None:
    return UUID(text[4:]) if text else None


def _stance(inputs: RecordStanceInput, statement: Statement, project: Project, annotator_id: UUID) -> models.Stance:
    at = now()
    return models.Stance(
        id=new_id(),
        statement_id=statement.id,
        holder_id=statement.speaker_id,
        target_actor_id=_key(inputs.target.actor_id or None),
        target_topic_id=_key(inputs.target.topic_id or None),
        label=inputs.label,
        intensity=inputs.intensity,
        confidence=inputs.confidence,
        rationale=inputs.rationale,
        annotator_id=annotator_id,
        project_id=project.id,
        codebook_id=project.codebook_id,
        stated_on_sort=statement.stated_on_sort,
        created_at=at,
        updated_at=at,
        version=1,
    )


def _revision(stance: models.Stance) -> Revision:
    left_out = {"created_at", "updated_at", "stated_on_sort"}
    columns = {c.key: getattr(stance, c.key) for c in models.Stance.__table__.columns if c.key not in left_out}
    after: dict[str, Any] = {name: str(v) if isinstance(v, UUID) else v for name, v in columns.items()}
    return Revision(
        annotator_id=stance.annotator_id,
        action=RevisionAction.CREATED,
        entity_type="Stance",
        entity_id=stance.id,
        project_id=stance.project_id,
        owner_id=stance.annotator_id,
        before=None,
        after=after,
    )


async def _recorded(
    session: AsyncSession, context: Context, inputs: list[RecordStanceInput]
) -> list[tuple[models.Stance, bool]]:
    """Record stances of the caller; return each, and whether it is new."""
    assert context.annotator is not None, "a token is needed"
    wanted = [_key(one.statement_id) for one in inputs]
    statements = {s.id: s for s in await session.scalars(select(Statement).where(Statement.id.in_(wanted)))}
    (project,) = await session.scalars(select(Project).where(Project.is_default))
    current = {
        (s.statement_id, s.target_actor_id or s.target_topic_id): s
        for s in await session.scalars(
            select(models.Stance).where(
                models.Stance.annotator_id == context.annotator.id, models.Stance.statement_id.in_(wanted)
            )
        )
    }
    recorded = []
    for one, key in zip(inputs, wanted, strict=True):
        assert key is not None
        stance = _stance(one, statements[key], project, context.annotator.id)
        there = current.get((stance.statement_id, stance.target_actor_id or stance.target_topic_id))
        if there is None:
            session.add_all((stance, _revision(stance)))
        recorded.append((there or stance, there is None))
    return recorded


@strawberry.type
class Mutation:
    """The root type of mutations."""

    @strawberry.mutation
    async def record_stance(self, info: Info, input: RecordStanceInput) -> RecordStancePayload:
        """Record one stance."""
        async with info.context.sessions() as session, session.begin():
            ((stance, created),) = await _recorded(session, info.context, [input])
        return RecordStancePayload(stance=Stance.of(stance), created=created, errors=[])

    @strawberry.mutation
    async def record_stances(self, info: Info, input: RecordStancesInput) -> RecordStancesPayload:
        """Record many at once."""
        async with info.context.sessions() as session, session.begin():
            recorded = await _recorded(session, info.context, input.stances)
        return RecordStancesPayload(
            results=[RecordStancePayload(stance=Stance.of(s), created=created, errors=[]) for s, created in recorded]
        )
