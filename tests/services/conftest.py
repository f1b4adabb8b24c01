"""x"""
import pytest
class World: pass
@pytest.fixture
def world() -> World: return World()
