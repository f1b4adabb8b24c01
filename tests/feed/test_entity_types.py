"""The feed can be asked for changes of everything that the graph holds, and says of what sort each is."""

from api.identifiers import PREFIXES
from api.schema.revisions import EntityType
from api.selection.past import capitals


def test_everything_with_an_id_but_a_change_itself() -> None:
    assert {kind.value for kind in EntityType} == {capitals(name) for name in PREFIXES if name != "Revision"}
