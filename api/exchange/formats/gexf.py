"""GEXF 1.3: the network of relations with its dates, for Gephi's timeline. Export only."""

import datetime as dt
from collections.abc import AsyncIterator, Mapping

from api.exchange.format import Format, Option, Options, RecordSource
from api.exchange.formats.graphml import actor_values, relation_values
from api.exchange.formats.lib.network_options import ISOLATES, network_actors, sign
from api.exchange.formats.lib.xml import attributes, encode_chunks
from api.exchange.records import Actor, Relation

_NODE = ("kind", "description", "country_code", "wikidata_id", "aliases")
_EDGE = ("kind", "sign", "form", "status", "directed", "summary", "evidence")
_TYPES = {"sign": "integer", "directed": "boolean"}
_EDGES = Option(
    "edges",
    "Direction of edges: none, all directed, or each as it is (which Gephi reads, but networkx does not).",
    ("undirected", "directed", "mixed"),
    "undirected",
)


async def _xml_pieces(source: RecordSource, options: Options) -> AsyncIterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<gexf xmlns="http://gexf.net/1.3" version="1.3">\n'
    kind = options.get("edges", "undirected")
    default = "undirected" if kind == "mixed" else kind
    yield f'<graph mode="dynamic" defaultedgetype="{default}" timeformat="date" timerepresentation="interval">\n'
    for of, names in (("node", _NODE), ("edge", _EDGE)):
        yield f'<attributes class="{of}">{"".join(map(_declared, names))}</attributes>\n'
    yield "<nodes>\n"
    async for actor in network_actors(source, options):
        yield _node(actor)
    yield "</nodes>\n<edges>\n"
    async for relation in source.relations():
        yield _edge(relation, None if kind != "mixed" else "directed" if relation.directed else "undirected")
    yield "</edges>\n</graph>\n</gexf>\n"


def _declared(name: str) -> str:
    return f'<attribute id="{name}" title="{name}" type="{_TYPES.get(name, "string")}"/>'


def _node(actor: Actor) -> str:
    present = {"id": actor.key, "label": actor.name, **_dates(actor.active_from, actor.active_to)}
    spell = _spells(actor.active_from, actor.active_to)
    return f"<node{attributes(present)}>{_values(_NODE, actor_values(actor))}{spell}</node>\n"


def _edge(relation: Relation, kind: str | None) -> str:
    present = {
        "id": relation.key,
        "source": relation.source,
        "target": relation.target,
        "type": kind,
        # Gephi's layouts take no negative weights: the sign is an attribute.
        "weight": abs(sign(relation)),
        "kind": relation.kind.value,
        **_dates(relation.valid_from, relation.valid_to),
    }
    values = _values(_EDGE, relation_values(relation))
    return f"<edge{attributes(present)}>{values}{_spells(relation.valid_from, relation.valid_to)}</edge>\n"


def _dates(start: dt.date | None, end: dt.date | None) -> Mapping[str, object]:
    """Return the first and last day, both inclusive; None for an open end."""
    return {"start": start, "end": end}


def _spells(start: dt.date | None, end: dt.date | None) -> str:
    if start is None and end is None:
        return ""
    return f"<spells><spell{attributes(_dates(start, end))}/></spells>"


def _values(names: tuple[str, ...], values: Mapping[str, object]) -> str:
    present = [attributes({"for": name, "value": values[name]}) for name in names if values[name] is not None]
    return f"<attvalues>{''.join(f'<attvalue{value}/>' for value in present)}</attvalues>"


def _write(source: RecordSource, options: Options) -> AsyncIterator[bytes]:
    return encode_chunks(_xml_pieces(source, options))


FORMAT = Format(
    name="gexf",
    title="the network of relations as GEXF 1.3, with its dates",
    extension="gexf",
    media_type="application/gexf+xml",
    write=_write,
    options=(_EDGES, ISOLATES),
)
