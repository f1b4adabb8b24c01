"""Retries: conflicting transactions are retried, permanent failures are not."""

import asyncio
from pathlib import Path

import pytest

from api.database.database import Database
from api.database.retry import ConstraintViolation, TransactionConflict, retry_on_conflict
from api.errors import Unavailable
from tests.conftest import Api, with_database
from tests.exchange.commands import called
from tests.services.conftest import World, codes


def attempts(*errors: Exception) -> tuple[str, int]:
    """Return the outcome of attempts that fail with these errors in order, and the number of attempts."""
    made, left = 0, iter(errors)

    async def attempt() -> str:
        nonlocal made
        made += 1
        for error in left:
            raise error
        return "done"

    async def run() -> str:
        try:
            return await retry_on_conflict(attempt)
        except (Unavailable, ConstraintViolation) as error:
            return str(error)

    return asyncio.run(run()), made


def test_a_constraint_that_is_violated_twice_alike_is_nobody_elses_fault() -> None:
    """The first violation may come from another transaction; so may one with other values."""
    assert attempts(ConstraintViolation("slug a"), TransactionConflict("deadlock"), ConstraintViolation("slug b")) == (
        "done",
        4,
    )
    assert attempts(ConstraintViolation("slug a"), ConstraintViolation("slug a")) == ("slug a", 2)
    assert attempts(ConstraintViolation("slug", "a"), ConstraintViolation("slug", "b")) == ("done", 3)
    assert attempts(ConstraintViolation("slug", "a"), ConstraintViolation("slug", "a")) == ("slug", 2)
    ended, made = attempts(*[TransactionConflict("deadlock")] * 9)
    assert (ended, made) == ("too many concurrent changes to the same rows; try again", 6)


@pytest.fixture
def strict(bare: Api) -> World:
    """A world with database constraints that no use case checks."""

    async def work(database: Database) -> None:
        async with database.connection() as connection:
            await connection.exec_driver_sql("CREATE UNIQUE INDEX one_name ON actor (name)")
            await connection.exec_driver_sql("CREATE UNIQUE INDEX one_label ON stance (label)")

    with_database(bare.url, work)
    return World(bare)


def test_what_can_never_succeed_is_an_error_of_ours(strict: World) -> None:
    """The error is masked and logged, and no client is asked to retry; in a transaction and in steps."""
    statement, topic = strict.statement(strict.actor("Ana")), strict.topic()
    text = 'mutation { createActor(input: {name: "Ana", kind: STATE, slug: "another"}) { actor { id } } }'
    assert codes(strict.api.run(text, as_="karl")) == ["INTERNAL_SERVER_ERROR"]
    strict.record(statement, topic, "anna", label="SUPPORT")
    given = f'statementId: "{statement}", target: {{topicId: "{topic}"}}, label: SUPPORT'
    text = f"mutation {{ recordStance(input: {{{given}}}) {{ stance {{ id }} }} }}"
    assert codes(strict.api.run(text, as_="anton")) == ["INTERNAL_SERVER_ERROR"]


def test_an_import_names_the_line(strict: World, tmp_path: Path) -> None:
    """And the constraint; nothing is imported."""
    file = tmp_path / "actors.csv"
    file.write_text("slug,name,kind\na,Ana,STATE\nb,Boris,STATE\nc,Ana,STATE\n")
    with strict.unchanged():
        ended = called("import", "csv", file, url=strict.api.url)
    assert ended.status == 1
    assert ended.err.startswith(f"stancegraph: {file}: line 4: actor: breaks a rule of the database: ")
    assert "try again" not in ended.err
    assert "Traceback" not in ended.err
