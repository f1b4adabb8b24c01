"""Whether the process lives, and whether it can do its work."""

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse

from api.database.database import Database
from api.database.driver_errors import READ_ONLY
from api.database.readiness import schema_problem
from api.database.sqlite_probe import check_disk
from api.errors import OperationError
from migrations import head

_SCHEMA_VERSION = {
    "sqlite": "SELECT version_num, 0 FROM alembic_version",
    "postgresql": "SELECT version_num, pg_is_in_recovery() FROM alembic_version",
}
"""The migration that the database is at, and whether it is a standby, which takes no changes."""

log = structlog.get_logger("stancegraph.health")


async def healthz(_request: Request) -> JSONResponse:
    """200 while the process answers at all."""
    return JSONResponse({"status": "ok"})


class Readiness:
    """Serves `/readyz`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def serve(self, _request: Request) -> JSONResponse:
        """200 where the database answers, takes changes and is of this version's shape; else 503 with the reason.

        How the replica stands, where there is one, is said beside it and changes nothing.
        """
        reason = await self._reason()
        said: dict[str, object] = {"status": "ok"} if reason is None else {"status": "unavailable", "reason": reason}
        if self._database.replica is not None:
            said["replica"] = self._database.replica.view.told
        return JSONResponse(said, status_code=200 if reason is None else 503)

    async def _reason(self) -> str | None:
        path = self._database.path
        if path is not None and not path.is_file():
            # Connections that are open would go on with a file that nobody finds again.
            return "the database cannot be reached"
        try:
            if path is not None:
                check_disk(path)  # first: on a read-only disk SQLite cannot read either, without saying why
            # By the reader, which waits for no writer.
            rows = await self._database.reader.glance(_SCHEMA_VERSION[self._database.reader.dialect.name], [])
        except OperationError as error:
            return str(error)
        except Exception:
            log.warning("not ready", exc_info=True)
            return f"the database is not at the migration that this version needs, {head()}"
        if any(row[1] for row in rows):
            return READ_ONLY
        problem = schema_problem(", ".join(str(row[0]) for row in rows) or None)
        return problem or await self._database.writability.failure()
