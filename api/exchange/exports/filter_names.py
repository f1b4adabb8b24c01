"""The names of export filters, apart from the code that applies them, since `export --help` lists them (ADR 0028)."""

FILTERS = {
    "project": "stances of the project with this slug, and the project's documents and statements",
    "asOf": "relations and memberships that are valid on this day",
    "from": "statements and documents of this day or later, and relations and memberships that are valid then",
    "to": "statements and documents of this day or earlier, and relations and memberships that are valid then",
    "actor": "relations, memberships and stances of this actor, and its statements",
    "language": "documents in this language, with their statements and stances",
    "annotator": "stances of the annotator with this name",
}
"""Each filter with what it matches."""
