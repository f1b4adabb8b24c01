from tests.conftest import Api
from tests.selection.probe_mod import X
import json, sys
def test_it(reading):
    assert isinstance(reading, Api)
    for q in ['{ stances(first:3) { edges { node { target { ... on Topic { name } } } } } }',
              '{ topics(first:2) { edges { node @skip(if:true) { id } } } }',
              'query($x: Boolean = true) { topics(first:2) @skip(if:$x) { totalCount } }',
              'query($d: Date) { __type(name:"Actor"){name} relations(first:1, filter:{asOf:$d}){totalCount} }',
              '{ actor(slug:"\\u0000") { id } }',
              '{ actors(first: 1, after: "STATEMENT_COUNT.99999999999999999999.01900000-0000-7000-8000-000000000001", orderBy:{field:STATEMENT_COUNT,direction:ASC}) { totalCount edges{cursor} } }',
              '{ stances(first: 1, after: "CREATED_AT.0001-01-01T00:00:00+14:00.01900000-0000-7000-8000-000000000001") { totalCount edges{cursor} } }',
              '{ statements(first: 1) { edges { node { '+' '.join(f'a{i}: speaker {{ name }}' for i in range(80))+'}}}}',
        ]:
        r = reading.post({"query": q, "variables": {"x": None, "d": "2024-11-11"}})
        print(r.status_code, r.text[:300])
        for l in reading.log:
            if l.get("exc_info"): 
                import traceback; 
        print([l.get("event") for l in reading.log])
