"""`Datasets`: fetches rows, caches them as arrays, and computes measures in threads beside the event loop. ADR 0015."""

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
from api.dataset.project_rows import PROJECT
from api.dataset.relations import (
    NETWORK_MODELS,
    RelationRows,
    RelationSelection,
    parse_relations,
    relations_query,
    visibility_key,
)
from api.dataset.stance_units import (
    ALL_STANCES,
    StanceSelection,
    StanceUnits,
    freshness_query,
    parse_stance_units,
    stance_units_query,
)
from api.graphql.sql.compiler import read_as
from api.graphql.sql.dialects import DialectText, for_dialect
from api.security.viewer import Viewer
from api.security.visibility import caller, visibility_of
from models import Project
from models.base import table_of

T = TypeVar("T")

MAX_STANCES = 1_000_000
"""Stances that are cached as arrays, about 60 bytes each."""
MAX_RELATIONS = 500_000
"""Relations that are cached as arrays, about 150 bytes each."""


class Datasets:
    """Arrays of the rows of one database, and the threads that compute measures from them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.dialect: DialectText = for_dialect(database.reader.dialect)
        self._plans: BoundedCache[Hashable, Plan] = BoundedCache(database.settings.plan_cache_size)
        self._stances = VersionedCache(MAX_STANCES)
        self._relations = VersionedCache(MAX_RELATIONS)
        self._watermark = ChangeWatermark(NETWORK_MODELS)
        # One thread each, so that computing leaves CPU time to answering requests, and slow work delays no quick work.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="measures")
        self._slow_thread = ThreadPoolExecutor(1, thread_name_prefix="slow-measures")

    async def stance_units(
        self, project: UUID, viewer: Viewer, selection: StanceSelection = ALL_STANCES
    ) -> StanceUnits:
        """Return the selected stances of a project that the viewer may see, from the cache if nothing has changed.

        :raises BadArgument: if the selection is invalid.
        """
        return await self.cached(
            selection.key, project, viewer, lambda: self.load_stance_units(project, viewer, selection), selection
        )

    async def cached(
        self,
        name: Hashable,
        project: UUID,
        viewer: Viewer,
        load: Callable[[], Awaitable[S]],
        selection: StanceSelection = ALL_STANCES,
    ) -> S:
        """Return what `load` returns, from the cache if there was no change that may affect the selection.

        Viewers that may see all stances of the project share an entry.
        """
        ((position, complete),) = await self.fetch(
            ("freshness", bool(selection.statements)),
            viewer,
            {PROJECT: project},
            lambda: freshness_query(selection, visibility_of(viewer)),
        )
        own = None if complete else caller(viewer)
        return await self._stances.get((project, own, name), position, load)

    async def load_stance_units(self, project: UUID, viewer: Viewer, selection: StanceSelection) -> StanceUnits:
        """Return the selected stances of a project that the viewer may see, without the cache."""
        bound = selection.bound
        (row,) = await self.fetch(
            ("stance units", bound.shape),
            viewer,
            {**bound.values, PROJECT: project},
            lambda: stance_units_query(self.dialect, selection, visibility_of(viewer)),
        )
        return await self.compute(lambda: parse_stance_units(row))

    async def relations(self, viewer: Viewer, selection: RelationSelection) -> RelationRows:
        """Return the selected relations that the viewer may see, from the cache if no relation has changed.

        :raises BadArgument: if the selection is invalid.
        """
        await self._advance(viewer, self._watermark)
        key = (visibility_key(viewer), selection.key)
        return await self._relations.get(key, self._watermark.last, lambda: self._load_relations(viewer, selection))

    async def _advance(self, viewer: Viewer, watermark: ChangeWatermark) -> None:
        """Look for changes since the last lookup."""
        if watermark.scanned is None:
            ((position, settled),) = await self.fetch(
                "first watermark", viewer, {}, lambda: watermark.first_query(self.dialect)
            )
            watermark.advance(position, position, settled)
            return
        ((last, position, settled),) = await self.fetch(
            ("watermark", watermark.models), viewer, watermark.values, lambda: watermark.query(self.dialect)
        )
        watermark.advance(last, position, settled)

    async def _load_relations(self, viewer: Viewer, selection: RelationSelection) -> RelationRows:
        (row,) = await self.fetch(
            ("relations", selection.bound.shape),
            viewer,
            {**selection.bound.values, **self._watermark.values},
            lambda: relations_query(self.dialect, selection, visibility_of(viewer), self._watermark),
        )
        return await self.compute(lambda: parse_relations(row))

    async def default_project(self, viewer: Viewer) -> UUID | None:
        """Return the key of the default project; None if there is none."""
        project = table_of(Project).alias()
        key = self.dialect.plain(project.c.id)
        rows = await self.fetch("default project", viewer, {}, lambda: select(key).where(project.c.is_default))
        return UUID(rows[0][0].decode()) if rows else None

    async def fetch(
        self, name: Hashable, viewer: Viewer, values: Mapping[str, object], make: Callable[[], Select[Any]]
    ) -> Sequence[Row]:
        """Return the rows of the query that `make` returns; it is compiled once for each name and visibility."""
        key = (name, visibility_of(viewer))
        plan = self._plans.get(key)
        if plan is None:
            plan = self._plans[key] = compiled(make(), self.dialect.compiler)
        return await read_as(viewer, self._database.reader, self.dialect, plan, values)

    async def compute(self, work: Callable[[], T]) -> T:
        """Return the result of `work`, which takes milliseconds, computed in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def compute_slow(self, work: Callable[[], T]) -> T:
        """Return the result of `work`, which may take seconds, computed in another thread."""
        return await asyncio.get_running_loop().run_in_executor(self._slow_thread, work)
