"""A case to begin with: plain files that a researcher can read and edit, and what loads them."""
