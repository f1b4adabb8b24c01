"""How far the work in a project is."""

from dataclasses import replace

import strawberry

from api.graphql.fields import field, object_type
from api.graphql.parts import Aggregate, Aggregates, ForeignKey, HasMany, Shares
from api.schema.assignments import STATUS
from api.schema.references import AnnotatorRef
from models import Assignment, ProjectStatement, Stance


@object_type
class AnnotatorProgress:
    """What an annotator has done in a project."""

    annotator: AnnotatorRef
    """Who."""
    assigned: int
    """How many statements they are done with or have at the time of reading."""
    completed: int
    """How many statements they are done with."""
    without_stance: int
    """How many of these they judged without a stance: none at all, or none towards some target (`nothingToRecord`)."""
    stances: int
    """How many stances of theirs there are in the project, of those that the caller sees."""
    recorded: int = strawberry.field(deprecation_reason="It counts finished assignments: use `completed`.")
    """As `completed`."""


@object_type
class ProjectProgress:
    """How far the work in a project is: statements, readings that were completed, and the stances that came of them.

    A reading is a statement judged by one annotator. It is completed when its assignment is finished.
    """

    statements: int
    """How many statements there are to annotate."""
    required: int
    """How many readings there are to be: of each statement as many as the overlap says."""
    completed: int
    """How many readings are completed."""
    finished: int
    """How many statements have all their readings."""
    without_stance: int
    """How many completed readings came without a stance: none at all, or none towards some target (`nothingToRecord`).

    Only of annotators whose stances the caller sees.
    """
    stances: int
    """How many stances there are in the project, of those that the caller sees."""
    recorded: int = strawberry.field(deprecation_reason="It counts completed readings: use `completed`.")
    """As `completed`."""
    per_annotator: list[AnnotatorProgress]
    """Who has done how much, whoever did most first.

    Only one's own where others' stances are hidden: to annotators of an open blind project, and to those without a
    token where an open project is not public.
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
