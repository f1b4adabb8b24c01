"""The feed of changes is watched over the same small world that the services change."""

from tests.services.conftest import two, world

__all__ = ["two", "world"]
