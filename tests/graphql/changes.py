"""Made-up changes of rows of every kind, and of rows that are gone: what revisions might hold."""

import datetime as dt
import random
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.services.revisions import snapshot
from models import (
    Actor,
    Adjudication,
    Annotator,
    Assignment,
    Codebook,
    Document,
    Membership,
    Project,
    ProjectMember,
    Relation,
    Revision,
    RevisionAction,
    Stance,
    Statement,
    Topic,
)

KINDS = (
    *(Actor, Annotator, Assignment, Codebook, Document, Membership),
    *(Project, ProjectMember, Relation, Stance, Statement, Topic, Adjudication),
)
TEXTS = (None, "", 'a "quote", a \\, a tab\t, a newline\n', "\u0001\u2028", "😀 مجلس", "null", "2015-09-30", "SUPPORT")
NUMBERS = (None, 0.0, 0.1, 1e-7, 1 / 3, 0.1 + 0.2, 1.0, 5e-324)
INSTANTS = (
    dt.datetime(2024, 12, 1, tzinfo=dt.UTC),
    dt.datetime(2024, 12, 1, 0, 0, 0, 1, tzinfo=dt.UTC),
    dt.datetime(2025, 1, 1, 12, tzinfo=dt.timezone(dt.timedelta(hours=5, minutes=30))),
)
ACTIONS = (RevisionAction.CREATED, RevisionAction.UPDATED, RevisionAction.UPDATED, RevisionAction.DELETED)


async def made_up_changes(session: AsyncSession, rng: random.Random, annotators: Sequence[Annotator]) -> None:
    """Add some for a few rows of every kind."""
    for model in KINDS:
        rows: list[Any] = list(await session.scalars(select(model).order_by(model.id)))
        for row in rng.sample(rows, min(4, len(rows))):
            session.add_all([_revision(rng, row, annotators) for _ in range(rng.randint(4, 9))])
    await session.flush()


def _revision(rng: random.Random, row: Any, annotators: Sequence[Annotator]) -> Revision:
    action = rng.choice(ACTIONS)
    return Revision(
        id=_key(rng),
        created_at=rng.choice(INSTANTS),
        annotator_id=rng.choice([None, rng.choice(annotators).id]),
        action=action,
        entity_type=type(row).__name__,
        entity_id=rng.choice([row.id, row.id, row.id, row.id, _key(rng)]),
        before=None if action is RevisionAction.CREATED else _state(rng, row),
        after=None if action is RevisionAction.DELETED else _state(rng, row),
        project_id=row.id if isinstance(row, Project) else getattr(row, "project_id", None),
        owner_id=row.annotator_id if isinstance(row, Stance | Assignment) else None,
    )


def _state(rng: random.Random, row: Any) -> dict[str, Any]:
    """What the row was, or part of it, with something else here and there."""
    state = snapshot(row)
    for name in rng.sample(sorted(state), rng.randint(0, 3)):
        if name.endswith("_id") or name == "id":
            state[name] = str(_key(rng)) if state[name] else None
        elif isinstance(state[name], str | None):
            state[name] = rng.choice(TEXTS)
        elif isinstance(state[name], float):
            state[name] = rng.choice(NUMBERS)
    if isinstance(row, Relation):
        state["evidence"] = [str(_key(rng)) for _ in range(rng.randint(0, 3))]
    if isinstance(row, Actor):
        state["aliases"] = [{"name": rng.choice(TEXTS), "language": rng.choice([None, "ru"]), "script": None}]
    if isinstance(row, Actor | Topic):
        state["attributes"] = [{"name": "colour", "value": rng.choice(TEXTS)}] * rng.randint(0, 1)
    if isinstance(row, Project):
        state["statements"] = rng.randint(0, 9)
    kept = sorted(state) if rng.random() < 0.7 else rng.sample(sorted(state), 2)
    return {name: state[name] for name in kept}


def _key(rng: random.Random) -> UUID:
    """The same keys on both databases."""
    return UUID(int=rng.getrandbits(128), version=4)
