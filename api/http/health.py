"""Health checks: `/healthz` (the process answers) and `/readyz` (the process can serve requests)."""

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
"""Selects the migration of the database, and whether the server is a standby, which takes no changes."""

log = structlog.get_logger("stancegraph.health")


async def healthz(_request: Request) -> JSONResponse:
    """Return 200."""
    return JSONResponse({"status": "ok"})


class Readiness:
    """Serves `/readyz`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def serve(self, _request: Request) -> JSONResponse:
        """Return 200 if the database answers, takes changes and has this version's schema; else 503 with the reason.

        A server that shuts down is not ready either. The status of a replica is added to the body and changes nothing.
        """
        reason = await self._failure()
        body: dict[str, object] = {"status": "ok"} if reason is None else {"status": "unavailable", "reason": reason}
        if self._database.replica is not None:
            body["replica"] = self._database.replica.status.as_json
        return JSONResponse(body, status_code=200 if reason is None else 503)

    async def _failure(self) -> str | None:
        """Return why the server is not ready; None if it is."""
        if self._database.feed.ended:
            return "the server is shutting down"
        path = self._database.path
        if path is not None and not path.is_file():
            # Open connections would go on with a file that no other process finds.
            return "the database cannot be reached"
        try:
            if path is not None:
                check_disk(path)  # first: on a read-only disk SQLite cannot read either, without a clear error
            # By the reader, which waits for no writer.
            rows = await self._database.reader.lookup(_SCHEMA_VERSION[self._database.reader.dialect.name], [])
        except OperationError as error:
            return str(error)
        except Exception:
            log.warning("not ready", exc_info=True)
            return f"the database is not at the migration that this version needs, {head()}"
        if any(row[1] for row in rows):
            return READ_ONLY
        problem = schema_problem(", ".join(str(row[0]) for row in rows) or None)
        return problem or await self._database.writability.failure()
