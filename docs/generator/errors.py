"""The codes of request errors, from the classes of `api.errors` and the descriptions beside them here."""

from docs.generator.markdown import table

REQUEST_ERRORS = {
    "GRAPHQL_PARSE_FAILED": "The document is not GraphQL.",
    "GRAPHQL_VALIDATION_FAILED": "The document does not fit the schema.",
    "BAD_USER_INPUT": "A variable or an argument is wrong. `extensions.argument` names it.",
    "BAD_REQUEST": "The HTTP request is no GraphQL request.",
    "REQUEST_TIMEOUT": "The client did not send the request in time.",
    "LIMIT_EXCEEDED": "The document is too large or too costly, or you hold too many connections.",
    "UNAUTHENTICATED": "The operation needs a token, or the token is unknown, expired or revoked.",
    "FORBIDDEN": "Your role does not permit the operation.",
    "NOT_ACCEPTABLE": "A subscription over HTTP by a client that does not accept `text/event-stream`.",
    "PERSISTED_QUERY_NOT_SUPPORTED": "The request has a hash in place of a query. Send the query.",
    "NOT_IMPLEMENTED": "The server cannot export this format: a package is not installed.",
    "NOT_EXECUTED": "A mutation after one that failed in the same document.",
    "TIMEOUT": "The database did not finish within the statement timeout.",
    "UNAVAILABLE": "The database cannot be reached, is too busy, or cannot be written. Try again.",
    "SHUTTING_DOWN": "The server stopped before the operation ended. A mutation may have been carried out.",
    "CLIENT_CLOSED_REQUEST": "The client disconnected. Only the log shows it.",
    "INTERNAL_SERVER_ERROR": "A fault of the server. The log has the details under `extensions.requestId`.",
}
"""Each code of `errors[].extensions.code`, and what it means. A test finds codes of the program that are missing."""


def request_errors() -> str:
    """Return the table of the codes of request errors."""
    return table(("Code", "Meaning"), ((f"`{code}`", meaning) for code, meaning in REQUEST_ERRORS.items()))
