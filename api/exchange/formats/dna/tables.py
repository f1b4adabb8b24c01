"""The tables of Discourse Network Analyzer 3: the columns that an import reads, and the definitions for an export."""

from collections.abc import Mapping

from api.exchange.formats.lib.untrusted_sqlite import INTEGER, OPTIONAL_INTEGER, TEXT, ColumnTypes

VERSION = ("3.0.7", "2022-06-10")
"""The version of the tables, and its release date."""

CODER: ColumnTypes = {"ID": INTEGER, "Name": TEXT}
STATEMENT_TYPE: ColumnTypes = {"ID": INTEGER, "Label": TEXT}
VARIABLE: ColumnTypes = {"ID": INTEGER, "Variable": TEXT, "DataType": TEXT, "StatementTypeId": OPTIONAL_INTEGER}
ENTITY: ColumnTypes = {
    "ID": INTEGER,
    "VariableId": INTEGER,
    "Value": TEXT,
    "Red": OPTIONAL_INTEGER,
    "Green": OPTIONAL_INTEGER,
    "Blue": OPTIONAL_INTEGER,
    "ChildOf": OPTIONAL_INTEGER,
}
DOCUMENT: ColumnTypes = {
    "ID": INTEGER,
    "Title": TEXT,
    "Text": TEXT,
    "Coder": OPTIONAL_INTEGER,
    "Author": TEXT,
    "Source": TEXT,
    "Section": TEXT,
    "Notes": TEXT,
    "Type": TEXT,
    "Date": INTEGER,
}
STATEMENT: ColumnTypes = {
    "ID": INTEGER,
    "StatementTypeId": OPTIONAL_INTEGER,
    "DocumentId": OPTIONAL_INTEGER,
    "Start": INTEGER,
    "Stop": INTEGER,
    "Coder": OPTIONAL_INTEGER,
}
_DATUM = ("ID", "StatementId", "VariableId")
REQUIRED_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "CODERS": tuple(CODER),
    "DOCUMENTS": tuple(DOCUMENT),
    "STATEMENTTYPES": tuple(STATEMENT_TYPE),
    "VARIABLES": tuple(VARIABLE),
    "STATEMENTS": tuple(STATEMENT),
    "ENTITIES": tuple(ENTITY),
    "DATASHORTTEXT": (*_DATUM, "Entity"),
    "DATABOOLEAN": (*_DATUM, "Value"),
    "DATAINTEGER": (*_DATUM, "Value"),
    "ATTRIBUTEVARIABLES": ("ID", "VariableId", "AttributeVariable"),
    "ATTRIBUTEVALUES": ("ID", "EntityId", "AttributeVariableId", "AttributeValue"),
    "REGEXES": ("Label",),
}
"""The tables and columns that an import requires."""

PLAIN_KEY = "ID INTEGER NOT NULL PRIMARY KEY"
ROW_KEY = "ID INTEGER PRIMARY KEY NOT NULL"
_COLOUR = ", ".join(
    f"{name} INTEGER NOT NULL DEFAULT 0 CHECK ({name} BETWEEN 0 AND 255)" for name in ("Red", "Green", "Blue")
)
_VERBS = ("Add", "Edit", "Delete", "Import")
_PERMISSIONS = (
    *(f"{verb}Documents" for verb in _VERBS),
    *(f"{verb}Statements" for verb in _VERBS[:3]),
    *(f"Edit{what}" for what in ("Attributes", "Regex", "StatementTypes", "Coders", "CoderRelations")),
    *(f"{verb}Others{what}" for what in ("Documents", "Statements") for verb in ("View", "Edit")),
)
_RIGHTS = ("viewStatements", "editStatements", "viewDocuments", "editDocuments")


def _length_check(name: str) -> str:
    return f"CHECK (LENGTH({name}) < 191)"


def _flag(name: str, default: int) -> str:
    return f"{name} INTEGER NOT NULL CHECK ({name} BETWEEN 0 AND 1) DEFAULT {default}"


def _foreign_key(column: str, table: str) -> str:
    return f"FOREIGN KEY({column}) REFERENCES {table}(ID) ON DELETE CASCADE"


def _range_check(name: str, least: int, most: int) -> str:
    return f"CHECK ({name} BETWEEN {least} AND {most})"


def _text_column(name: str) -> str:
    return f"{name} TEXT NOT NULL DEFAULT '' {_length_check(name)}"


def _value_table(value: str, *more: str) -> tuple[str, ...]:
    keys = (_foreign_key("StatementId", "STATEMENTS"), _foreign_key("VariableId", "VARIABLES"), *more)
    return (
        ROW_KEY,
        *("StatementId INTEGER NOT NULL", "VariableId INTEGER NOT NULL", value),
        *(*keys, "UNIQUE (StatementId, VariableId)"),
    )


TABLES: Mapping[str, tuple[str, ...]] = {
    "SETTINGS": ("Property TEXT PRIMARY KEY", "Value TEXT NOT NULL"),
    "CODERS": (
        PLAIN_KEY,
        f"Name TEXT NOT NULL {_length_check('Name')}",
        _COLOUR,
        f"Refresh INTEGER NOT NULL {_range_check('Refresh', 0, 9999)} DEFAULT 0",
        f"FontSize INTEGER NOT NULL {_range_check('FontSize', 1, 99)} DEFAULT 14",
        f"Password TEXT NOT NULL {_length_check('Password')}",
        f"PopupWidth INTEGER {_range_check('PopupWidth', 100, 9999)} DEFAULT 300",
        *(_flag(name, 0) for name in ("ColorByCoder", "PopupDecoration")),
        _flag("PopupAutoComplete", 1),
        *(_flag(f"Permission{name}", 1) for name in _PERMISSIONS),
    ),
    "DOCUMENTS": (
        PLAIN_KEY,
        f"Title TEXT NOT NULL {_length_check('Title')}",
        "Text TEXT NOT NULL",
        "Coder INTEGER",
        *(_text_column(name) for name in ("Author", "Source", "Section")),
        "Notes TEXT NOT NULL DEFAULT ''",
        _text_column("Type"),
        "Date INTEGER NOT NULL",
        _foreign_key("Coder", "CODERS"),
    ),
    "STATEMENTTYPES": (PLAIN_KEY, f"Label TEXT NOT NULL {_length_check('Label')}", _COLOUR),
    "VARIABLES": (
        PLAIN_KEY,
        f"Variable TEXT NOT NULL {_length_check('Variable')}",
        "DataType TEXT NOT NULL CHECK (DataType = 'boolean' OR DataType = 'integer' OR DataType = 'long text'"
        " OR DataType = 'short text') DEFAULT 'short text'",
        "StatementTypeId INTEGER",
        _foreign_key("StatementTypeId", "STATEMENTTYPES"),
        "UNIQUE (Variable, StatementTypeId)",
    ),
    "VARIABLELINKS": (
        PLAIN_KEY,
        "SourceVariableId INTEGER",
        "TargetVariableId INTEGER",
        "CHECK (TargetVariableId != SourceVariableId)",
        _foreign_key("SourceVariableId", "VARIABLES"),
        _foreign_key("TargetVariableId", "VARIABLES"),
    ),
    "REGEXES": (f"Label TEXT PRIMARY KEY {_length_check('Label')}", _COLOUR),
    "CODERRELATIONS": (
        PLAIN_KEY,
        *("Coder INTEGER CHECK(Coder > 0)", "OtherCoder INTEGER CHECK(OtherCoder > 0)"),
        *(f"{name} INTEGER NOT NULL DEFAULT 1 CHECK({name} BETWEEN 0 AND 1)" for name in _RIGHTS),
        "CHECK (Coder != OtherCoder)",
        _foreign_key("Coder", "CODERS"),
        _foreign_key("OtherCoder", "CODERS"),
    ),
    "STATEMENTS": (
        PLAIN_KEY,
        *("StatementTypeId INTEGER", "DocumentId INTEGER"),
        *("Start INTEGER NOT NULL CHECK(Start >= 0)", "Stop INTEGER NOT NULL CHECK(Stop >= 0)", "Coder INTEGER"),
        "CHECK (Start < Stop)",
        _foreign_key("StatementTypeId", "STATEMENTTYPES"),
        _foreign_key("Coder", "CODERS"),
        _foreign_key("DocumentId", "DOCUMENTS"),
    ),
    "DATABOOLEAN": _value_table("Value INTEGER NOT NULL DEFAULT 1"),
    "DATAINTEGER": _value_table("Value INTEGER NOT NULL DEFAULT 0"),
    "ENTITIES": (
        ROW_KEY,
        "VariableId INTEGER NOT NULL",
        _text_column("Value"),
        *(f"{name} INTEGER {_range_check(name, 0, 255)}" for name in ("Red", "Green", "Blue")),
        "ChildOf INTEGER CHECK(ChildOf > 0)",
        "UNIQUE (VariableId, Value)",
        _foreign_key("ChildOf", "ENTITIES"),
        _foreign_key("VariableId", "VARIABLES"),
    ),
    "DATASHORTTEXT": _value_table("Entity INTEGER NOT NULL", _foreign_key("Entity", "ENTITIES")),
    "DATALONGTEXT": _value_table("Value TEXT DEFAULT ''"),
    "ATTRIBUTEVARIABLES": (
        ROW_KEY,
        "VariableId INTEGER NOT NULL",
        f"AttributeVariable TEXT NOT NULL {_length_check('AttributeVariable')}",
        "UNIQUE(VariableId, AttributeVariable)",
        _foreign_key("VariableId", "VARIABLES"),
    ),
    "ATTRIBUTEVALUES": (
        ROW_KEY,
        *("EntityId INTEGER NOT NULL", "AttributeVariableId INTEGER NOT NULL", _text_column("AttributeValue")),
        "UNIQUE (EntityId, AttributeVariableId)",
        _foreign_key("EntityId", "ENTITIES"),
        _foreign_key("AttributeVariableId", "ATTRIBUTEVARIABLES"),
    ),
}
"""Column definitions and constraints of each table; a table follows the tables that it refers to."""

KIND = "stancegraph kind"
"""The attribute with the kind of an actor that is neither a person nor an organisation."""
SLUG = "stancegraph slug"
"""The attribute with the slug of an actor that is a concept too."""
UNDATED = -62_135_596_800
"""The date of an undated document: the first second of the year 1."""
MAX_CHARACTERS = 190
"""Maximum length of most texts."""


def definitions() -> tuple[str, ...]:
    """Return the SQL that creates all tables."""
    return tuple(f"CREATE TABLE {name}({', '.join(parts)})" for name, parts in TABLES.items())
