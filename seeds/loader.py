"""Loads the YAML files of this folder through the services. Loading is idempotent.

The key of an entry is a hash of its name, so that loading again finds it. An entry whose key has a revision is skipped:
entries that somebody has edited or deleted since are neither overwritten nor restored.
"""

import datetime as dt
import hashlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.database.database import Database
from api.database.step_runners import run_in_session
from api.errors import StancegraphError
from api.ids import Id, global_id
from api.security.viewer import OPERATOR, Viewer
from api.services.actors import AliasValue, CreateActor, create_actor
from api.services.anchors import TextAnchor
from api.services.annotators import AddAnnotator, add_annotator
from api.services.codebooks import LabelDefinition
from api.services.documents import CreateDocument, create_document
from api.services.memberships import CreateMembership, create_membership
from api.services.outcome import Outcome
from api.services.project_members import AddProjectMember, add_project_member
from api.services.projects import CreateProject, create_project
from api.services.relations import CreateRelation, create_relation
from api.services.stances.record import RecordStance, StanceTarget, record_stance
from api.services.statements import CreateStatement, create_statement
from api.services.topics import CreateTopic, create_topic
from models import (
    Actor,
    ActorKind,
    Annotator,
    Project,
    ProjectRole,
    RelationForm,
    RelationKind,
    RelationStatus,
    Revision,
    Role,
    StanceLabel,
    StatementKind,
    Topic,
)

FOLDER = Path(__file__).parent
FILES = (
    "annotators",
    "actors",
    "topics",
    "memberships",
    "documents",
    "statements",
    "relations",
    "projects",
    "stances",
)

_BEGAN = int(dt.datetime(2024, 11, 29, tzinfo=dt.UTC).timestamp() * 1000)

Entry = Mapping[str, Any]
Make = Callable[[UUID], Awaitable[Outcome]]


class SeedError(StancegraphError):
    """An entry of a seed file is invalid. The message names the entry and its errors."""


def seed_key(kind: str, *names: object) -> UUID:
    """Return the key of a seeded row: a UUIDv7 whose random part is a hash of the row's names."""
    digest = int.from_bytes(hashlib.sha256("\x1f".join([kind, *map(str, names)]).encode()).digest()[:10])
    low = digest & ((1 << 62) - 1)
    high = digest >> 62 & 0xFFF
    return UUID(int=_BEGAN << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low)


async def load(database: Database, folder: Path = FOLDER) -> Mapping[str, int]:
    """Load all files in one transaction; return the number of new entries of each.

    :raises SeedError: at the first invalid entry. Nothing is loaded then.
    """
    entries = {name: _read(folder / f"{name}.yaml") for name in FILES}
    return await database.perform(lambda session: _Loader(session, entries).load())


def _read(path: Path) -> Sequence[Entry]:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8")) or []
    except (OSError, yaml.YAMLError) as error:
        raise SeedError(f"{path.name}: {error}") from None


@dataclass(slots=True)
class _Loader:
    session: AsyncSession
    entries: Mapping[str, Sequence[Entry]]
    known: set[UUID] = field(default_factory=set)
    keys: dict[tuple[str, str], UUID] = field(default_factory=dict)

    async def load(self) -> Mapping[str, int]:
        self.known = set(await self.session.scalars(select(Revision.entity_id).distinct()))
        return {name: await getattr(self, f"_{name}")(self.entries[name]) for name in FILES}

    async def _each(self, kind: str, entries: Iterable[tuple[Entry, UUID, Make]]) -> int:
        new = 0
        for entry, key, make in entries:
            if key in self.known:
                continue
            try:
                outcome = await make(key)
            except (KeyError, TypeError, ValueError) as error:
                raise SeedError(f"{kind}.yaml: {_describe(entry)}: {type(error).__name__}: {error}") from None
            if outcome.errors:
                problems = "; ".join(f"{'.'.join(e.path[1:])}: {e.message}" for e in outcome.errors)
                raise SeedError(f"{kind}.yaml: {_describe(entry)}: {problems}")
            new += outcome.created
        return new

    def _id(self, type_name: str, name: str | None) -> Id | None:
        """Return the global ID of the entry called `name` in the files."""
        if name is None:
            return None
        return Id(global_id(type_name, self.keys.get((type_name, name)) or seed_key(type_name, name)))

    def _needed(self, type_name: str, name: str) -> Id:
        found = self._id(type_name, name)
        assert found is not None
        return found

    async def _slugs(self, model: type[Actor | Project | Topic], entries: Sequence[Entry]) -> list[tuple[Entry, UUID]]:
        """Return the entries whose slug no row has; other entries resolve to the row with the slug."""
        rows = await self.session.execute(select(model.slug, model.id))
        there = dict(rows.all())
        found = []
        for entry in entries:
            key = seed_key(model.__name__, entry["slug"])
            self.keys[model.__name__, entry["slug"]] = there.get(entry["slug"], key)
            if entry["slug"] not in there:
                found.append((entry, key))
        return found

    async def _annotators(self, entries: Sequence[Entry]) -> int:
        there = dict((await self.session.execute(select(Annotator.name, Annotator.id))).all())
        for e in entries:
            self.keys["Annotator", e["name"]] = there.get(e["name"]) or seed_key("Annotator", e["name"])

        def make(e: Entry) -> Make:
            command = AddAnnotator(name=e["name"], role=Role(e["role"]))
            return lambda key: add_annotator(self.session, OPERATOR, command, key=key)

        fresh = [e for e in entries if e["name"] not in there]
        return await self._each("annotators", [(e, seed_key("Annotator", e["name"]), make(e)) for e in fresh])

    async def _actors(self, entries: Sequence[Entry]) -> int:
        def make(e: Entry) -> Make:
            fields = {**e, "kind": ActorKind(e["kind"]), "aliases": [AliasValue(**a) for a in e.get("aliases") or ()]}
            return lambda key: create_actor(self.session, OPERATOR, CreateActor(**fields), key=key)

        return await self._each("actors", [(e, key, make(e)) for e, key in await self._slugs(Actor, entries)])

    async def _topics(self, entries: Sequence[Entry]) -> int:
        def make(e: Entry) -> Make:
            return lambda key: create_topic(self.session, OPERATOR, CreateTopic(**e), key=key)

        return await self._each("topics", [(e, key, make(e)) for e, key in await self._slugs(Topic, entries)])

    async def _memberships(self, entries: Sequence[Entry]) -> int:
        def make(e: Entry) -> Make:
            rest = {k: v for k, v in e.items() if k not in ("member", "group")}
            command = CreateMembership(
                member_id=self._needed("Actor", e["member"]), group_id=self._needed("Actor", e["group"]), **rest
            )
            return lambda key: create_membership(self.session, OPERATOR, command, key=key)

        return await self._each(
            "memberships",
            [
                (e, seed_key("Membership", e["member"], e["group"], e.get("role"), e.get("valid_from")), make(e))
                for e in entries
            ],
        )

    async def _documents(self, entries: Sequence[Entry]) -> int:
        def make(e: Entry) -> Make:
            rest = {k: v for k, v in e.items() if k not in ("key", "publisher")}
            command = CreateDocument(publisher_id=self._id("Actor", e.get("publisher")), **rest)
            return lambda key: create_document(self.session, OPERATOR, command, key=key)

        return await self._each("documents", [(e, seed_key("Document", e["key"]), make(e)) for e in entries])

    async def _statements(self, entries: Sequence[Entry]) -> int:
        def make(e: Entry) -> Make:
            command = CreateStatement(
                document_id=self._needed("Document", e["document"]),
                speaker_id=self._needed("Actor", e["speaker"]),
                reported_by_id=self._id("Actor", e.get("reported_by")),
                kind=StatementKind(e["kind"]),
                stated_on=e.get("stated_on"),
                anchor=TextAnchor(exact=e["exact"], prefix=e.get("prefix"), suffix=e.get("suffix")),
            )
            return lambda key: create_statement(self.session, OPERATOR, command, key=key)

        return await self._each("statements", [(e, seed_key("Statement", e["key"]), make(e)) for e in entries])

    async def _relations(self, entries: Sequence[Entry]) -> int:
        named = ("source", "target", "kind", "form", "status", "evidence")

        def make(e: Entry) -> Make:
            command = CreateRelation(
                source_id=self._needed("Actor", e["source"]),
                target_id=self._needed("Actor", e["target"]),
                kind=RelationKind(e["kind"]),
                form=RelationForm(e["form"]),
                status=RelationStatus(e.get("status", "CONFIRMED")),
                evidence_ids=[self._needed("Statement", name) for name in e.get("evidence") or ()],
                **{k: v for k, v in e.items() if k not in named},
            )
            return lambda key: create_relation(self.session, OPERATOR, command, key=key)

        def key(e: Entry) -> UUID:
            return seed_key("Relation", e["source"], e["target"], e["kind"], e["form"], e.get("valid_from"))

        return await self._each("relations", [(e, key(e), make(e)) for e in entries])

    async def _projects(self, entries: Sequence[Entry]) -> int:
        named = ("documents", "targets", "labels", "members")

        def make(e: Entry) -> Make:
            command = CreateProject(
                document_ids=[self._needed("Document", name) for name in e["documents"]],
                targets=[self._target(target) for target in e["targets"]],
                labels=[LabelDefinition(**{**d, "label": StanceLabel(d["label"])}) for d in e.get("labels") or ()],
                **{k: v for k, v in e.items() if k not in named},
            )
            return lambda key: self._project(key, command, e["members"])

        return await self._each("projects", [(e, key, make(e)) for e, key in await self._slugs(Project, entries)])

    async def _project(self, key: UUID, command: CreateProject, members: Mapping[str, str]) -> Outcome:
        outcome = await create_project(self.session, OPERATOR, command, key=key)
        for name, role in () if outcome.errors else members.items():
            member = AddProjectMember(
                project_id=Id(global_id("Project", key)),
                annotator_id=self._needed("Annotator", name),
                role=ProjectRole(role),
            )
            refused = await add_project_member(self.session, OPERATOR, member)
            if refused.errors:
                return refused
        return outcome

    def _target(self, target: Mapping[str, str]) -> StanceTarget:
        return StanceTarget(
            actor_id=self._id("Actor", target.get("actor")), topic_id=self._id("Topic", target.get("topic"))
        )

    async def _stances(self, entries: Sequence[Entry]) -> int:
        default = await self.session.scalar(select(Project.id).where(Project.is_default))

        def make(e: Entry) -> Make:
            command = RecordStance(
                statement_id=self._needed("Statement", e["statement"]),
                holder_id=self._id("Actor", e.get("holder")),
                target=self._target(e["target"]),
                label=StanceLabel(e["label"]),
                intensity=e.get("intensity"),
                confidence=e.get("confidence"),
                rationale=e.get("rationale"),
                project_id=None if default is None else Id(global_id("Project", default)),
            )
            viewer = Viewer(self.keys["Annotator", e["annotator"]], Role.ANNOTATOR)
            return lambda key: run_in_session(self.session, record_stance(viewer, command, key=key))

        def key(e: Entry) -> UUID:
            (target,) = e["target"].items()
            return seed_key("Stance", e["statement"], e["annotator"], e.get("holder"), *target)

        return await self._each("stances", [(e, key(e), make(e)) for e in entries])


def _describe(entry: Entry) -> str:
    return str(entry.get("key") or entry.get("slug") or entry.get("name") or dict(entry))[:200]
