"""The example case: YAML files that researchers can read and edit, and their loader."""

from seeds.loader import SeedError, load

__all__ = ["SeedError", "load"]
