"""Authentication, authorization and visibility of rows."""
