"""What mutations of documents and statements give back."""

import strawberry

from api.graphql.fields import object_type
from api.graphql.mutation import UserError
from api.schema.documents import Document
from api.schema.statements import Statement


@object_type
class CreateDocumentPayload:
    """What became of a new document."""

    document: Document | None
    """The document; null where it was refused."""
    errors: list[UserError]
    """What the caller can put right; empty where all went well."""
    client_mutation_id: str | None
    """As the input had it."""


@object_type
class CreateStatementPayload:
    """What became of a new statement."""

    statement: Statement | None
    """The statement, or the one that is there already; null where it was refused."""
    errors: list[UserError]
    """What the caller can put right; empty where all went well."""
    client_mutation_id: str | None
    """As the input had it."""


@object_type
class DeleteStatementPayload:
    """What became of a statement to be deleted."""

    statement_id: strawberry.ID | None
    """The id of the statement that is gone; null where it was refused."""
    document: Document | None
    """The document that it stood in, as it now stands; null where it was refused."""
    errors: list[UserError]
    """What the caller can put right; empty where all went well."""
    client_mutation_id: str | None
    """As the input had it."""
