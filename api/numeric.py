"""numpy and scipy, loaded when something is first worked out: most servers most of the time need neither.

Together they take some 65 MiB and half a second. What is imported from here looks like the library itself.
"""

import importlib
import sys
from typing import TYPE_CHECKING, Any

__all__ = ["csgraph", "linalg", "load", "loaded", "np", "npt", "optimize", "sparse", "sparse_linalg", "spatial"]


def loaded() -> bool:
    """Whether numpy is loaded."""
    return "numpy" in sys.modules


def load() -> None:
    """Load numpy, which takes too long for the event loop."""
    importlib.import_module("numpy")


if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from scipy import linalg, optimize, sparse, spatial
    from scipy.sparse import csgraph
    from scipy.sparse import linalg as sparse_linalg
else:

    class _WhenUsed:
        """A library that is loaded when the first of its names is looked up."""

        def __init__(self, name: str) -> None:
            self.__dict__["_library"] = name

        def __getattr__(self, name: str) -> Any:
            found = getattr(importlib.import_module(self._library), name)
            self.__dict__[name] = found
            return found

    np = _WhenUsed("numpy")
    npt = _WhenUsed("numpy.typing")
    linalg = _WhenUsed("scipy.linalg")
    optimize = _WhenUsed("scipy.optimize")
    sparse = _WhenUsed("scipy.sparse")
    csgraph = _WhenUsed("scipy.sparse.csgraph")
    sparse_linalg = _WhenUsed("scipy.sparse.linalg")
    spatial = _WhenUsed("scipy.spatial")
