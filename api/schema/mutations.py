"""The root type of mutations: each mutation is a line that names its service and the types that its payload returns.

The service's command is the input. `api.graphql.mutation` makes the input type and the payload type.
"""

from api.graphql.inputs import input_options
from api.graphql.mutation import mutation, mutations
from api.graphql.payload_types import Value
from api.schema.actors import Actor
from api.schema.adjudications import Adjudication
from api.schema.assignments import Assignment
from api.schema.codebooks import Codebook
from api.schema.documents import Document
from api.schema.members import ProjectMember
from api.schema.memberships import Membership
from api.schema.projects import Project
from api.schema.relations import Relation
from api.schema.revisions import Revision
from api.schema.stances import Stance
from api.schema.statements import Statement
from api.schema.topics import Topic
from api.services import (
    actor_merge,
    actors,
    adjudications,
    assignments,
    codebooks,
    documents,
    memberships,
    project_members,
    project_statements,
    projects,
    relations,
    statements,
    topics,
    undo,
)
from api.services.actors import AliasValue
from api.services.attributes import AttributeValue
from api.services.stances import record, withdraw
from api.services.stances.record import StanceTarget

__all__ = ["Mutation"]

input_options(AttributeValue, name="AttributeInput")
input_options(AliasValue, name="ActorAliasInput")
input_options(StanceTarget, one_of=True)

_CREATED = Value(
    "created",
    bool,
    "True if the mutation created the object. False if it existed already and was changed, or nothing changed.",
    lambda outcome: outcome.created,
)
_EXHAUSTED = Value(
    "exhausted",
    bool,
    "True if no statement is left for the caller at present. Statements leased to others may come back.",
    lambda outcome: outcome.key is None and not outcome.errors,
)
_ADDED = Value("added", int, "Number of statements that were not in the project before.", lambda outcome: outcome.added)


@mutations
class Mutation:
    """All mutations. Every payload lists in `errors` all errors that the caller can correct.

    An update whose `expectedVersion` differs from the current version changes nothing. Its error has the code CONFLICT,
    and its payload returns the object in its current state.
    """

    record_stance = mutation(record.record_stance, _CREATED, returns=Stance)
    """Records the caller's stance on a statement, or revises it. Requires the role ANNOTATOR."""
    record_stances = mutation(record.record_stances, each=record_stance)
    """Records up to 1,000 stances in one transaction. Requires the role ANNOTATOR."""
    withdraw_stance = mutation(withdraw.withdraw_stance, deletes=Stance, returns=Statement)
    """Withdraws a stance of the caller. Its history is retained. Requires the role ANNOTATOR."""
    next_assignment = mutation(assignments.next_assignment, _EXHAUSTED, returns=Assignment)
    """Leases a statement to the caller for annotation: the current assignment, if there is one. Requires the role
    ANNOTATOR.
    """
    extend_assignment = mutation(assignments.extend_assignment, returns=Assignment)
    """Extends the lease of an assignment, counted from now. Requires the role ANNOTATOR."""
    finish_assignment = mutation(assignments.finish_assignment, returns=Assignment)
    """Marks an assignment as finished. Requires the role ANNOTATOR."""
    skip_assignment = mutation(assignments.skip_assignment, returns=Assignment)
    """Returns a statement to the queue without annotation. Requires the role ANNOTATOR."""
    create_actor = mutation(actors.create_actor, returns=Actor, similar=True)
    """Creates an actor. Requires the role CURATOR."""
    update_actor = mutation(actors.update_actor, returns=Actor, similar=True)
    """Updates an actor. Requires the role CURATOR."""
    merge_actors = mutation(actor_merge.merge_actors, returns=Actor)
    """Merges two entries of one actor: CONFLICT if they differ, unless forced. Requires the role CURATOR."""
    create_membership = mutation(memberships.create_membership, returns=Membership)
    """Creates the membership of an actor in a group. Requires the role CURATOR."""
    create_relation = mutation(relations.create_relation, returns=Relation)
    """Creates an alliance or an opposition. Requires the role CURATOR."""
    update_relation = mutation(relations.update_relation, returns=Relation)
    """Updates an alliance or an opposition. Requires the role CURATOR."""
    delete_relation = mutation(relations.delete_relation, deletes=Relation, returns={"source": Actor, "target": Actor})
    """Deletes an alliance or an opposition. Its history is retained. Requires the role CURATOR."""
    create_document = mutation(documents.create_document, returns=Document)
    """Creates a document. Requires the role CURATOR."""
    create_statement = mutation(statements.create_statement, returns=Statement)
    """Marks a passage of a document as the statement of an actor. Requires the role ANNOTATOR."""
    delete_statement = mutation(statements.delete_statement, deletes=Statement, returns=Document)
    """Deletes a statement that nothing refers to. Its history is retained. Requires the role CURATOR."""
    create_topic = mutation(topics.create_topic, returns=Topic, similar=True)
    """Creates a topic. Requires the role CURATOR."""
    update_topic = mutation(topics.update_topic, returns=Topic, similar=True)
    """Updates a topic. Requires the role CURATOR."""
    create_project = mutation(projects.create_project, returns=Project)
    """Creates a project. Requires the role CURATOR."""
    update_project = mutation(projects.update_project, returns=Project)
    """Updates a project. Requires a curator of the project."""
    close_project = mutation(projects.close_project, returns=Project)
    """Closes a project: nothing in it can change any more. Requires a curator of the project."""
    reopen_project = mutation(projects.reopen_project, returns=Project)
    """Reopens a closed project. Requires a curator of the project."""
    add_project_member = mutation(project_members.add_project_member, _CREATED, returns={"member": ProjectMember})
    """Adds a member to a project, or changes the role of a member. Requires a curator of the project."""
    remove_project_member = mutation(project_members.remove_project_member, deletes=ProjectMember, returns=Project)
    """Removes a member from a project. The member's work stays. Requires a curator of the project."""
    add_project_documents = mutation(project_statements.add_project_documents, _ADDED, returns=Project)
    """Adds the statements of documents to the annotation queue of a project. Requires a curator of the project."""
    publish_codebook = mutation(codebooks.publish_codebook, _CREATED, returns=Codebook)
    """Publishes the next version of a project's codebook. No stance is changed. Requires a curator of the project."""
    adjudicate = mutation(adjudications.adjudicate, returns=Adjudication)
    """Decides which label counts if annotators disagree. Requires a curator of the project."""
    undo = mutation(undo.undo, returns=Revision)
    """Undoes a change of the caller: the latest change of its entity. Requires the role ANNOTATOR, and the role that
    the change itself requires.

    A stance is withdrawn, restored to its previous content, or recorded again under the same ID. The same holds for
    statements and relations. Memberships are deleted, edits of actors and topics are reverted, and merged actors are
    split with everything that was theirs. The error CONFLICT names the obstacle: a newer change, an object that was
    merged or deleted, a closed project. A creation cannot be undone if other objects refer to the created object.
    """
