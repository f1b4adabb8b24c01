"""What a server that works nothing out does not load."""

import subprocess
import sys

LOADED = "import sys, api.app, api.cli; print(sorted({'numpy', 'scipy', 'pyarrow', 'networkx'} & set(sys.modules)))"


def test_the_large_libraries_are_loaded_when_they_are_used() -> None:
    found = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
