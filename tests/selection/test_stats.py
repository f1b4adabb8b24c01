from collections import Counter
from hypothesis import strategies as st, given, settings
import tests.selection.test_generated as tg
from tests.selection.test_generated import comparison, lookups, CALLERS, SLOW_ALLOWED, plain
from tests.selection.documents import documents
import time
from tests.selection.test_min import diff
def test_stats(comparison, schema, pools):
    seen=Counter(); n=[0]; bad=[]; docs=[]; args=Counter(); tm=Counter()
    import tests.selection.oracle as o
    orig=o.Oracle._resolve
    def res(self, source, info, **a):
        v=orig(self, source, info, **a)
        seen[info.parent_type.name+"."+info.field_name]+=1
        if isinstance(v, dict) and "totalCount" in v and v["edges"]: seen["nonempty "+info.field_name]+=1
        for k,x in a.items():
            args[k, x is None]+=1
            if k=="filter" and x:
                for kk in x: 
                    args["filter."+info.field_name+"."+kk]+=1
                    if isinstance(v, dict) and v.get("totalCount"): args["found filter."+info.field_name+"."+kk]+=1
        return v
    o.Oracle._resolve=res
    @settings(max_examples=3000, deadline=None, derandomize=False, phases=[tg.Phase.generate], database=None, suppress_health_check=SLOW_ALLOWED)
    @given(data=st.data(), caller=st.sampled_from(CALLERS))
    def run(data, caller):
        t=time.perf_counter()
        d=data.draw(documents(schema, pools)); docs.append(d); t2=time.perf_counter(); tm["draw"]+=t2-t
        response = comparison.api.post({"query": d.text, "variables": dict(d.variables)}, caller); t3=time.perf_counter(); tm["http"]+=t3-t2
        w=comparison.oracles[caller].answer(d.text, d.variables); tm["oracle"]+=time.perf_counter()-t3
        n[0]+=1
        a=response.json()
        if "errors" in a: bad.append((caller, d, a["errors"]))
        elif plain(a["data"])!=plain(w): bad.append((caller, d, a["data"], w))
    run()
    o.Oracle._resolve=orig
    print('BAD', len(bad)); import json; bad.sort(key=lambda b: len(b[1].text)); __import__('pathlib').Path('/tmp/bad_'+comparison.api.url[:6]+'.json').write_text(json.dumps([[b[0], b[1].text, dict(b[1].variables)] for b in bad]))
    for b in bad[:3]: print(b[0], b[1].text, b[1].variables); (print(b[2]) if len(b)==3 else diff(b[2],b[3]))
    print(n, tm)
