"""What mutations of projects give back."""

import strawberry

from api.graphql.fields import object_type
from api.graphql.mutation import UserError
from api.schema.codebooks import Codebook
from api.schema.members import ProjectMember
from api.schema.projects import Project


@object_type
class CreateProjectPayload:
    """What became of a new project."""

    project: Project | None
    """The project; null where it was refused."""
    errors: list[UserError]
    """What the caller can put right; empty where all went well."""
    client_mutation_id: str | None
    """As the input had it."""


@object_type
class UpdateProjectPayload:
    """What became of an edited project."""

    project: Project | None
    """The project as it now stands; null where there is none."""
    errors: list[UserError]
    """What the caller can put right; empty where all went well."""
    client_mutation_id: str | None
    """As the input had it."""


@object_type
class CloseProjectPayload:
    """What became of a project to be closed."""

    project: Project | None
    """The project as it now stands; null where there is none."""
    errors: list[UserError]
    """What the caller can put right; empty where all went well."""
    client_mutation_id: str | None
    """As the input had it."""


@object_type
class ReopenProjectPayload:
    """What became of a project to be opened again."""

    project: Project | None
    """The project as it now stands; null where there is none."""
    errors: list[UserError]
    """What the caller can put right; empty where all went well."""
    client_mutation_id: str | None
    """As the input had it."""


@object_type
class AddProjectMemberPayload:
    """What became of a member to be."""

    member: ProjectMember | None
    """The member as they now take part; null where that was refused."""
    created: bool
    """Whether they took no part before."""
    errors: list[UserError]
    """What the caller can put right; empty where all went well."""
    client_mutation_id: str | None
    """As the input had it."""


@object_type
class RemoveProjectMemberPayload:
    """What became of a member to be let go."""

    project_member_id: strawberry.ID | None
    """The id of what is gone; null where that was refused."""
    project: Project | None
    """The project, as it now stands; null where that was refused."""
    errors: list[UserError]
    """What the caller can put right; empty where all went well."""
    client_mutation_id: str | None
    """As the input had it."""


@object_type
class AddProjectDocumentsPayload:
    """What became of statements to be added to a project."""

    project: Project | None
    """The project as it now stands; null where there is none."""
    added: int
    """How many statements were added: those that were not in it yet."""
    errors: list[UserError]
    """What the caller can put right; empty where all went well."""
    client_mutation_id: str | None
    """As the input had it."""


@object_type
class PublishCodebookPayload:
    """What became of the next version of a codebook."""

    codebook: Codebook | None
    """The version that the project now goes by; null where it has none."""
    created: bool
    """Whether it is new; false where it would have said what the one before says."""
    errors: list[UserError]
    """What the caller can put right; empty where all went well."""
    client_mutation_id: str | None
    """As the input had it."""
