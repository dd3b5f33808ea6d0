"""Validation against its rivals on the stroke table blown up to a million rows, in one run.

Prints how many times faster the rules run in memory than in the solver (row by row) and in DuckDB
(the same rules as SQL), and how much faster a CSV file becomes verdicts than with pandas and
pandera. Every rival's counts are asserted to be identical. Fails where a ratio is below its goal.
"""

import argparse
import os
import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from fractions import Fraction
from math import ceil, floor
from pathlib import Path
from time import perf_counter

import numpy as np
import pandera.errors
import pyarrow as pa
from rivals.duckdb_sql import count_query, count_verdicts, load_table
from rivals.pandera_checks import make_schema, read_frame, violations

from synllm.columns.batch import Batch, batch_from_rows
from synllm.columns.program import MOST_WORKERS, VERDICTS, compile_program
from synllm.diagnostics.show_text import render_text
from synllm.language import load_spec
from synllm.proof.audit import audit_rows
from synllm.spec.cells import write_cell
from synllm.spec.evaluate import row_is_valid
from synllm.spec.model import Spec
from synllm.spec.passes.lower import lower
from synllm.spec.types import CategoryType, IdentifierType, NumberType
from synllm.spec.values import MISSING, Row, Value
from synllm.validate.decode import Decoder, row_of
from synllm.validate.read_table import open_table
from synllm.validate.validate import validate_table

PROJECT = Path(__file__).resolve().parent.parent
REAL_TABLE = (
    Path(os.environ.get("SYNLLM_DATA") or PROJECT.parent / "shared" / "data")
    / "healthcare-dataset-stroke-data.csv"
)
SOLVER_GOAL, DUCKDB_GOAL, PANDERA_GOAL = 10_000.0, 1.0, 1.0


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--quick", action="store_true", help="20,000 rows, goals not enforced")
    arguments.add_argument("--spec", type=Path, default=PROJECT / "specs" / "stroke.synspec")
    options = arguments.parse_args()
    rows = 20_000 if options.quick else 1_000_000
    spec = read_spec(options.spec)
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "stroke.csv"
        origin = write_table(spec, table, rows)
        print(f"{rows:,} rows x {len(spec.columns)} columns, {len(spec.rules)} rules, {origin}")
        ratios = [
            *measure_in_memory(spec, table, 20 if options.quick else 300),
            measure_from_file(spec, table),
        ]
    missed = [name for name, ratio, goal in ratios if ratio < goal]
    for name in missed:
        print(f"below its goal: {name}")
    return 1 if missed and not options.quick else 0


def measure_in_memory(spec: Spec, table: Path, solved: int) -> Iterator[tuple[str, float, float]]:
    """Yield name, ratio and goal of the solver and DuckDB against the column programme."""
    batch = read_batch(spec, table)
    core = lower(spec)
    program = compile_program(core)
    counts = program.counts(batch)
    threads = min(MOST_WORKERS, os.cpu_count() or 1)
    connection = load_table(batch, spec, threads)
    query = count_query(spec)
    assert count_verdicts(connection, query, spec) == [counts[rule.name] for rule in spec.rules]
    ours, theirs = fastest(
        [lambda: program.counts(batch), lambda: count_verdicts(connection, query, spec)], 7
    )
    print(f"rules in memory             {batch.length / ours:>15,.0f} rows/s  {ours:8.3f} s")

    chosen = random.Random(3).sample(range(batch.length), solved)
    sample = [row_of(batch, index, spec) for index in chosen]
    start = perf_counter()
    found = audit_rows(core, sample)
    solver = (perf_counter() - start) / solved
    again = program.verdicts(batch_from_rows(core, sample))
    for name, codes in again.items():
        assert [VERDICTS[code] for code in codes] == [each[name] for each in found], name
    ratio = solver * batch.length / ours
    print(f"solver, row by row          {1 / solver:>15,.0f} rows/s  {ratio:10,.0f} times slower")
    yield "rules in memory against the solver", ratio, SOLVER_GOAL

    slower = f"{theirs / ours:10.2f} times slower"
    print(f"DuckDB, {threads} threads           {batch.length / theirs:>15,.0f} rows/s  {slower}")
    yield "rules in memory against DuckDB", theirs / ours, DUCKDB_GOAL


def measure_from_file(spec: Spec, table: Path) -> tuple[str, float, float]:
    """Return name, ratio and goal of pandas and pandera against validation of the file."""
    report, findings = validate_table(spec, table)
    assert report is not None, render_text(findings)
    schema = make_schema(spec)

    def check() -> None:
        schema.validate(read_frame(table, spec), lazy=True)

    try:
        check()
    except pandera.errors.SchemaErrors as error:
        raise AssertionError("pandera refuses a table that synllm finds clean") from error
    assert report.clean
    frame = read_frame(table, spec)
    for rule in spec.rules:
        assert int(violations(rule, frame, spec).sum()) == report.of(rule.name).counts.violated
    del frame
    ours, theirs = fastest([lambda: validate_table(spec, table), check], 5)
    print(f"CSV to verdicts             {report.rows / ours:>15,.0f} rows/s  {ours:8.3f} s")
    slower = f"{theirs / ours:10.2f} times slower"
    print(f"pandas.read_csv and pandera {report.rows / theirs:>15,.0f} rows/s  {slower}")
    return "CSV to verdicts against pandas and pandera", theirs / ours, PANDERA_GOAL


def read_spec(path: Path) -> Spec:
    """Return the spec; exit where it has errors."""
    spec, findings = load_spec(path)
    if spec is None:
        sys.exit(render_text(findings))
    return spec


def read_batch(spec: Spec, table: Path) -> Batch:
    """Return the whole table decoded in memory, one contiguous array for each column."""
    opened, findings = open_table(table, spec)
    assert opened is not None, render_text(findings)
    decoder = Decoder(spec, lower(spec))
    names = [column.name for column in spec.generated_columns]
    parts = [
        decoder.decode(pa.RecordBatch.from_arrays([cells.column(n) for n in names], names)).batch
        for cells in opened.batches
    ]
    return Batch(
        sum(part.length for part in parts),
        {name: np.concatenate([part.values[name] for part in parts]) for name in names},
        {name: np.concatenate([part.states[name] for part in parts]) for name in names},
    )


def write_table(spec: Spec, path: Path, rows: int) -> str:
    """Write rows drawn from the real table, or from random valid rows, and return which."""
    chance = random.Random(1)
    if REAL_TABLE.is_file():
        header, *lines = REAL_TABLE.read_text(encoding="utf-8").splitlines()
        origin = "drawn from the real table"
    else:
        header = ",".join(column.name for column in spec.columns)
        lines = list(random_lines(spec, 2_000, chance))
        origin = "drawn from 2,000 random valid rows (the real table is not here)"
    with path.open("w", encoding="utf-8") as file:
        file.write(header + "\n")
        file.writelines(line + "\n" for line in chance.choices(lines, k=rows))
    return origin


def random_lines(spec: Spec, wanted: int, chance: random.Random) -> Iterator[str]:
    """Yield lines of random rows that break no hard rule."""
    while wanted:
        row: Row = {column.name: random_value(column.type, chance) for column in spec.columns}
        for column in spec.generated_columns:
            if column.may_be_missing and chance.random() < 0.1:
                row = {**row, column.name: MISSING}
        if row_is_valid(row, spec):
            wanted -= 1
            yield ",".join(write_cell(column, row[column.name]) for column in spec.columns)


def random_value(kind: NumberType | CategoryType | IdentifierType, chance: random.Random) -> Value:
    """Return a value of the type, every one equally likely; numbers whole half of the time."""
    match kind:
        case CategoryType(labels=labels):
            return chance.choice(labels)
        case NumberType(listed=listed) if listed:
            return chance.choice(listed)
        case NumberType(decimals=decimals, interval=interval):
            assert interval is not None
            assert interval.low is not None
            assert interval.high is not None
            scale = 10 ** (decimals if chance.random() < 0.5 else 0)
            low, high = ceil(interval.low * scale), floor(interval.high * scale)
            return Fraction(chance.randint(low, high), scale)
        case IdentifierType():
            return "1"


def fastest(rivals: list[Callable[[], object]], times: int) -> list[float]:
    """Return the seconds of each rival's fastest run; they take turns, so as to suffer alike."""
    seconds = [float("inf")] * len(rivals)
    for _ in range(times):
        for place, work in enumerate(rivals):
            start = perf_counter()
            work()
            seconds[place] = min(seconds[place], perf_counter() - start)
    return seconds


if __name__ == "__main__":
    sys.exit(main())
