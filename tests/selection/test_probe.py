import sqlite3
def test_it(enriched, oracle):
    odd=[s for s in oracle.rows.stances.values() if s.confidence is None or s.confidence < 1e-20]
    print(sorted({repr(s.confidence) for s in odd}))
    if "sqlite" in enriched.url:
        c=sqlite3.connect(enriched.url[10:])
        print(c.execute("select distinct typeof(confidence), confidence, confidence is null, printf('%!.17g', confidence) from stance").fetchall())
