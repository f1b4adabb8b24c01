"""The header that carries how far a client has written, so that it sees as much wherever it asks next."""

from api.database.replica.wal_position import Horizon, horizon, parse, shown
from api.http.request import BadRequest

POSITION = "x-stancegraph-position"


def begin(given: str | None) -> None:
    """What this request reads, shows at least as much as the header `given` asks for; None where there is no such.

    :raises BadRequest: where it holds no position.
    """
    horizon.set(operation := Horizon())
    if given is not None:
        try:
            operation.least = parse(given)
        except ValueError as error:
            raise BadRequest(f"{POSITION}: {error}") from None


def written() -> str | None:
    """The header of the response to a request that has changed something; None to another."""
    operation = horizon.get()
    return shown(operation.written) if operation is not None and operation.written else None
