"""The closed vocabularies of the domain. Their docstrings and `describe` texts are what the schema shows."""

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
    """What sort of actor it is."""

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
    """The sign of a tie: an alliance is positive, an opposition negative."""

    ALLIANCE = auto()
    OPPOSITION = auto()


class RelationForm(_Names):
    """What a tie consists of."""

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
    """How sure it is that a tie holds."""

    CONFIRMED = auto()
    ALLEGED = auto()
    DISPUTED = auto()


class StatementKind(_Names):
    """How the speaker's words reach the reader."""

    QUOTATION = auto()
    REPORTED_SPEECH = auto()
    PARAPHRASE = auto()


class StanceLabel(_Names):
    """Where a holder stands towards a target, as an annotator reads it."""

    SUPPORT = auto()
    OPPOSE = auto()
    NEUTRAL = auto()
    MIXED = auto()
    UNCLEAR = auto()


class Role(_Names):
    """What an annotator may do. Each role may do all that the one before it may."""

    VIEWER = auto()
    ANNOTATOR = auto()
    CURATOR = auto()
    ADMIN = auto()


class ProjectStatus(_Names):
    """Whether stances may still be recorded in a project."""

    OPEN = auto()
    CLOSED = auto()


class ProjectRole(_Names):
    """What somebody does in a project."""

    ANNOTATOR = auto()
    CURATOR = auto()


class AssignmentStatus(_Names):
    """How far an annotator is with a statement."""

    LEASED = auto()
    FINISHED = auto()
    SKIPPED = auto()


class AdjudicationCause(_Names):
    """Why annotators differed."""

    AMBIGUOUS = auto()
    GUIDELINE_GAP = auto()
    ERROR = auto()


class RevisionAction(_Names):
    """What a revision records."""

    CREATED = auto()
    UPDATED = auto()
    DELETED = auto()
    MERGED = auto()
