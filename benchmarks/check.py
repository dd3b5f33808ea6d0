"""How long checking the three shipped specs together and compiling one take, as whole processes.

The yardsticks are what the same machine needs to start Python and to import pandas. "First" is
without the grammar's tables in the cache, as on a fresh machine.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
SPECS = [str(ROOT / "specs" / f"{name}.synspec") for name in ("diabetes", "stroke", "cirrhosis")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="three runs instead of nine")
    runs = 3 if parser.parse_args().quick else 9
    check = [sys.executable, "-m", "synllm", "check", "--quiet", *SPECS]
    compile_stroke = [sys.executable, "-m", "synllm", "compile", SPECS[1], "--emit", "regex"]
    times = {
        "python": median_seconds([sys.executable, "-c", ""], runs),
        "import pandas": median_seconds([sys.executable, "-c", "import pandas"], runs),
        "synllm check": median_seconds(check, runs),
        "synllm check, first": median_seconds(check, runs, fresh_cache=True),
        "synllm compile": median_seconds(compile_stroke, runs),
    }
    for name, seconds in times.items():
        ratio = seconds / times["import pandas"]
        print(f"{name:<20} {seconds * 1000:7.0f} ms  {ratio:5.2f}x import pandas")


def median_seconds(command: list[str], runs: int, *, fresh_cache: bool = False) -> float:
    """Return the median wall time of a command over some runs, after one that is not counted."""
    seconds = []
    for number in range(runs + 1):
        with tempfile.TemporaryDirectory() as folder:
            environment = {**os.environ, "XDG_CACHE_HOME": folder} if fresh_cache else None
            started = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True, env=environment)
            if number:
                seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


if __name__ == "__main__":
    main()
