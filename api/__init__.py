"""The server: from a GraphQL request over HTTP down to one SQL statement, and back."""
