"""Looks up all that the recording of stances must know, in one statement: what commands refer to, and what stands.

A command that names no project is for the project in which its annotator holds a lease on the statement, else for the
one in which it repeats or revises a stance. So leases are looked up, too, and the open projects of the annotator that
the statement is to be annotated in.
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
    """Where there can be one live stance of an annotator."""

    project_id: UUID
    statement_id: UUID
    holder_id: UUID
    target_actor_id: UUID | None
    target_topic_id: UUID | None


@dataclass(frozen=True, slots=True)
class Reading:
    """What a stance says, and how often it has said something else."""

    key: UUID
    label: str
    intensity: int | None
    confidence: float | None
    rationale: str | None
    codebook_id: UUID | None = None
    """The version of the codebook that it was read by."""
    version: int = 1


class Referred(NamedTuple):
    """A row that a command refers to; what it has beside its key depends on what it is."""

    id: UUID
    speaker_id: UUID | None
    stated_on_sort: dt.date | None
    status: str | None
    codebook_id: UUID | None
    restricted: bool = False
    """Of a project: whether stances are to be towards the targets that its codebook names."""
    slug: str | None = None
    """Of a project."""


OUTSIDER = "OUTSIDER"
"""In place of a project's status: the annotator takes no part in it."""

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
"""Whether the annotator may record in the project: anybody may in the default one."""
_STATUS = case((TAKES_PART, as_type(_PROJECT.status, Text)), else_=literal_column(f"'{OUTSIDER}'", Text))
RESTRICTED = exists().where(_CODEBOOK.id == _PROJECT.codebook_id, ~_CODEBOOK.free_targets).correlate(table_of(Project))
"""Whether the project's codebook lets stances be towards the targets alone that it names."""
HOLDS_LEASE = and_(
    _LEASE.annotator_id == _ANNOTATOR,
    # Written out, so that the partial index of leases serves any plan.
    _LEASE.status == literal_column(f"'{AssignmentStatus.LEASED}'"),
    _LEASE.leased_until > CurrentInstant(),
)
"""Of an assignment: whether it is the annotator's, and its lease has not ended."""
_OPEN_TO_MEMBERS = and_(
    _PROJECT.status == literal_column(f"'{ProjectStatus.OPEN}'"),
    ~_PROJECT.is_default,
    _IS_MEMBER,
)
EXPECTS = and_(_CHOSEN.project_id == _PROJECT.id, _OPEN_TO_MEMBERS)
"""Of a project and a statement in it: whether the annotator is a member of the project, and it is open."""
_PLACE = tuple(_STANCE[name] for name in Place._fields)


def _referred(
    kind: str,
    asked: Any,
    row: Any,
    where: Any,
    speaker: Any = _NO_KEY,
    day: Any = None,
    status: Any = _NO_TEXT,
    codebook: Any = _NO_KEY,
    restricted: Any = _NO_NUMBER,
    slug: Any = _NO_TEXT,
) -> Any:
    """Rows that commands refer to, put into the columns of the stances: `asked` leads to `row`."""
    place = (asked, row, speaker, _NO_KEY, _NO_KEY)
    reading = (_NO_KEY, status, restricted, cast(null(), Float), slug, codebook, _NO_NUMBER)
    return select(
        literal_column(f"'{kind}'", Text).label("kind"),
        *place,
        *reading,
        cast(null(), Date) if day is None else day,
        _NO_TEXT,
    ).where(where)


def _standing(target: Any) -> Any:
    """The annotator's stances towards targets of one kind: each kind has its own unique index to find them by."""
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
    # Each project once, however many of the statements it expects.
    _PROJECT.id.in_(select(_CHOSEN.project_id).where(InList(_CHOSEN.statement_id, "Unplaced"))),
    _OPEN_TO_MEMBERS,
)
_RESTRICTED = case((RESTRICTED, 1), else_=0)


def _named(which: Any) -> Any:
    """The targets that restricted codebooks name: they stand in the columns in which a stance's targets do."""
    place = (_PROJECT.id, _NO_KEY, _NO_KEY, _TARGET.target_actor_id, _TARGET.target_topic_id)
    reading = (_NO_KEY, _NO_TEXT, _NO_NUMBER, cast(null(), Float), _NO_TEXT, _NO_KEY, _NO_NUMBER)
    return select(literal_column("'Named'", Text).label("kind"), *place, *reading, cast(null(), Date), _NO_TEXT).where(
        which, RESTRICTED, _TARGET.codebook_id == _PROJECT.codebook_id
    )


LOOK_UP = union_all(
    # First, since its columns say of what type all are. The last column is for how a fresh row is shown.
    _standing(_STANCE.target_actor_id),
    _standing(_STANCE.target_topic_id),
    _referred(
        "Statement",
        _SPOKEN.id,
        _SPOKEN.id,
        InList(_SPOKEN.id, "Statement"),
        speaker=_SPOKEN.speaker_id,
        day=_SPOKEN.stated_on_sort,
    ),
    _referred("Actor", _ACTOR.id, _ACTOR.id, InList(_ACTOR.id, "Actor")),
    _referred("Actor", _FORMER.former_id, _FORMER.actor_id, InList(_FORMER.former_id, "Actor")),
    _referred("Topic", _TOPIC.id, _TOPIC.id, InList(_TOPIC.id, "Topic")),
    *(
        _referred(
            kind,
            asked,
            _PROJECT.id,
            which,
            status=_STATUS,
            codebook=_PROJECT.codebook_id,
            restricted=_RESTRICTED,
            slug=_PROJECT.slug,
        )
        for kind, asked, which in _WHICH
    ),
    *(_named(_EXPECTING_ANY if kind == "Expecting" else which) for kind, _, which in _WHICH),
)


def look_up(references: References, annotator_id: UUID, unplaced: Sequence[UUID]) -> ReadStep:
    """Everything wanted by `references`, the default project, and the annotator's stances on the statements wanted.

    `unplaced`: the statements of commands that name no project.
    """
    kinds = ("Statement", "Actor", "Topic", "Project")
    wanted = {kind: references.wanted(kind) for kind in kinds}
    return ReadStep(LOOK_UP, {**wanted, "Unplaced": sorted(set(unplaced)), "annotator_id": annotator_id})


def take_in(rows: Sequence[Sequence[Any]], references: References) -> dict[Place, Reading]:
    """The stances that stand; what else was found is handed to `references`."""
    standing: dict[Place, Reading] = {}
    for kind, *row in rows:
        if kind == "Stance":
            standing[Place(*row[:5])] = Reading(*row[5:12])
        elif kind == "Named":
            references.named.add((row[0], row[3] or row[4]))
        else:
            asked, key, speaker_id = row[:3]
            found = Referred(key, speaker_id, row[12], row[6], row[10], bool(row[7]), row[9])
            if kind in references.projects_of:
                references.projects_of[kind].setdefault(asked, []).append(found)
            else:
                references.accept(kind, asked, found)
    return standing
