"""The tables of Discourse Network Analyzer 3: what is read of them, and how they are made."""

from collections.abc import Mapping

from api.exchange.formats.lib.untrusted_sqlite import ANY_WHOLE, TEXT, WHOLE, Columns

VERSION = ("3.0.7", "2022-06-10")
"""The version whose tables these are, and its day."""

CODER: Columns = {"ID": WHOLE, "Name": TEXT}
STATEMENT_TYPE: Columns = {"ID": WHOLE, "Label": TEXT}
VARIABLE: Columns = {"ID": WHOLE, "Variable": TEXT, "DataType": TEXT, "StatementTypeId": ANY_WHOLE}
ENTITY: Columns = {
    "ID": WHOLE,
    "VariableId": WHOLE,
    "Value": TEXT,
    "Red": ANY_WHOLE,
    "Green": ANY_WHOLE,
    "Blue": ANY_WHOLE,
    "ChildOf": ANY_WHOLE,
}
DOCUMENT: Columns = {
    "ID": WHOLE,
    "Title": TEXT,
    "Text": TEXT,
    "Coder": ANY_WHOLE,
    "Author": TEXT,
    "Source": TEXT,
    "Section": TEXT,
    "Notes": TEXT,
    "Type": TEXT,
    "Date": WHOLE,
}
STATEMENT: Columns = {
    "ID": WHOLE,
    "StatementTypeId": ANY_WHOLE,
    "DocumentId": ANY_WHOLE,
    "Start": WHOLE,
    "Stop": WHOLE,
    "Coder": ANY_WHOLE,
}
_DATUM = ("ID", "StatementId", "VariableId")
READ: Mapping[str, tuple[str, ...]] = {
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
"""What must be there to be read."""

PLAIN_KEY = "ID INTEGER NOT NULL PRIMARY KEY"
ROW_KEY = "ID INTEGER PRIMARY KEY NOT NULL"
_COLOUR = ", ".join(
    f"{name} INTEGER NOT NULL DEFAULT 0 CHECK ({name} BETWEEN 0 AND 255)" for name in ("Red", "Green", "Blue")
)
_MAY = ("Add", "Edit", "Delete", "Import")
_PERMISSIONS = (
    *(f"{verb}Documents" for verb in _MAY),
    *(f"{verb}Statements" for verb in _MAY[:3]),
    *(f"Edit{what}" for what in ("Attributes", "Regex", "StatementTypes", "Coders", "CoderRelations")),
    *(f"{verb}Others{what}" for what in ("Documents", "Statements") for verb in ("View", "Edit")),
)
_RIGHTS = ("viewStatements", "editStatements", "viewDocuments", "editDocuments")


def _short(name: str) -> str:
    return f"CHECK (LENGTH({name}) < 191)"


def _flag(name: str, default: int) -> str:
    return f"{name} INTEGER NOT NULL CHECK ({name} BETWEEN 0 AND 1) DEFAULT {default}"


def _refers(column: str, table: str) -> str:
    return f"FOREIGN KEY({column}) REFERENCES {table}(ID) ON DELETE CASCADE"


def _bounded(name: str, least: int, most: int) -> str:
    return f"CHECK ({name} BETWEEN {least} AND {most})"


def _meta(name: str) -> str:
    return f"{name} TEXT NOT NULL DEFAULT '' {_short(name)}"


def _datum(value: str, *more: str) -> tuple[str, ...]:
    keys = (_refers("StatementId", "STATEMENTS"), _refers("VariableId", "VARIABLES"), *more)
    return (
        ROW_KEY,
        *("StatementId INTEGER NOT NULL", "VariableId INTEGER NOT NULL", value),
        *(*keys, "UNIQUE (StatementId, VariableId)"),
    )


TABLES: Mapping[str, tuple[str, ...]] = {
    "SETTINGS": ("Property TEXT PRIMARY KEY", "Value TEXT NOT NULL"),
    "CODERS": (
        PLAIN_KEY,
        f"Name TEXT NOT NULL {_short('Name')}",
        _COLOUR,
        f"Refresh INTEGER NOT NULL {_bounded('Refresh', 0, 9999)} DEFAULT 0",
        f"FontSize INTEGER NOT NULL {_bounded('FontSize', 1, 99)} DEFAULT 14",
        f"Password TEXT NOT NULL {_short('Password')}",
        f"PopupWidth INTEGER {_bounded('PopupWidth', 100, 9999)} DEFAULT 300",
        *(_flag(name, 0) for name in ("ColorByCoder", "PopupDecoration")),
        _flag("PopupAutoComplete", 1),
        *(_flag(f"Permission{name}", 1) for name in _PERMISSIONS),
    ),
    "DOCUMENTS": (
        PLAIN_KEY,
        f"Title TEXT NOT NULL {_short('Title')}",
        "Text TEXT NOT NULL",
        "Coder INTEGER",
        *(_meta(name) for name in ("Author", "Source", "Section")),
        "Notes TEXT NOT NULL DEFAULT ''",
        _meta("Type"),
        "Date INTEGER NOT NULL",
        _refers("Coder", "CODERS"),
    ),
    "STATEMENTTYPES": (PLAIN_KEY, f"Label TEXT NOT NULL {_short('Label')}", _COLOUR),
    "VARIABLES": (
        PLAIN_KEY,
        f"Variable TEXT NOT NULL {_short('Variable')}",
        "DataType TEXT NOT NULL CHECK (DataType = 'boolean' OR DataType = 'integer' OR DataType = 'long text'"
        " OR DataType = 'short text') DEFAULT 'short text'",
        "StatementTypeId INTEGER",
        _refers("StatementTypeId", "STATEMENTTYPES"),
        "UNIQUE (Variable, StatementTypeId)",
    ),
    "VARIABLELINKS": (
        PLAIN_KEY,
        "SourceVariableId INTEGER",
        "TargetVariableId INTEGER",
        "CHECK (TargetVariableId != SourceVariableId)",
        _refers("SourceVariableId", "VARIABLES"),
        _refers("TargetVariableId", "VARIABLES"),
    ),
    "REGEXES": (f"Label TEXT PRIMARY KEY {_short('Label')}", _COLOUR),
    "CODERRELATIONS": (
        PLAIN_KEY,
        *("Coder INTEGER CHECK(Coder > 0)", "OtherCoder INTEGER CHECK(OtherCoder > 0)"),
        *(f"{name} INTEGER NOT NULL DEFAULT 1 CHECK({name} BETWEEN 0 AND 1)" for name in _RIGHTS),
        "CHECK (Coder != OtherCoder)",
        _refers("Coder", "CODERS"),
        _refers("OtherCoder", "CODERS"),
    ),
    "STATEMENTS": (
        PLAIN_KEY,
        *("StatementTypeId INTEGER", "DocumentId INTEGER"),
        *("Start INTEGER NOT NULL CHECK(Start >= 0)", "Stop INTEGER NOT NULL CHECK(Stop >= 0)", "Coder INTEGER"),
        "CHECK (Start < Stop)",
        _refers("StatementTypeId", "STATEMENTTYPES"),
        _refers("Coder", "CODERS"),
        _refers("DocumentId", "DOCUMENTS"),
    ),
    "DATABOOLEAN": _datum("Value INTEGER NOT NULL DEFAULT 1"),
    "DATAINTEGER": _datum("Value INTEGER NOT NULL DEFAULT 0"),
    "ENTITIES": (
        ROW_KEY,
        "VariableId INTEGER NOT NULL",
        _meta("Value"),
        *(f"{name} INTEGER {_bounded(name, 0, 255)}" for name in ("Red", "Green", "Blue")),
        "ChildOf INTEGER CHECK(ChildOf > 0)",
        "UNIQUE (VariableId, Value)",
        _refers("ChildOf", "ENTITIES"),
        _refers("VariableId", "VARIABLES"),
    ),
    "DATASHORTTEXT": _datum("Entity INTEGER NOT NULL", _refers("Entity", "ENTITIES")),
    "DATALONGTEXT": _datum("Value TEXT DEFAULT ''"),
    "ATTRIBUTEVARIABLES": (
        ROW_KEY,
        "VariableId INTEGER NOT NULL",
        f"AttributeVariable TEXT NOT NULL {_short('AttributeVariable')}",
        "UNIQUE(VariableId, AttributeVariable)",
        _refers("VariableId", "VARIABLES"),
    ),
    "ATTRIBUTEVALUES": (
        ROW_KEY,
        *("EntityId INTEGER NOT NULL", "AttributeVariableId INTEGER NOT NULL", _meta("AttributeValue")),
        "UNIQUE (EntityId, AttributeVariableId)",
        _refers("EntityId", "ENTITIES"),
        _refers("AttributeVariableId", "ATTRIBUTEVARIABLES"),
    ),
}
"""How each is made, in the order in which they refer to one another."""

KIND = "stancegraph kind"
"""The attribute of a person or an organisation that is another kind of actor than that."""
SLUG = "stancegraph slug"
"""The attribute of a concept that is an actor, and of that actor: its slug."""
UNDATED = -62_135_596_800
"""The date of a document that has none: the first second of the year 1."""
LONGEST = 190
"""How many characters most texts have at most."""


def definitions() -> tuple[str, ...]:
    """The statements that make all tables."""
    return tuple(f"CREATE TABLE {name}({', '.join(parts)})" for name, parts in TABLES.items())
