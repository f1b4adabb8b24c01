"""A server that shuts down cancels running requests after a while, with an error response."""

import contextlib
import signal
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
from sqlalchemy import make_url

from tests.cli.processes import serving
from tests.conftest import Template, holding
from tests.database.servers import eventually

CREATE = 'mutation { createTopic(input: { name: "Late" }) { topic { id } errors { message } } }'
STREAM = "text/event-stream"


@contextlib.contextmanager
def held(url: str) -> Iterator[None]:
    """Lock the database: on SQLite for writes, on Postgres for all statements."""
    if url.startswith("sqlite"):
        with contextlib.closing(sqlite3.connect(make_url(url).database or "")) as file:
            file.execute("BEGIN IMMEDIATE")
            yield
        return
    with holding(url, "LOCK TABLE topic, actor, relation IN ACCESS EXCLUSIVE MODE"):
        yield


def test_what_is_under_way_at_the_end_is_given_up_with_an_outcome(seeded: Template, seeded_url: str) -> None:
    token = seeded.tokens["karl"]
    with serving(url=seeded_url, shutdown_seconds="1", statement_timeout_ms="4500") as server, held(seeded_url):

        def asked(path: str, body: Any = None, accept: str = "*/*") -> httpx2.Response:
            headers = {"authorization": f"Bearer {token}", "accept": accept}
            method = "GET" if body is None else "POST"
            return httpx2.request(method, server.address + path, json=body, headers=headers, timeout=30)

        requests: list[tuple[Any, ...]] = [("/graphql", {"query": CREATE}), ("/graphql", {"query": CREATE}, STREAM)]
        if not seeded_url.startswith("sqlite"):
            requests += [("/graphql", {"query": "{ topics { totalCount } }"}), ("/network.svg",), ("/export/jsonl",)]
        with ThreadPoolExecutor(len(requests)) as pool:
            answers = [pool.submit(asked, *request) for request in requests]
            with contextlib.suppress(TimeoutError):
                answers[0].result(1.5)  # until all wait for the database
            server.process.send_signal(signal.SIGTERM)
            for request, answer in zip(requests, answers, strict=True):
                response = answer.result(20)
                assert response.status_code == 503, (request, response.text)
                assert response.json()["errors"][0]["extensions"]["code"] == "SHUTTING_DOWN", request
        # The line of a request is written after its answer is sent.
        eventually(lambda: server.err.count("outcome=SHUTTING_DOWN") == len(requests))
        assert "Traceback" not in server.err
        assert "outcome=ok" not in server.err
