"""The feed can be asked for changes of everything that the graph holds, and says of what sort each is."""

from api.graphql.sql.history import capitals
from api.ids import PREFIXES
from api.schema.revisions import EntityType


def test_everything_with_an_id_but_a_change_itself() -> None:
    assert {kind.value for kind in EntityType} == {capitals(name) for name in PREFIXES if name != "Revision"}
