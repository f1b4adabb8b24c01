"""Read-your-writes with a replica (ADR 0007): the header that carries a client's position in the write-ahead log."""

from api.database.replica.wal_position import ConsistencyToken, consistency_token, format_position, parse_position
from api.http.request import BadRequest

POSITION_HEADER = "x-stancegraph-position"


def start(header: str | None) -> None:
    """Make the current request read a state that includes the position in `header`, if the client sent the header.

    :raises BadRequest: if the header holds no position.
    """
    token = ConsistencyToken()
    consistency_token.set(token)
    if header is not None:
        try:
            token.min_position = parse_position(header)
        except ValueError as error:
            raise BadRequest(f"{POSITION_HEADER}: {error}") from None


def written_position() -> str | None:
    """Return the header's value for a request that has changed something; None for any other request."""
    token = consistency_token.get()
    return format_position(token.written_position) if token is not None and token.written_position else None
