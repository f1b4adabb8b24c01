"""Stances of one file that contradict one another: one annotator, statement, holder and target, but several labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from api.exchange import records
from api.exchange.format import Parsed
from api.exchange.imports.context import ImportContext
from api.exchange.imports.report import RecordResult
from api.services.stances.record import RecordStance
from models import StanceLabel


@dataclass(frozen=True, slots=True)
class StanceRequest:
    """A stance of the file, and the command that records it."""

    read: Parsed
    record: records.Stance
    command: RecordStance


def without_contradictions(entering: ImportContext, requests: Sequence[StanceRequest]) -> list[StanceRequest]:
    """Return one annotator's stances without contradictions: refused all, or merged into one that is MIXED."""
    by_identity: dict[tuple[object, ...], list[StanceRequest]] = {}
    for request in requests:
        by_identity.setdefault(_identity(request.command), []).append(request)
    consistent: list[StanceRequest] = []
    for several in by_identity.values():
        if len({request.record.label for request in several}) == 1:
            consistent += several
        elif entering.options.mix_contradictions:
            consistent.append(_merge(entering, several))
        else:
            why = f"{description(entering, _labels(several))} (--contradictions mixed records MIXED)"
            for request in several:
                entering.refuse(request.read, why)
    return consistent


def description(entering: ImportContext, labels: Mapping[StanceLabel, int]) -> str:
    """Say which labels the file gives, and where."""
    several_places = len(set(labels.values())) > 1
    said = (f"{label} ({entering.located(place)})" if several_places else label for label, place in labels.items())
    of = "of the same statement, holder, target and annotator"
    return f"the file contradicts itself: {of} it says both {' and '.join(said)}"


def mixed_command(first: RecordStance, others: Sequence[RecordStance]) -> RecordStance:
    """The command that records several contradicting stances as one. MIXED has no intensity."""
    several = [first, *others]
    rationales = dict.fromkeys(command.rationale for command in several if command.rationale)
    confidences = {command.confidence for command in several}
    return replace(
        first,
        label=StanceLabel.MIXED,
        intensity=None,
        confidence=confidences.pop() if len(confidences) == 1 else None,
        rationale="\n".join(rationales) or None,
    )


def _merge(entering: ImportContext, several: Sequence[StanceRequest]) -> StanceRequest:
    first, *others = several
    for request in others:
        entering.count(request.read, RecordResult.MATCHED)
    entering.report.remark(first.read.place, "stance", f"{description(entering, _labels(several))}: MIXED is recorded")
    command = mixed_command(first.command, [request.command for request in others])
    said = {name: getattr(command, name) for name in ("label", "intensity", "confidence", "rationale")}
    return StanceRequest(first.read, replace(first.record, **said), command)


def _labels(several: Sequence[StanceRequest]) -> dict[StanceLabel, int]:
    """Each label, and the first place that gives it."""
    labels: dict[StanceLabel, int] = {}
    for request in several:
        labels.setdefault(request.record.label, request.read.place)
    return labels


def _identity(command: RecordStance) -> tuple[object, ...]:
    target = command.target
    return command.project_id, command.statement_id, command.holder_id, target.actor_id, target.topic_id
