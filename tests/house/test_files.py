"""All files of the repository are written as .editorconfig says."""

import shutil
import subprocess
from pathlib import Path

import pytest
from editorconfig import get_properties

ROOT = Path(__file__).parents[2]


def _tracked() -> list[Path]:
    """Return the files that git tracks or would add."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def _faults(path: Path) -> list[str]:
    """Return what is wrong with a file by its properties in .editorconfig."""
    properties = get_properties(str(path))
    content = path.read_bytes()
    try:
        text = content.decode(properties["charset"])
    except UnicodeDecodeError:
        return [f"is not {properties['charset']}"]
    lines = text.split("\n")
    faults = []
    if "\r" in text:
        faults.append("has line ends other than LF")
    if text and not text.endswith("\n"):
        faults.append("does not end with a newline")
    if properties["trim_trailing_whitespace"] == "true":
        faults += [
            f"line {number}: trailing whitespace" for number, line in enumerate(lines, 1) if line != line.rstrip()
        ]
    wrong = {"space": "\t", "tab": " "}[properties["indent_style"]]
    return faults + [
        f"line {number}: wrong indentation" for number, line in enumerate(lines, 1) if line.startswith(wrong)
    ]


@pytest.mark.skipif(shutil.which("git") is None or not (ROOT / ".git").exists(), reason="needs a git checkout")
def test_files_are_written_as_the_editorconfig_says() -> None:
    faults = {path.relative_to(ROOT).as_posix(): _faults(path) for path in _tracked()}
    assert len(faults) > 100
    assert {name: each for name, each in faults.items() if each} == {}


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"\xff\n", "is not utf-8"),
        (b"a\r\n", "has line ends other than LF"),
        (b"a", "does not end with a newline"),
        (b"a \n", "line 1: trailing whitespace"),
        (b"\ta\n", "line 1: wrong indentation"),
    ],
)
def test_a_fault_is_found(tmp_path: Path, content: bytes, fault: str) -> None:
    shutil.copy(ROOT / ".editorconfig", tmp_path)
    file = tmp_path / "file.txt"
    file.write_bytes(content)
    assert fault in _faults(file)
