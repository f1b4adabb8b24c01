"""A case to begin with: plain files that a researcher can read and edit, and what loads them."""

from seeds.loader import SeedError, load

__all__ = ["SeedError", "load"]
