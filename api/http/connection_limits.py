"""Limits of open connections in a process: in total, per address, per token, and for clients without a token."""

import contextlib
import hashlib
import ipaddress
from collections import Counter
from collections.abc import Hashable, Iterator
from dataclasses import dataclass

from starlette.types import Scope

from api.errors import LimitReached, OperationError, Unavailable
from api.settings import Settings, variable


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """Names of the settings that hold the limits."""

    all: str
    address: str
    token: str
    anonymous: str


class ConnectionLimit:
    """Counts the open connections of one kind and refuses those over a limit."""

    def __init__(self, settings: Settings, names: LimitSettings, kind: str) -> None:
        """:param kind: what error messages call the connections, in the plural."""
        self.settings, self.names, self.kind = settings, names, kind
        self.counts: Counter[Hashable] = Counter()

    @contextlib.contextmanager
    def slot(self, address: str) -> Iterator["Slot"]:
        """Count a connection from `address` until the block ends. Its token is added by `Slot.identify`.

        :raises Unavailable: if the process has its maximum.
        :raises LimitReached: if the address has its maximum.
        """
        slot = Slot(self, address)
        try:
            slot.count("all", self.names.all, "a process", "try again later", Unavailable)
            slot.count(("address", address), self.names.address, "an address", "close one")
            yield slot
        finally:
            slot.release()

    def __len__(self) -> int:
        return self.counts["all"]


class Slot:
    """The place of one connection in the counts."""

    def __init__(self, limit: ConnectionLimit, address: str) -> None:
        self._limit, self._address = limit, address
        self._keys: list[Hashable] = []

    def identify(self, authorization: str | None) -> None:
        """Count the connection for the token in the header, or for clients without a token at its address.

        :raises LimitReached: if the token, or the address without a token, has its maximum.
        """
        names = self._limit.names
        if authorization is None:
            key: Hashable = ("anonymous", self._address)
            self.count(key, names.anonymous, "an address without a token", "send a token")
        else:
            digest = hashlib.sha256(authorization.partition(" ")[2].strip().encode()).digest()
            self.count(("token", digest), names.token, "a token", "close one")

    def count(
        self, key: Hashable, setting: str, holder: str, remedy: str, error: type[OperationError] = LimitReached
    ) -> None:
        """Count one more connection of `key`, or raise `error` if it has as many as the setting allows."""
        counts, maximum = self._limit.counts, getattr(self._limit.settings, setting)
        if counts[key] >= maximum:
            holders = f"{holder} may have {maximum:,} ({variable(setting)})"
            raise error(f"too many {self._limit.kind}: {holders}: {remedy}", limit=maximum)
        counts[key] += 1
        self._keys.append(key)

    def release(self) -> None:
        """Remove the connection from all counts."""
        counts = self._limit.counts
        for key in self._keys:
            counts[key] -= 1
            if not counts[key]:
                del counts[key]
        self._keys.clear()


def client_address(scope: Scope) -> str:
    """Return the address of a client; for IPv6 its /64 network, because one client has all addresses in it."""
    host = (scope.get("client") or ("", 0))[0]
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return str(host)
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((int(address) >> 64 << 64, 64)))
