"""Discourse Network Analyzer 3: its `.dna` files, which are SQLite databases."""

from api.exchange.format import Format, Option
from api.exchange.formats.dna.reader import read
from api.exchange.formats.dna.writer import write

FORMAT = Format(
    name="dna",
    title="Discourse Network Analyzer",
    extension="dna",
    media_type="application/vnd.sqlite3",
    read=read,
    write=write,
    counted="row",
    options=(
        Option("holder", "Whose stance a statement is.", ("organization", "person"), "organization"),
        Option("unit", "What the places of statements count.", ("utf16", "code-point"), "utf16"),
        Option(
            "statement-type",
            "The kind of statements to read; all that have the variables where left out.",
            only="import",
        ),
        Option("person", "The variable that names persons.", default="person"),
        Option("organization", "The variable that names organisations.", default="organization"),
        Option("concept", "The variable that names what a stance is about.", default="concept"),
        Option("agreement", "The variable that says support or opposition.", default="agreement"),
        Option("qualifier", "How an export says for or against.", ("boolean", "integer"), "boolean", only="export"),
        Option("language", "The language of the documents, a BCP 47 tag.", default="und", only="import"),
        Option("publisher", "What of a document names its publisher.", ("none", "source"), "none", only="import"),
        Option(
            "password", "What coders type in to open a file that was exported.", default="stancegraph", only="export"
        ),
    ),
)
