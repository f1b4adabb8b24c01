"""The filters of an export, apart from the code that applies them: `export --help` lists them (ADR 0028)."""

NAMES = {
    "project": "stances of the project of this slug, and the documents and statements that it is about",
    "asOf": "relations and memberships that hold on this day",
    "from": "what was said or published, and relations and memberships that hold, on this day or later",
    "to": "what was said or published, and relations and memberships that hold, on this day or earlier",
    "actor": "relations, memberships and stances that this actor has a part in, and what it says",
    "language": "documents in this language, and the statements and stances in them",
    "annotator": "stances of the annotator of this name",
}
"""Each filter with what it leaves."""
