import sys
from tests.selection.test_generated import plain
def diff(a, b, path=""):
    if isinstance(a, dict) and isinstance(b, dict):
        for k in a: diff(a[k], b.get(k), path + "." + k)
    elif isinstance(a, list) and isinstance(b, list):
        if len(a) != len(b): print("   LEN", path, len(a), len(b))
        for i, (x, y) in enumerate(zip(a, b)): diff(x, y, f"{path}[{i}]")
    elif a != b: print("   ", path, repr(a)[:200], repr(b)[:200])
DOCS = [
 '{ statements { pageInfo { hasPreviousPage } } }',
 '{ statements { pageInfo { __typename } } }',
 '{ statements(last: 3) { pageInfo { hasNextPage } } }',
 '{ statements(filter:{kind:[]}) { pageInfo { __typename } } }',
 '{ statements(filter:{kind:[]}) { pageInfo { hasPreviousPage hasNextPage startCursor endCursor } edges { cursor } totalCount} }',
 '{ documents(first:50) { edges { node { statements(last: 50, filter:{kind:[]}) { pageInfo { __typename } totalCount } } } } }',
 '{ network(filter: {between: ["act_8b67d9bf-f62c-4841-945d-c31b302c17e6", "act_643ad45f-c007-47a0-ac1f-8c43f164f514"]}) { actors { oppositions(asOf: "2024-11-27", first: null, last: 2, after: "VALID_FROM.9999-12-31.73db7353-1074-46e2-aefe-885efa05b915", before: "VALID_FROM.0001-01-01.01937537-a000-7d19-87aa-40acdc4fdc16") { pageInfo { hasPreviousPage } edges{cursor} totalCount } } } }',
 '{ relations(first:1){edges{node{evidence(first: 3) { pageInfo { __typename } } }}}}',
 '{ relations(first:1){edges{node{evidence(first: 3) { pageInfo { hasPreviousPage } } }}}}',
]
def test_it(enriched, oracle):
    print(enriched.url[:6])
    for d in DOCS:
        a = enriched.run(d, as_="karl")
        w = oracle.seen_by("karl").answer(d, {})
        if "errors" in a: print(d, a); print([str(l.get("exc_info") or l)[:200] for l in enriched.log if l["event"]=="failure"])
        else:
            print("ok" if plain(a["data"])==plain(w) else "BAD", d[:150]); diff(a["data"], w)
