"""Whoever follows the feed misses nothing and meets nothing twice, whatever writers, transactions and servers do."""

import asyncio
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text

from api.database.change_feed import advance_places
from api.database.database import Database
from api.ids import global_id
from models import Revision, RevisionAction, Topic, new_id
from tests.conftest import Api, Template, holding, with_database
from tests.durability.conftest import Server
from tests.feed.followers import Follower, all_in_threads, write
from tests.feed.test_history import feed
from tests.http.sockets import conversing

WRITERS, EACH = 6, 25


@pytest.fixture
def servers(seeded_url: str, tmp_path: Path) -> Iterator[list[Server]]:
    """Two server processes over one database."""
    made = [Server(seeded_url, tmp_path / f"log{n}") for n in range(2)]
    for each in made:
        each.start()
    yield made
    for each in made:
        if each.process is not None and each.process.poll() is None:
            each.end(signal.SIGTERM)


def cursors(url: str) -> list[tuple[str, str]]:
    """What the feed of topics holds in the end: cursor and what changed."""

    async def work(database: Database) -> Any:
        async with database.transaction() as session:
            rows = await session.execute(
                text("SELECT place, id, entity_id FROM revision WHERE entity_type = 'Topic' ORDER BY place, id")
            )
            return [(f"PLACE.{place}.{key}", f"top_{entity}") for place, key, entity in rows]

    found: list[tuple[str, str]] = with_database(url, work)
    return found


async def _hesitate(url: str, ended: threading.Event, rng: random.Random) -> None:
    """Transactions that take their number and write, and then let others go first before they end."""
    connection = await asyncpg.connect(url)
    while not ended.is_set():
        transaction = connection.transaction()
        await transaction.start()
        key, entity = new_id(), new_id()
        await connection.execute(
            "INSERT INTO revision (id, created_at, action, entity_type, entity_id, after)"
            " VALUES ($1, now(), 'CREATED', 'Topic', $2, '{}')",
            key,
            entity,
        )
        await asyncio.sleep(rng.uniform(0.05, 0.8))
        await (transaction.rollback() if rng.random() < 0.3 else transaction.commit())
    await connection.close()


def _hesitating(url: str, ended: threading.Event, rng: random.Random) -> None:
    asyncio.run(_hesitate(url, ended, rng))


@pytest.mark.slow
def test_whatever_writers_and_servers_do(
    seeded_url: str, seeded: Template, servers: list[Server], backend: str
) -> None:
    """Many writers on two servers, transactions that stay open while others commit, one server killed and begun anew."""
    rng = random.Random(20241129)
    addresses = tuple(f"http://127.0.0.1:{each.port}" for each in servers)
    start = cursors(seeded_url)[-1][0]
    followers = [
        Follower(addresses[n % 2 :] + addresses[: n % 2], start, random.Random(n), over_sse=n == 3) for n in range(4)
    ]
    following = all_in_threads([follower.follow for follower in followers])
    ended = threading.Event()
    hesitating = []
    if backend == "postgres":
        hesitating = all_in_threads([partial(_hesitating, seeded_url, ended, random.Random(n)) for n in range(2)])
    written: list[str | None] = []

    def writer(number: int) -> None:
        for n in range(EACH):
            # The other server is asked where one gives no answer: how long a killed one is away depends on the machine.
            tried = (addresses[(number + n) % 2], addresses[(number + n + 1) % 2])
            answers = (write(address, seeded.tokens["karl"], f"Topic {number} {n}") for address in tried)
            written.append(next((id for id in answers if id is not None), None))
            time.sleep(rng.uniform(0, 0.05))

    writing = all_in_threads([partial(writer, n) for n in range(WRITERS)])
    time.sleep(1)
    servers[1].end(signal.SIGKILL)
    servers[1].start()
    for thread in writing:
        thread.join(120)
    ended.set()
    for thread in hesitating:
        thread.join(20)
    time.sleep(1)
    for follower in followers:
        follower.stop.set()
    for thread in following:
        thread.join(60)
    wanted = [change for change in cursors(seeded_url) if int(change[0].split(".")[1]) > int(start.split(".")[1])]
    acknowledged = {id for id in written if id is not None}
    assert acknowledged <= {entity for _, entity in wanted}
    assert len(acknowledged) > WRITERS * EACH / 2
    for follower in followers:
        assert follower.errors == []
        assert follower.seen == wanted
        assert follower.visits > 1


@pytest.mark.slow
def test_another_process_is_told_at_once(seeded: Template, servers: list[Server], backend: str) -> None:
    """On Postgres by a notification; on SQLite within the second after which it is looked anyway."""
    one, other = (f"http://127.0.0.1:{each.port}" for each in servers)
    with conversing(one) as socket:
        socket.follow(types=["TOPIC"])
        delays = []
        for number in range(5):
            began = time.monotonic()
            id = write(other, seeded.tokens["karl"], f"Topic {number}")
            assert socket.event()["node"]["entityId"] == id
            delays.append(time.monotonic() - began)
        assert sorted(delays)[2] < (0.5 if backend == "postgres" else 2)


@pytest.fixture
def on_postgres(api: Api, backend: str) -> Api:
    if backend != "postgres":
        pytest.skip("SQLite has one writer: nothing waits for it")
    return api


def test_what_is_not_settled_waits(on_postgres: Api) -> None:
    """A change is not shown before all that may yet come before it."""
    api = on_postgres
    query = "{ changes(first: 100, types: [TOPIC]) { pageInfo { endCursor } } }"
    after = api(query)["changes"]["pageInfo"]["endCursor"]
    key = new_id()
    insert = (
        "INSERT INTO revision (id, created_at, action, entity_type, entity_id, after)"
        f" VALUES ('{key}', now(), 'CREATED', 'Topic', '{key}', '{{}}')"
    )
    with holding(api.url, insert):
        payload = api.change("createTopic", {"name": "Later"}, "topic { id }")
        assert feed(api, None, after=after, types=["TOPIC"]) == []
    # What was held is taken back; what came after it is there now.
    deadline = time.monotonic() + 5
    while not (found := feed(api, None, after=after, types=["TOPIC"])) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [change["entityId"] for change in found] == [payload["topic"]["id"]]


def test_after_a_dump_from_a_server_that_had_counted_further(on_postgres: Api) -> None:
    """Places go on above those that there are, once; before that what is new would come before what was read."""
    api, far = on_postgres, 2**40
    query = "{ changes(first: 100, types: [TOPIC]) { pageInfo { endCursor hasNextPage } } }"
    insert = (
        "INSERT INTO revision (id, created_at, action, entity_type, entity_id, after, place)"
        f" VALUES ('{new_id()}', now(), 'CREATED', 'Topic', '{new_id()}', '{{}}', {far})"
    )

    async def restored(database: Database) -> None:
        async with database.transaction() as session:
            await session.execute(text(insert))

    async def go_on(database: Database) -> bool:
        async with database.connection() as connection:
            return await advance_places(connection)

    api.inside(restored)
    api.inside(go_on)  # where the server, which looks for itself as it starts, has not just done it
    assert api.inside(go_on) is False
    after = api(query)["changes"]["pageInfo"]["endCursor"]
    assert after.startswith(f"PLACE.{far}.")
    payload = api.change("createTopic", {"name": "After the restoration"}, "topic { id }")
    assert [c["entityId"] for c in feed(api, None, after=after)] == [payload["topic"]["id"]]


def test_a_server_goes_on_by_itself(seeded: Template, server: Callable[..., str], backend: str) -> None:
    """When it starts, before it is written to."""
    if backend != "postgres":
        pytest.skip("SQLite counts its own")
    url = seeded.copy()

    async def restored(database: Database) -> None:
        async with database.transaction() as session:
            session.add(
                Revision(
                    id=new_id(),
                    action=RevisionAction.CREATED,
                    entity_type=Topic.__name__,
                    entity_id=new_id(),
                    after={},
                    place=2**41,
                )
            )

    with_database(url, restored)
    address = server(url)
    id = write(address, seeded.tokens["karl"], "New")
    assert id is not None
    assert cursors(url)[-1][1] == id
    assert global_id("Topic", new_id()) != id
    seeded.drop(url)
