"""Ids that callers name may be of actors that were merged into others."""

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


async def resolve_redirects(measures: Datasets, viewer: Viewer, named: Sequence[Ref]) -> list[Ref]:
    """The same rows, in their order; for an actor that was merged into another, that one."""
    actors = [ref.key for ref in named if ref.type_name == "Actor"]
    if not actors:
        return list(named)
    rows = await measures.fetch("survivors", viewer, {"keys": actors}, lambda: _statement(measures.dialect))
    led_to = {UUID(former.decode()): UUID(key.decode()) for former, key in rows}
    return [Ref("Actor", led_to.get(ref.key, ref.key)) if ref.type_name == "Actor" else ref for ref in named]


def _statement(dialect: DialectText) -> Select[Any]:
    redirect = table_of(ActorRedirect).alias()
    found = select(dialect.plain(redirect.c.former_id), dialect.plain(redirect.c.actor_id))
    return found.where(dialect.member(redirect.c.former_id, "keys", Uid()))
