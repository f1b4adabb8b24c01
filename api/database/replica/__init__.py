"""Reading from a streaming replica."""
