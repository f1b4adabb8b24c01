"""GraphML: the network of relations, for Gephi, igraph, networkx, yEd and others. Export only."""

from collections.abc import AsyncIterator, Mapping

from api.exchange.format import Format, Option, Options, RecordSource
from api.exchange.formats.lib.network_options import ISOLATES, network_actors, sign
from api.exchange.formats.lib.xml import attributes, encode_chunks, text
from api.exchange.records import Actor, Relation

_NODE = {
    "label": "string", "kind": "string", "description": "string", "country_code": "string", "wikidata_id": "string",
    "active_from": "string", "active_to": "string", "aliases": "string",
}  # fmt: skip
_EDGE = {
    "kind": "string", "sign": "int", "form": "string", "status": "string", "directed": "boolean",
    "valid_from": "string", "valid_to": "string", "summary": "string", "evidence": "string",
}  # fmt: skip
_EDGES = Option(
    "edges",
    "Direction of edges: all directed, or none; GraphML readers do not take both in one file.",
    ("undirected", "directed"),
    "undirected",
)


def actor_values(actor: Actor) -> Mapping[str, object]:
    """Return the attributes of an actor in a network file."""
    return {
        "label": actor.name,
        "kind": actor.kind.value,
        "description": actor.description,
        "country_code": actor.country_code,
        "wikidata_id": actor.wikidata_id,
        "active_from": actor.active_from,
        "active_to": actor.active_to,
        "aliases": " | ".join(alias.name for alias in actor.aliases) or None,
    }


def relation_values(relation: Relation) -> Mapping[str, object]:
    """Return the attributes of a relation in a network file."""
    return {
        "kind": relation.kind.value,
        "sign": sign(relation),
        "form": relation.form.value,
        "status": relation.status.value,
        "directed": str(relation.directed).lower(),
        "valid_from": relation.valid_from,
        "valid_to": relation.valid_to,
        "summary": relation.summary,
        "evidence": " ".join(relation.evidence) or None,
    }


async def _xml_pieces(source: RecordSource, options: Options) -> AsyncIterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'
    for prefix, of, declared in (("n", "node", _NODE), ("e", "edge", _EDGE)):
        for name, kind in declared.items():
            present = {"id": f"{prefix}_{name}", "for": of, "attr.name": name, "attr.type": kind}
            yield f"<key{attributes(present)}/>\n"
    yield f'<graph id="network" edgedefault="{options.get("edges", "undirected")}">\n'
    async for actor in network_actors(source, options):
        yield f"<node{attributes({'id': actor.key})}>{_data('n', actor_values(actor))}</node>\n"
    async for relation in source.relations():
        present = {"id": relation.key, "source": relation.source, "target": relation.target}
        yield f"<edge{attributes(present)}>{_data('e', relation_values(relation))}</edge>\n"
    yield "</graph>\n</graphml>\n"


def _data(prefix: str, values: Mapping[str, object]) -> str:
    present = ((name, value) for name, value in values.items() if value is not None)
    return "".join(f'<data key="{prefix}_{name}">{text(value)}</data>' for name, value in present)


def _write(source: RecordSource, options: Options) -> AsyncIterator[bytes]:
    return encode_chunks(_xml_pieces(source, options))


FORMAT = Format(
    name="graphml",
    title="the network of relations as GraphML",
    extension="graphml",
    media_type="application/graphml+xml",
    write=_write,
    options=(_EDGES, ISOLATES),
)
