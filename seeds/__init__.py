"""The example case: YAML files that researchers can read and edit, and their loader."""
