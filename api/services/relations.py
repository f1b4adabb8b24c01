"""Creates, edits and deletes relations between actors: alliances and oppositions."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, TypeAlias
from uuid import UUID

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from api import limits
from api.ids import Id, global_id
from api.names import Text
from api.security.policies import require
from api.security.viewer import Viewer
from api.services import validation
from api.services.editable_fields import ChildField, EditableFields
from api.services.outcome import KEEP, Keep, Outcome, Problems, version_conflict
from api.services.references import Reference, References, locked
from api.services.revisions import created, deleted, snapshot, updated
from models import Relation, RelationEvidence, RelationForm, RelationKind, RelationStatus, Role, new_id

Evidence: TypeAlias = Annotated[Sequence[Id], limits.EVIDENCE]


@dataclass(frozen=True, kw_only=True)
class CreateRelation:
    """Creates a relation, an alliance or an opposition, between two actors."""

    source_id: Id
    """The source actor."""
    target_id: Id
    """The target actor."""
    kind: RelationKind
    """Alliance or opposition: the sign of the relation."""
    form: RelationForm
    """The form that the relation takes."""
    status: RelationStatus | None = None
    """The certainty of the relation (default: CONFIRMED)."""
    directed: bool | None = None
    """True if the relation runs from the source to the target only (default: false)."""
    valid_from: dt.date | None = None
    """The first day, if it is known."""
    valid_to: dt.date | None = None
    """The last day, if the relation has ended."""
    summary: Text | None = None
    """A summary in a sentence or two."""
    evidence_ids: Evidence | None = None
    """The statements that are evidence for the relation."""


@dataclass(frozen=True, kw_only=True)
class UpdateRelation:
    """Edits a relation. A field that is left out stays as it is; null clears it. Actors and kind cannot change."""

    id: Id
    """The relation to edit."""
    form: RelationForm | Keep = KEEP
    """The form that the relation takes."""
    status: RelationStatus | Keep = KEEP
    """The certainty of the relation."""
    valid_from: dt.date | None | Keep = KEEP
    """The first day."""
    valid_to: dt.date | None | Keep = KEEP
    """The last day."""
    summary: Text | None | Keep = KEEP
    """A summary in a sentence or two."""
    evidence_ids: Evidence | None | Keep = KEEP
    """All statements that are evidence for the relation. They replace the current ones."""
    expected_version: int | None = None
    """The version that you read. If the current version is another, nothing changes and the error is CONFLICT."""


@dataclass(frozen=True, kw_only=True)
class DeleteRelation:
    """Deletes a relation. Its history stays."""

    id: Id
    """The relation to delete."""
    expected_version: int | None = None
    """The version that you read. If the current version is another, nothing changes and the error is CONFLICT."""


FIELDS = EditableFields(
    Relation,
    CreateRelation,
    UpdateRelation,
    {"evidence": ChildField("evidence_ids", lambda keys: [Id(global_id("Statement", UUID(key))) for key in keys])},
)


async def create_relation(
    session: AsyncSession, viewer: Viewer, command: CreateRelation, *, key: UUID | None = None
) -> Outcome:
    """Create a relation. Two actors may have several relations at the same time, of both signs."""
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
        problems.invalid("source and target are the same actor", "targetId")
    if problems or source_id is None or target_id is None:
        return problems.refused()
    defaults = {"status": command.status or RelationStatus.CONFIRMED, "directed": bool(command.directed)}
    values = {**FIELDS.values(command), **defaults}
    relation = Relation(
        id=key or new_id(),
        source_id=source_id,
        target_id=target_id,
        **values,
    )
    await created(session, viewer, relation, evidence=[str(k) for k in statements])
    await _write_evidence(session, relation.id, statements)
    return Outcome(relation.id, created=True)


async def update_relation(session: AsyncSession, viewer: Viewer, command: UpdateRelation) -> Outcome:
    """Edit a relation. If nothing is different, nothing is written."""
    require(viewer, Role.CURATOR)
    problems, references = Problems(), References()
    wanted = references.want(problems, command.id, "id", of="Relation")
    evidence_ids = None if command.evidence_ids is KEEP else command.evidence_ids or ()
    evidence = _want_evidence(problems, references, evidence_ids)
    await references.load(session)
    relation = await _locked(session, references.key(wanted))
    if relation is None:
        return problems.refused()
    statements = _evidence_keys(references, evidence)
    if version_conflict(problems, command.expected_version, relation.version):
        return problems.refused(relation.id)
    changes = FIELDS.changes(command)
    for name in ("form", "status"):
        if name in changes and changes[name] is None:
            problems.invalid("must not be null", name)
    start, end = changes.get("valid_from", relation.valid_from), changes.get("valid_to", relation.valid_to)
    validation.period(problems, start, end, "validTo" if "valid_to" in changes else "validFrom")
    validation.optional_text(problems, changes.get("summary"), "summary")
    if problems:
        return problems.refused(relation.id)
    old_evidence = await _evidence_of(session, relation.id)
    new_evidence = old_evidence if evidence_ids is None else statements
    before = {**snapshot(relation), "evidence": [str(k) for k in old_evidence]}
    for name, value in changes.items():
        setattr(relation, name, value)
    if set(new_evidence) == set(old_evidence) and not session.is_modified(relation):
        return Outcome(relation.id)
    await updated(session, viewer, relation, before, evidence=[str(k) for k in new_evidence])
    await _write_evidence(session, relation.id, new_evidence)
    return Outcome(relation.id)


async def delete_relation(session: AsyncSession, viewer: Viewer, command: DeleteRelation) -> Outcome:
    """Delete a relation. Its last revision records its state."""
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
    """Delete a relation with its evidence, and write the revision."""
    evidence = await _evidence_of(session, relation.id)
    await session.execute(delete(RelationEvidence).where(RelationEvidence.relation_id == relation.id))
    await deleted(session, viewer, relation, evidence=[str(k) for k in evidence])


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
