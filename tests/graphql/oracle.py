"""The oracle: answers queries by graphql-core's own execution over rows in memory. Slow and obvious.

It shares nothing with the compiler but the committed schema and the tables' classes. It covers all of Query but
`search`, whose scores each database reckons in its own way.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any
from uuid import UUID

from graphql import GraphQLResolveInfo, GraphQLSchema, execute_sync, get_named_type, parse

from models import Actor, Adjudication, Annotator, Assignment, Relation, Revision, Stance, Statement
from models.folding import fold
from tests.graphql.decisions import OfDecisions
from tests.graphql.lists import (
    Ordering,
    by_date,
    by_instant,
    by_number,
    by_text,
    holds_words,
    in_force,
    named_like,
    names_relevance,
    page,
    title_relevance,
    within,
)
from tests.graphql.projects import OfProjects
from tests.graphql.queue_oracle import QueueOracle
from tests.graphql.rows import PREFIXES, Rows, global_id
from tests.graphql.told import Told

Arguments = Any
Filters = Mapping[str, Callable[[Any, Any], bool]]


@dataclass(frozen=True)
class Oracle(OfProjects, QueueOracle, OfDecisions, Told):
    """Answers queries over `rows` as `viewer` may see them."""

    schema: GraphQLSchema
    rows: Rows
    viewer: Annotator | None = None

    def seen_by(self, viewer: str | None) -> "Oracle":
        """The same for another annotator, by name."""
        found = [a for a in self.rows.annotators.values() if a.name == viewer]
        return replace(self, viewer=found[0] if found else None)

    def answer(self, query: str, variables: Mapping[str, Any]) -> Any:
        """The data of an operation that must go well."""
        result = execute_sync(
            self.schema,
            parse(query),
            root_value={},
            variable_values=dict(variables),
            field_resolver=self._resolve,
            type_resolver=lambda value, _info, _type: type(value).__name__,
        )
        assert not result.errors, result.errors
        return result.data

    def _resolve(self, source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        owner, name = info.parent_type.name, info.field_name
        given = {key: value for key, value in arguments.items() if value is not None}
        special = getattr(self, f"_{owner}_{name}".lower(), None)
        if special is not None:
            return special(given) if owner == "Query" else special(source, given)
        if isinstance(source, Mapping):
            return source[name]
        if name == "history":
            return self.history(source, given)
        column = re.sub("[A-Z]", lambda c: "_" + c[0].lower(), name)
        named = get_named_type(info.return_type).name
        if named in PREFIXES.values() and hasattr(source, f"{column}_id"):
            return self.rows.of_type(named).get(getattr(source, f"{column}_id"))
        return global_id(source) if name == "id" else getattr(source, column)

    # ------------------------------------------------------------------ who sees what

    def _sees(self, row: Any) -> bool:
        if isinstance(row, Assignment):
            return self._sees_assignment(row)
        if isinstance(row, Adjudication):
            return self._sees_decision(row)
        if isinstance(row, Revision):
            return self._sees_revision(row)
        return not isinstance(row, Stance) or self._tells(row.project_id, row.annotator_id)

    @property
    def _stances(self) -> list[Stance]:
        return [s for s in self.rows.stances.values() if self._sees(s)]

    # ------------------------------------------------------------------ filters

    def _narrowed(self, rows: Iterable[Any], filters: Filters, given: Arguments) -> list[Any]:
        asked = {key: value for key, value in (given.get("filter") or {}).items() if value is not None}
        return [row for row in rows if all(filters[key](row, value) for key, value in asked.items())]

    @property
    def _actor_filters(self) -> Filters:
        return {
            "kind": lambda a, kinds: a.kind in kinds,
            "countryCode": lambda a, codes: a.country_code in codes,
            "slug": lambda a, slugs: bool(self._slugs(a) & set(slugs)),
            "text": self._goes_by,
            "activeOn": lambda a, day: in_force(a.active_from, a.active_to, day),
        }

    def _slugs(self, actor: Actor) -> set[str]:
        return {actor.slug, *(r.former_slug for r in self.rows.redirects if r.actor_id == actor.id)}

    def _goes_by(self, actor: Actor, text: str) -> bool:
        return named_like(text, self._names(actor))

    def _names(self, actor: Actor) -> list[str]:
        return [actor.name, *(alias.name for alias in self._aliases(actor))]

    @property
    def _relation_filters(self) -> Filters:
        keys = self.rows.keys
        return {
            "kind": lambda r, kinds: r.kind in kinds,
            "form": lambda r, forms: r.form in forms,
            "status": lambda r, statuses: r.status in statuses,
            "between": lambda r, ids: {r.source_id, r.target_id} <= keys(*ids),
            "involving": lambda r, ids: bool({r.source_id, r.target_id} & keys(*ids)),
            "asOf": lambda r, day: in_force(r.valid_from, r.valid_to, day),
        }

    @property
    def _document_filters(self) -> Filters:
        return {
            "publisher": lambda d, ids: d.publisher_id in self.rows.keys(*ids),
            "language": lambda d, languages: d.language in languages,
            "publishedOn": lambda d, span: within(d.published_on, span),
            "text": lambda d, text: holds_words(text, d.title, d.text),
        }

    def _statements_narrowed(self, rows: Iterable[Statement], given: Arguments) -> list[Any]:
        asked = given.get("filter") or {}
        filters: Filters = {
            "speaker": lambda s, ids: s.speaker_id in self.rows.keys(*ids),
            "document": lambda s, ids: s.document_id in self.rows.keys(*ids),
            "kind": lambda s, kinds: s.kind in kinds,
            "statedOn": lambda s, span: within(s.stated_on, span),
            "text": lambda s, text: holds_words(text, s.exact),
            "stanceLabel": lambda s, _: self._has_stance(s, asked),
            "stanceTarget": lambda s, _: self._has_stance(s, asked),
        }
        return self._narrowed(rows, filters, given)

    def _has_stance(self, statement: Statement, asked: Arguments) -> bool:
        labels, targets = asked.get("stanceLabel"), asked.get("stanceTarget")
        return any(
            (labels is None or s.label in labels) and (targets is None or _target(s) in self.rows.keys(*targets))
            for s in self._stances
            if s.statement_id == statement.id
        )

    @property
    def _stance_filters(self) -> Filters:
        keys = self.rows.keys
        return {
            "label": lambda s, labels: s.label in labels,
            "holder": lambda s, ids: s.holder_id in keys(*ids),
            "target": lambda s, ids: _target(s) in keys(*ids),
            "annotator": lambda s, ids: s.annotator_id in keys(*ids),
            "statement": lambda s, ids: s.statement_id in keys(*ids),
            "project": lambda s, ids: s.project_id in keys(*ids),
            "statedOn": lambda s, span: within(self.rows.statements[s.statement_id].stated_on, span),
        }

    # ------------------------------------------------------------------ pages

    def _actors(self, rows: Iterable[Actor], given: Arguments) -> Any:
        spoken = Counter(s.speaker_id for s in self.rows.statements.values())
        orders = {
            "NAME": by_text(lambda a: fold(a.name)),
            "CREATED_AT": by_instant(lambda a: a.created_at),
            "STATEMENT_COUNT": by_number(lambda a: spoken[a.id]),
            "RELEVANCE": by_number(lambda a: names_relevance(given["filter"]["text"], self._names(a))),
        }
        return page(self._narrowed(rows, self._actor_filters, given), Ordering(orders, "NAME"), given)

    def _documents(self, rows: Iterable[Any], given: Arguments) -> Any:
        orders = {
            "PUBLISHED_ON": by_date(lambda d: d.published_on),
            "TITLE": by_text(lambda d: fold(d.title)[:200]),
            "CREATED_AT": by_instant(lambda d: d.created_at),
            "RELEVANCE": by_text(lambda d: title_relevance(given["filter"]["text"], d.title, d.published_on)),
        }
        found = self._narrowed(rows, self._document_filters, given)
        return page(found, Ordering(orders, "PUBLISHED_ON", descending=True), given)

    def _statements(
        self,
        rows: Iterable[Statement],
        given: Arguments,
        default: str = "STATED_ON",
        places: Mapping[UUID, int] = MappingProxyType({}),
    ) -> Any:
        orders = {
            "STATED_ON": by_date(lambda s: s.stated_on),
            "POSITION": by_number(lambda s: s.start),
            "CREATED_AT": by_instant(lambda s: s.created_at),
            "PLACE": by_number(lambda s: places[s.id]),
            "RELEVANCE": by_number(lambda s: 1_000_000 - (s.end - s.start)),
        }
        ordering = Ordering(orders, default, descending=default == "STATED_ON")
        return page(self._statements_narrowed(rows, given), ordering, given)

    def _stances_page(self, rows: Iterable[Stance], given: Arguments) -> Any:
        orders = {
            "CREATED_AT": by_instant(lambda s: s.created_at),
            "UPDATED_AT": by_instant(lambda s: s.updated_at),
            "STATED_ON": by_date(lambda s: self.rows.statements[s.statement_id].stated_on),
        }
        return page(self._narrowed(rows, self._stance_filters, given), Ordering(orders, "CREATED_AT"), given)

    def _relations_page(self, rows: Iterable[Relation], given: Arguments, **more: Any) -> Any:
        orders = {"VALID_FROM": by_date(lambda r: r.valid_from), "CREATED_AT": by_instant(lambda r: r.created_at)}
        found = self._narrowed(rows, self._relation_filters, given)
        return page(found, Ordering(orders, "VALID_FROM", descending=True), given, **more)

    def _memberships(self, rows: Iterable[Any], given: Arguments) -> Any:
        day = given.get("asOf")
        found = [m for m in rows if day is None or in_force(m.valid_from, m.valid_to, day)]
        ordering = Ordering({"VALID_FROM": by_date(lambda m: m.valid_from)}, "VALID_FROM", descending=True)
        return page(found, ordering, given)

    def _ties(self, actor: Actor, kind: str, given: Arguments) -> Any:
        day = given.get("asOf")
        found = [
            r
            for r in self._relations_of(actor)
            if r.kind == kind and (day is None or in_force(r.valid_from, r.valid_to, day))
        ]

        def edge(relation: Relation) -> Mapping[str, Any]:
            other = relation.target_id if relation.source_id == actor.id else relation.source_id
            return {"node": self.rows.actors[other], "relation": relation}

        return self._relations_page(found, given, edge=edge)

    def _relations_of(self, actor: Actor) -> list[Relation]:
        return [r for r in self.rows.relations.values() if actor.id in (r.source_id, r.target_id)]

    def _by_name(self, rows: Iterable[Any], given: Arguments) -> Any:
        return page(list(rows), Ordering({"NAME": by_text(lambda row: fold(row.name))}, "NAME"), given)

    def _counts(self, stances: Sequence[Stance]) -> list[Any]:
        counted = Counter((_target(s), s.label) for s in stances)
        ordered = sorted(counted.items(), key=lambda entry: (-entry[1], entry[0]))
        return [{"target": self._at(target), "label": label, "count": number} for (target, label), number in ordered]

    def _aliases(self, actor: Actor) -> list[Any]:
        return sorted((a for a in self.rows.aliases.values() if a.actor_id == actor.id), key=lambda a: a.position)

    def _attributes(self, noun: str, key: UUID) -> list[Any]:
        own = [a for a in self.rows.attributes if getattr(a, f"{noun}_id", None) == key]
        return sorted(own, key=lambda a: a.position)

    # ------------------------------------------------------------------ fields: `_type_field` in small letters

    def _query_viewer(self, given: Arguments) -> Any:
        return self.viewer

    def _query_actor(self, given: Arguments) -> Any:
        named = [a for a in self.rows.actors.values() if a.slug == given["slug"]]
        led_to = [self.rows.actors[r.actor_id] for r in self.rows.redirects if r.former_slug == given["slug"]]
        return next(iter(named + led_to), None)

    def _query_topic(self, given: Arguments) -> Any:
        return next((t for t in self.rows.topics.values() if t.slug == given["slug"]), None)

    def _query_project(self, given: Arguments) -> Any:
        return next((p for p in self.rows.projects.values() if p.slug == given["slug"]), None)

    def _query_actors(self, given: Arguments) -> Any:
        return self._actors(self.rows.actors.values(), given)

    def _query_relations(self, given: Arguments) -> Any:
        return self._relations_page(self.rows.relations.values(), given)

    def _query_documents(self, given: Arguments) -> Any:
        return self._documents(self.rows.documents.values(), given)

    def _query_statements(self, given: Arguments) -> Any:
        return self._statements(self.rows.statements.values(), given)

    def _query_stances(self, given: Arguments) -> Any:
        return self._stances_page(self._stances, given)

    def _query_topics(self, given: Arguments) -> Any:
        return self._by_name(self.rows.topics.values(), given)

    def _query_projects(self, given: Arguments) -> Any:
        return self._by_name(self.rows.projects.values(), given)

    def _query_network(self, given: Arguments) -> Any:
        found = self._narrowed(self.rows.relations.values(), self._relation_filters, given)
        ends = {key for r in found for key in (r.source_id, r.target_id)}
        return {
            "relations": sorted(found, key=lambda r: r.id),
            "actors": [self.rows.actors[key] for key in sorted(ends)],
        }

    def _actor_aliases(self, actor: Actor, given: Arguments) -> Any:
        return self._aliases(actor)

    def _actor_attributes(self, actor: Actor, given: Arguments) -> Any:
        return self._attributes("actor", actor.id)

    def _topic_attributes(self, topic: Any, given: Arguments) -> Any:
        return self._attributes("topic", topic.id)

    def _document_attributes(self, document: Any, given: Arguments) -> Any:
        return self._attributes("document", document.id)

    def _actor_memberof(self, actor: Actor, given: Arguments) -> Any:
        return self._memberships([m for m in self.rows.memberships.values() if m.member_id == actor.id], given)

    def _actor_members(self, actor: Actor, given: Arguments) -> Any:
        return self._memberships([m for m in self.rows.memberships.values() if m.group_id == actor.id], given)

    def _actor_alliances(self, actor: Actor, given: Arguments) -> Any:
        return self._ties(actor, "ALLIANCE", given)

    def _actor_oppositions(self, actor: Actor, given: Arguments) -> Any:
        return self._ties(actor, "OPPOSITION", given)

    def _actor_relations(self, actor: Actor, given: Arguments) -> Any:
        return self._relations_page(self._relations_of(actor), given)

    def _actor_statements(self, actor: Actor, given: Arguments) -> Any:
        return self._statements([s for s in self.rows.statements.values() if s.speaker_id == actor.id], given)

    def _actor_stancesheld(self, actor: Actor, given: Arguments) -> Any:
        return self._stances_page([s for s in self._stances if s.holder_id == actor.id], given)

    def _actor_stancesreceived(self, actor: Actor, given: Arguments) -> Any:
        return self._stances_page([s for s in self._stances if s.target_actor_id == actor.id], given)

    def _actor_stancesummary(self, actor: Actor, given: Arguments) -> Any:
        towards, span = given.get("towards"), given.get("statedOn") or {}
        return self._counts(
            [
                s
                for s in self._stances
                if s.holder_id == actor.id
                and (towards is None or _target(s) in self.rows.keys(towards))
                and within(self.rows.statements[s.statement_id].stated_on, span)
            ]
        )

    def _document_statements(self, document: Any, given: Arguments) -> Any:
        found = [s for s in self.rows.statements.values() if s.document_id == document.id]
        return self._statements(found, given, "POSITION")

    def _statement_quote(self, statement: Statement, given: Arguments) -> Any:
        return statement

    def _statement_position(self, statement: Statement, given: Arguments) -> Any:
        if given["unit"] == "UTF16":
            return {"start": statement.start_utf16, "end": statement.end_utf16}
        return {"start": statement.start, "end": statement.end}

    def _statement_stances(self, statement: Statement, given: Arguments) -> Any:
        return self._stances_page([s for s in self._stances if s.statement_id == statement.id], given)

    def _statement_stancecounts(self, statement: Statement, given: Arguments) -> Any:
        return self._counts([s for s in self._stances if s.statement_id == statement.id])

    def _relation_evidence(self, relation: Relation, given: Arguments) -> Any:
        borne = {e.statement_id for e in self.rows.evidence if e.relation_id == relation.id}
        return self._statements([s for s in self.rows.statements.values() if s.id in borne], given)

    def _stance_target(self, stance: Stance, given: Arguments) -> Any:
        return self._at(_target(stance))

    def _at(self, target: UUID) -> Any:
        return self.rows.actors.get(target) or self.rows.topics[target]


def _target(stance: Stance) -> UUID:
    key = stance.target_actor_id or stance.target_topic_id
    assert key is not None
    return key
