"""Census of signed directed triads: the number of triples of nodes by the directions and signs of their arcs.

A kind is named as in Davis and Leinhardt's census (1972), by the number of mutual, asymmetric and null pairs, and a
letter if several triads have these numbers. The signs of the arcs follow: `030T-PPN`. They are in the order of the
first permutation of the three nodes, sorted by arcs and then by signs, P before N.
"""

from collections.abc import Mapping
from functools import cache
from itertools import combinations, permutations, product

from api.analysis.arrays import Integers
from api.numeric import np

MAX_NODES = 500
"""Maximum number of nodes: all their triples are enumerated."""
_ARCS = tuple(permutations(range(3), 2))
"""The indexes of the six signs of a triad: 01, 02, 10, 12, 20, 21."""
_PLACE = {arc: place for place, arc in enumerate(_ARCS)}

Signs = tuple[int, ...]
"""The sign of each of the six arcs: 0 if there is no arc, 1 if it is positive, 2 if it is negative."""


def directed_census(size: int, source: Integers, target: Integers, sign: Integers) -> Mapping[str, int] | None:
    """Return the number of triads of each kind that occurs; None if there are too many nodes.

    :param sign: 1 or -1 for each arc from `source` to `target`; of several arcs between two nodes, the last counts.
    """
    if size > MAX_NODES:
        return None
    matrix = np.zeros((size, size), dtype=np.int64)
    matrix[source, target] = np.where(sign > 0, 1, 2)
    names, kind = _kinds()
    counts = np.zeros(len(names), dtype=np.int64)
    for one in range(size - 2):
        other, third = np.triu_indices(size - one - 1, 1)
        nodes = np.full(len(other), one), other + one + 1, third + one + 1
        code = sum(matrix[nodes[a], nodes[b]] * 3**place for place, (a, b) in enumerate(_ARCS))
        counts += np.bincount(kind[code], minlength=len(names))
    return {name: int(count) for name, count in zip(names, counts.tolist(), strict=True) if count}


@cache
def _kinds() -> tuple[list[str], Integers]:
    """Return the names of all kinds, and the index of the kind of each code."""
    names: dict[str, int] = {}
    kind = np.zeros(3 ** len(_ARCS), dtype=np.int64)
    for signs in product(range(3), repeat=len(_ARCS)):
        code = sum(sign * 3**place for place, sign in enumerate(signs))
        kind[code] = names.setdefault(_name(min(_orders(signs), key=_first)), len(names))
    return list(names), kind


def _orders(signs: Signs) -> list[Signs]:
    """Return the signs of a triad for all permutations of its nodes."""
    return [tuple(signs[_PLACE[order[a], order[b]]] for a, b in _ARCS) for order in permutations(range(3))]


def _first(signs: Signs) -> tuple[Signs, Signs]:
    return tuple(int(sign == 0) for sign in signs), signs


def _name(signs: Signs) -> str:
    there = {arc for arc, sign in zip(_ARCS, signs, strict=True) if sign}
    pairs = [((a, b) in there) + ((b, a) in there) for a, b in combinations(range(3), 2)]
    census = f"{pairs.count(2)}{pairs.count(1)}{pairs.count(0)}"
    written = "".join("-PN"[sign] for sign in signs if sign)
    return f"{census}{_letter(census, there)}" + (f"-{written}" if written else "")


def _letter(census: str, there: set[tuple[int, int]]) -> str:
    single = {(a, b) for a, b in there if (b, a) not in there}
    from_, to = ([sum(arc[end] == node for arc in single) for node in range(3)] for end in (0, 1))
    if census == "111":
        # Down: the asymmetric arc runs towards the mutual pair; up: it runs from the mutual pair.
        ((source, _),) = single
        return "U" if any((source, other) in there and (other, source) in there for other in range(3)) else "D"
    if census in ("021", "120"):
        return "D" if 2 in from_ else "U" if 2 in to else "C"
    return ("T" if 2 in from_ else "C") if census == "030" else ""
