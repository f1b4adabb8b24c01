"""The measured operations: the document, the variables and the caller of each.

Generated statements bear five stances each; fields enough are asked of them that the 100 statements come to about
8,000 fields.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bench.facts import Facts

Variables = Mapping[str, Any]
AT_ONCE = 1_000
"""The number of stances that a `record_stances` request records."""


class Caller(StrEnum):
    """The caller whose token is sent."""

    ANONYMOUS = "anonymous"
    BLIND = "blind"
    """An annotator of the blind project, who sees only their own stances in it."""
    WRITER = "writer"
    """An annotator without stances."""


@dataclass(frozen=True)
class Operation:
    """An operation with varying variables."""

    name: str
    document: str
    nth: Callable[[Facts, int], Variables]
    """Returns the variables of the nth request."""
    caller: Caller = Caller.ANONYMOUS
    writes: int = 0
    """The number of stances that each request records."""

    def variables(self, facts: Facts, count: int, start: int = 0) -> list[Variables]:
        """Return the variables of `count` requests, from the request number `start`.

        Those that write name something new each time, as long as the data last; those that read begin anew.
        """
        return [self.nth(facts, number) for number in range(start, start + count)]


_ACTOR_PAGE = """
query ActorPage($slug: String!) {
  actor(slug: $slug) {
    id slug name kind description countryCode wikidataId activeFrom activeTo createdAt updatedAt version
    aliases { name language script }
    relations(first: 20) {
      edges { node { id kind form validFrom validTo source { id name } target { id name } } }
    }
    statements(first: 20) {
      edges {
        node {
          id kind statedOn
          quote { exact }
          document { id title }
          stanceCounts { target { ... on Actor { name } ... on Topic { name } } label count }
        }
      }
    }
  }
}
"""

_STATEMENTS = """
query Statements($after: String!) {
  statements(first: 100, after: $after) {
    edges {
      node {
        id kind statedOn createdAt
        quote { exact prefix suffix }
        speaker { id name }
        document { id title }
        stances(first: 10) {
          edges {
            node {
              id label intensity confidence rationale createdAt version
              holder { id name }
              annotator { id name }
              target { __typename ... on Actor { id name } ... on Topic { id name } }
            }
          }
        }
      }
    }
  }
}
"""

_NETWORK = """
query Network($day: Date!) {
  network(filter: {asOf: $day}) {
    actors { id name kind }
    relations { id kind source { id } target { id } validFrom validTo }
  }
}
"""

_NODE = """
query Node($id: ID!) {
  node(id: $id) { id ... on Actor { name kind } }
}
"""

_RECORD_STANCE = """
mutation RecordStance($input: RecordStanceInput!) {
  recordStance(input: $input) {
    stance { id label version }
    created
    errors { code }
  }
}
"""

_SEARCH = """
query Search($text: String!) {
  search(text: $text, first: 20) {
    edges {
      score
      node {
        __typename
        ... on Actor { id name }
        ... on Document { id title }
        ... on Statement { id quote { exact } }
        ... on Topic { id name }
      }
    }
  }
}
"""

_PAGE = """
query {name} {{
  statements(first: 20, orderBy: {{field: STATED_ON, direction: DESC}}{after}) {{
    edges {{
      cursor
      node {{ id kind statedOn quote {{ exact }} speaker {{ id name }} document {{ id title }} }}
    }}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}
"""

_TOTAL_COUNT = """
query TotalCount {
  statements { totalCount }
}
"""

_NODES = """
query Nodes($ids: [ID!]!) {
  nodes(ids: $ids) {
    __typename
    id
    ... on Actor { slug name countryCode }
    ... on Statement { statedOn quote { exact } }
    ... on Document { title publishedOn language }
    ... on Topic { slug name }
    ... on Stance { label confidence }
  }
}
"""

_RECORD_STANCES = """
mutation RecordStances($input: RecordStancesInput!) {
  recordStances(input: $input) {
    results { created errors { code } }
  }
}
"""


def _one(items: Sequence[str], number: int) -> str:
    return items[number % len(items)]


def _several(items: Sequence[str], number: int, count: int) -> list[str]:
    return [_one(items, number * count + place) for place in range(count)]


def _mixed(facts: Facts, number: int) -> Variables:
    """Return 100 IDs: 20 of each of five types, alternating."""
    kinds = (facts.actors, facts.statements, facts.documents, facts.topics, facts.stances)
    rows = zip(*(_several(ids, number, 20) for ids in kinds), strict=True)
    return {"ids": [key for row in rows for key in row]}


_LABELS = ("SUPPORT", "OPPOSE", "NEUTRAL", "MIXED", "UNCLEAR")


def _stance(facts: Facts, number: int) -> Variables:
    """Return the nth stance. Consecutive stances are on different statements."""
    statements, targets = facts.statements, len(facts.topics) + len(facts.actors)
    place = number // len(statements) % targets
    towards = (
        {"topicId": facts.topics[place]}
        if place < len(facts.topics)
        else {"actorId": facts.actors[place - len(facts.topics)]}
    )
    label = _LABELS[number % len(_LABELS)]
    return {
        "statementId": _one(statements, number),
        "target": towards,
        "label": label,
        "intensity": number % 3 + 1 if label in ("SUPPORT", "OPPOSE") else None,
        "confidence": (50 + number % 51) / 100,
        "rationale": "So the words before it say." if number % 3 == 0 else None,
    }


def _stances(facts: Facts, number: int) -> Variables:
    return {"input": {"stances": [_stance(facts, number * AT_ONCE + place) for place in range(AT_ONCE)]}}


OPERATIONS: Mapping[str, Operation] = {
    operation.name: operation
    for operation in (
        Operation("actor_page", _ACTOR_PAGE, lambda facts, n: {"slug": _one(facts.slugs, n)}),
        Operation("statements", _STATEMENTS, lambda facts, n: {"after": _one(facts.cursors, n)}),
        Operation("network", _NETWORK, lambda facts, n: {"day": _one(facts.days, n)}),
        Operation("node", _NODE, lambda facts, n: {"id": _one(facts.actors, n)}),
        Operation("record_stance", _RECORD_STANCE, lambda facts, n: {"input": _stance(facts, n)}, Caller.WRITER, 1),
        Operation("search", _SEARCH, lambda facts, n: {"text": _one(facts.words, n)}),
        Operation("first_page", _PAGE.format(name="FirstPage", after=""), lambda _facts, _n: {}),
        Operation(
            "deep_page",
            _PAGE.format(name="DeepPage($after: String!)", after=", after: $after"),
            lambda facts, n: {"after": _one(facts.deep_cursors, n)},
        ),
        Operation("total_count", _TOTAL_COUNT, lambda _facts, _n: {}),
        Operation("nodes", _NODES, _mixed),
        Operation(
            "blind_actor_page", _ACTOR_PAGE, lambda facts, n: {"slug": _one(facts.slugs, n)}, caller=Caller.BLIND
        ),
        Operation("record_stances", _RECORD_STANCES, _stances, Caller.WRITER, AT_ONCE),
    )
}
"""The operations by name, in the order of measurement."""
