"""CSV and its relatives, streamed: cells separated by comma, semicolon, tab or bar."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.csv as arrow_csv

from synllm.diagnostics.diagnostic import Diagnostic, report
from synllm.spec.model import Spec
from synllm.validate.locate import explain_broken_text, find_invalid_utf8, locate_rows
from synllm.validate.map_ahead import map_ahead
from synllm.validate.sniff import HEAD_BYTES, sniff_delimiter
from synllm.validate.table_text import TEXT_CELLS, TableText, checked_columns

_BLOCK_BYTES = 4 << 20
"""A row must fit in a block; reading holds a few blocks in memory at a time."""

_PARSERS = 2


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the cells of a file are: `start` is the first byte after the header line."""

    path: Path
    delimiter: str
    header: tuple[str, ...]
    wanted: list[str]
    start: int


def open_delimited(path: Path, spec: Spec) -> tuple[TableText | None, list[Diagnostic]]:
    """Return the file as text batches of the columns that the spec reads, the delimiter sniffed.

    UTF-8 with or without a byte-order mark, any line ends, cells in double quotes where needed.
    """
    header_line, start = _header_line(path)
    if header_line is None:
        return None, [find_invalid_utf8(path)]
    delimiter = sniff_delimiter(header_line, spec.by_name)
    header = tuple(next(csv.reader([header_line], delimiter=delimiter)))
    if len(header) == 1 < len(spec.generated_columns) and header[0] not in spec.by_name:
        return None, [_wrong_delimiter(path, header_line)]
    layout = _Layout(path, delimiter, header, checked_columns(header, spec), start)
    table = TableText(path.name, header, iter(()))

    def locate(rows: Collection[int]) -> dict[int, int]:
        return locate_rows(path, delimiter, rows)

    table.locate = locate
    table.batches = _stream(layout, table.problems)
    return table, []


def _stream(layout: _Layout, problems: list[Diagnostic]) -> Iterator[pa.RecordBatch]:
    """Yield batches; where the file breaks off being a table, say why and stop."""
    rows = 0
    try:
        with layout.path.open("rb") as file:
            file.seek(layout.start)
            for batch in _parse(layout, file):
                rows += batch.num_rows
                yield batch
    except pa.ArrowInvalid as error:
        width = len(layout.header)
        problems.append(explain_broken_text(layout.path, layout.delimiter, width, str(error)))
        return
    if rows == 0:
        problems.append(
            report(
                "table-without-rows",
                f"{layout.path.name} has a header but no rows",
                fix="check that the whole table was exported",
            )
        )


def _parse(layout: _Layout, file: BinaryIO) -> Iterator[pa.RecordBatch]:
    """Yield the batches of an open file from its place on, parsing blocks side by side."""
    quoted_from: list[int] = []

    def blocks() -> Iterator[bytes]:
        """Yield blocks of whole lines up to the first quote: from there on lines may break."""
        rest = b""
        place = file.tell()
        while more := file.read(_BLOCK_BYTES):
            block = rest + more
            if b'"' in more:
                quoted_from.append(place)
                return
            cut = max(block.rfind(b"\n"), -1 if b"\n" in block else block.rfind(b"\r")) + 1
            if cut == 0 and len(block) > 2 * _BLOCK_BYTES:
                raise pa.ArrowInvalid("a row straddles two blocks")
            if cut:
                yield block[:cut]
            rest = block[cut:]
            place += cut
        if rest:
            yield rest

    def parse(block: bytes) -> pa.RecordBatch | None:
        with _open(layout, pa.BufferReader(block), len(block) + 1, block.isascii()) as reader:
            return next(iter(reader), None)

    for batch in map_ahead(parse, blocks(), _PARSERS):
        if batch is not None:
            yield _named(batch, layout)
    for place in quoted_from:
        file.seek(place)
        last = None
        with _open(layout, file, _BLOCK_BYTES) as reader:
            for last in reader:
                yield _named(last, layout)
        if last is not None and _ends_in_quotes(last, layout.path):
            raise pa.ArrowInvalid("the last cell is still open")


def _ends_in_quotes(last: pa.RecordBatch, path: Path) -> bool:
    """Return whether a cell of several lines reaches to the very end of the file."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 64))
        tail = file.read()
    cells = last.slice(last.num_rows - 1).to_pylist()[0].values()
    return any("\n" in cell and tail.endswith(cell.encode()[-64:]) for cell in cells)


def _open(
    layout: _Layout, file: object, block: int, is_ascii: bool = False
) -> arrow_csv.CSVStreamingReader:
    # Numbers stand for the names, of which those not asked for may be double or empty.
    numbers = [str(place) for place in range(len(layout.header))]
    wanted = [str(layout.header.index(name)) for name in layout.wanted]
    return arrow_csv.open_csv(
        file,
        read_options=arrow_csv.ReadOptions(
            block_size=block, use_threads=False, column_names=numbers
        ),
        parse_options=arrow_csv.ParseOptions(
            delimiter=layout.delimiter,
            newlines_in_values=True,
            # An empty line of a one-column table is a row with an empty cell.
            ignore_empty_lines=len(numbers) > 1,
        ),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(wanted, TEXT_CELLS),
            include_columns=wanted,
            strings_can_be_null=False,
            check_utf8=not is_ascii,
        ),
    )


def _named(batch: pa.RecordBatch, layout: _Layout) -> pa.RecordBatch:
    return batch.rename_columns(layout.wanted)


def _header_line(path: Path) -> tuple[str | None, int]:
    """Return the first record's text (None: not UTF-8) and where the next one starts."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    text = head.removeprefix(b"\xef\xbb\xbf")
    start = len(head) - len(text)
    end, quotes = 0, 0
    for line in text.splitlines(keepends=True):
        end += len(line)
        quotes += line.count(b'"')
        if quotes % 2 == 0:
            break
    try:
        return text[:end].decode().rstrip("\r\n"), start + end
    except UnicodeDecodeError:
        return None, start


def _wrong_delimiter(path: Path, header_line: str) -> Diagnostic:
    shown = header_line if len(header_line) <= 60 else header_line[:59] + "…"
    return report(
        "wrong-delimiter",
        f"the first line of {path.name} is a single cell: `{shown}`",
        fix="separate the cells with commas, semicolons, tabs or bars (|), and name every column",
    )
