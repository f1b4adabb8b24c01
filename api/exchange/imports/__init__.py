"""Imports: records of a file go into the database through the services."""
