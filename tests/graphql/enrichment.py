"""Rows that are not as one would wish: undated, tied, hidden, in every script, with quotes, tabs and tiny fractions."""

import datetime as dt
import hashlib
import random
from collections.abc import Sequence
from itertools import product
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.database.database import Database
from api.services.search_index import index_names, index_words
from models import (
    Actor,
    ActorAlias,
    ActorAttribute,
    ActorKind,
    Annotator,
    Assignment,
    AssignmentStatus,
    Document,
    DocumentAttribute,
    Membership,
    Project,
    ProjectMember,
    ProjectRole,
    ProjectStatement,
    ProjectStatus,
    Relation,
    RelationEvidence,
    RelationForm,
    RelationKind,
    RelationStatus,
    Stance,
    StanceLabel,
    Statement,
    StatementKind,
    Topic,
    TopicAttribute,
)
from tests.graphql.changes import made_up_changes
from tests.graphql.decisions import decide
from tests.graphql.project_work import project_work

T = TypeVar("T")

NAMES = (
    "Résumé",
    "RESUME",
    "resume",
    'The "Quoted" Front',
    "O'Brien \\ Söhne",
    "Tab\there, newline\nthere",
    "Объединённый совет",
    "مجلس سوريا الديمقراطية",
    "سوريا کردستان",
    "日本語メディア",
    "Ωmega 😀 group",
    "100% <b>bold</b> & $1 ? :name {x}",
    "bell\u0007 and separator\u2028 and del\u007f",
    "Hizbullah Supporters",
)
"""Names of actors; three of them sort alike."""

TEXTS = (
    "She said: \"we support\tthe council\". He said: 'no \\ never'.\nΝαι, said the Ωmega 😀 group. 👩‍👩‍👧 families.",
    "قال المجلس: ندعم الهدنة. وقال الآخرون: لا.\r\nThe council supports the truce 🕊️ and the 2nd round.",
    "re\u0301sume\u0301 decomposed, r\u00e9sum\u00e9 composed. Зая́вление совета. \U0001d54f \u2028 \u0007 end.",
    "停戰支持聲明。理事會表示支持。The statement 1e5 b52s 27th of 2024 supports nothing.",
)
"""Texts of documents."""

RATIONALES = (
    None,
    "",
    'a "quote", a \\, a tab\t, a newline\n, a return\r',
    "\u0001\u001f\u007f\u2028",
    "😀 مجلس",
    "null",
)
CONFIDENCES = (None, 0.0, 0.1, 1e-7, 1 / 3, 0.1 + 0.2, 0.5, 1.0, 5e-324, 2.5e-17, 0.9999999999999999)
DAYS = (
    None,
    None,
    dt.date(999, 3, 1),
    dt.date(2011, 3, 15),
    dt.date(2024, 11, 27),
    dt.date(2024, 11, 29),
    dt.date(9999, 12, 31),
)

INSTANTS = (
    dt.datetime(2024, 12, 1, tzinfo=dt.UTC),
    dt.datetime(2024, 12, 1, 0, 0, 0, 1, tzinfo=dt.UTC),
    dt.datetime(2024, 12, 1, 23, 59, 59, 999_999, tzinfo=dt.UTC),
    dt.datetime(2025, 1, 1, 12, tzinfo=dt.timezone(dt.timedelta(hours=5, minutes=30))),
)

FORMER = ("resume", "hizbullah-supporters")
"""The slugs of two actors: the second is to be merged into the first."""


async def enrich(database: Database) -> None:
    """Add all of it to a seeded database."""
    async with database.transaction() as session:
        await _Enricher(session).enrich()


class _Enricher:
    def __init__(self, session: AsyncSession) -> None:
        self.session = session
        self.random = random.Random(20241129)
        self.made = 0

    async def enrich(self) -> None:
        names = select(Annotator).where(Annotator.name.in_(["anna", "anton", "amal", "boris", "karl"]))
        annotators = list(await self.session.scalars(names.order_by(Annotator.name)))
        seeded = list(await self.session.scalars(select(Actor).order_by(Actor.slug)))[:4]
        actors = [*seeded, *await self._actors()]
        topics = await self._topics()
        projects = await self._projects()
        await self._members(projects, annotators)
        statements = await self._statements(await self._documents(actors), actors)
        await self._ties(actors, statements)
        await self._memberships(actors)
        await self._stances(statements, actors, topics, annotators, projects)
        await decide(self.session, projects, annotators)
        await self._queues(statements, annotators, projects)
        await project_work(self.session, projects)
        await made_up_changes(self.session, self.random, annotators)
        spoken = select(func.count()).where(Statement.speaker_id == Actor.id).scalar_subquery()
        await self.session.execute(
            update(Actor).values(statement_count=spoken).execution_options(synchronize_session=False)
        )

    def _key(self) -> UUID:
        """The same keys on both databases; not rising, so that an order by id is not one by time."""
        return UUID(int=self.random.getrandbits(128), version=4)

    def _one(self, values: Sequence[T]) -> T:
        return self.random.choice(values)

    def _times(self) -> dict[str, Any]:
        return {"id": self._key(), "created_at": self._one(INSTANTS), "updated_at": self._one(INSTANTS)}

    def _period(self, begins: str, ends: str) -> dict[str, Any]:
        start, end = self._one(DAYS), self._one(DAYS)
        if start is not None and end is not None and end < start:
            start, end = end, start
        return {begins: start, ends: end}

    async def _add(self, *rows: Any) -> None:
        self.session.add_all(rows)
        await self.session.flush()

    async def _actors(self) -> list[Actor]:
        actors = []
        for number, name in enumerate(NAMES):
            slug = {2: FORMER[0], len(NAMES) - 1: FORMER[1]}.get(number, f"actor-{number}")
            actor = Actor(
                slug=slug,
                name=name,
                kind=self._one(list(ActorKind)),
                description=self._one(RATIONALES),
                country_code=self._one([None, "SY", "TR"]),
                wikidata_id=self._one([None, f"Q{number + 1}"]),
                **self._period("active_from", "active_to"),
                **self._times(),
            )
            await self._add(actor)
            aliases = self.random.sample(["Алиас", "псевдоним", "اسم", "Ａｌｉａｓ", 'an "alias"'], number % 4)
            for place, alias in enumerate(aliases):
                await self._add(
                    ActorAlias(actor_id=actor.id, position=place, name=alias, language=self._one([None, "ru"]))
                )
            await self._add(*(ActorAttribute(actor_id=actor.id, **a) for a in _attributes(number % 3)))
            await index_names(self.session, actor.id, [name, *aliases])
            actors.append(actor)
        return actors

    async def _topics(self) -> list[Topic]:
        topics = []
        for number, name in enumerate(("Ceasefire", "CEASEFIRE", "Перемирие", "停戰 \\ truce", "a\ttab")):
            topic = Topic(slug=f"topic-{number}", name=name, description=self._one(RATIONALES), **self._times())
            await self._add(topic)
            await self._add(*(TopicAttribute(topic_id=topic.id, **a) for a in _attributes(number % 4)))
            await index_words(self.session, Topic, topic.id, name, topic.description)
            topics.append(topic)
        return topics

    async def _projects(self) -> list[Project]:
        given = [
            ("Blind", True, "OPEN"),
            ("Done", True, "CLOSED"),
            ("blind", False, "OPEN"),
            ("Second blind", True, "OPEN"),
            ("Private", False, "OPEN"),
        ]
        projects = [
            Project(
                slug=f"project-{number}",
                name=name,
                guidelines='# How\n\n"read" \\ it',
                blind=blind,
                public=name == "blind",
                status=ProjectStatus(status),
                overlap=number + 1,
                **self._times(),
            )
            for number, (name, blind, status) in enumerate(given)
        ]
        await self._add(*projects)
        default = await self.session.scalars(select(Project).where(Project.is_default))
        return [*projects, default.one()]

    async def _members(self, projects: Sequence[Project], annotators: Sequence[Annotator]) -> None:
        """An annotator and a curator who are the other of the two in some project."""
        by_name = {annotator.name: annotator.id for annotator in annotators}
        for place, name, role in (
            (0, "anna", ProjectRole.ANNOTATOR),
            (3, "anna", ProjectRole.CURATOR),
            (0, "karl", ProjectRole.CURATOR),
            (3, "karl", ProjectRole.ANNOTATOR),
        ):
            member = ProjectMember(project_id=projects[place].id, annotator_id=by_name[name], role=role)
            member.id, member.created_at = self._key(), projects[place].created_at
            self.session.add(member)
        await self.session.flush()

    async def _documents(self, actors: Sequence[Actor]) -> list[Document]:
        documents = []
        for number, text in enumerate(TEXTS * 2):
            title = self._one(["Report", "REPORT", 'report \\ "two"', "Отчёт 😀", "ab" * 150]) + "\t" * (number % 2)
            document = Document(
                title=title,
                publisher_id=self._one([None, self._one(actors).id]) if number else actors[-1].id,
                url=self._one([None, 'https://example.org/?a=1&b="2"']),
                published_on=self._one(DAYS),
                language=self._one(["en", "ar", "zh-Hant"]),
                text=text * (1 + number % 2),
                text_sha256=hashlib.sha256((text * (1 + number % 2)).encode()).hexdigest(),
                **self._times(),
            )
            await self._add(document)
            await self._add(*(DocumentAttribute(document_id=document.id, **a) for a in _attributes(number % 3)))
            await index_words(self.session, Document, document.id, title, document.text)
            documents.append(document)
        return documents

    async def _statements(self, documents: Sequence[Document], actors: Sequence[Actor]) -> list[Statement]:
        statements = []
        for _ in range(45):
            document = self._one(documents)
            text = document.text
            start = self._one([0, 5, self.random.randrange(len(text) - 1)])
            end = min(len(text), start + self.random.randint(1, 60))
            before, exact = text[:start], text[start:end]
            statement = Statement(
                document_id=document.id,
                speaker_id=self._one(actors).id,
                reported_by_id=self._one([None, None, self._one(actors).id]),
                kind=self._one(list(StatementKind)),
                stated_on=self._one(DAYS),
                exact=exact,
                prefix=before[-32:],
                suffix=text[end : end + 32],
                start=start,
                end=end,
                start_utf16=_utf16(before),
                end_utf16=_utf16(before + exact),
                **self._times(),
            )
            await self._add(statement)
            await index_words(self.session, Statement, statement.id, exact)
            statements.append(statement)
        return statements

    async def _ties(self, actors: Sequence[Actor], statements: Sequence[Statement]) -> None:
        for number in range(50):
            # Some pairs come again and again: with either sign, in either direction, in open and closed periods.
            source, target = self.random.sample(actors[3:8] if number % 2 else list(actors), 2)
            relation = Relation(
                source_id=source.id,
                target_id=target.id,
                kind=self._one(list(RelationKind)),
                form=self._one(list(RelationForm)),
                status=self._one(list(RelationStatus)),
                directed=self._one([True, False]),
                summary=self._one(RATIONALES),
                **self._period("valid_from", "valid_to"),
                **self._times(),
            )
            await self._add(relation)
            borne = self.random.sample(statements, self.random.randint(0, 4))
            await self._add(*(RelationEvidence(relation_id=relation.id, statement_id=s.id) for s in borne))

    async def _memberships(self, actors: Sequence[Actor]) -> None:
        for number in range(30):
            member, group = self.random.sample(actors[:6] if number % 2 else list(actors), 2)
            role = self._one([None, "member", 'so-called "ally"'])
            period = self._period("valid_from", "valid_to")
            await self._add(Membership(member_id=member.id, group_id=group.id, role=role, **period, **self._times()))

    async def _stances(
        self,
        statements: Sequence[Statement],
        actors: Sequence[Actor],
        topics: Sequence[Topic],
        annotators: Sequence[Annotator],
        projects: Sequence[Project],
    ) -> None:
        targets = [{"target_actor_id": a.id} for a in actors] + [{"target_topic_id": t.id} for t in topics]
        holders = [*actors[:4], actors[6], actors[-1]]  # among them the two that are to be merged
        places = list(product(statements[:12], holders, targets[3:9] + targets[-3:], annotators, projects))
        for statement, holder, target, annotator, project in self.random.sample(places, 220):
            label = self._one(list(StanceLabel))
            directed = label in (StanceLabel.SUPPORT, StanceLabel.OPPOSE)
            stance = Stance(
                statement_id=statement.id,
                holder_id=holder.id,
                annotator_id=annotator.id,
                project_id=project.id,
                label=label,
                intensity=self._one([None, 1, 2, 3]) if directed else None,
                confidence=self._one(CONFIDENCES),
                rationale=self._one(RATIONALES),
                stated_on_sort=statement.stated_on or dt.date.min,
                **target,
                **self._times(),
            )
            await self._add(stance)

    async def _queues(
        self, statements: Sequence[Statement], annotators: Sequence[Annotator], projects: Sequence[Project]
    ) -> None:
        """What is to be annotated in most projects, and who was given what: under way, too late, finished, skipped."""
        for project in projects[:4]:
            for position, statement in enumerate(statements[: 5 * project.overlap], 1):
                given = [self._assignment(project, statement, a) for a in self.random.sample(list(annotators), 3)]
                finished = sum(a.status == AssignmentStatus.FINISHED for a in given)
                await self._add(
                    ProjectStatement(
                        project_id=project.id,
                        statement_id=statement.id,
                        document_id=statement.document_id,
                        position=position,
                        finished=finished,
                        is_open=finished < project.overlap,
                    ),
                    *given,
                )

    def _assignment(self, project: Project, statement: Statement, annotator: Annotator) -> Assignment:
        status = self._one(list(AssignmentStatus))
        return Assignment(
            project_id=project.id,
            statement_id=statement.id,
            annotator_id=annotator.id,
            status=status,
            reason=self._one(RATIONALES) if status == AssignmentStatus.SKIPPED else None,
            nothing_to_record=status == AssignmentStatus.FINISHED and self._one([False, True]),
            leased_until=self._one([INSTANTS[0], dt.datetime(2999, 1, 1, tzinfo=dt.UTC)]),
            **self._times(),
        )


def _attributes(number: int) -> list[dict[str, Any]]:
    """Some, not in the order of their names."""
    given = (("colour", "#ff9900"), ("Тип", 'a "quote" \\ \t'), ("Alias", "مجلس 😀"), ("note", "two\nlines"))
    return [{"position": n, "name": name, "value": value} for n, (name, value) in enumerate(given[:number])]


def _utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
