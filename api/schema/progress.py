"""The progress of a project: counted statements, annotations and stances."""

from dataclasses import replace

import strawberry

from api.graphql.fields import field, object_type
from api.graphql.parts import Aggregate, Aggregates, ForeignKey, HasMany, Shares
from api.schema.assignments import STATUS
from api.schema.references import AnnotatorRef
from models import Assignment, ProjectStatement, Stance


@object_type
class AnnotatorProgress:
    """The progress of an annotator in a project."""

    annotator: AnnotatorRef
    """The annotator."""
    assigned: int
    """Number of statements that the annotator has finished, or has on lease at the time of the query."""
    completed: int
    """Number of statements that the annotator has finished."""
    without_stance: int
    """Number of finished statements with a missing stance (`nothingToRecord`)."""
    stances: int
    """Number of the annotator's stances in the project that the caller may see."""
    recorded: int = strawberry.field(deprecation_reason="It counts finished assignments: use `completed`.")
    """Same as `completed`."""


@object_type
class ProjectProgress:
    """The progress of a project in statements, annotations and stances.

    An annotation is the work of one annotator on one statement. It is completed when its assignment is finished.
    """

    statements: int
    """Number of statements in the project."""
    required: int
    """Number of annotations to complete: statements times overlap."""
    completed: int
    """Number of completed annotations."""
    finished: int
    """Number of statements with all annotations completed."""
    without_stance: int
    """Number of completed annotations with a missing stance (`nothingToRecord`).

    Counts only annotators whose stances the caller may see.
    """
    stances: int
    """Number of stances in the project that the caller may see."""
    recorded: int = strawberry.field(deprecation_reason="It counts completed annotations: use `completed`.")
    """Same as `completed`."""
    per_annotator: list[AnnotatorProgress]
    """The progress of each annotator, the one with the most completed annotations first.

    Contains only the caller's own progress if the stances of others are hidden: for annotators of an open blind
    project, and for callers without a token if an open project is not public.
    """


_JUDGED = Aggregate(where=("nothing_to_record", (True,)))

FIGURES = Aggregates(
    HasMany.by(ProjectStatement.project),
    {
        "statements": Aggregate(),
        "required": Aggregate(times="overlap"),
        "completed": Aggregate(summed="finished"),
        "finished": Aggregate(where=("is_open", (False,))),
        "withoutStance": replace(_JUDGED, rows=HasMany.by(Assignment.project)),
        "stances": Aggregate(rows=HasMany.by(Stance.project)),
        "recorded": Aggregate(summed="finished"),
    },
    {
        "perAnnotator": Shares(
            HasMany.by(Assignment.project),
            "annotator",
            ForeignKey.of(Assignment.annotator),
            {
                "assigned": Aggregate(where=(STATUS, ("LEASED", "FINISHED"))),
                "completed": Aggregate(where=("status", ("FINISHED",))),
                "withoutStance": _JUDGED,
                "stances": Aggregate(rows=HasMany.by(Stance.project)),
                "recorded": Aggregate(where=("status", ("FINISHED",))),
            },
            order="completed",
        )
    },
)
PROGRESS = field(FIGURES)
