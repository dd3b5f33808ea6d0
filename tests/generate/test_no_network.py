"""The embedded model runs without a network, at any time: every use of a socket is an error."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]

BLOCK = """
import sys

def block(event, arguments):
    if event.startswith("socket."):
        raise RuntimeError(f"the network was used: {event} {arguments}")

sys.addaudithook(block)
"""
SYNLLM = """
from synllm.cli.main import main
raise SystemExit(main(sys.argv[1:]))
"""


def run_blocked(code: str, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", BLOCK + code, *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
    )


def test_the_block_is_noticed(tmp_path: Path) -> None:
    asked = "import socket; socket.create_connection(('127.0.0.1', 9))"

    assert "the network was used" in run_blocked(asked, folder=tmp_path).stderr


@pytest.mark.parametrize("engine", ["decoder", "outlines"])
def test_rows_are_written_with_sockets_blocked(engine: str, tmp_path: Path) -> None:
    spec = str(PROJECT / "synllm" / "generate" / "trial" / "probe.synspec")
    arguments = ("--rows", "8", "--engine", engine, "-o", "rows.csv")

    done = run_blocked(SYNLLM, "run", spec, *arguments, folder=tmp_path)

    assert done.returncode == 0, done.stderr
    assert "the network was used" not in done.stderr
    assert len((tmp_path / "rows.csv").read_text().splitlines()) == 9
