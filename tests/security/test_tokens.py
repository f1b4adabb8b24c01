"""Changes of tokens and annotators apply to the next request, despite the cache."""

import time

import pytest
from sqlalchemy import text

from api.database.database import Database
from tests.conftest import Api, execute, holding

WHO = "{ viewer { name } }"
LISTENING = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"


def status(api: Api, who: str = "anna") -> int:
    return int(api.post({"query": WHO}, as_=who).status_code)


def change(api: Api, statement: str) -> None:
    """Execute a statement in the server's database over a separate connection."""

    async def run(database: Database) -> None:
        async with database.connection() as connection:
            await connection.execute(text(statement))

    api.inside(run)


def eventually(condition: object) -> None:
    """Wait for the notification to reach the server."""
    assert callable(condition)
    for _ in range(100):
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError("it never came")


ANNA = "(SELECT id FROM annotator WHERE name = 'anna')"


@pytest.mark.parametrize(
    "statement",
    [
        f"UPDATE token SET revoked_at = '2024-11-29T00:00:00.000000Z' WHERE annotator_id = {ANNA}",
        f"UPDATE token SET expires_at = '2024-11-29T00:00:00.000000Z' WHERE annotator_id = {ANNA}",
        f"DELETE FROM token WHERE annotator_id = {ANNA}",
        "UPDATE annotator SET active = false WHERE name = 'anna'",
    ],
    ids=["revoked", "expired", "deleted", "deactivated"],
)
def test_what_is_no_longer_good_is_refused(api: Api, statement: str) -> None:
    """Directly in the database, so that no code of the program notifies the server."""
    assert status(api) == status(api) == 200
    change(api, statement)
    eventually(lambda: status(api) == 401)
    assert status(api, "anton") == 200


def test_another_role_holds_at_once(api: Api) -> None:
    mutation = 'mutation { createTopic(input: { name: "T" }) { topic { id } } }'
    assert api.run(mutation, as_="anna")["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    change(api, "UPDATE annotator SET role = 'CURATOR' WHERE name = 'anna'")
    eventually(lambda: "errors" not in api.run(mutation, as_="anna"))


@pytest.mark.parametrize("backend", ["postgres"], indirect=True)
def test_who_was_known_is_not_looked_up_again(api: Api) -> None:
    eventually(lambda: api.inside(_hears))
    assert status(api) == 200
    with holding(api.url, "LOCK TABLE token IN ACCESS EXCLUSIVE MODE"):
        assert status(api) == 200


async def _hears(database: Database) -> bool:
    assert database.notifier is not None
    return database.notifier.is_listening


@pytest.mark.parametrize("backend", ["postgres"], indirect=True)
def test_while_nothing_can_be_heard_nothing_is_remembered(api: Api) -> None:
    eventually(lambda: api.inside(_hears))
    assert status(api) == 200
    execute(api.url, f"SELECT pg_terminate_backend(pid) FROM ({LISTENING}) AS listening")
    eventually(lambda: not api.inside(_hears))
    change(api, f"DELETE FROM token WHERE annotator_id = {ANNA}")
    assert status(api) == 401
    eventually(lambda: api.inside(_hears))
    assert status(api, "anton") == 200
