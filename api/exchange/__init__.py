"""Imports and exports: file formats, and the services that read and write the database for them."""
