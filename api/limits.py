"""Limits of lengths and counts: the one table of them. What an operator can set stands in `api.settings` instead.

`docs/limits.md` shows this table, and a test holds the page against it. A field of a command that is annotated with a
limit tells it in its description.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Limit:
    """A maximum."""

    maximum: int
    unit: str
    """What is counted."""
    of: str
    """What it bounds, as the documentation's table says it."""
    setting: str | None = None
    """The setting that holds the number in force, where an operator can change it; `maximum` is its default."""

    @property
    def description(self) -> str:
        """What a field's description says of it."""
        default = " by default" if self.setting else ""
        return f"At most {self.maximum:,} {self.unit}{default}."

    def exceeded(self, number: int, maximum: int | None = None) -> str | None:
        """What is wrong with `number`; None if it is within the limit."""
        most = self.maximum if maximum is None else maximum
        return None if number <= most else f"at most {most:,} {self.unit}, not {number:,}"


NAME: Final = Limit(300, "characters", "A name, title, slug or role")
TEXT: Final = Limit(20_000, "characters", "A description, summary, rationale, definition, example or attribute's value")
ALIASES: Final = Limit(1_000, "aliases", "The aliases of an actor", setting="max_actor_aliases")
ATTRIBUTES: Final = Limit(100, "attributes", "The attributes of an actor, a topic or a document")
DOCUMENT: Final = Limit(1_000_000, "characters", "The text of a document")
URL: Final = Limit(2_000, "characters", "An address (URL)")
LANGUAGE: Final = Limit(35, "characters", "A language tag")
QUOTE: Final = Limit(20_000, "characters", "The quoted words of a statement")
EVIDENCE: Final = Limit(500, "statements", "The statements that bear a relation out")
STANCES: Final = Limit(1_000, "stances", "The stances of one `recordStances`")
SKIP_REASON: Final = Limit(2_000, "characters", "The reason for skipping a statement")
GUIDELINES: Final = Limit(100_000, "characters", "The guidelines of a project or codebook")
EXAMPLES: Final = Limit(20, "examples", "The examples of a label")
TARGETS: Final = Limit(200, "targets", "The targets that a codebook names")
OVERLAP: Final = Limit(100, "annotators", "The overlap of a project: annotators for each statement")
PROJECT_ROWS: Final = Limit(1_000, "ids", "The documents, or statements, named when adding to a project")
IDS: Final = Limit(100, "ids", "The ids of `nodes`")
FILTER_VALUES: Final = Limit(1_000, "values", "A list within a filter", setting="max_filter_values")
INTROSPECTION: Final = Limit(100_000, "values", "What introspection answers at once")
PAGE: Final = Limit(100, "items", "A page of a list (`first`, `last`)")
NESTED_PAGES: Final = Limit(4, "levels", "Pages within pages")
SEARCH_TERMS: Final = Limit(32, "words and phrases", "A search text")
HIGHLIGHTS: Final = Limit(100, "highlights", "The highlights of a search result")
SENTENCES: Final = Limit(5, "sentences", "The sentences of a statement's `context`, before and after its own")
NETWORK: Final = Limit(10_000, "relations", "The relations of a `network`")
SEARCH_TEXT: Final = Limit(1_000, "characters", "A text to search, or filter a list, by")
SIMILAR: Final = Limit(20, "actors or topics", "What `similar` lists after a change")
EXPORT_VALUE: Final = Limit(10_000, "characters", "A value in the query string of `/export`")
IMPORT_LINE: Final = Limit(1_000_000, "bytes", "A line of another text file to import")
IMPORT_CSV_LINE: Final = Limit(8_000_000, "bytes", "A line of comma-separated records to import")
IMPORT_CELL: Final = Limit(2_000_000, "characters", "A cell of comma-separated records to import")
IMPORT_ROWS: Final = Limit(1_000_000, "rows", "A table of comma-separated values to import")
IMPORT_JSON: Final = Limit(16_000_000, "characters", "A JSON document to import, or one record of it")
IMPORT_NOTES: Final = Limit(100, "notes", "The notes of each sort that a report of an import keeps; all are counted")
PICTURE_NAMED: Final = Limit(50, "actors", "The actors named whose neighbourhood a picture draws")
RESAMPLES: Final = Limit(10_000, "resamples", "The resamples of an interval of agreement")
LISTED_TIES: Final = Limit(10_000, "ties", "The ties, or actors, of a network that `frustration` and the like list")
DISCOURSE_CELLS: Final = Limit(6_000_000, "cells", "A discourse network: actors times what they speak of")
SERIES_CELLS: Final = Limit(1_000_000, "cells", "The discourse networks of a series, together")
SLICES: Final = Limit(1_000, "networks", "The discourse networks of a series")
WINDOW: Final = Limit(1_000, "periods", "The width of a series' window")
WEIGHT: Final = Limit(1_000_000, "stances", "The least weight that a stance network may be asked for")
SERIES_PERIODS: Final = Limit(1_000, "periods", "The periods of a `networkSeries`")
TIMELINE_PERIODS: Final = Limit(5_000, "periods", "The periods of a `stanceTimeline`")
MATRIX_CELLS: Final = Limit(2_500, "cells", "A `stanceMatrix`: holders times targets")
SHOWN_CELLS: Final = Limit(250_000, "cells", "A matrix of ties that is shown as one")
REPEATS: Final = Limit(100, "fields", "Fields of one name beside one another in a document")
IMPORT_ROW: Final = Limit(16_000_000, "bytes", "A line of JSON lines to import")
IMPORT_VALUE: Final = Limit(8_000_000, "bytes", "A value in an SQLite file to import")

TABLE: Final = tuple(each for each in list(globals().values()) if isinstance(each, Limit))
"""All of them, in the order above."""
