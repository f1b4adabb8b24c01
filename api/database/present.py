"""The present instant by the database's clock: all servers over it agree on when a lease ends."""

import datetime as dt
from typing import Any

from sqlalchemy import FunctionElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from models.base import Instant


class Present(FunctionElement[dt.datetime]):
    """The instant at which the statement began."""

    type = Instant()
    inherit_cache = True


@compiles(Present, "postgresql")
def _on_postgres(_element: Present, _compiler: SQLCompiler, **_kw: Any) -> str:
    return "statement_timestamp()"


@compiles(Present, "sqlite")
def _on_sqlite(_element: Present, _compiler: SQLCompiler, **_kw: Any) -> str:
    return "strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')"
