"""What changes the graph: each mutation names its service, its command is its input."""

from api.graphql.fields import object_type
from api.graphql.mutation import mutation
from api.schema.mutations.actors import (
    CreateActorPayload,
    CreateMembershipPayload,
    CreateTopicPayload,
    MergeActorsPayload,
    UpdateActorPayload,
    UpdateTopicPayload,
)
from api.schema.mutations.adjudications import AdjudicatePayload
from api.schema.mutations.assignments import (
    ExtendAssignmentPayload,
    FinishAssignmentPayload,
    NextAssignmentPayload,
    SkipAssignmentPayload,
)
from api.schema.mutations.documents import CreateDocumentPayload, CreateStatementPayload, DeleteStatementPayload
from api.schema.mutations.projects import (
    AddProjectDocumentsPayload,
    AddProjectMemberPayload,
    CloseProjectPayload,
    CreateProjectPayload,
    PublishCodebookPayload,
    RemoveProjectMemberPayload,
    ReopenProjectPayload,
    UpdateProjectPayload,
)
from api.schema.mutations.relations import CreateRelationPayload, DeleteRelationPayload, UpdateRelationPayload
from api.schema.mutations.stances import RecordStancePayload, RecordStancesPayload, WithdrawStancePayload
from api.schema.mutations.undoing import UndoPayload
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
from api.services.stances import record, withdraw

__all__ = ["Mutation"]


@object_type
class Mutation:
    """Everything that can be changed. Every payload tells what the caller can put right in `errors`, all at once.

    An update with an `expectedVersion` that is no longer the version changes nothing: CONFLICT, with the object as
    it stands.
    """

    record_stance: RecordStancePayload = mutation(record.record_stance)
    """Records how the caller reads a statement, or revises it. ANNOTATOR."""
    record_stances: RecordStancesPayload = mutation(record.record_stances)
    """Records up to 1,000 stances in one transaction. ANNOTATOR."""
    withdraw_stance: WithdrawStancePayload = mutation(withdraw.withdraw_stance)
    """Withdraws a stance of one's own; its history is kept. ANNOTATOR."""
    next_assignment: NextAssignmentPayload = mutation(assignments.next_assignment)
    """Gives the caller a statement to annotate, for a time: the one they have, where they have one. ANNOTATOR."""
    extend_assignment: ExtendAssignmentPayload = mutation(assignments.extend_assignment)
    """Gives the caller more time for a statement, counted from now. ANNOTATOR."""
    finish_assignment: FinishAssignmentPayload = mutation(assignments.finish_assignment)
    """Says that the caller is done with a statement. ANNOTATOR."""
    skip_assignment: SkipAssignmentPayload = mutation(assignments.skip_assignment)
    """Gives a statement back that the caller will not annotate. ANNOTATOR."""
    create_actor: CreateActorPayload = mutation(actors.create_actor)
    """Enters an actor. CURATOR."""
    update_actor: UpdateActorPayload = mutation(actors.update_actor)
    """Edits an actor. CURATOR."""
    merge_actors: MergeActorsPayload = mutation(actor_merge.merge_actors)
    """Makes two entries of one actor one; CONFLICT where they differ, unless forced. CURATOR."""
    create_membership: CreateMembershipPayload = mutation(memberships.create_membership)
    """Enters that an actor belongs to a group. CURATOR."""
    create_relation: CreateRelationPayload = mutation(relations.create_relation)
    """Enters an alliance or an opposition. CURATOR."""
    update_relation: UpdateRelationPayload = mutation(relations.update_relation)
    """Edits an alliance or an opposition. CURATOR."""
    delete_relation: DeleteRelationPayload = mutation(relations.delete_relation)
    """Deletes an alliance or an opposition; its history is kept. CURATOR."""
    create_document: CreateDocumentPayload = mutation(documents.create_document)
    """Enters a document. CURATOR."""
    create_statement: CreateStatementPayload = mutation(statements.create_statement)
    """Marks a stretch of a document in which an actor says something. ANNOTATOR."""
    delete_statement: DeleteStatementPayload = mutation(statements.delete_statement)
    """Deletes a statement on which nothing rests; its history is kept. CURATOR."""
    create_topic: CreateTopicPayload = mutation(topics.create_topic)
    """Enters a topic. CURATOR."""
    update_topic: UpdateTopicPayload = mutation(topics.update_topic)
    """Edits a topic. CURATOR."""
    create_project: CreateProjectPayload = mutation(projects.create_project)
    """Sets up a project. CURATOR."""
    update_project: UpdateProjectPayload = mutation(projects.update_project)
    """Edits a project. Its curators."""
    close_project: CloseProjectPayload = mutation(projects.close_project)
    """Closes a project: nothing in it changes any more. Its curators."""
    reopen_project: ReopenProjectPayload = mutation(projects.reopen_project)
    """Opens a closed project again. Its curators."""
    add_project_member: AddProjectMemberPayload = mutation(project_members.add_project_member)
    """Lets somebody take part in a project, or gives a member another role. Its curators."""
    remove_project_member: RemoveProjectMemberPayload = mutation(project_members.remove_project_member)
    """Lets a member take part no longer; their work stays. Its curators."""
    add_project_documents: AddProjectDocumentsPayload = mutation(project_statements.add_project_documents)
    """Adds statements to what is to be annotated. Its curators."""
    publish_codebook: PublishCodebookPayload = mutation(codebooks.publish_codebook)
    """Publishes the next version of a project's codebook; no stance is touched. Its curators."""
    adjudicate: AdjudicatePayload = mutation(adjudications.adjudicate)
    """Decides what label is to count where annotators differ. Curators of the project."""
    undo: UndoPayload = mutation(undo.undo)
    """Takes back a change of one's own, the last of its entity. ANNOTATOR, or what the change itself takes.

    Stances are withdrawn, say again what they said, or are held to again under the same id; so it is with statements
    and relations; memberships are taken back, and edits of actors and topics; actors that were merged are split again,
    with all that was theirs. CONFLICT says what stands in the way: something newer, something that was merged or
    deleted, a closed project. What others refer to by its mere existence cannot be undone.
    """
