"""What the oracle knows of revisions: who sees them, what they changed, what a stance said once."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from graphql import GraphQLObjectType, GraphQLSchema

from models import Adjudication, Annotator, Assignment, Revision, Stance
from tests.graphql.lists import Ordering, by_key, by_number, page
from tests.graphql.rows import PREFIXES, Rows

NAMES = {name: prefix for prefix, name in PREFIXES.items()}
WITHIN = {
    "Statement": {
        **{name: f"quote.{name}" for name in ("exact", "prefix", "suffix")},
        **{name: f"position.{name}" for name in ("start", "end")},
    },
    "Stance": {"target_actor_id": "target", "target_topic_id": "target"},
    "Adjudication": {"target_actor_id": "target", "target_topic_id": "target", "annotator_id": "decidedBy"},
    "Codebook": {"annotator_id": "publishedBy"},
}
"""State's name → field, where the one does not follow from the other."""
LEADS_TO = {
    "source_id": "Actor",
    "target_id": "Actor",
    "speaker_id": "Actor",
    "reported_by_id": "Actor",
    "publisher_id": "Actor",
    "holder_id": "Actor",
    "target_actor_id": "Actor",
    "target_topic_id": "Topic",
    "member_id": "Actor",
    "group_id": "Actor",
    "document_id": "Document",
    "statement_id": "Statement",
    "annotator_id": "Annotator",
    "project_id": "Project",
    "codebook_id": "Codebook",
    "supersedes_id": "Adjudication",
    "evidence": "Statement",
    "absorbed": "Actor",
    "into": "Actor",
}
"""State's name → the type whose ids it holds."""
MERGED = ("absorbed", "into")


class Told:
    """The part of the oracle that answers from revisions."""

    schema: GraphQLSchema
    rows: Rows
    viewer: Annotator | None

    def _tells(self, project_id: UUID, annotator_id: UUID) -> bool:
        raise NotImplementedError

    def _sees(self, row: Any) -> bool:
        raise NotImplementedError

    def _sees_assignment(self, row: Any) -> bool:
        raise NotImplementedError

    def _sees_decision(self, decision: Any) -> bool:
        raise NotImplementedError

    def _sees_revision(self, revision: Revision) -> bool:
        if revision.entity_type == "Stance":
            assert revision.project_id is not None
            assert revision.owner_id is not None
            return self._tells(revision.project_id, revision.owner_id)
        if revision.entity_type == "Assignment":
            return self._sees_assignment(Assignment(project_id=revision.project_id, annotator_id=revision.owner_id))
        if revision.entity_type == "Adjudication":
            return self._sees_decision(Adjudication(project_id=revision.project_id))
        return revision.entity_type in NAMES

    def _told(self, revisions: Iterable[Revision]) -> list[Revision]:
        return [r for r in revisions if self._sees_revision(r)]

    def history(self, source: Any, given: Mapping[str, Any]) -> Any:
        """The page of an entity's revisions."""
        mine = self._told(r for r in self.rows.revisions.values() if r.entity_id == source.id)
        return page(mine, Ordering({"CHANGED": by_key()}, "CHANGED", descending=True), given)

    def _query_node(self, given: Mapping[str, Any]) -> Any:
        return self._seen(self.rows.called(given["id"]))

    def _query_nodes(self, given: Mapping[str, Any]) -> Any:
        return [self._seen(self.rows.called(text)) for text in given["ids"]]

    def _seen(self, row: Any) -> Any:
        """`row`, where it may be seen."""
        return row if row is None or self._sees(row) else None

    def _query_changes(self, given: Mapping[str, Any]) -> Any:
        found = self._told(self.rows.revisions.values())
        if "types" in given:
            found = [r for r in found if _capitals(r.entity_type) in given["types"]]
        if "projectId" in given:
            found = [r for r in found if r.project_id in self.rows.keys(given["projectId"])]
        return page(found, Ordering({"PLACE": by_number(lambda r: r.place)}, "PLACE"), given)

    def _revision_at(self, revision: Revision, given: Any) -> Any:
        return revision.created_at

    def _revision_by(self, revision: Revision, given: Any) -> Any:
        return None if revision.annotator_id is None else self.rows.annotators[revision.annotator_id]

    def _revision_entitytype(self, revision: Revision, given: Any) -> Any:
        return _capitals(revision.entity_type)

    def _revision_entityid(self, revision: Revision, given: Any) -> Any:
        return f"{NAMES[revision.entity_type]}_{revision.entity_id}"

    def _revision_entity(self, revision: Revision, given: Any) -> Any:
        return self._seen(self.rows.called(self._revision_entityid(revision, given)))

    def _parent(self, revision: Revision, key: str, *of: str) -> Any:
        states = (revision.after or {}, revision.before or {})
        told = next((state[key] for state in states if state.get(key) is not None), None)
        if told is None or revision.entity_type not in of:
            return None
        return self.rows.called(f"{NAMES[LEADS_TO[key]]}_{told}")

    def _revision_statement(self, revision: Revision, given: Any) -> Any:
        return self._parent(revision, "statement_id", "Stance", "Assignment", "Adjudication")

    def _revision_document(self, revision: Revision, given: Any) -> Any:
        return self._parent(revision, "document_id", "Statement")

    def _revision_source(self, revision: Revision, given: Any) -> Any:
        return self._parent(revision, "source_id", "Relation")

    def _revision_target(self, revision: Revision, given: Any) -> Any:
        return self._parent(revision, "target_id", "Relation")

    def _revision_member(self, revision: Revision, given: Any) -> Any:
        return self._parent(revision, "member_id", "Membership")

    def _revision_group(self, revision: Revision, given: Any) -> Any:
        return self._parent(revision, "group_id", "Membership")

    def _revision_changes(self, revision: Revision, given: Any) -> Any:
        return [
            {"field": field, "before": _shown(name, before), "after": _shown(name, after)}
            for name, field in self._fields(revision.entity_type)
            if (before := (revision.before or {}).get(name)) != (after := (revision.after or {}).get(name))
        ]

    def _fields(self, type_name: str) -> Iterator[tuple[str, str]]:
        """Names in states with their fields, in the order of the type."""
        type_ = self.schema.type_map[type_name]
        assert isinstance(type_, GraphQLObjectType)
        within = WITHIN.get(type_name, {})
        for field in type_.fields:
            if field == "id":
                continue
            yield from ((name, shown) for name, shown in within.items() if shown.split(".")[0] == field)
            snake = "".join(f"_{c.lower()}" if c.isupper() else c for c in field)
            if field not in within.values() or type_name == "Relation":
                yield (f"{snake}_id" if f"{snake}_id" in LEADS_TO else snake), field
        if type_name == "Actor":
            yield from ((name, name) for name in MERGED)

    def _stance_valueat(self, stance: Stance, given: Mapping[str, Any]) -> Any:
        at: dt.datetime = given["at"]
        mine = [r for r in self.rows.revisions.values() if r.entity_id == stance.id and r.created_at <= at]
        whole = [r for r in mine if r.action == "DELETED" or (r.after or {}).get("label") is not None]
        last = max(whole, key=lambda r: r.id, default=None)
        return None if last is None or last.action == "DELETED" else {**_NOTHING, **(last.after or {})}


_NOTHING = dict.fromkeys(("label", "intensity", "confidence", "rationale"))


def _capitals(name: str) -> str:
    return {"ProjectMember": "PROJECT_MEMBER"}.get(name, name.upper())


def _shown(name: str, value: Any) -> Any:
    if name not in LEADS_TO or not isinstance(value, str | list):
        return value
    prefix = NAMES[LEADS_TO[name]]
    return [f"{prefix}_{key}" for key in value] if isinstance(value, list) else f"{prefix}_{value}"
