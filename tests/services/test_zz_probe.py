"""Probe."""
import time
from sqlalchemy import insert, select
from models import Stance, StanceLabel, Project, Annotator, Topic, new_id, Statement
import datetime as dt
from tests.services.conftest import *
def test_big(world: World) -> None:
    N=17000
    into,dup,st=world.actor(),world.actor(),world.statement()
    pr=world.rows(select(Project.id))[0]; an=world.rows(select(Annotator.id))[0]
    topics=[{"id":new_id(),"slug":f"t{i}","name":"t","sort_name":"t"} for i in range(N)]
    async def work(db):
        async with db.transaction() as s:
            await s.execute(insert(Topic),topics)
            rows=[dict(id=new_id(),statement_id=key_of(st),holder_id=key_of(h),target_topic_id=t["id"],label=StanceLabel.SUPPORT,annotator_id=an,project_id=pr,stated_on_sort=dt.date(1,1,1)) for t in topics for h in (into,dup)]
            await s.execute(insert(Stance),rows)
    world.api.inside(work)
    b=time.time()
    r=world.api.run('mutation { mergeActors(input:{intoId:"%s",duplicateId:"%s"}) { actor {id} errors {code} } }'%(into,dup),as_="karl")
    print(r, time.time()-b, world.count(Stance))
    assert 0
