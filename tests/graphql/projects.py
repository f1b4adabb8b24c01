"""What the oracle knows of projects: their members, codebooks, and what is to be annotated in them."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol
from uuid import UUID

from models import Codebook, CodebookTarget, Project, Stance, Statement
from tests.graphql.lists import Ordering, by_instant, by_number, page
from tests.graphql.rows import Rows

Arguments = Any


class Knowing(Protocol):
    """What these fields need of the oracle."""

    @property
    def rows(self) -> Rows: ...
    @property
    def _stances(self) -> list[Stance]: ...
    def _stances_page(self, rows: Iterable[Stance], given: Arguments) -> Any: ...
    def _documents(self, rows: Iterable[Any], given: Arguments) -> Any: ...
    def _statements(
        self, rows: Iterable[Statement], given: Arguments, default: str, places: Mapping[UUID, int]
    ) -> Any: ...
    def _at(self, target: UUID) -> Any: ...


class OfProjects:
    """Fields: `_type_field` in small letters."""

    def _project_members(self: Knowing, project: Project, given: Arguments) -> Any:
        found = [m for m in self.rows.members.values() if m.project_id == project.id]
        return page(found, Ordering({"CREATED_AT": by_instant(lambda m: m.created_at)}, "CREATED_AT"), given)

    def _project_statements(self: Knowing, project: Project, given: Arguments) -> Any:
        places = {row.statement_id: row.position for row in self.rows.chosen if row.project_id == project.id}
        return self._statements([self.rows.statements[key] for key in places], given, "PLACE", places)

    def _project_documents(self: Knowing, project: Project, given: Arguments) -> Any:
        keys = {row.document_id for row in self.rows.chosen if row.project_id == project.id}
        return self._documents([self.rows.documents[key] for key in keys], given)

    def _project_codebookversions(self: Knowing, project: Project, given: Arguments) -> Any:
        found = [c for c in self.rows.codebooks.values() if c.project_id == project.id]
        return page(found, Ordering({"NUMBER": by_number(lambda c: c.number)}, "NUMBER", descending=True), given)

    def _project_stancesunderoldcodebook(self: Knowing, project: Project, given: Arguments) -> Any:
        mine = [s for s in self._stances if s.project_id == project.id]
        return self._stances_page([s for s in mine if s.codebook_id != project.codebook_id], given)

    def _codebook_labels(self: Knowing, codebook: Codebook, given: Arguments) -> Any:
        return [row for row in self.rows.labels if row.codebook_id == codebook.id]

    def _codebook_targets(self: Knowing, codebook: Codebook, given: Arguments) -> Any:
        return [row for row in self.rows.targets if row.codebook_id == codebook.id]

    def _codebook_publishedby(self: Knowing, codebook: Codebook, given: Arguments) -> Any:
        return self.rows.annotators.get(codebook.annotator_id) if codebook.annotator_id else None

    def _codebooktarget_target(self: Knowing, row: CodebookTarget, given: Arguments) -> Any:
        key = row.target_actor_id or row.target_topic_id
        assert key is not None
        return self._at(key)
