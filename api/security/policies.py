"""What callers may do."""

from uuid import UUID

from api.errors import Forbidden, Unauthenticated
from api.security.viewer import Viewer
from models import ProjectRole, Role


def require(viewer: Viewer, role: Role) -> None:
    """Let only those pass who may do what `role` may.

    :raises Unauthenticated: where nobody showed a token.
    :raises Forbidden: where the caller's role is not enough.
    """
    if viewer.role is None:
        raise Unauthenticated("this needs a token: send the header Authorization: Bearer TOKEN")
    if not viewer.has(role):
        raise Forbidden(f"this needs the role {role}; yours is {viewer.role}")


def require_annotator(viewer: Viewer) -> UUID:
    """The key of the annotator who asks, who may record stances.

    :raises Unauthenticated, Forbidden: as `require`; the operator at the command line is no annotator.
    """
    require(viewer, Role.ANNOTATOR)
    if viewer.annotator_id is None:
        raise Forbidden("stances are recorded by annotators: use a token")
    return viewer.annotator_id


def may_withdraw(viewer: Viewer, annotator_id: UUID) -> bool:
    """Whether the caller may withdraw a stance of that annotator's: their own, or any as ADMIN."""
    return viewer.annotator_id == annotator_id or viewer.has(Role.ADMIN)


def require_curator_of(viewer: Viewer, part: ProjectRole | None) -> None:
    """Let only those pass who curate a project in which they take the part `part`: its own curators, whatever their
    role, and curators of the whole, save where they take part as annotators.

    :raises Unauthenticated, Forbidden: as `require`.
    """
    require(viewer, Role.VIEWER)
    if part is ProjectRole.CURATOR or (viewer.has(Role.CURATOR) and part is None):
        return
    raise Forbidden("this needs a curator of the project" + ("; you are an annotator in it" if part else ""))
