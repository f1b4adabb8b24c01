"""The network of relations as a matrix in CSV, for R and spreadsheets. Export only."""

from collections.abc import AsyncIterator, Iterable, Sequence

from api.exchange.format import Format, Option, Options, RecordSource
from api.exchange.formats.lib.csv_files import csv_bytes, escape_formula
from api.exchange.formats.lib.network_options import ISOLATES, ends, network_actors, sign
from api.exchange.records import Relation

_LABELS = Option("labels", "The labels of rows and columns.", ("slug", "name"), "slug")
_CONTRADICTORY = "NA"
"""The cell of two actors that are both allies and opponents: R leaves NA out of sums."""


async def _write(source: RecordSource, options: Options) -> AsyncIterator[bytes]:
    cells = await _cells(source)
    actors = [actor async for actor in network_actors(source, options)]
    by_name = options.get("labels", "slug") == "name"
    labels = [escape_formula(actor.name if by_name else actor.key) for actor in actors]
    keys = [actor.key for actor in actors]
    yield csv_bytes([["", *labels]])
    for key, label in zip(keys, labels, strict=True):
        yield csv_bytes([[label, *_row(cells.get(key, {}), keys)]])


async def _cells(source: RecordSource) -> dict[str, dict[str, set[int]]]:
    """Return the signs of relations by row and column; undirected relations are in both directions."""
    found: dict[str, dict[str, set[int]]] = {}
    async for relation in source.relations():
        for one, other in _directions(relation):
            found.setdefault(one, {}).setdefault(other, set()).add(sign(relation))
    return found


def _directions(relation: Relation) -> Iterable[tuple[str, str]]:
    one, other = ends(relation)
    return [(one, other)] if relation.directed else [(one, other), (other, one)]


def _row(signs: dict[str, set[int]], keys: Sequence[str]) -> Iterable[object]:
    return (_value(signs[key]) if key in signs else 0 for key in keys)


def _value(signs: set[int]) -> object:
    return _CONTRADICTORY if len(signs) > 1 else next(iter(signs))


FORMAT = Format(
    name="adjacency",
    title="the network of relations as a matrix",
    extension="csv",
    media_type="text/csv; charset=utf-8",
    write=_write,
    options=(_LABELS, ISOLATES),
)
