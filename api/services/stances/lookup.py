"""Looks up in one SQL statement all that recording stances needs: referenced rows and the annotator's stances.

For commands that name no project (ADR 0022) the statement also returns the annotator's leases, and the open projects of
the annotator that contain the statement.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    Date,
    Float,
    Integer,
    Text,
    and_,
    bindparam,
    case,
    cast,
    exists,
    literal_column,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy import type_coerce as as_type

from api.database.constructs import CurrentInstant, InList
from api.database.steps import ReadStep
from api.services.references import References
from models import (
    Actor,
    ActorRedirect,
    Assignment,
    AssignmentStatus,
    Codebook,
    CodebookTarget,
    Project,
    ProjectMember,
    ProjectStatement,
    ProjectStatus,
    Stance,
    Statement,
    Topic,
)
from models.base import Uid, table_of


class Place(NamedTuple):
    """The unique key of a stance, without its annotator."""

    project_id: UUID
    statement_id: UUID
    holder_id: UUID
    target_actor_id: UUID | None
    target_topic_id: UUID | None


@dataclass(frozen=True, slots=True)
class StoredStance:
    """The content and the version of a stance."""

    key: UUID
    label: str
    intensity: int | None
    confidence: float | None
    rationale: str | None
    codebook_id: UUID | None = None
    """The version of the codebook that the stance was recorded under."""
    version: int = 1


class ReferencedRow(NamedTuple):
    """A row that a command refers to. Which of the columns are set depends on its type."""

    id: UUID
    speaker_id: UUID | None
    stated_on_sort: dt.date | None
    status: str | None
    codebook_id: UUID | None
    restricted: bool = False
    """Of a project: true if its codebook allows stances towards its named targets only."""
    slug: str | None = None
    """Of a project: its slug."""


OUTSIDER = "OUTSIDER"
"""Stands for the status of a project that the annotator is no member of."""

_ACTOR, _FORMER, _TOPIC = table_of(Actor).c, table_of(ActorRedirect).c, table_of(Topic).c
_PROJECT, _STANCE, _SPOKEN = table_of(Project).c, table_of(Stance).c, table_of(Statement).c
_MEMBER, _CODEBOOK, _TARGET = (table_of(model).c for model in (ProjectMember, Codebook, CodebookTarget))
_LEASE, _CHOSEN = table_of(Assignment).c, table_of(ProjectStatement).c
_NO_KEY, _NO_TEXT, _NO_NUMBER = cast(null(), Uid()), cast(null(), Text), cast(null(), Integer)
_ANNOTATOR: BindParameter[Any] = bindparam("annotator_id", type_=Uid(), required=False)
_IS_MEMBER = (
    exists().where(_MEMBER.project_id == _PROJECT.id, _MEMBER.annotator_id == _ANNOTATOR).correlate(table_of(Project))
)
TAKES_PART = or_(_PROJECT.is_default, _IS_MEMBER)
"""True if the annotator may record stances in the project. Everyone may in the default project."""
_STATUS = case((TAKES_PART, as_type(_PROJECT.status, Text)), else_=literal_column(f"'{OUTSIDER}'", Text))
RESTRICTED = exists().where(_CODEBOOK.id == _PROJECT.codebook_id, ~_CODEBOOK.free_targets).correlate(table_of(Project))
"""True if the project's codebook allows stances towards its named targets only."""
HOLDS_LEASE = and_(
    _LEASE.annotator_id == _ANNOTATOR,
    # A literal, since a generic plan uses the partial index of leases for a literal only.
    _LEASE.status == literal_column(f"'{AssignmentStatus.LEASED}'"),
    _LEASE.leased_until > CurrentInstant(),
)
"""True if an assignment is the annotator's and its lease has not ended."""
_OPEN_TO_MEMBERS = and_(
    _PROJECT.status == literal_column(f"'{ProjectStatus.OPEN}'"),
    ~_PROJECT.is_default,
    _IS_MEMBER,
)
EXPECTS = and_(_CHOSEN.project_id == _PROJECT.id, _OPEN_TO_MEMBERS)
"""True if the project contains the statement, is open, and the annotator is a member of it."""
_PLACE = tuple(_STANCE[name] for name in Place._fields)


def _referenced(
    kind: str,
    requested: Any,
    row: Any,
    where: Any,
    speaker: Any = _NO_KEY,
    day: Any = None,
    status: Any = _NO_TEXT,
    codebook: Any = _NO_KEY,
    restricted: Any = _NO_NUMBER,
    slug: Any = _NO_TEXT,
) -> Any:
    """Select referenced rows in the columns of stances. `requested` is the key in the command, `row` the row's own key.

    The two keys differ for a merged actor.
    """
    place = (requested, row, speaker, _NO_KEY, _NO_KEY)
    content = (_NO_KEY, status, restricted, cast(null(), Float), slug, codebook, _NO_NUMBER)
    return select(
        literal_column(f"'{kind}'", Text).label("kind"),
        *place,
        *content,
        cast(null(), Date) if day is None else day,
        _NO_TEXT,
    ).where(where)


def _current_stances(target: Any) -> Any:
    """Select the annotator's stances towards actors or towards topics. Each kind of target has its own unique index."""
    return select(
        literal_column("'Stance'", Text).label("kind"),
        *_PLACE,
        _STANCE.id,
        as_type(_STANCE.label, Text).label("label"),
        *(_STANCE[n] for n in ("intensity", "confidence", "rationale", "codebook_id", "version", "stated_on_sort")),
        _NO_TEXT.label("text"),
    ).where(
        InList(_STANCE.statement_id, "Statement"),
        _STANCE.annotator_id == _ANNOTATOR,
        target.is_not(None),
    )


_LEASED_HERE = and_(HOLDS_LEASE, InList(_LEASE.statement_id, "Unplaced"))
_WHICH = (
    ("Project", _PROJECT.id, InList(_PROJECT.id, "Project")),
    ("Default", _PROJECT.id, _PROJECT.is_default),
    ("Leased", _LEASE.statement_id, and_(_PROJECT.id == _LEASE.project_id, _LEASED_HERE)),
    ("Expecting", _CHOSEN.statement_id, and_(EXPECTS, InList(_CHOSEN.statement_id, "Unplaced"))),
)
_EXPECTING_ANY = and_(
    # Returns each project once, however many of the statements it contains.
    _PROJECT.id.in_(select(_CHOSEN.project_id).where(InList(_CHOSEN.statement_id, "Unplaced"))),
    _OPEN_TO_MEMBERS,
)
_RESTRICTED = case((RESTRICTED, 1), else_=0)


def _named_targets(which: Any) -> Any:
    """Select the named targets of restricted codebooks, in the columns of a stance's targets."""
    place = (_PROJECT.id, _NO_KEY, _NO_KEY, _TARGET.target_actor_id, _TARGET.target_topic_id)
    content = (_NO_KEY, _NO_TEXT, _NO_NUMBER, cast(null(), Float), _NO_TEXT, _NO_KEY, _NO_NUMBER)
    return select(literal_column("'Named'", Text).label("kind"), *place, *content, cast(null(), Date), _NO_TEXT).where(
        which, RESTRICTED, _TARGET.codebook_id == _PROJECT.codebook_id
    )


LOOKUP = union_all(
    # The first SELECT decides the types of the columns. The last column is for the text of an inserted stance.
    _current_stances(_STANCE.target_actor_id),
    _current_stances(_STANCE.target_topic_id),
    _referenced(
        "Statement",
        _SPOKEN.id,
        _SPOKEN.id,
        InList(_SPOKEN.id, "Statement"),
        speaker=_SPOKEN.speaker_id,
        day=_SPOKEN.stated_on_sort,
    ),
    _referenced("Actor", _ACTOR.id, _ACTOR.id, InList(_ACTOR.id, "Actor")),
    _referenced("Actor", _FORMER.former_id, _FORMER.actor_id, InList(_FORMER.former_id, "Actor")),
    _referenced("Topic", _TOPIC.id, _TOPIC.id, InList(_TOPIC.id, "Topic")),
    *(
        _referenced(
            kind,
            requested,
            _PROJECT.id,
            which,
            status=_STATUS,
            codebook=_PROJECT.codebook_id,
            restricted=_RESTRICTED,
            slug=_PROJECT.slug,
        )
        for kind, requested, which in _WHICH
    ),
    *(_named_targets(_EXPECTING_ANY if kind == "Expecting" else which) for kind, _, which in _WHICH),
)


def lookup_step(references: References, annotator_id: UUID, unplaced: Sequence[UUID]) -> ReadStep:
    """Return the step that looks up all `references`, the default project, and the annotator's stances.

    `unplaced` are the statements of commands that name no project.
    """
    kinds = ("Statement", "Actor", "Topic", "Project")
    wanted = {kind: references.wanted(kind) for kind in kinds}
    return ReadStep(LOOKUP, {**wanted, "Unplaced": sorted(set(unplaced)), "annotator_id": annotator_id})


def parse_rows(rows: Sequence[Sequence[Any]], references: References) -> dict[Place, StoredStance]:
    """Return the stances among the rows; pass all other rows to `references`."""
    current: dict[Place, StoredStance] = {}
    for kind, *row in rows:
        if kind == "Stance":
            current[Place(*row[:5])] = StoredStance(*row[5:12])
        elif kind == "Named":
            references.named.add((row[0], row[3] or row[4]))
        else:
            requested, key, speaker_id = row[:3]
            found = ReferencedRow(key, speaker_id, row[12], row[6], row[10], bool(row[7]), row[9])
            if kind in references.projects_of:
                references.projects_of[kind].setdefault(requested, []).append(found)
            else:
                references.accept(kind, requested, found)
    return current
