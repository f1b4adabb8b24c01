"""The header that carries how far a client has written, so that it sees as much wherever it asks next."""

from starlette.requests import Request
from starlette.responses import Response

from api.database.positions import Horizon, horizon, parse, shown
from api.http.body import BadRequest

POSITION = "x-stancegraph-position"


def begin(request: Request) -> None:
    """What comes in this request sees at least as much as the header asks for.

    :raises BadRequest: where the header holds no position.
    """
    horizon.set(operation := Horizon())
    given = request.headers.get(POSITION)
    if given is not None:
        try:
            operation.least = parse(given)
        except ValueError as error:
            raise BadRequest(f"{POSITION}: {error}") from None


def tell(response: Response) -> None:
    """Where the request has changed something, its response says how far."""
    operation = horizon.get()
    if operation is not None and operation.written:
        response.headers[POSITION] = shown(operation.written)
