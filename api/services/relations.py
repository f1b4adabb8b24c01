"""Relations: alliances and oppositions, entered and edited by curators."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, TypeAlias
from uuid import UUID

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from api import limits
from api.ids import Id
from api.names import Text
from api.security.policies import require
from api.security.viewer import Viewer
from api.services import validation
from api.services.outcome import KEEP, Keep, Outcome, Problems, version_conflict
from api.services.references import Reference, References, locked
from api.services.revisions import created, deleted, snapshot, updated
from models import Relation, RelationEvidence, RelationForm, RelationKind, RelationStatus, Role, new_id

Evidence: TypeAlias = Annotated[Sequence[Id], limits.EVIDENCE]


@dataclass(frozen=True, kw_only=True)
class CreateRelation:
    """Enters an alliance or an opposition of two actors."""

    source_id: Id
    """One end."""
    target_id: Id
    """The other end."""
    kind: RelationKind
    """An alliance or an opposition."""
    form: RelationForm
    """What it consists of."""
    status: RelationStatus | None = None
    """How sure it is: CONFIRMED where left out."""
    directed: bool | None = None
    """Whether it runs from the source to the target only: false where left out."""
    valid_from: dt.date | None = None
    """Its first day, where that is known."""
    valid_to: dt.date | None = None
    """Its last day, where it has ended."""
    summary: Text | None = None
    """What there is to it, in a sentence or two."""
    evidence_ids: Evidence | None = None
    """The statements that bear it out."""


@dataclass(frozen=True, kw_only=True)
class UpdateRelation:
    """Edits a relation: what is left out stays as it is, null clears it. Its ends and its sign stay."""

    id: Id
    """Which relation."""
    form: RelationForm | Keep = KEEP
    """What it consists of."""
    status: RelationStatus | Keep = KEEP
    """How sure it is."""
    valid_from: dt.date | None | Keep = KEEP
    """Its first day."""
    valid_to: dt.date | None | Keep = KEEP
    """Its last day."""
    summary: Text | None | Keep = KEEP
    """What there is to it, in a sentence or two."""
    evidence_ids: Evidence | None | Keep = KEEP
    """All statements that bear it out, in place of those it has."""
    expected_version: int | None = None
    """The version that was looked at: where it is no longer the version, nothing changes."""


@dataclass(frozen=True, kw_only=True)
class DeleteRelation:
    """Deletes a relation; its history is kept."""

    id: Id
    """Which relation."""
    expected_version: int | None = None
    """The version that was looked at: where it is no longer the version, nothing changes."""


async def create_relation(
    session: AsyncSession, viewer: Viewer, command: CreateRelation, *, key: UUID | None = None
) -> Outcome:
    """A new relation. Several of the same two may hold at once, of both signs."""
    require(viewer, Role.CURATOR)
    problems, references = Problems(), References()
    source = references.want(problems, command.source_id, "sourceId", of="Actor")
    target = references.want(problems, command.target_id, "targetId", of="Actor")
    evidence = _want_evidence(problems, references, command.evidence_ids)
    validation.period(problems, command.valid_from, command.valid_to, "validTo")
    validation.optional_text(problems, command.summary, "summary")
    await references.load(session)
    source_id, target_id = references.key(source), references.key(target)
    statements = _evidence_keys(references, evidence)
    if source_id is not None and source_id == target_id:
        problems.invalid("an actor has no relation with itself", "targetId")
    if problems or source_id is None or target_id is None:
        return problems.refused()
    relation = Relation(
        id=key or new_id(),
        source_id=source_id,
        target_id=target_id,
        kind=command.kind,
        form=command.form,
        status=command.status or RelationStatus.CONFIRMED,
        directed=bool(command.directed),
        valid_from=command.valid_from,
        valid_to=command.valid_to,
        summary=command.summary,
    )
    await created(session, viewer, relation, evidence=[str(k) for k in statements])
    await _write_evidence(session, relation.id, statements)
    return Outcome(relation.id, created=True)


async def update_relation(session: AsyncSession, viewer: Viewer, command: UpdateRelation) -> Outcome:
    """A relation edited; nothing is written where nothing is different."""
    require(viewer, Role.CURATOR)
    problems, references = Problems(), References()
    wanted = references.want(problems, command.id, "id", of="Relation")
    given = None if command.evidence_ids is KEEP else command.evidence_ids or ()
    evidence = _want_evidence(problems, references, given)
    await references.load(session)
    relation = await _locked(session, references.key(wanted))
    if relation is None:
        return problems.refused()
    statements = _evidence_keys(references, evidence)
    if version_conflict(problems, command.expected_version, relation.version):
        return problems.refused(relation.id)
    changes = {name: value for name in _EDITABLE if (value := getattr(command, name)) is not KEEP}
    for name in ("form", "status"):
        if name in changes and changes[name] is None:
            problems.invalid("must not be null", name)
    start, end = changes.get("valid_from", relation.valid_from), changes.get("valid_to", relation.valid_to)
    validation.period(problems, start, end, "validTo" if "valid_to" in changes else "validFrom")
    validation.optional_text(problems, changes.get("summary"), "summary")
    if problems:
        return problems.refused(relation.id)
    had = await _evidence_of(session, relation.id)
    has = had if given is None else statements
    before = {**snapshot(relation), "evidence": [str(k) for k in had]}
    for name, value in changes.items():
        setattr(relation, name, value)
    if set(has) == set(had) and not session.is_modified(relation):
        return Outcome(relation.id)
    await updated(session, viewer, relation, before, evidence=[str(k) for k in has])
    await _write_evidence(session, relation.id, has)
    return Outcome(relation.id)


async def delete_relation(session: AsyncSession, viewer: Viewer, command: DeleteRelation) -> Outcome:
    """A relation gone; what it was stays in its last revision."""
    require(viewer, Role.CURATOR)
    problems, references = Problems(), References()
    wanted = references.want(problems, command.id, "id", of="Relation")
    await references.load(session)
    relation = await _locked(session, references.key(wanted))
    if relation is None:
        return problems.refused()
    if version_conflict(problems, command.expected_version, relation.version):
        return problems.refused()
    await drop_relation(session, viewer, relation)
    return Outcome(relation.id, parents={"source": relation.source_id, "target": relation.target_id})


async def drop_relation(session: AsyncSession, viewer: Viewer, relation: Relation) -> None:
    """Delete a relation with its evidence, and write down both."""
    evidence = await _evidence_of(session, relation.id)
    await session.execute(delete(RelationEvidence).where(RelationEvidence.relation_id == relation.id))
    await deleted(session, viewer, relation, evidence=[str(k) for k in evidence])


_EDITABLE = ("form", "status", "valid_from", "valid_to", "summary")


async def _locked(session: AsyncSession, key: UUID | None) -> Relation | None:
    if key is None:
        return None
    return await locked(session, select(Relation).where(Relation.id == key))


def _want_evidence(problems: Problems, references: References, ids: Sequence[Id] | None) -> list[Reference | None]:
    if not validation.count(problems, len(ids or ()), limits.EVIDENCE, "evidenceIds"):
        return []
    return [
        references.want(problems, text, "evidenceIds", str(place), of="Statement")
        for place, text in enumerate(ids or ())
    ]


def _evidence_keys(references: References, evidence: list[Reference | None]) -> list[UUID]:
    found = [references.key(reference) for reference in evidence]
    return list(dict.fromkeys(key for key in found if key is not None))


async def _evidence_of(session: AsyncSession, key: UUID) -> list[UUID]:
    rows = select(RelationEvidence.statement_id).where(RelationEvidence.relation_id == key)
    return list(await session.scalars(rows.order_by(RelationEvidence.statement_id)))


async def _write_evidence(session: AsyncSession, key: UUID, statements: Sequence[UUID]) -> None:
    await session.execute(delete(RelationEvidence).where(RelationEvidence.relation_id == key))
    if statements:
        await session.execute(
            insert(RelationEvidence), [{"relation_id": key, "statement_id": statement} for statement in statements]
        )
