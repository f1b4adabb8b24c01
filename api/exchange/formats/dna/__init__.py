"""Discourse Network Analyzer 3: its `.dna` files, which are SQLite databases (ADR 0019)."""

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
        Option("holder", "The variable of the stance's holder.", ("organization", "person"), "organization"),
        Option("unit", "The unit of positions.", ("utf16", "code-point"), "utf16"),
        Option(
            "statement-type",
            "The type of statements to import; by default all types that have the variables.",
            only="import",
        ),
        Option("person", "The name of the variable of persons.", default="person"),
        Option("organization", "The name of the variable of organisations.", default="organization"),
        Option("concept", "The name of the variable of targets.", default="concept"),
        Option("agreement", "The name of the variable of support or opposition.", default="agreement"),
        Option(
            "qualifier", "The type of the agreement in an export.", ("boolean", "integer"), "boolean", only="export"
        ),
        Option("language", "The language of the documents, a BCP 47 tag.", default="und", only="import"),
        Option("publisher", "The field of a document's publisher.", ("none", "source"), "none", only="import"),
        Option("password", "The password of coders in an export.", default="stancegraph", only="export"),
    ),
)
