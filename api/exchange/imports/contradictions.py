"""Finds stances of a file that contradict each other: same annotator, statement, holder and target, other labels."""

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
    """A stance of a file, and the command that records the stance."""

    read: Parsed
    record: records.Stance
    command: RecordStance


def without_contradictions(context: ImportContext, requests: Sequence[StanceRequest]) -> list[StanceRequest]:
    """Return one annotator's stances without contradictions.

    Contradicting stances are refused, or merged into one stance with the label MIXED if the options say so.
    """
    by_identity: dict[tuple[object, ...], list[StanceRequest]] = {}
    for request in requests:
        by_identity.setdefault(_identity(request.command), []).append(request)
    consistent: list[StanceRequest] = []
    for several in by_identity.values():
        if len({request.record.label for request in several}) == 1:
            consistent += several
        elif context.options.mix_contradictions:
            consistent.append(_merge(context, several))
        else:
            why = f"{description(context, _labels(several))} (--contradictions mixed records MIXED)"
            for request in several:
                context.refuse(request.read, why)
    return consistent


def description(context: ImportContext, labels: Mapping[StanceLabel, int]) -> str:
    """Return an error message with the contradicting labels and their places."""
    several_places = len(set(labels.values())) > 1
    said = (f"{label} ({context.location(place)})" if several_places else label for label, place in labels.items())
    of = "of the same statement, holder, target and annotator"
    return f"the file contradicts itself: {of} it says both {' and '.join(said)}"


def mixed_command(first: RecordStance, others: Sequence[RecordStance]) -> RecordStance:
    """Return the command that records several contradicting stances as one with the label MIXED and no intensity."""
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


def _merge(context: ImportContext, several: Sequence[StanceRequest]) -> StanceRequest:
    first, *others = several
    for request in others:
        context.count(request.read, RecordResult.MATCHED)
    context.report.remark(first.read.place, "stance", f"{description(context, _labels(several))}: MIXED is recorded")
    command = mixed_command(first.command, [request.command for request in others])
    said = {name: getattr(command, name) for name in ("label", "intensity", "confidence", "rationale")}
    return StanceRequest(first.read, replace(first.record, **said), command)


def _labels(several: Sequence[StanceRequest]) -> dict[StanceLabel, int]:
    """Return the first place of each label."""
    labels: dict[StanceLabel, int] = {}
    for request in several:
        labels.setdefault(request.record.label, request.read.place)
    return labels


def _identity(command: RecordStance) -> tuple[object, ...]:
    target = command.target
    return command.project_id, command.statement_id, command.holder_id, target.actor_id, target.topic_id
