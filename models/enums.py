"""The enumerations of the domain. Their docstrings are descriptions in the schema."""

from enum import StrEnum, auto

__all__ = [
    "ActorKind",
    "AdjudicationCause",
    "AssignmentStatus",
    "ProjectRole",
    "ProjectStatus",
    "RelationForm",
    "RelationKind",
    "RelationStatus",
    "RevisionAction",
    "Role",
    "StanceLabel",
    "StatementKind",
]


class _Names(StrEnum):
    @staticmethod
    def _generate_next_value_(name: str, *_: object) -> str:
        return name


class ActorKind(_Names):
    """Kinds of actors."""

    STATE = auto()
    GOVERNMENT = auto()
    ARMED_GROUP = auto()
    POLITICAL_PARTY = auto()
    INTERGOVERNMENTAL_ORGANIZATION = auto()
    ORGANIZATION = auto()
    MEDIA = auto()
    PERSON = auto()
    CIVILIANS = auto()


class RelationKind(_Names):
    """Kinds of relations. The kind is the sign: an alliance is positive, an opposition negative."""

    ALLIANCE = auto()
    OPPOSITION = auto()


class RelationForm(_Names):
    """Forms of relations."""

    DEFENSE_PACT = auto()
    MILITARY_SUPPORT = auto()
    MATERIAL_SUPPORT = auto()
    COOPERATION = auto()
    ARMED_CONFLICT = auto()
    RIVALRY = auto()
    SANCTIONS = auto()
    DIPLOMATIC_DISPUTE = auto()
    OTHER = auto()


class RelationStatus(_Names):
    """The certainty of a relation."""

    CONFIRMED = auto()
    ALLEGED = auto()
    DISPUTED = auto()


class StatementKind(_Names):
    """How a document renders a statement."""

    QUOTATION = auto()
    REPORTED_SPEECH = auto()
    PARAPHRASE = auto()


class StanceLabel(_Names):
    """A holder's position towards a target."""

    SUPPORT = auto()
    OPPOSE = auto()
    NEUTRAL = auto()
    MIXED = auto()
    UNCLEAR = auto()


class Role(_Names):
    """Roles of annotators. Each role includes the rights of the roles before it."""

    VIEWER = auto()
    ANNOTATOR = auto()
    CURATOR = auto()
    ADMIN = auto()


class ProjectStatus(_Names):
    """The status of a project."""

    OPEN = auto()
    CLOSED = auto()


class ProjectRole(_Names):
    """Roles of members in a project."""

    ANNOTATOR = auto()
    CURATOR = auto()


class AssignmentStatus(_Names):
    """The stored status of an assignment."""

    LEASED = auto()
    FINISHED = auto()
    SKIPPED = auto()


class AdjudicationCause(_Names):
    """Causes of disagreements between annotators."""

    AMBIGUOUS = auto()
    GUIDELINE_GAP = auto()
    ERROR = auto()


class RevisionAction(_Names):
    """Kinds of changes that revisions record."""

    CREATED = auto()
    UPDATED = auto()
    DELETED = auto()
    MERGED = auto()
