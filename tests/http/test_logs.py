"""Clients cannot forge or break lines of the log in either format."""

import json
import logging
import shlex
from pathlib import Path

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st
from starlette.testclient import TestClient

from api.app import create
from api.logs import _json, _line, configure, forward_libraries
from tests.conftest import settings

FORGED = "2026-12-01T00:00:00.000000Z [info   ] operation    outcome=ok"
PATHS = (
    f"/export/x%0A{FORGED}",
    f"/export/x%0D%0A{FORGED}",
    f"/export/x%E2%80%A8{FORGED}",  # a line separator
    f"/export/x%C2%85{FORGED}",  # a next line
    "/export/x%00y",
    "/export/x%1B[2Jy",  # clears a terminal
    "/export/x%E2%80%AEtxt",  # reads backwards
    "/export/x%20outcome=ok%20bytes=7",
)


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_a_path_makes_no_line_of_its_own(tmp_path: Path, log_format: str, capsys: pytest.CaptureFixture[str]) -> None:
    given = settings(f"sqlite:///{tmp_path}/none.db", log_format=log_format)
    with TestClient(create(given)) as client:
        for path in PATHS:
            capsys.readouterr()
            assert client.get(path).status_code == 404
            text = capsys.readouterr().err
            (line,) = text.splitlines()
            assert line.isprintable(), path
            if log_format == "json":
                logged = json.loads(line)
                assert logged["event"] == "download"
                assert logged["format"].isprintable()
            else:
                outcomes = [word for word in shlex.split(line) if word.startswith("outcome=")]
                assert outcomes == ["outcome=BAD_REQUEST"], line


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_no_header_does_either(tmp_path: Path, log_format: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Logged hosts, origins and request IDs are printable; a request ID that is not plain is replaced."""
    given = settings(f"sqlite:///{tmp_path}/none.db", log_format=log_format)
    with TestClient(create(given)) as client:
        for name in ("host", "x-request-id"):
            capsys.readouterr()
            client.post("/graphql", json={"query": "{ __typename }"}, headers=[(name.encode(), b"a\x85\xadb")])
            (line,) = capsys.readouterr().err.splitlines()
            assert line.isprintable()
            assert "\\x85" in line or name == "x-request-id"


@drawn(st.text(), st.text())
def test_a_line_is_one_line_whatever_is_in_it(value: str, trace: str) -> None:
    more = {"value": value, "next": 1}
    for write in (_json, _line):
        line = write("now", "info", "event", None, dict(more)).decode()
        assert line.isprintable()
        head, *rest = write("now", "info", "event", trace, dict(more)).decode().split("\n")
        assert head.isprintable()
        assert all(each.startswith("    ") and each.isprintable() for each in rest)
    assert json.loads(_json("now", "info", "event", None, dict(more)))["next"] == 1


def test_a_value_is_not_longer_than_a_screen() -> None:
    assert len(_line("now", "info", "event", None, {"value": "x" * 100_000})) < 3_000


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_libraries_log_in_the_same_lines(tmp_path: Path, log_format: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = logging.root.handlers[:]
    try:
        configure(settings(f"sqlite:///{tmp_path}/none.db", log_format=log_format))
        forward_libraries()
        logging.getLogger("websockets.server").warning("handshake failed: %s", f"x\n{FORGED}")
    finally:
        logging.root.handlers[:] = before
    (line,) = capsys.readouterr().err.splitlines()
    assert "websockets.server" in line
    assert "handshake failed: x\\" in line
