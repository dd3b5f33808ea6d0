"""Where delivered rows go: CSV, JSON lines or Parquet, row by row, with the file's codes.

Rows are written to `NAME.partial` beside the output, which takes its place only when the run is
complete; what an interrupted run delivered stays readable under the partial name.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import IO, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from synllm.spec.cells import write_cell
from synllm.spec.evaluate import column_value
from synllm.spec.model import Column, Spec
from synllm.spec.types import CategoryType, Code, IdentifierType, NumberType
from synllm.spec.values import Row, Special, Value
from synllm.targets.row_format import json_text, json_value

FORMATS = (".csv", ".jsonl", ".parquet")


class Sink(Protocol):
    """Takes rows in batches, and ends by putting the finished file in its place."""

    partial: Path

    def write(self, rows: Sequence[Row], remarks: Sequence[str] = ()) -> None:
        """Append rows, each with its remark if any, durably enough to survive the process."""

    def close(self) -> None:
        """Make the partial file readable as it is."""


def open_sink(spec: Spec, output: Path, remark: str | None = None) -> Sink:
    """Return a sink for the output's format, told by its ending; raises OSError, ValueError.

    `remark` names one more column, whose text comes with each row.
    """
    partial = output.with_name(output.name + ".partial")
    match output.suffix.lower():
        case ".csv":
            return _CsvSink(spec, partial, remark)
        case ".jsonl":
            return _JsonLinesSink(spec, partial, remark)
        case ".parquet":
            return _ParquetSink(spec, partial, remark)
        case other:
            raise ValueError(f"no format ends in {other!r}")


def complete_row(spec: Spec, row: Row, number: int) -> dict[str, Value]:
    """Return a row with every declared column: identifiers are the running number, derived columns
    are computed.
    """
    return {
        column.name: str(number)
        if isinstance(column.type, IdentifierType)
        else column_value(column, row, spec)
        for column in spec.columns
    }


class CsvWriter:
    """Writes rows as CSV, its header first; `remark` names one more column."""

    def __init__(self, spec: Spec, file: IO[str], remark: str | None = None) -> None:
        self.spec = spec
        self.count = 0
        self.writer = csv.writer(file, lineterminator="\n")
        extra = [] if remark is None else [remark]
        self.writer.writerow([*(column.name for column in spec.columns), *extra])

    def write(self, rows: Sequence[Row], remarks: Sequence[str] = ()) -> None:
        """Write the rows as lines, each with its remark if there are any."""
        for place, row in enumerate(rows):
            self.count += 1
            complete = complete_row(self.spec, row, self.count)
            cells = [write_cell(column, complete[column.name]) for column in self.spec.columns]
            self.writer.writerow([*cells, *remarks[place : place + 1]])


class _CsvSink:
    def __init__(self, spec: Spec, partial: Path, remark: str | None) -> None:
        self.partial = partial
        self.file: IO[str] = partial.open("w", encoding="utf-8", newline="")
        self.writer = CsvWriter(spec, self.file, remark)

    def write(self, rows: Sequence[Row], remarks: Sequence[str] = ()) -> None:
        """Append the rows as lines."""
        self.writer.write(rows, remarks)
        self.file.flush()

    def close(self) -> None:
        """Close the file; whole rows only are in it."""
        self.file.close()


class _JsonLinesSink:
    def __init__(self, spec: Spec, partial: Path, remark: str | None) -> None:
        self.spec = spec
        self.partial = partial
        self.remark = remark
        self.count = 0
        self.file: IO[str] = partial.open("w", encoding="utf-8", newline="")

    def write(self, rows: Sequence[Row], remarks: Sequence[str] = ()) -> None:
        """Append the rows as JSON objects."""
        for place, row in enumerate(rows):
            self.count += 1
            complete = complete_row(self.spec, row, self.count)
            cells = [
                f"{json_text(column.name)}:{json_cell(column, complete[column.name])}"
                for column in self.spec.columns
            ]
            if self.remark is not None:
                cells.append(f"{json_text(self.remark)}:{json_text(remarks[place])}")
            self.file.write("{" + ",".join(cells) + "}\n")
        self.file.flush()

    def close(self) -> None:
        """Close the file; whole rows only are in it."""
        self.file.close()


class _ParquetSink:
    def __init__(self, spec: Spec, partial: Path, remark: str | None) -> None:
        self.spec = spec
        self.partial = partial
        self.remark = remark
        self.count = 0
        fields = [pa.field(column.name, arrow_type(column)) for column in spec.columns]
        if remark is not None:
            fields.append(pa.field(remark, pa.string()))
        self.schema = pa.schema(fields)
        self.writer = pq.ParquetWriter(partial, self.schema)

    def write(self, rows: Sequence[Row], remarks: Sequence[str] = ()) -> None:
        """Append the rows as one row group."""
        if not rows:
            return
        complete = [
            complete_row(self.spec, row, self.count + place) for place, row in enumerate(rows, 1)
        ]
        self.count += len(rows)
        columns = [
            pa.array(
                [arrow_cell(column, row[column.name]) for row in complete],
                type=self.schema.field(column.name).type,
            )
            for column in self.spec.columns
        ]
        if self.remark is not None:
            columns.append(pa.array(list(remarks), type=pa.string()))
        self.writer.write_table(pa.table(columns, schema=self.schema))

    def close(self) -> None:
        """Write the footer, without which the file can't be read."""
        self.writer.close()


def arrow_type(column: Column) -> pa.DataType:
    """Return the type of a column in typed tables: numbers as numbers, codes as they are."""
    match column.type:
        case IdentifierType():
            return pa.int64()
        case NumberType(decimals=0):
            return pa.int64()
        case NumberType(decimals=decimals):
            return pa.decimal128(38, decimals)
        case CategoryType():
            whole = all(_is_whole(code) for _, code in column.codes)
            return pa.int64() if whole else pa.string()


def arrow_cell(column: Column, value: Value) -> int | Decimal | str | None:
    """Return a cell of a typed table; missing and not applicable are null."""
    if isinstance(value, Special):
        return None
    text = write_cell(column, value)
    kind = arrow_type(column)
    if pa.types.is_int64(kind):
        return int(text)
    return Decimal(text) if pa.types.is_decimal(kind) else text


def _is_whole(code: Code) -> bool:
    return code.numeric and "." not in code.text


def json_cell(column: Column, value: Value) -> str:
    """Return a cell of a JSON row, as the data file's codes have it."""
    if isinstance(column.type, IdentifierType):
        return str(value)
    if isinstance(value, Special) and column.derivation is not None:
        return "null"
    return json_value(column, value)
