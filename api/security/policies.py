"""Authorization: checks that a caller has the necessary role."""

from uuid import UUID

from api.errors import Forbidden, Unauthenticated
from api.security.viewer import Viewer
from models import ProjectRole, Role


def require(viewer: Viewer, role: Role) -> None:
    """Check that the caller has at least `role`.

    :raises Unauthenticated: if the caller sent no token.
    :raises Forbidden: if the caller has a lower role.
    """
    if viewer.role is None:
        raise Unauthenticated("this needs a token: send the header Authorization: Bearer TOKEN")
    if not viewer.has(role):
        raise Forbidden(f"this needs the role {role}; yours is {viewer.role}")


def require_annotator(viewer: Viewer) -> UUID:
    """Return the key of the calling annotator, who may record stances.

    :raises Unauthenticated, Forbidden: as `require`; the operator at the command line is no annotator.
    """
    require(viewer, Role.ANNOTATOR)
    if viewer.annotator_id is None:
        raise Forbidden("stances are recorded by annotators: use a token")
    return viewer.annotator_id


def may_withdraw(viewer: Viewer, annotator_id: UUID) -> bool:
    """True if the caller may withdraw a stance of the annotator: an ADMIN any stance, others their own."""
    return viewer.annotator_id == annotator_id or viewer.has(Role.ADMIN)


def require_curator_of(viewer: Viewer, project_role: ProjectRole | None) -> None:
    """Check that the caller curates a project: as its curator, or as a CURATOR who does not annotate in it.

    :param project_role: role of the caller in the project; None if the caller is no member.
    :raises Unauthenticated, Forbidden: as `require`.
    """
    require(viewer, Role.VIEWER)
    if project_role is ProjectRole.CURATOR or (viewer.has(Role.CURATOR) and project_role is None):
        return
    raise Forbidden("this needs a curator of the project" + ("; you are an annotator in it" if project_role else ""))
