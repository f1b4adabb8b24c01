"""Server processes shared by the HTTP tests, each with its own seeded database."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.conftest import Template, server_processes

BOUNDS = {"max_subscriptions": "2", "max_subscribers": "3", "client_patience_seconds": "1"}


@dataclass(frozen=True)
class Served:
    """A server process and its database."""

    address: str
    url: str


def _served(seeded: Template, tmp_path_factory: pytest.TempPathFactory, **settings: str) -> Iterator[Served]:
    url = seeded.copy()
    with server_processes(tmp_path_factory.mktemp("served")) as start:
        yield Served(start(url, **settings), url)
    seeded.drop(url)


@pytest.fixture(scope="session")
def served(seeded: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """For tests that add rows and follow changes, and do not depend on other changes."""
    yield from _served(seeded, tmp_path_factory)


@pytest.fixture(scope="session")
def bounded(seeded: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """With low limits and short timeouts, for tests that change nothing."""
    yield from _served(seeded, tmp_path_factory, **BOUNDS)


@pytest.fixture
def address(served: Served) -> str:
    """Return the address of the shared server."""
    return served.address
