"""Coverage of millions of rows needs no more memory than that of a hundred thousand."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.validate.test_memory import (
    PROJECT,
    SPARE_MEGABYTES,
    SPEC_TEXT,
    some_rows,
    write_csv,
    write_parquet,
)

MEASURE = """
import resource, sys
from pathlib import Path
from synllm.coverage.measure import measure_coverage
from synllm.language import parse_spec
spec, findings = parse_spec(Path(sys.argv[1]).read_text())
report, findings = measure_coverage(spec, Path(sys.argv[2]))
print(report.rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def measure(folder: Path, table: Path) -> tuple[int, int]:
    """The rows counted and the peak of memory in megabytes, in a process of its own."""
    spec = folder / "visits.synspec"
    spec.write_text(SPEC_TEXT)
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(spec), str(table)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    rows, kilobytes = done.stdout.split()
    return int(rows), int(kilobytes) // 1024


@pytest.mark.slow
@pytest.mark.parametrize("write", [write_csv, write_parquet])
def test_memory_does_not_grow_with_the_table(write: object, tmp_path: Path) -> None:
    assert callable(write)
    rows = some_rows(100_000)
    small, large = tmp_path / "small.table", tmp_path / "large.table"
    write(rows, 1, small)
    write(rows, 30, large)

    few, little = measure(tmp_path, small)
    many, much = measure(tmp_path, large)

    assert (few, many) == (100_000, 3_000_000)
    assert much <= little + SPARE_MEGABYTES
