"""The JSON-LD terms that the Web Annotation model lacks."""

URN = "urn:stancegraph:"
"""The prefix of IDs that are not URLs."""

CONTEXT: list[object] = [
    "http://www.w3.org/ns/anno.jsonld",
    {
        "stancegraph": URN + "terms/",
        **{
            term: f"stancegraph:{term}"
            for term in (
                *(
                    "Actor",
                    "Topic",
                    "slug",
                    "kind",
                    "documents",
                    "document",
                    "title",
                    "publisher",
                    "publishedOn",
                    "attributes",
                ),
                *("statement", "speaker", "statedOn", "reportedBy"),
                *("stance", "holder", "intensity", "confidence", "rationale", "project"),
            )
        },
    },
]
"""The context that defines the terms for readers of JSON-LD; `label` and `target` are terms of the standard."""
