"""The services: one function for each change of data, in one transaction, with a revision for each change.

A service takes a session, the caller and a command. It checks everything before it writes anything, and returns an
`Outcome`. The caller commits.
"""
