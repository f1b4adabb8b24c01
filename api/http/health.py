"""Whether the process lives, and whether it can do its work."""

from starlette.requests import Request
from starlette.responses import JSONResponse

from api.database import Database
from api.errors import OperationError
from api.migrating import current, head


async def healthz(_request: Request) -> JSONResponse:
    """200 while the process answers at all."""
    return JSONResponse({"status": "ok"})


class Readiness:
    """Serves `/readyz`."""

    def __init__(self, database: Database) -> None:
        self._database, self._head = database, head()

    async def serve(self, _request: Request) -> JSONResponse:
        """200 where the database answers and is migrated as this version needs it; else 503 with the reason."""
        reason = await self._reason()
        if reason is None:
            return JSONResponse({"status": "ok"})
        return JSONResponse({"status": "unavailable", "reason": reason}, status_code=503)

    async def _reason(self) -> str | None:
        try:
            await self._database.reader.rows("SELECT 1", [])
            at = await current(self._database)
        except OperationError as error:
            return str(error)
        return None if at == self._head else f"the database is at migration {at}, this version needs {self._head}"
