"""Discourse Network Analyzer's sample, put into a database through the front door."""

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.conftest import DATA
from tests.measures.conftest import RECORD
from tests.services.conftest import World, towards

FOLDER = DATA / "dna_sample"


@dataclass(frozen=True)
class Sample:
    """Where the sample's organisations, concepts and statements are: name or number → id."""

    world: World
    project: str
    organizations: Mapping[str, str]
    concepts: Mapping[str, str]
    statements: Mapping[str, str]
    documents: Mapping[str, str]

    def network(self, arguments: str, fields: str, **variables: Any) -> Any:
        """What `discourseNetwork` says; `arguments` as they are written in a document."""
        declared = "".join(f", ${name}: {kind}" for name, (kind, _) in variables.items())
        text = f"query($p: ID{declared}) {{ found: discourseNetwork(projectId: $p {arguments}) {{ {fields} }} }}"
        values = {name: value for name, (_, value) in variables.items()}
        return self.world.api(text, {"p": self.project, **values}, "karl")["found"]

    def matrix(self, arguments: str) -> tuple[list[str], list[str], dict[tuple[str, str], float]]:
        """The names of the rows and the columns, and the cells by them."""
        names = "{ ... on Actor { name } ... on Topic { name } }"
        found = self.network(arguments, f"rows {names} columns {names} matrix")
        rows, columns = ([node["name"] for node in found[side]] for side in ("rows", "columns"))
        cells = {
            (row, column): weight
            for row, weights in zip(rows, found["matrix"], strict=True)
            for column, weight in zip(columns, weights, strict=True)
        }
        assert len(cells) == len(rows) * len(columns)
        return rows, columns, cells


def load(world: World) -> Sample:
    """Organisations as actors who hold stances, concepts as topics, agreement as SUPPORT and OPPOSE."""
    with (FOLDER / "statements.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    texts = [json.loads(line) for line in (FOLDER / "documents.jsonl").read_text("utf-8").splitlines()]
    documents = {str(d["id"]): world.document(d["text"], title=d["title"]) for d in texts}
    organizations = {name: world.actor(name) for name in sorted({row["organization"] for row in rows})}
    concepts = {name: world.topic(name) for name in sorted({row["concept"] for row in rows})}
    statements = {
        row["id"]: world.make(
            "createStatement",
            {
                "documentId": documents[row["document_id"]],
                "speakerId": organizations[row["organization"]],
                "kind": "QUOTATION",
                "statedOn": row["date"][:10],
                "anchor": {"exact": row["quote"], "start": int(row["start"]), "end": int(row["stop"])},
            },
            "anna",
        )
        for row in rows
    }
    project = world.project("dna")
    stances = [
        {
            "statementId": statements[row["id"]],
            "projectId": project,
            "target": towards(concepts[row["concept"]]),
            "label": "SUPPORT" if row["agreement"] == "1" else "OPPOSE",
        }
        for row in rows
    ]
    answer = world.api(RECORD, {"input": {"stances": stances}}, "anna")
    assert all(result["errors"] == [] for result in answer["recordStances"]["results"])
    return Sample(world, project, organizations, concepts, statements, documents)
