"""Records one new stance in the very statement that looks up what must be known, on a database that can do so.

Most stances are new and refer to what is there. Then nothing is left to decide, and a round trip is spared. In any
other case nothing is written, and what was looked up says why.
"""

from collections.abc import Sequence
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Text,
    and_,
    bindparam,
    cast,
    exists,
    func,
    literal_column,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.types import TypeEngine

from api.database.steps import Projection, ReadStep
from api.services.references import Reference
from api.services.stances.lookup import EXPECTS, HOLDS_LEASE, LOOK_UP, RESTRICTED, TAKES_PART
from models import (
    Actor,
    Assignment,
    CodebookTarget,
    Project,
    ProjectStatement,
    ProjectStatus,
    Revision,
    RevisionAction,
    Stance,
    Statement,
    Topic,
)
from models.base import Instant, Uid, table_of

FRESH = "Fresh"
"""The kind of the row that tells of a stance that was recorded; it comes first."""
STATEMENT = "recording at once"

_STANCE, _REVISION = table_of(Stance), table_of(Revision)
_ACTOR, _PROJECT, _SPOKEN, _TARGET, _TOPIC = (
    table_of(model).c for model in (Actor, Project, Statement, CodebookTarget, Topic)
)
_LEASE, _CHOSEN = table_of(Assignment).c, table_of(ProjectStatement).c


class Asked(Protocol):
    """What a command refers to."""

    @property
    def statement(self) -> Reference | None: ...  # noqa: D102
    @property
    def holder(self) -> Reference | None: ...  # noqa: D102
    @property
    def actor(self) -> Reference | None: ...  # noqa: D102
    @property
    def topic(self) -> Reference | None: ...  # noqa: D102
    @property
    def project(self) -> Reference | None: ...  # noqa: D102


def _given(name: str, kind: TypeEngine[Any] | None = None) -> BindParameter[Any]:
    return bindparam(f"new_{name}", type_=_STANCE.c[name].type if kind is None else kind, required=False)


def _there(column: ColumnElement[UUID], key: BindParameter[Any]) -> ColumnElement[bool]:
    """Whether there is a row of that key, where there is a key."""
    return or_(key.is_(None), select(column).where(column == key).exists())


def _is_meant() -> ColumnElement[bool]:
    """Whether it is the project that is named; else that of the one lease; else the default one, if no other may be."""
    named, statement = _given("project_id"), _given("statement_id")
    mine = (HOLDS_LEASE, _LEASE.statement_id == statement)
    leases = select(func.count()).where(*mine).scalar_subquery()
    leased = select(_LEASE.project_id).where(*mine).limit(1).scalar_subquery()
    default = select(_PROJECT.id).where(_PROJECT.is_default).scalar_subquery()
    expected = select(_CHOSEN.project_id).where(EXPECTS, _CHOSEN.statement_id == statement).correlate(None).exists()
    return and_(
        _PROJECT.id == func.coalesce(named, leased, default),
        or_(named.is_not(None), leases == 1, and_(leases == 0, ~expected)),
    )


def _statement(shown: Projection) -> Any:
    holder, actor, topic = (_given(name) for name in ("holder_id", "target_actor_id", "target_topic_id"))
    named = exists().where(
        _TARGET.codebook_id == _PROJECT.codebook_id,
        or_(_TARGET.target_actor_id == actor, _TARGET.target_topic_id == topic),
    )
    plain = ("id", "label", "intensity", "confidence", "rationale", "annotator_id", "created_at", "updated_at")
    values = {
        "statement_id": _SPOKEN.id,
        "holder_id": func.coalesce(holder, _SPOKEN.speaker_id),
        "target_actor_id": actor,
        "target_topic_id": topic,
        "project_id": _PROJECT.id,
        "stated_on_sort": _SPOKEN.stated_on_sort,
        "codebook_id": _PROJECT.codebook_id,
        "version": literal_column("1"),
        **{name: _given(name) for name in plain},
    }
    fresh = (
        insert(_STANCE)
        .from_select(
            list(values),
            select(*values.values())
            .where(_SPOKEN.id == _given("statement_id"))
            .where(_is_meant())
            .where(_PROJECT.status != literal_column(f"'{ProjectStatus.CLOSED}'"), TAKES_PART)
            .where(or_(~RESTRICTED, named))
            .where(_there(_ACTOR.id, holder), _there(_ACTOR.id, actor), _there(_TOPIC.id, topic)),
        )
        .on_conflict_do_nothing()
        .returning(*_STANCE.c)
        .cte("fresh")
    )
    known = ("holder_id", "project_id", "codebook_id")
    keys = func.jsonb_build_object(*(part for name in known for part in (name, fresh.c[name])))
    told = {
        "id": _given("revision_id", Uid()),
        "created_at": _given("created_at", Instant()),
        "annotator_id": _given("annotator_id"),
        "action": literal_column(f"'{RevisionAction.CREATED}'"),
        "entity_type": literal_column(f"'{Stance.__name__}'"),
        "entity_id": fresh.c.id,
        "before": null(),
        "after": _given("after", JSONB()).op("||")(keys),
        "project_id": fresh.c.project_id,
        "owner_id": fresh.c.annotator_id,
    }
    noted = insert(_REVISION).from_select(list(told), select(*told.values())).cte("noted")
    text, source = shown.over(fresh)
    shown_as = (fresh.c[str(column.key)] for column in list(LOOK_UP.selected_columns)[1:-1])
    recorded = select(literal_column(f"'{FRESH}'", Text).label("kind"), *shown_as, text.label("text"))
    return union_all(recorded.select_from(source), *LOOK_UP.selects).add_cte(noted)


_UNSHOWN = Projection(lambda rows: (cast(null(), Text), rows))


def text_of(row: Sequence[Any]) -> bytes | None:
    """How a stance is shown that was recorded at once."""
    text: str | None = row[-1]
    return None if text is None else text.encode()


def at_once(
    look: ReadStep, asked: Asked, fresh: dict[str, Any], revision: dict[str, Any], shown: Projection | None = None
) -> ReadStep:
    """`look`, and where the database can, the recording of `fresh`, whose keys of other rows are those `asked` for."""
    made = (shown or _UNSHOWN).cache
    if STATEMENT not in made:
        made[STATEMENT] = _statement(shown or _UNSHOWN)
    keys = {
        "statement_id": asked.statement,
        "holder_id": asked.holder,
        "target_actor_id": asked.actor,
        "target_topic_id": asked.topic,
        "project_id": asked.project,
    }
    told = {name: None if reference is None else str(reference.key) for name, reference in keys.items()}
    values = {f"new_{name}": value for name, value in fresh.items()}
    values.update((f"new_{name}", None if ref is None else ref.key) for name, ref in keys.items())
    values["new_revision_id"] = revision["id"]
    values["new_after"] = {**revision["after"], **told}
    return ReadStep(look.statement, {**look.values, **values}, fused=made[STATEMENT])
