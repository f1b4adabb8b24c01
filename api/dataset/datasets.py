"""Reads what figures are made of, and has it worked out beside the event loop."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Select, select

from api.cache import BoundedCache, S, VersionedCache
from api.database.database import Database
from api.database.reader import Row
from api.database.statement import Plan, compiled
from api.dataset.change_watermark import ChangeWatermark
from api.dataset.relations import (
    MATTERING,
    RelationRows,
    RelationSelection,
    relations_of,
    relations_statement,
    shared_by,
)
from api.dataset.stance_units import (
    EVERYTHING,
    PROJECT,
    StanceSelection,
    StanceUnits,
    now_statement,
    stances_of,
    stances_statement,
)
from api.graphql.sql.compiler import read_as
from api.graphql.sql.dialects import DialectText, for_dialect
from api.security.viewer import Viewer
from api.security.visibility import caller, visibility_of
from models import Project
from models.base import table_of

T = TypeVar("T")

MOST_STANCES = 1_000_000
"""How many stances are kept as arrays, some 60 bytes each."""
MOST_RELATIONS = 500_000
"""How many relations are kept as arrays, some 150 bytes each."""


class Datasets:
    """What is computed of the rows of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.dialect: DialectText = for_dialect(database.reader.dialect)
        self._plans: BoundedCache[Hashable, Plan] = BoundedCache(database.settings.plan_cache_size)
        self._stances = VersionedCache(MOST_STANCES)
        self._relations = VersionedCache(MOST_RELATIONS)
        self._last = ChangeWatermark(MATTERING)
        # One of each: what computes must leave the machine to what answers, and what searches to what computes.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="measures")
        self._searching = ThreadPoolExecutor(1, thread_name_prefix="searches")

    async def stances(self, project: UUID, viewer: Viewer, chosen: StanceSelection = EVERYTHING) -> StanceUnits:
        """The stances chosen of a project, as far as `viewer` sees them; kept until there is a change.

        :raises BadArgument: where what they are chosen by cannot be understood.
        """
        return await self.cached(chosen.key, project, viewer, lambda: self.read(project, viewer, chosen), chosen)

    async def cached(
        self,
        name: Hashable,
        project: UUID,
        viewer: Viewer,
        read: Callable[[], Awaitable[S]],
        chosen: StanceSelection = EVERYTHING,
    ) -> S:
        """What `read` reads of the stances chosen of a project under that name; kept until a change that may matter."""
        ((place, whole),) = await self.fetch(
            ("now", bool(chosen.statements)),
            viewer,
            {PROJECT: project},
            lambda: now_statement(chosen, visibility_of(viewer)),
        )
        who = None if whole else caller(viewer)
        return await self._stances.get((project, who, name), place, read)

    async def read(self, project: UUID, viewer: Viewer, chosen: StanceSelection) -> StanceUnits:
        """The same, read anew."""
        bound = chosen.bound
        bound.check_lists(self._database.settings.max_filter_values)
        (row,) = await self.fetch(
            ("stances", bound.shape),
            viewer,
            {**bound.values, PROJECT: project},
            lambda: stances_statement(self.dialect, chosen, visibility_of(viewer)),
        )
        return await self.compute(lambda: stances_of(row))

    async def relations(self, viewer: Viewer, chosen: RelationSelection) -> RelationRows:
        """The relations chosen, and memberships, as far as `viewer` sees them; kept until there is a change of any.

        :raises BadArgument: where what they are chosen by cannot be understood.
        """
        chosen.bound.check_lists(self._database.settings.max_filter_values)
        await self._look(viewer, self._last)
        key = (shared_by(viewer), chosen.key)
        return await self._relations.get(key, self._last.last, lambda: self._read_relations(viewer, chosen))

    async def _look(self, viewer: Viewer, last: ChangeWatermark) -> None:
        """Find the last change of some types."""
        if last.seen is None:
            ((place, settled),) = await self.fetch(
                "last change", viewer, {}, lambda: last.first_statement(self.dialect)
            )
            last.note(place, place, settled)
            return
        name = ("last change of", last.models)
        ((own, place, settled),) = await self.fetch(name, viewer, last.values, lambda: last.statement(self.dialect))
        last.note(own, place, settled)

    async def _read_relations(self, viewer: Viewer, chosen: RelationSelection) -> RelationRows:
        (row,) = await self.fetch(
            ("relations", chosen.bound.shape),
            viewer,
            {**chosen.bound.values, **self._last.values},
            lambda: relations_statement(self.dialect, chosen, visibility_of(viewer), self._last),
        )
        return await self.compute(lambda: relations_of(row))

    async def default_project(self, viewer: Viewer) -> UUID | None:
        """The key of the project of stances that name none; None where there is no such project."""
        project = table_of(Project).alias()
        key = self.dialect.plain(project.c.id)
        rows = await self.fetch("default project", viewer, {}, lambda: select(key).where(project.c.is_default))
        return UUID(rows[0][0].decode()) if rows else None

    async def fetch(
        self, name: Hashable, viewer: Viewer, values: Mapping[str, object], make: Callable[[], Select[Any]]
    ) -> Sequence[Row]:
        """The rows of the statement that `make` makes, once for each name and sight."""
        key = (name, visibility_of(viewer))
        plan = self._plans.get(key)
        if plan is None:
            plan = self._plans[key] = compiled(make(), self.dialect.compiler)
        return await read_as(viewer, self._database.reader, self.dialect, plan, values)

    async def compute(self, work: Callable[[], T]) -> T:
        """What `work` gives, done in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def compute_slow(self, work: Callable[[], T]) -> T:
        """The same of what may take seconds: in another thread, so that other figures need not wait for it."""
        return await asyncio.get_running_loop().run_in_executor(self._searching, work)
