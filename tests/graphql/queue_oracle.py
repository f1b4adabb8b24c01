"""What the oracle knows of the queue: who was given what, and how far a project is."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from models import Annotator, Assignment, Project, ProjectRole, ProjectStatus, Role
from tests.graphql.lists import Ordering, by_instant, page
from tests.graphql.rows import Rows

Arguments = Any


class QueueOracle:
    """Answers for assignments and progress. What may be told of an annotator's share is as with their stances."""

    rows: Rows
    viewer: Annotator | None

    def _tells(self, project_id: UUID, annotator_id: UUID) -> bool:
        """In open projects: without a token, of public ones; in blind ones, by those who curate; one's own, always."""
        project = self.rows.projects[project_id]
        if project.status != ProjectStatus.OPEN:
            return True
        if self.viewer is None:
            return project.public
        if annotator_id == self.viewer.id or not project.blind:
            return True
        role = self.rows.roles.get((project.id, self.viewer.id))
        if self.viewer.role in (Role.CURATOR, Role.ADMIN):
            return role is not ProjectRole.ANNOTATOR
        return role is ProjectRole.CURATOR

    def _sees_assignment(self, assignment: Assignment) -> bool:
        """One's own, and by who curates, save where they annotate in a blind project."""
        if self.viewer is None:
            return False
        if assignment.annotator_id == self.viewer.id:
            return True
        if self.viewer.role in (Role.CURATOR, Role.ADMIN):
            return self._tells(assignment.project_id, assignment.annotator_id)
        return self.rows.roles.get((assignment.project_id, self.viewer.id)) is ProjectRole.CURATOR

    def _assignments(self, rows: Iterable[Assignment], given: Arguments) -> Any:
        filters: Mapping[str, Callable[[Assignment, Any], bool]] = {
            "status": lambda a, statuses: _status(a) in statuses,
            "project": lambda a, ids: a.project_id in self.rows.keys(*ids),
            "annotator": lambda a, ids: a.annotator_id in self.rows.keys(*ids),
        }
        asked = {key: value for key, value in (given.get("filter") or {}).items() if value is not None}
        found = [
            a for a in rows if self._sees_assignment(a) and all(filters[key](a, value) for key, value in asked.items())
        ]
        ordering = Ordering({"CREATED_AT": by_instant(lambda a: a.created_at)}, "CREATED_AT", descending=True)
        return page(found, ordering, given)

    def _assignment_status(self, assignment: Assignment, given: Arguments) -> Any:
        return _status(assignment)

    def _annotator_assignments(self, annotator: Annotator, given: Arguments) -> Any:
        return self._assignments([a for a in self.rows.assignments.values() if a.annotator_id == annotator.id], given)

    def _project_assignments(self, project: Project, given: Arguments) -> Any:
        return self._assignments([a for a in self.rows.assignments.values() if a.project_id == project.id], given)

    def _project_progress(self, project: Project, given: Arguments) -> Any:
        places = [p for p in self.rows.chosen if p.project_id == project.id]
        judged = [a for a in self.rows.assignments.values() if a.project_id == project.id and a.nothing_to_record]
        stances = [s for s in self.rows.stances.values() if s.project_id == project.id]
        completed = sum(p.finished for p in places)
        return {
            "statements": len(places),
            "required": len(places) * project.overlap,
            "completed": completed,
            "recorded": completed,
            "withoutStance": sum(self._tells(project.id, a.annotator_id) for a in judged),
            "stances": sum(self._tells(project.id, s.annotator_id) for s in stances),
            "finished": sum(not p.is_open for p in places),
            "perAnnotator": self._shares(project),
        }

    def _shares(self, project: Project) -> list[Any]:
        shares: dict[UUID, list[Assignment]] = {}
        for a in self.rows.assignments.values():
            if a.project_id == project.id and self._tells(project.id, a.annotator_id):
                shares.setdefault(a.annotator_id, []).append(a)
        stances = Counter(s.annotator_id for s in self.rows.stances.values() if s.project_id == project.id)
        ordered = sorted(shares.items(), key=lambda share: (-_completed(share[1]), share[0]))
        return [
            {
                "annotator": self.rows.annotators[key],
                "assigned": sum(_status(a) in ("LEASED", "FINISHED") for a in theirs),
                "completed": _completed(theirs),
                "recorded": _completed(theirs),
                "withoutStance": sum(a.nothing_to_record for a in theirs),
                "stances": stances[key],
            }
            for key, theirs in ordered
        ]


def _completed(assignments: Iterable[Assignment]) -> int:
    return sum(_status(a) == "FINISHED" for a in assignments)


def _status(assignment: Assignment) -> str:
    over = assignment.leased_until <= dt.datetime.now(dt.UTC)
    return "EXPIRED" if assignment.status == "LEASED" and over else str(assignment.status)
