"""More rows that are not as one would wish: codebooks, members, and what is to be annotated in projects."""

import datetime as dt
import random
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from models import (
    Actor,
    Annotator,
    Codebook,
    CodebookLabel,
    CodebookTarget,
    Project,
    ProjectMember,
    ProjectRole,
    ProjectStatement,
    Stance,
    StanceLabel,
    Statement,
    Topic,
)

AT = dt.datetime(2024, 12, 1, 23, 59, 59, 999_999, tzinfo=dt.UTC)
EXAMPLES: tuple[list[str], ...] = ([], ['a "quote", a \\, a tab\t'], ["😀 مجلس", "", "null"], ["\u0001\u2028"])


async def project_work(session: AsyncSession, projects: Sequence[Project]) -> None:
    """Versions of codebooks, stances under any of them or none, members that come at once, statements in disorder."""
    work = _Work(session, random.Random(411))
    for place, project in enumerate(projects[:4]):
        versions = await work.codebooks(project, 4 - place)
        # One that has versions, and goes by none.
        project.codebook_id = versions[-1] if place != 2 else None
        await work.stances(project, versions)
        await work.statements(project, 30 - 7 * place)
    await work.members(projects[1])
    await session.flush()


class _Work:
    def __init__(self, session: AsyncSession, chance: random.Random) -> None:
        self.session, self.chance = session, chance

    def _key(self) -> UUID:
        return UUID(int=self.chance.getrandbits(128), version=4)

    async def _keys(self, column: Any) -> list[UUID]:
        return list(await self.session.scalars(select(column).order_by(column)))

    async def codebooks(self, project: Project, number: int) -> list[UUID]:
        """The keys of so many versions, the first one first."""
        people = await self._keys(Annotator.id)
        versions = [
            Codebook(
                id=self._key(),
                created_at=AT,
                project_id=project.id,
                number=place + 1,
                guidelines=f'# "{place}" \\',
                free_targets=place % 2 == 0,
                annotator_id=self.chance.choice([None, *people]),
            )
            for place in range(number)
        ]
        self.session.add_all(versions)
        await self.session.flush()
        for version in versions:
            await self._content(version.id)
        return [version.id for version in versions]

    async def _content(self, version: UUID) -> None:
        for place, label in enumerate(self.chance.sample(list(StanceLabel), self.chance.choice([0, 3, 5]))):
            row = {"position": place, "definition": 'so "defined"', "examples": self.chance.choice(EXAMPLES)}
            self.session.add(CodebookLabel(codebook_id=version, label=label, **row))
        actors, topics = await self._keys(Actor.id), await self._keys(Topic.id)
        named = [{"target_actor_id": key} for key in self.chance.sample(actors, 2)]
        named += [{"target_topic_id": key} for key in self.chance.sample(topics, 2)]
        for place, target in enumerate(self.chance.sample(named, self.chance.choice([0, 2, 4]))):
            self.session.add(CodebookTarget(codebook_id=version, position=place, **target))

    async def stances(self, project: Project, versions: Sequence[UUID]) -> None:
        """Half of those in the project are under some version, or none."""
        there = list(await self.session.scalars(select(Stance.id).where(Stance.project_id == project.id)))
        for stance in self.chance.sample(sorted(there), len(there) // 2):
            under = self.chance.choice([None, *versions])
            await self.session.execute(update(Stance).where(Stance.id == stance).values(codebook_id=under))

    async def statements(self, project: Project, number: int) -> None:
        """So many are to be annotated, always two at one place."""
        mine = select(ProjectStatement.statement_id).where(ProjectStatement.project_id == project.id)
        there = select(Statement.id, Statement.document_id).where(Statement.id.not_in(mine)).order_by(Statement.id)
        chosen = self.chance.sample((await self.session.execute(there)).all(), number)
        self.session.add_all(
            ProjectStatement(project_id=project.id, statement_id=key, document_id=document, position=place // 2 + 1)
            for place, (key, document) in enumerate(chosen)
        )

    async def members(self, project: Project) -> None:
        """Everybody, all come at once."""
        for person in await self._keys(Annotator.id):
            part = {"annotator_id": person, "role": self.chance.choice(list(ProjectRole))}
            self.session.add(ProjectMember(id=self._key(), created_at=AT, project_id=project.id, **part))
