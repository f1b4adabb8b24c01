"""Lazy imports of numpy and scipy: most servers need neither most of the time.

Both together take about 65 MiB and half a second. The names here behave like the modules themselves.
"""

import importlib
import sys
from typing import TYPE_CHECKING, Any

__all__ = ["csgraph", "linalg", "load", "loaded", "np", "npt", "optimize", "sparse", "sparse_linalg", "spatial"]


def loaded() -> bool:
    """True if numpy is loaded."""
    return "numpy" in sys.modules


def load() -> None:
    """Load numpy. The import takes too long for the event loop: call this in a thread."""
    importlib.import_module("numpy")


if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from scipy import linalg, optimize, sparse, spatial
    from scipy.sparse import csgraph
    from scipy.sparse import linalg as sparse_linalg
else:

    class _LazyModule:
        """A module that is imported when the first of its names is looked up."""

        def __init__(self, name: str) -> None:
            self.__dict__["_library"] = name

        def __getattr__(self, name: str) -> Any:
            found = getattr(importlib.import_module(self._library), name)
            self.__dict__[name] = found
            return found

    np = _LazyModule("numpy")
    npt = _LazyModule("numpy.typing")
    linalg = _LazyModule("scipy.linalg")
    optimize = _LazyModule("scipy.optimize")
    sparse = _LazyModule("scipy.sparse")
    csgraph = _LazyModule("scipy.sparse.csgraph")
    sparse_linalg = _LazyModule("scipy.sparse.linalg")
    spatial = _LazyModule("scipy.spatial")
