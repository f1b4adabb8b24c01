"""Describes the machine and the versions of a measurement, without names and paths."""

import os
import platform
import sqlite3
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from sqlalchemy import text

from api.database.database import Database

_LIBRARIES = (
    "asyncpg",
    "graphql-core",
    "httptools",
    "orjson",
    "sqlalchemy",
    "starlette",
    "strawberry-graphql",
    "uvicorn",
    "uvloop",
)
_POSTGRES_SETTINGS = ("shared_buffers", "max_wal_size", "fsync", "synchronous_commit", "random_page_cost", "autovacuum")


def machine() -> str:
    """Return cores, memory and processor."""
    memory = _field("/proc/meminfo", "MemTotal")
    gigabytes = f", {int(memory.split()[0]) / 2**20:.0f} GiB" if memory else ""
    model = _field("/proc/cpuinfo", "model name") or platform.machine()
    return f"{os.cpu_count()} cores{gigabytes}, {model}, {platform.system()}"


def _field(file: str, name: str) -> str:
    try:
        lines = Path(file).read_text().splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")


def versions() -> Mapping[str, str]:
    """Return the versions by name."""
    return {"Python": platform.python_version(), **{name: version(name) for name in _LIBRARIES}}


async def database(opened: Database) -> str:
    """Return the database's version and relevant settings."""
    if opened.path is not None:
        return f"SQLite {sqlite3.sqlite_version}, WAL, synchronous = FULL for what writes"
    async with opened.connection() as connection:
        settings = {
            name: await connection.scalar(text(f"SHOW {name}")) for name in ("server_version", *_POSTGRES_SETTINGS)
        }
    return f"Postgres {settings.pop('server_version')}, " + ", ".join(
        f"{name} = {value}" for name, value in settings.items()
    )
