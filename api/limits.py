"""The table of all limits of lengths and counts. Limits with a setting have their present value in `api.settings`.

The page of limits (docs/reference/limits.md) is generated from this table. The schema description of a command's field
states the limit that the field is annotated with.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Limit:
    """A maximum."""

    maximum: int
    unit: str
    """The unit that is counted, in the plural."""
    of: str
    """The limited value, as the documentation names it."""
    setting: str | None = None
    """Name of the setting that overrides `maximum`, if there is one."""

    @property
    def description(self) -> str:
        """The sentence in the description of a field."""
        default = " by default" if self.setting else ""
        return f"At most {self.maximum:,} {self.unit}{default}."

    def exceeded(self, number: int, maximum: int | None = None) -> str | None:
        """Return an error message if `number` exceeds `maximum` (default: the limit itself); None otherwise."""
        maximum = self.maximum if maximum is None else maximum
        return None if number <= maximum else f"at most {maximum:,} {self.unit}, not {number:,}"


NAME: Final = Limit(300, "characters", "A name, title, slug or role")
TEXT: Final = Limit(20_000, "characters", "A description, summary, rationale, definition, example or attribute's value")
ALIASES: Final = Limit(1_000, "aliases", "The aliases of an actor", setting="max_actor_aliases")
ATTRIBUTES: Final = Limit(100, "attributes", "The attributes of an actor, a topic or a document")
DOCUMENT: Final = Limit(1_000_000, "characters", "The text of a document")
URL: Final = Limit(2_000, "characters", "A URL")
LANGUAGE: Final = Limit(35, "characters", "A language tag")
QUOTE: Final = Limit(20_000, "characters", "The quoted words of a statement")
EVIDENCE: Final = Limit(500, "statements", "The evidence statements of a relation")
STANCES: Final = Limit(1_000, "stances", "The stances of a `recordStances`")
SKIP_REASON: Final = Limit(2_000, "characters", "The reason for skipping a statement")
GUIDELINES: Final = Limit(100_000, "characters", "The guidelines of a project or codebook")
EXAMPLES: Final = Limit(20, "examples", "The examples of a label")
TARGETS: Final = Limit(200, "targets", "The targets of a codebook")
OVERLAP: Final = Limit(100, "annotators", "The overlap of a project (annotators per statement)")
PROJECT_ROWS: Final = Limit(1_000, "ids", "The documents or statements that one mutation adds to a project")
IDS: Final = Limit(100, "ids", "The ids of `nodes`")
FILTER_VALUES: Final = Limit(1_000, "values", "A list within a filter", setting="max_filter_values")
INTROSPECTION: Final = Limit(100_000, "values", "The result of an introspection query")
PAGE: Final = Limit(100, "items", "A page of a list (`first`, `last`)")
NESTED_PAGES: Final = Limit(4, "levels", "Nested pages")
SEARCH_TERMS: Final = Limit(32, "words and phrases", "A search text")
HIGHLIGHTS: Final = Limit(100, "highlights", "The highlights of a search result")
SENTENCES: Final = Limit(5, "sentences", "The sentences before and after a statement in its `context`")
NETWORK: Final = Limit(10_000, "relations", "The relations of a `network`")
SEARCH_TEXT: Final = Limit(1_000, "characters", "A text to search for, also in a filter")
SIMILAR: Final = Limit(20, "actors or topics", "The `similar` list of a payload")
EXPORT_VALUE: Final = Limit(10_000, "characters", "A value in the query string of `/export`")
IMPORT_LINE: Final = Limit(1_000_000, "bytes", "A line of another text file to import")
IMPORT_CSV_LINE: Final = Limit(8_000_000, "bytes", "A line of a CSV file to import")
IMPORT_CELL: Final = Limit(2_000_000, "characters", "A cell of a CSV file to import")
IMPORT_ROWS: Final = Limit(1_000_000, "rows", "A CSV table to import")
IMPORT_JSON: Final = Limit(16_000_000, "characters", "A JSON document to import, or one record of it")
IMPORT_NOTES: Final = Limit(100, "notes", "The notes of each kind in the report of an import; all are counted")
PICTURE_NAMED: Final = Limit(50, "actors", "The actors whose neighbourhood a picture draws")
RESAMPLES: Final = Limit(10_000, "resamples", "The bootstrap resamples of an agreement interval")
LISTED_TIES: Final = Limit(10_000, "ties", "The ties or actors that `frustration` and similar measures list")
DISCOURSE_CELLS: Final = Limit(6_000_000, "cells", "A discourse network (actors times targets)")
SERIES_CELLS: Final = Limit(1_000_000, "cells", "The discourse networks of a series in total")
SLICES: Final = Limit(1_000, "networks", "The discourse networks of a series")
WINDOW: Final = Limit(1_000, "periods", "The window of a series")
WEIGHT: Final = Limit(1_000_000, "stances", "The minimum weight of a stance network")
SERIES_PERIODS: Final = Limit(1_000, "periods", "The periods of a `networkSeries`")
TIMELINE_PERIODS: Final = Limit(5_000, "periods", "The periods of a `stanceTimeline`")
MATRIX_CELLS: Final = Limit(2_500, "cells", "A `stanceMatrix` (holders times targets)")
SHOWN_CELLS: Final = Limit(250_000, "cells", "A matrix of ties")
REPEATS: Final = Limit(100, "fields", "Fields of the same name in one selection set")
IMPORT_ROW: Final = Limit(16_000_000, "bytes", "A line of JSON lines to import")
IMPORT_VALUE: Final = Limit(8_000_000, "bytes", "A value in an SQLite file to import")

TABLE: Final = tuple(each for each in list(globals().values()) if isinstance(each, Limit))
"""All limits, in the order above."""
