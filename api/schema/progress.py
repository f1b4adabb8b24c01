"""How far the work in a project is."""

from api.schema.assignments import STATUS
from api.schema.fields import behind, plain
from api.schema.references import AnnotatorRef
from api.selection.declare import Figure, Figures, One, Pointing, Shares
from models import Assignment, ProjectStatement


@plain
class AnnotatorProgress:
    """What an annotator has done in a project."""

    annotator: AnnotatorRef
    """Who."""
    assigned: int
    """How many statements they are done with or have at the time of reading."""
    recorded: int
    """How many they are done with."""


@plain
class ProjectProgress:
    """How far the work in a project is: by assignments that were finished, whatever stances came of them."""

    statements: int
    """How many statements there are to annotate."""
    required: int
    """How many times a statement is to be annotated: each by as many annotators as the overlap says."""
    recorded: int
    """How many times one was."""
    finished: int
    """How many statements have all their annotators."""
    per_annotator: list[AnnotatorProgress]
    """Who has done how much, whoever did most first.

    Only one's own where others' stances are hidden: to annotators of an open blind project, and to those without a
    token where an open project is not public.
    """


FIGURES = Figures(
    Pointing.by(ProjectStatement.project),
    {
        "statements": Figure(),
        "required": Figure(times="overlap"),
        "recorded": Figure(summed="finished"),
        "finished": Figure(where=("is_open", (False,))),
    },
    {
        "perAnnotator": Shares(
            Pointing.by(Assignment.project),
            "annotator",
            One.of(Assignment.annotator),
            {
                "assigned": Figure(where=(STATUS, ("LEASED", "FINISHED"))),
                "recorded": Figure(where=("status", ("FINISHED",))),
            },
            order="recorded",
        )
    },
)
PROGRESS = behind(FIGURES)
