"""Commands that are large enough for a file of their own, and what all commands share."""
