"""The SQLAlchemy models, one file for each noun, and the enumerations of their columns.

The models are imported when the first of them is used. SQLAlchemy takes longer to import than most commands may take,
and modules that use enumerations only do without it (ADR 0028).
"""

from importlib import import_module
from typing import TYPE_CHECKING

from models.enums import *  # noqa: F403 (its __all__)

if TYPE_CHECKING:
    from models.tables import *  # noqa: F403
else:

    def __getattr__(name: str) -> object:
        return getattr(import_module("models.tables"), name)
