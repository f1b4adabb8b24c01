"""Each query, mutation and subscription of the reference has an example that runs as printed."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from docs.generator.markdown import BLOCK
from docs.generator.schema import EXAMPLES, example_file, root_fields
from tests.conftest import Api
from tests.docs.examples import examples, run

QUERIES = [example_file("Query", name) for name in root_fields("Query")]
MUTATIONS = [example_file("Mutation", name) for name in root_fields("Mutation")]
SUBSCRIPTIONS = [example_file("Subscription", name) for name in root_fields("Subscription")]
ALL = [*QUERIES, *MUTATIONS, *SUBSCRIPTIONS]


def _name(page: Path) -> str:
    return page.stem


def test_there_is_an_example_of_each_root_field_and_no_other() -> None:
    assert set(EXAMPLES.rglob("*.*")) == set(ALL)


@pytest.mark.parametrize("page", ALL, ids=lambda page: f"{page.parent.name}-{page.stem}")
def test_the_example_sends_its_field_last_and_names_its_senders(page: Path) -> None:
    found = list(examples(page))
    assert re.search(rf"\b{page.stem}\b", found[-1].text)
    text = BLOCK.sub("", page.read_text(encoding="utf-8"))
    assert [each.sender for each in found if each.sender and each.sender not in text] == []
    assert "seed" in text or page.stem in ("createActor", "createDocument", "createTopic"), "says nothing of its data"


@pytest.mark.parametrize("page", QUERIES, ids=_name)
def test_queries(reading: Api, page: Path) -> None:
    run(page, reading.run)


@pytest.mark.parametrize("page", MUTATIONS, ids=_name)
def test_mutations(api: Api, page: Path) -> None:
    run(page, api.run)


@pytest.mark.parametrize("page", SUBSCRIPTIONS, ids=_name)
def test_subscriptions(reading: Api, page: Path) -> None:
    """The first event of a subscription is as printed."""

    def send(text: str, variables: Mapping[str, Any], sender: str | None) -> Any:
        if not text.startswith("subscription"):
            return reading.run(text, variables, sender)
        payload = {"authorization": f"Bearer {reading.tokens[sender]}"} if sender else {}
        with reading.client.websocket_connect("/graphql", ["graphql-transport-ws"]) as socket:
            socket.send_json({"type": "connection_init", "payload": payload})
            assert socket.receive_json()["type"] == "connection_ack"
            operation = {"query": text, "variables": dict(variables)}
            socket.send_json({"type": "subscribe", "id": "1", "payload": operation})
            event = socket.receive_json()
            assert event["type"] == "next", event
            return event["payload"]

    run(page, send)
