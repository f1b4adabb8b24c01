"""What changes data: one function per use case, one transaction, a revision for each change.

A service takes a session, the caller and a command; it checks everything before it writes anything, and gives back
an `Outcome`. It commits nothing itself.
"""
