"""Decisions of curators: some among the rows that are not as one would wish, and what the oracle says of them."""

import datetime as dt
import random
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models import (
    Adjudication,
    AdjudicationCause,
    Annotator,
    Project,
    ProjectStatus,
    Role,
    Stance,
    StanceLabel,
)
from tests.graphql.lists import Ordering, by_instant, page
from tests.graphql.rows import Rows

FIRST = dt.datetime(2025, 2, 1, tzinfo=dt.UTC)


async def decide(session: AsyncSession, projects: Sequence[Project], annotators: Sequence[Annotator]) -> None:
    """Some decisions in each project, the first of each with two that came after it."""
    drawn = random.Random(20250201)
    for project in projects:
        stances = select(Stance).where(Stance.project_id == project.id).order_by(Stance.id).limit(60)
        places = {
            (s.statement_id, s.holder_id, s.target_actor_id, s.target_topic_id): s
            for s in await session.scalars(stances)
        }
        for number, stance in enumerate(list(places.values())[:5]):
            earlier: Adjudication | None = None
            for later in range(3 if number == 0 else 1):
                if earlier is not None:
                    earlier.superseded = True
                    await session.flush()
                decision = Adjudication(
                    id=UUID(int=drawn.getrandbits(128), version=4),
                    project_id=project.id,
                    statement_id=stance.statement_id,
                    holder_id=stance.holder_id,
                    target_actor_id=stance.target_actor_id,
                    target_topic_id=stance.target_topic_id,
                    label=drawn.choice(list(StanceLabel)),
                    rationale=drawn.choice([None, "", 'a "quote", a \\, a tab\t', "😀"]),
                    cause=drawn.choice(list(AdjudicationCause)),
                    annotator_id=drawn.choice(annotators).id,
                    supersedes_id=None if earlier is None else earlier.id,
                    superseded=False,
                    created_at=FIRST + dt.timedelta(seconds=later),
                )
                session.add(decision)
                await session.flush()
                earlier = decision


class OfDecisions:
    """The part of the oracle that answers of decisions."""

    rows: Rows
    viewer: Annotator | None

    def _sees_decision(self, decision: Adjudication) -> bool:
        """As stances; and whoever takes part in the project does."""
        project = self.rows.projects[decision.project_id]
        if project.status != ProjectStatus.OPEN or project.public:
            return True
        if self.viewer is None or not project.blind:
            return self.viewer is not None
        curates = self.viewer.role in (Role.CURATOR, Role.ADMIN)
        return curates or (project.id, self.viewer.id) in self.rows.roles

    def _project_adjudications(self, project: Project, given: Any) -> Any:
        found = [d for d in self.rows.adjudications.values() if d.project_id == project.id and self._sees_decision(d)]
        return page(found, Ordering({"CREATED_AT": by_instant(lambda d: d.created_at)}, "CREATED_AT"), given)

    def _adjudication_decidedby(self, decision: Adjudication, given: Any) -> Any:
        return self.rows.annotators[decision.annotator_id]

    def _adjudication_target(self, decision: Adjudication, given: Any) -> Any:
        if decision.target_actor_id is not None:
            return self.rows.actors[decision.target_actor_id]
        assert decision.target_topic_id is not None
        return self.rows.topics[decision.target_topic_id]
