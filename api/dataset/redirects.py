"""Resolves the IDs of actors that were merged into other actors. ADR 0003."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from api.dataset.datasets import Datasets
from api.graphql.parts import Ref
from api.graphql.sql.dialects import DialectText
from api.security.viewer import Viewer
from models import ActorRedirect
from models.base import Uid, table_of


async def resolve_redirects(datasets: Datasets, viewer: Viewer, refs: Sequence[Ref]) -> list[Ref]:
    """Return the same references in the same order, a merged actor replaced by the surviving actor."""
    actors = [ref.key for ref in refs if ref.type_name == "Actor"]
    if not actors:
        return list(refs)
    rows = await datasets.fetch("redirects", viewer, {"keys": actors}, lambda: _query(datasets.dialect))
    survivors = {UUID(former.decode()): UUID(key.decode()) for former, key in rows}
    return [Ref("Actor", survivors.get(ref.key, ref.key)) if ref.type_name == "Actor" else ref for ref in refs]


def _query(dialect: DialectText) -> Select[Any]:
    redirect = table_of(ActorRedirect).alias()
    found = select(dialect.plain(redirect.c.former_id), dialect.plain(redirect.c.actor_id))
    return found.where(dialect.member(redirect.c.former_id, "keys", Uid()))
