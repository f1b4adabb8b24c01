"""Conditions on the rows of one project: that they belong to it, and that the viewer may see them. ADR 0013."""

from typing import Any

from api.graphql.sql.dialects import placeholder
from api.security.visibility import Visibility, visible
from models.base import Base, Uid

PROJECT = "project"
"""The parameter that holds the key of the project."""


def project_conditions(model: type[Base], row: Any, visibility: Visibility) -> list[Any]:
    """Return the conditions on a row of `model`: it belongs to the project, and is visible."""
    seen = visible(model, row, visibility)
    return [row.project_id == placeholder(PROJECT, Uid()), *([] if seen is None else [seen])]
