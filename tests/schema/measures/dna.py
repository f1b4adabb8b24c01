"""Discourse Network Analyzer's sample, put into a database through the front door."""

import csv
import json
from dataclasses import dataclass
from typing import Any

from tests.conftest import DATA, Api
from tests.schema.measures.conftest import RECORD
from tests.services.conftest import World, towards

FOLDER = DATA / "dna_sample"


@dataclass(frozen=True)
class Sample:
    """The sample in a database: its organisations are actors who hold stances, its concepts are topics."""

    api: Api
    project: str | None
    """The project's id; None for the default one."""

    def network(self, arguments: str, fields: str, **variables: Any) -> Any:
        """What `discourseNetwork` says; `arguments` as they are written in a document."""
        declared = "".join(f", ${name}: {kind}" for name, (kind, _) in variables.items())
        text = f"query($p: ID{declared}) {{ found: discourseNetwork(projectId: $p {arguments}) {{ {fields} }} }}"
        values = {name: value for name, (_, value) in variables.items()}
        return self.api(text, {"p": self.project, **values})["found"]

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


def recorded(world: World) -> Sample:
    """The sample as annotators would post it."""
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
    return Sample(world.api, project)
