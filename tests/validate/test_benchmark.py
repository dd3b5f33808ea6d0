"""The benchmark of validation runs, and every rival comes to the same counts."""

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_the_quick_benchmark_runs_to_its_end() -> None:
    script = PROJECT / "benchmarks" / "validate.py"

    done = subprocess.run([sys.executable, script, "--quick"], capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert "pandas.read_csv and pandera" in done.stdout
