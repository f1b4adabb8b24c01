"""Measures are served from the cache until the data change, and only then."""

import pytest
from sqlalchemy import text

from api.database.database import Database
from tests.conftest import holding
from tests.schema.measures.conftest import Team
from tests.services.conftest import at_once, sender

PRO, CON = {"label": "SUPPORT"}, {"label": "OPPOSE"}
UNITS = "agreement(resamples: 0) { units percentAgreement { value } }"
FRESH, CACHED = 3, 2
"""Statements: the project, the look for changes, and the reading, or not."""


def test_what_another_process_changes_counts_at_once(team: Team) -> None:
    team.annotate([[PRO, PRO, CON]])
    assert team.ask(UNITS)["agreement"]["percentAgreement"]["value"] == pytest.approx(1 / 3)

    async def behind(database: Database) -> None:
        async with database.transaction() as session:
            await session.execute(text("UPDATE stance SET label = 'SUPPORT'"))
            await session.execute(
                text(
                    "INSERT INTO revision (id, created_at, action, entity_type, entity_id, project_id) SELECT"
                    " '00000000-0000-7000-8000-000000000001', created_at, action, entity_type, entity_id, project_id"
                    " FROM revision WHERE entity_type = 'Stance' LIMIT 1"
                )
            )

    team.api.inside(behind)
    assert team.ask(UNITS)["agreement"]["percentAgreement"]["value"] == 1.0


def test_where_statements_are_chosen_any_change_counts(team: Team) -> None:
    team.annotate([[PRO, PRO, CON]])
    chosen = UNITS.replace("(resamples", '(statementFilter: {text: "said"}, resamples')
    for query, after in ((UNITS, CACHED), (chosen, FRESH)):
        team.ask(query)
        team.ask(query)
        assert team.api.statements == CACHED
        team.world.topic()
        team.ask(query)
        assert team.api.statements == after


def test_those_who_ask_at_once_get_the_same(team: Team) -> None:
    team.annotate([[PRO, PRO, CON], [CON, CON, CON]])
    send = sender(team.api.client, team.api.tokens)
    query = "query($id: ID!) { node(id: $id) { ... on Project { agreement { units gwet { value lower upper } } } } }"
    answers = at_once([lambda: send(query, {"id": team.project}, "karl")] * 12)
    assert answers[0]["data"]["node"]["agreement"]["units"] == 2
    assert answers == [answers[0]] * 12


@pytest.mark.parametrize("backend", ["postgres"], indirect=True)
def test_nothing_is_cached_while_an_earlier_transaction_may_still_add_to_it(team: Team) -> None:
    with holding(team.api.url, "SELECT pg_current_xact_id()"):
        team.annotate([[PRO, PRO, CON]])
        for _ in range(2):
            assert team.ask(UNITS)["agreement"]["units"] == 1
            assert team.api.statements == FRESH
    for statements in (FRESH, CACHED):
        team.ask(UNITS)
        assert team.api.statements == statements
