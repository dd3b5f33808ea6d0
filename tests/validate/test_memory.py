"""Millions of rows need no more memory than a hundred thousand, in every kind of file."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as parquet
import pytest

PROJECT = Path(__file__).resolve().parents[2]
SPEC_TEXT = """synspec 1
table visits "Visits" {
  age     : decimal(2) in 0..120 'a'         "Age"
  sex     : one of {Female, Male}            "Sex"
  bmi     : decimal(1) in 10..98 'kg/m2'     "Body-mass index"   may be missing coded "N/A"
  smokes  : yes/no coded 1/0                 "Smokes"
  births  : integer in 0..20                 "Births"   applies when sex is Female coded 0
}
rule young_mothers "Mothers are at least 12" when births > 0 then age >= 12
rule smokers "Smokers are at least 10" when smokes is yes then age >= 10
"""
MEASURE = """
import resource, sys
from pathlib import Path
from synllm.language import parse_spec
from synllm.validate.validate import validate_table
spec, findings = parse_spec(Path(sys.argv[1]).read_text())
report, findings = validate_table(spec, Path(sys.argv[2]))
print(report.rows, report.of("smokers").counts.violated, report.audited)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
SPARE_MEGABYTES = 100
"""A few blocks on their way at the same time, and what allocators keep; far less than the table."""


def some_rows(count: int) -> pa.Table:
    places = range(count)
    return pa.table(
        {
            "age": pa.array([f"{5 + place % 90}.{place % 100:02}" for place in places]),
            "sex": pa.array(["Female" if place % 3 else "Male" for place in places]),
            "bmi": pa.array(
                ["N/A" if place % 7 == 0 else f"{15 + place % 60}.5" for place in places]
            ),
            "smokes": pa.array([str(place % 2) for place in places]),
            "births": pa.array([str(place % 5 if place % 3 else 0) for place in places]),
        }
    )


def write_csv(rows: pa.Table, times: int, path: Path) -> None:
    with arrow_csv.CSVWriter(
        path, rows.schema, write_options=arrow_csv.WriteOptions(quoting_style="none")
    ) as writer:
        for _ in range(times):
            writer.write_table(rows)


def write_parquet(rows: pa.Table, times: int, path: Path) -> None:
    with parquet.ParquetWriter(path, rows.schema) as writer:
        for _ in range(times):
            writer.write_table(rows)


def write_json_lines(rows: pa.Table, times: int, path: Path) -> None:
    block = rows.to_pandas().to_json(orient="records", lines=True)
    with path.open("w") as file:
        for _ in range(times):
            file.write(block)


def measure(folder: Path, table: Path) -> tuple[int, int]:
    """The rows validated and the peak of memory in megabytes, in a process of its own."""
    spec = folder / "visits.synspec"
    spec.write_text(SPEC_TEXT)
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(spec), str(table)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    counted, kilobytes = done.stdout.splitlines()
    return int(counted.split()[0]), int(kilobytes) // 1024


@pytest.mark.slow
@pytest.mark.parametrize(
    ("write", "name", "times"),
    [
        (write_csv, "visits.csv", 30),
        (write_parquet, "visits.parquet", 30),
        (write_json_lines, "visits.jsonl", 6),
    ],
    ids=["csv", "parquet", "jsonl"],
)
def test_memory_does_not_grow_with_the_table(
    write: Callable[[pa.Table, int, Path], None], name: str, times: int, tmp_path: Path
) -> None:
    rows = some_rows(100_000)
    small, large = tmp_path / f"small_{name}", tmp_path / f"large_{name}"
    write(rows, 1, small)
    write(rows, times, large)

    few, little = measure(tmp_path, small)
    many, much = measure(tmp_path, large)

    assert (few, many) == (100_000, 100_000 * times)
    assert much <= little + SPARE_MEGABYTES
