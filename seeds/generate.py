"""Generates a large, plausible, reproducible data set for benchmarks and trials at scale.

The same sizes and the same seed generate the same rows. Activity is skewed as in real archives: a few actors make most
of the statements. Annotators usually agree. Tables are generated in the order of their foreign keys. The rows bypass
the services, so they have no revisions.
"""

import datetime as dt
import hashlib
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, ClassVar
from uuid import UUID

import models
from api.services.search_index import entry_of, trigrams_of
from models import ActorKind, RelationForm, RelationKind, RelationStatus, Role, StanceLabel, StatementKind
from models.folding import fold
from models.quotes import prefix_of, suffix_of
from seeds import wordlists
from seeds.sizes import Sizes

ANNOTATORS = 40
TOPICS = 200
BEGAN = dt.datetime(2010, 1, 1, tzinfo=dt.UTC)
DAYS = 15 * 365
AGREEMENT = 0.78
"""The probability that an annotator records the label of the majority."""

Row = dict[str, Any]
Table = tuple[type[models.Base], Sequence[Row]]


@dataclass
class Generator:
    """Generates the rows of a data set in the project `project_id`."""

    max_per_statement: ClassVar[int] = ANNOTATORS

    sizes: Sizes
    project_id: UUID
    chance: random.Random = field(init=False)
    count: int = 0

    def __post_init__(self) -> None:
        self.chance = random.Random(self.sizes.seed)  # noqa: S311 (data, not secrets)

    def tables(self) -> Iterator[Table]:
        """Yield all rows, table by table, in the order of foreign keys."""
        annotators = [self._row(name=f"annotator-{n}", role=Role.ANNOTATOR, active=True) for n in range(ANNOTATORS)]
        topics = [self._topic(number) for number in range(TOPICS)]
        actors = [self._actor(number) for number in range(self.sizes.actors)]
        weights = list(accumulate(1 / (rank + 1) for rank in range(len(actors))))
        documents = [self._document(actors) for _ in range(self.sizes.documents)]
        statements = [
            self._statement(documents[number * len(documents) // self.sizes.statements], actors, weights)
            for number in range(self.sizes.statements)
        ]
        yield models.Annotator, annotators
        yield models.Topic, topics
        yield models.Actor, actors
        aliases = [alias for actor in actors for alias in self._aliases(actor)]
        yield models.ActorAlias, aliases
        yield models.ActorTrigram, _trigrams(actors, aliases)
        yield models.Document, documents
        yield models.Statement, statements
        relations = [self._relation(actors, weights) for _ in range(self.sizes.relations)]
        yield models.Relation, relations
        evidence = [{"relation_id": r["id"], "statement_id": self.chance.choice(statements)["id"]} for r in relations]
        yield models.RelationEvidence, evidence
        yield (
            models.SearchEntry,
            [
                *(entry_of(models.Topic, t["id"], t["name"]) for t in topics),
                *(entry_of(models.Document, d["id"], d["title"], d["text"]) for d in documents),
                *(entry_of(models.Statement, s["id"], s["exact"]) for s in statements),
            ],
        )
        yield from self._stances(statements, actors, topics, annotators)

    # ------------------------------------------------------------------ rows

    def _row(self, versioned: bool = False, **columns: Any) -> Row:
        """Return a row with an ID and a creation time that increase from row to row."""
        self.count += 1
        at = BEGAN + dt.timedelta(days=DAYS, milliseconds=self.count * 7)
        key = int(at.timestamp() * 1000) << 80 | 0x7 << 76 | self.chance.getrandbits(12) << 64
        row = {"id": UUID(int=key | 0b10 << 62 | self.chance.getrandbits(62)), "created_at": at, **columns}
        return {**row, "updated_at": at, "version": 1} if versioned else row

    def _day(self) -> dt.date:
        return BEGAN.date() + dt.timedelta(days=self.chance.randrange(DAYS))

    def _name(self, script: str) -> str:
        _, join, parts = wordlists.NAME_PARTS[script]
        return join.join(self.chance.sample(parts, 2))

    def _topic(self, number: int) -> Row:
        name = " ".join(self.chance.choice(part) for part in wordlists.TOPIC_PARTS)
        return self._row(
            True, slug=f"topic-{number}", name=f"{name} ({number})", sort_name=fold(name), description=None
        )

    def _actor(self, number: int) -> Row:
        name = f"{self._name('Latn')} {self.chance.choice(wordlists.NAME_KINDS)} {number}"
        return self._row(
            True,
            slug=f"actor-{number}",
            name=name,
            sort_name=fold(name),
            kind=self.chance.choice(list(ActorKind)),
            description=None,
            country_code=self.chance.choice(("SY", "TR", "RU", "IL", "IR", "LB", None)),
            wikidata_id=None,
            active_from=self._day() if self.chance.random() < 0.4 else None,
            active_to=None,
            statement_count=0,
        )

    def _aliases(self, actor: Row) -> Iterator[Row]:
        scripts = self.chance.sample(sorted(wordlists.NAME_PARTS), self.chance.randrange(4))
        for position, script in enumerate(scripts):
            row = self._row(
                actor_id=actor["id"],
                position=position,
                name=(name := self._name(script)),
                sort_name=fold(name),
                language=wordlists.NAME_PARTS[script][0],
                script=script,
            )
            del row["created_at"]
            yield row

    def _sentence(self) -> str:
        pick = self.chance.choice
        return (
            f"{pick(wordlists.SUBJECTS)} {pick(wordlists.VERBS)} {pick(wordlists.CLAUSES)} {pick(wordlists.ENDINGS)}."
        )

    def _document(self, actors: Sequence[Row]) -> Row:
        sentences = [self._sentence() for _ in range(self.chance.randrange(18, 60))]
        day, title = self._day(), self._sentence().rstrip(".")
        text = " ".join(sentences)
        return self._row(
            True,
            title=title,
            sort_title=fold(title)[:200],
            publisher_id=self.chance.choice(actors)["id"],
            url=None,
            published_on=day if self.chance.random() < 0.97 else None,
            language="en",
            text=text,
            text_sha256=hashlib.sha256(text.encode()).hexdigest(),
        )

    def _statement(self, document: Row, actors: Sequence[Row], weights: Sequence[float]) -> Row:
        text = document["text"]
        start = text.rfind(". ", 0, self.chance.randrange(len(text) - 60)) + 2 if len(text) > 80 else 0
        start = start if start > 1 else 0
        end = text.index(".", start)
        (speaker,) = self.chance.choices(actors, cum_weights=weights)
        speaker["statement_count"] += 1
        return self._row(
            True,
            document_id=document["id"],
            speaker_id=speaker["id"],
            reported_by_id=None,
            kind=self.chance.choice(list(StatementKind)),
            stated_on=document["published_on"],
            exact=text[start:end],
            prefix=prefix_of(text, start),
            suffix=suffix_of(text, end),
            start=start,
            end=end,
            start_utf16=start,
            end_utf16=end,
        )

    def _relation(self, actors: Sequence[Row], weights: Sequence[float]) -> Row:
        source, target = self.chance.choices(actors, cum_weights=weights, k=2)
        while target is source:
            target = self.chance.choice(actors)
        begins = self._day() if self.chance.random() < 0.9 else None
        ends = (
            begins + dt.timedelta(days=self.chance.randrange(3000)) if begins and self.chance.random() < 0.5 else None
        )
        return self._row(
            True,
            source_id=source["id"],
            target_id=target["id"],
            kind=self.chance.choice(list(RelationKind)),
            form=self.chance.choice(list(RelationForm)),
            status=self.chance.choices(list(RelationStatus), (8, 1, 1))[0],
            directed=self.chance.random() < 0.3,
            valid_from=begins,
            valid_to=ends,
            summary=self._sentence(),
        )

    def _stances(
        self, statements: Sequence[Row], actors: Sequence[Row], topics: Sequence[Row], annotators: Sequence[Row]
    ) -> Iterator[Table]:
        """Yield batches of stances, evenly distributed over statements, each by another annotator."""
        each, rest = divmod(self.sizes.stances, len(statements))
        batch: list[Row] = []
        for number, statement in enumerate(statements):
            target = self.chance.choice(topics if self.chance.random() < 0.5 else actors)
            to_topic = "kind" not in target
            true_label = self.chance.choices(list(StanceLabel), (35, 30, 25, 5, 5))[0]
            for annotator in self.chance.sample(annotators, each + (number < rest)):
                agrees = self.chance.random() < AGREEMENT
                label = true_label if agrees else self.chance.choice(list(StanceLabel))
                directed = label in (StanceLabel.SUPPORT, StanceLabel.OPPOSE)
                batch.append(
                    self._row(
                        True,
                        statement_id=statement["id"],
                        holder_id=statement["speaker_id"],
                        target_actor_id=None if to_topic else target["id"],
                        target_topic_id=target["id"] if to_topic else None,
                        label=label,
                        intensity=self.chance.randrange(1, 4) if directed else None,
                        confidence=self.chance.randrange(50, 101) / 100,
                        rationale=self.chance.choice(wordlists.RATIONALES) if self.chance.random() < 0.3 else None,
                        annotator_id=annotator["id"],
                        project_id=self.project_id,
                        stated_on_sort=statement["stated_on"] or models.UNDATED,
                    )
                )
            if len(batch) >= 20_000:
                yield models.Stance, batch
                batch = []
        yield models.Stance, batch


def _trigrams(actors: Sequence[Row], aliases: Sequence[Row]) -> list[Row]:
    names: Mapping[UUID, list[str]] = {actor["id"]: [actor["name"]] for actor in actors}
    for alias in aliases:
        names[alias["actor_id"]].append(alias["name"])
    return [row for key, own in names.items() for row in trigrams_of(key, own)]
