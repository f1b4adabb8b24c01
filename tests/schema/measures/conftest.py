"""Teams that annotate through the front door, as many as a case asks for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from api.database.database import Database
from api.security.viewer import OPERATOR
from api.services.annotators import AddAnnotator, add_annotator, issue_token
from models import ProjectMember, ProjectRole, Role
from tests.conftest import Api
from tests.services.conftest import World, key_of, towards, world

__all__ = ["Team", "team", "world"]

RECORD = """mutation($input: RecordStancesInput!) { recordStances(input: $input) {
  results { stance { id } errors { code message path } } } }"""
LABELS = ("SUPPORT", "OPPOSE", "NEUTRAL", "MIXED", "UNCLEAR")

Said = Mapping[str, Any]
Units = Sequence[Sequence[Said | None]]


def by_label(value: int) -> Said:
    """The category of that place among five, counted from 1, as a label."""
    return {"label": LABELS[value - 1]}


def signed(value: int) -> Said:
    """A value of the signed scale as a label and an intensity."""
    if value == 0:
        return {"label": "NEUTRAL"}
    return {"label": "SUPPORT" if value > 0 else "OPPOSE", "intensity": abs(value)}


@dataclass
class Team:
    """A project, its statements and one topic."""

    world: World
    project: str
    topic: str
    speaker: str
    members: Sequence[str]
    """Names, each with a token."""

    @property
    def api(self) -> Api:
        """The server."""
        return self.world.api

    def statements(self, number: int) -> list[str]:
        """So many statements of one document."""
        text = " ".join(f"He said {n:03}." for n in range(number))
        document = self.world.document(text)
        return [
            self.world.statement(speaker=self.speaker, document=document, exact=f"said {n:03}") for n in range(number)
        ]

    def record(
        self, as_: str, statements: Sequence[str], said: Sequence[Said | None], target: str | None = None
    ) -> None:
        """What one annotator reads in some statements; None where they read none."""
        about = towards(target or self.topic)
        stances = [
            {"statementId": statement, "projectId": self.project, "target": about, **one}
            for statement, one in zip(statements, said, strict=True)
            if one is not None
        ]
        answer = self.api(RECORD, {"input": {"stances": stances}}, as_)
        assert all(result["errors"] == [] for result in answer["recordStances"]["results"])

    def annotate(self, units: Units, statements: Sequence[str] = (), target: str | None = None) -> Sequence[str]:
        """The statements that a table is read in, new ones by default: a row for each, a column for each member."""
        statements = statements or self.statements(len(units))
        for member, said in zip(self.members, zip(*units, strict=True), strict=False):
            self.record(member, statements, said, target)
        return statements

    def ask(self, fields: str, as_: str | None = "karl", **variables: Any) -> Any:
        """What the project says."""
        declared = "".join(f", ${name}: {kind}" for name, (kind, _) in variables.items())
        query = f"query($id: ID!{declared}) {{ node(id: $id) {{ ... on Project {{ {fields} }} }} }}"
        values = {name: value for name, (_, value) in variables.items()}
        return self.api(query, {"id": self.project, **values}, as_)["node"]

    def adjudicate(self, statement: str, label: str, as_: str = "karl", **more: Any) -> Any:
        """The payload of a decision."""
        given = {
            "projectId": self.project,
            "statementId": statement,
            "target": towards(self.topic),
            "label": label,
            "cause": "ERROR",
            **more,
        }
        return self.api.change("adjudicate", given, f"adjudication {{ {ADJUDICATION} }}", as_)

    def add(self, name: str, role: ProjectRole) -> None:
        """Let somebody take part."""
        (key,) = self.world.rows(_annotator(name))
        member = ProjectMember(project_id=key_of(self.project), annotator_id=key, role=role)
        self.world.write(lambda session: session.add(member))


ADJUDICATION = """id label rationale cause superseded createdAt decidedBy { name } project { id } statement { id }
holder { id } target { ... on Actor { id } ... on Topic { id } } supersedes { id label superseded }"""


def _annotator(name: str) -> Any:
    from sqlalchemy import select

    from models import Annotator

    return select(Annotator.id).where(Annotator.name == name)


def make_team(world: World, size: int, **more: Any) -> Team:
    """A team of so many annotators, each with a token of their own, in an open project."""
    names = [f"member-{number}" for number in range(size)]

    async def join(database: Database) -> dict[str, str]:
        secrets = {}
        async with database.transaction() as session:
            for name in names:
                await add_annotator(session, OPERATOR, AddAnnotator(name=name, role=Role.ANNOTATOR))
                issued = await issue_token(session, OPERATOR, name)
                assert issued is not None
                secrets[name] = issued.secret
        return secrets

    world.api.tokens = {**world.api.tokens, **world.api.inside(join)}
    project = world.project("team", **more)
    return Team(world, project, world.topic("A truce"), world.actor("A speaker"), names)


@pytest.fixture
def team(world: World) -> Team:
    """Three annotators in an open project."""
    return make_team(world, 3)
