"""The words that web annotations lack and that are ours."""

URN = "urn:stancegraph:"
"""What ids begin with that are no addresses on the web."""

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
"""Says what they mean to readers of JSON-LD; `label` and `target` are the standard's own words."""
