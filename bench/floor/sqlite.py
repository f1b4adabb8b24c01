"""The floor on SQLite: the `sqlite3` module, with a connection for each reading thread and one that writes."""

import asyncio
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

import orjson
from sqlalchemy import make_url

from api.graphql.sql.search_query import read_query
from api.settings import Settings
from bench.floor import statement
from bench.floor.arguments import ARGUMENTS, Parameters
from bench.operations import OPERATIONS, Caller, Variables
from models import instant_text, now

_VISIBLE = "stance.project_id NOT IN (SELECT id FROM project WHERE blind AND status = 'OPEN')"
_THREADS = 4
_IN_THE_LOOP = frozenset({"node", "first_page", "deep_page"})
"""What is answered without a thread, since the way there and back costs more than the statement: of 16 connections a
node is served 1.6 times as often so, a page 1.1 to 1.3 times. All else gains by threads or is alike, up to 1.5 times
for the network and twice for a count, since SQLite lets go of the interpreter while it works."""


def sql(name: str) -> str:
    """Return the SQL statement of the query `name`."""
    match name:
        case "first_page":
            return statement("sqlite", "page", after="true")
        case "deep_page":
            return statement("sqlite", "page", after="(stated_on_sort, id) < (?1, ?2)")
        case "search":
            return statement("sqlite", "search", ranked=statement("sqlite", "ranked"))
        case "blind_actor_page":
            return statement("sqlite", "actor_page", sees=f"({_VISIBLE} OR stance.annotator_id = ?2)")
    return statement("sqlite", name, sees=_VISIBLE)


def parameters(name: str, variables: Variables, caller: UUID | None) -> Parameters:
    """Return the parameters of the statement; `caller` is the annotator that sends the request."""
    if name == "search":
        query = read_query(variables["text"])
        return [query.fts5, orjson.dumps(sorted(query.trigrams)).decode(), len(query.trigrams)]
    if name == "nodes":
        return [orjson.dumps(variables["ids"]).decode()]
    bound = ARGUMENTS[name](variables)
    return bound if caller is None else [*bound, str(caller)]


class SqliteFloor:
    """Implements `Floor`."""

    def __init__(self, settings: Settings, annotators: dict[Caller, UUID]) -> None:
        self._path = Path(make_url(settings.database_url).database or "").absolute()
        self._annotators = annotators
        self._sql = {name: sql(name) for name, operation in OPERATIONS.items() if not operation.writes}
        self._record, self._revise = (statement("sqlite", name) for name in ("record_stance", "record_revision"))
        self._own = threading.local()
        self._readers = ThreadPoolExecutor(_THREADS, "reader", self._open_reader)
        self._writer = ThreadPoolExecutor(1, "writer", self._open_writer)

    def _open_reader(self) -> None:
        self._own.connection = sqlite3.connect(f"{self._path.as_uri()}?mode=ro", uri=True, isolation_level=None)

    def _open_writer(self) -> None:
        self._own.connection = sqlite3.connect(self._path, isolation_level=None)
        for pragma in ("busy_timeout = 15000", "journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            self._own.connection.execute(f"PRAGMA {pragma}")

    async def open(self) -> None:
        """Implement `Floor.open`. Threads connect on start."""
        self._open_reader()

    async def answer(self, name: str, variables: Variables) -> str:
        """Implement `Floor.answer`."""
        operation = OPERATIONS[name]
        bound = parameters(name, variables, self._annotators.get(operation.caller))
        loop = asyncio.get_running_loop()
        if operation.writes:
            return await loop.run_in_executor(self._writer, self._write, operation.writes, bound)
        if name in _IN_THE_LOOP:
            return self._read(self._sql[name], bound)
        return await loop.run_in_executor(self._readers, self._read, self._sql[name], bound)

    def _read(self, sql: str, bound: Parameters) -> str:
        answer: str = self._own.connection.execute(sql, bound).fetchone()[0]
        return answer

    def _write(self, count: int, bound: Parameters) -> str:
        *columns, annotator = bound
        at = instant_text(now())
        rows = [columns] if count == 1 else list(zip(*columns, strict=True))
        connection = self._own.connection
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(self._record, [(key, *more, annotator, at) for key, _, *more in rows])
        connection.executemany(self._revise, [(revision, key) for key, revision, *_ in rows])
        connection.execute("COMMIT")
        if count == 1:
            key, _, _, _, _, label, *_ = columns
            stance = f'{{"id":"stn_{key}","label":"{label}","version":1}}'
            return f'{{"data":{{"recordStance":{{"stance":{stance},"created":true,"errors":[]}}}}}}'
        results = ",".join(['{"created":true,"errors":[]}'] * len(rows))
        return f'{{"data":{{"recordStances":{{"results":[{results}]}}}}}}'

    async def close(self) -> None:
        """Implement `Floor.close`."""
        self._readers.shutdown()
        self._writer.shutdown()
