"""Probe."""
from tests.conftest import Api
from tests.services.conftest import World
import sys
def test_b(bare: Api, world: World) -> None:
    assert type(bare) is Api
    assert type(world) is World
    assert 0, [m for m in sys.modules if m.startswith("tests")]
