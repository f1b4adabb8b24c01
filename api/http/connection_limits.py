"""How many connections clients may hold at a time: all together, from one address, with one token, and without any."""

import contextlib
import hashlib
import ipaddress
from collections import Counter
from collections.abc import Hashable, Iterator
from dataclasses import dataclass

from starlette.types import Scope

from api.settings import Settings, variable


class Full(Exception):
    """A limit is reached; `str` names it, its value and the way out."""

    def __init__(self, message: str, limit: int, *, is_own: bool) -> None:
        super().__init__(message)
        self.limit = limit
        self.is_own = is_own
        """True if it is what this client holds itself, not what all hold together."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A number that a setting sets."""

    setting: str
    most: int

    def exceeded(self, by: str, way_out: str, *, is_own: bool = True) -> Full:
        """Return the error of whoever wants one more."""
        return Full(f"{by} may have {self.most:,} ({variable(self.setting)}): {way_out}", self.most, is_own=is_own)


@dataclass(frozen=True, slots=True)
class Limits:
    """Of which settings the limits are."""

    all: str
    address: str
    token: str
    anonymous: str


class Seats:
    """Counts what is taken in this process. A seat is given back at the end of its block, however that comes."""

    def __init__(self, settings: Settings, limits: Limits) -> None:
        def limit(setting: str) -> Limit:
            return Limit(setting, getattr(settings, setting))

        self._all, self._address = limit(limits.all), limit(limits.address)
        self._token, self._anonymous = limit(limits.token), limit(limits.anonymous)
        self._taken: Counter[Hashable] = Counter()

    @contextlib.contextmanager
    def taken(self, address: str) -> Iterator["Seat"]:
        """Take a seat for a connection from `address`; who is behind it may be said later, by `Seat.give_to`.

        :raises Full: if there is none.
        """
        seat = Seat(self, address)
        try:
            seat.count("all", self._all.exceeded("a process", "come again later", is_own=False), self._all)
            seat.count(("address", seat.address), self._address.exceeded("an address", "close one"), self._address)
            yield seat
        finally:
            seat.release()

    def __len__(self) -> int:
        return self._taken["all"]


class Seat:
    """What one connection holds."""

    def __init__(self, seats: Seats, address: str) -> None:
        self._seats, self.address = seats, address
        self._held: list[Hashable] = []

    def give_to(self, authorization: str | None) -> None:
        """Count the connection for the token in this header; without one, for anonymous clients of its address.

        :raises Full: if it is one too many.
        """
        if authorization is None:
            limit = self._seats._anonymous
            full = limit.exceeded("an address without a token", "send a token")
            self.count(("anonymous", self.address), full, limit)
        else:
            limit = self._seats._token
            digest = hashlib.sha256(authorization.partition(" ")[2].strip().encode()).digest()
            self.count(("token", digest), limit.exceeded("a token", "close one"), limit)

    def count(self, key: Hashable, full: Full, limit: Limit) -> None:
        """Hold one more of `key`, unless there are as many as `limit` allows: then `full` is raised."""
        if self._seats._taken[key] >= limit.most:
            raise full
        self._seats._taken[key] += 1
        self._held.append(key)

    def release(self) -> None:
        """Give all back."""
        for key in self._held:
            self._seats._taken[key] -= 1
            if not self._seats._taken[key]:
                del self._seats._taken[key]
        self._held.clear()


def address_of(scope: Scope) -> str:
    """Return the address of a client; of IPv6 the network, of which one client has all addresses."""
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
