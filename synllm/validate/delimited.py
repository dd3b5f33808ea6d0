"""CSV and its relatives, streamed: cells separated by comma, semicolon, tab or bar."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as arrow_csv

from synllm.diagnostics.diagnostic import Diagnostic, report
from synllm.spec.model import Spec
from synllm.validate.locate import explain_broken_text, find_invalid_utf8, locate_rows
from synllm.validate.sniff import HEAD_BYTES, sniff_delimiter
from synllm.validate.table_text import TEXT_CELLS, TableText, checked_columns

_BLOCK_BYTES = 4 << 20
"""A row must fit in a block; reading holds a few blocks in memory at a time."""


def open_delimited(path: Path, spec: Spec) -> tuple[TableText | None, list[Diagnostic]]:
    """Return the file as text batches of the columns that the spec reads, the delimiter sniffed.

    UTF-8 with or without a byte-order mark, any line ends, cells in double quotes where needed.
    """
    header_line, findings = _header_line(path)
    if header_line is None:
        return None, findings
    delimiter = sniff_delimiter(header_line, spec.by_name)
    header = tuple(next(csv.reader([header_line], delimiter=delimiter)))
    needed = spec.generated_columns
    if len(header) == 1 and len(needed) > 1 and header[0] not in spec.by_name:
        return None, [_wrong_delimiter(path, header_line)]
    table = TableText(path.name, header, iter(()))
    wanted = checked_columns(header, spec)

    def locate(rows: Collection[int]) -> dict[int, int]:
        return locate_rows(path, delimiter, rows)

    table.locate = locate
    table.batches = _stream(path, delimiter, wanted, len(header), table.problems)
    return table, []


def _stream(
    path: Path, delimiter: str, wanted: list[str], width: int, problems: list[Diagnostic]
) -> Iterator[pa.RecordBatch]:
    """Yield batches; where the file breaks off being a table, say why and stop."""
    rows = 0
    try:
        reader = arrow_csv.open_csv(
            path,
            read_options=arrow_csv.ReadOptions(block_size=_BLOCK_BYTES),
            parse_options=arrow_csv.ParseOptions(
                delimiter=delimiter,
                newlines_in_values=True,
                # An empty line of a one-column table is a row with an empty cell.
                ignore_empty_lines=width > 1,
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(wanted, TEXT_CELLS),
                include_columns=wanted,
                strings_can_be_null=False,
            ),
        )
        for batch in reader:
            rows += batch.num_rows
            yield batch
    except pa.ArrowInvalid as error:
        problems.append(explain_broken_text(path, delimiter, width, str(error)))
        return
    if rows == 0:
        problems.append(
            report(
                "table-without-rows",
                f"{path.name} has a header but no rows",
                fix="check that the whole table was exported",
            )
        )


def _header_line(path: Path) -> tuple[str | None, list[Diagnostic]]:
    """Return the text of the first record, without the byte-order mark."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    try:
        text = head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3:
            return None, [find_invalid_utf8(path)]
        text = head[: error.start].decode("utf-8-sig")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    header = lines[0]
    for line in lines[1:]:
        if header.count('"') % 2 == 0:
            break
        header += "\n" + line
    return header, []


def _wrong_delimiter(path: Path, header_line: str) -> Diagnostic:
    shown = header_line if len(header_line) <= 60 else header_line[:59] + "…"
    return report(
        "wrong-delimiter",
        f"the first line of {path.name} is a single cell: `{shown}`",
        fix="separate the cells with commas, semicolons, tabs or bars (|), and name every column",
    )
