"""Finds the types of statements in a file that are stances, and their variables."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from api.exchange.format import Malformed, Options
from api.exchange.formats.dna import tables
from api.exchange.formats.lib.untrusted_sqlite import SqliteFile

VARIABLES = ("person", "organization", "concept", "agreement")
_TYPES: Mapping[str, tuple[str, ...]] = {
    "person": ("short text",),
    "organization": ("short text",),
    "concept": ("short text",),
    "agreement": ("boolean", "integer"),
}


@dataclass(frozen=True, slots=True)
class Coding:
    """A type of statement, and the variables that make a stance."""

    statement_type: int
    label: str
    variables: Mapping[str, int]
    """Numbers of variables by role, such as `concept`; person or organization may be missing."""
    is_integer: bool
    """True if the agreement is an integer, false if it is a Boolean."""
    unread: tuple[str, ...]
    """The names of all other variables of the type."""


def codings(file: SqliteFile, options: Options) -> Sequence[Coding]:
    """Return the types of statements to import.

    :raises Malformed: if no type has the variables, or the requested type is missing or lacks them.
    """
    requested = options.get("statement-type")
    kinds = [(key, label) for key, label in file.table("STATEMENTTYPES", tables.STATEMENT_TYPE)]
    if requested is not None and requested not in {label for _, label in kinds}:
        raise Malformed(
            f"there are no statements of the type {requested!r}, but of {_quoted_list(label for _, label in kinds)}"
        )
    variables = list(file.table("VARIABLES", tables.VARIABLE))
    found = []
    for key, label in kinds:
        coding = _coding(key, label, [(row[0], row[1], row[2]) for row in variables if row[3] == key], options)
        if coding is not None and requested in (None, label):
            found.append(coding)
    if not found:
        names = [_variable_name(name, options) for name in (options["holder"], "concept", "agreement")]
        there = (f"{label!r} with {_quoted_list(r[1] for r in variables if r[3] == key)}" for key, label in kinds)
        of_type = f" of the type {requested!r}" if requested else ""
        raise Malformed(
            f"no statements{of_type} have the variables {_quoted_list(names)}: there are {'; '.join(there)}"
        )
    return found


def _coding(key: int, label: str, variables: Sequence[tuple[int, str, str]], options: Options) -> Coding | None:
    chosen = {
        name: (number, kind)
        for name in VARIABLES
        for number, variable, kind in variables
        if variable.casefold() == _variable_name(name, options).casefold() and kind in _TYPES[name]
    }
    if not {options["holder"], "concept", "agreement"} <= chosen.keys():
        return None
    taken = {number for number, _ in chosen.values()}
    return Coding(
        key,
        label,
        {name: number for name, (number, _) in chosen.items()},
        chosen["agreement"][1] == "integer",
        tuple(variable for number, variable, _ in variables if number not in taken),
    )


def _variable_name(name: str, options: Options) -> str:
    return options.get(name) or name


def _quoted_list(names: Iterable[str]) -> str:
    return ", ".join(map(repr, names)) or "none"
