"""JSON Lines, streamed: one object per line, read without ever making a float of a number."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from itertools import islice
from pathlib import Path

import pyarrow as pa

from synllm.diagnostics.diagnostic import Diagnostic, report
from synllm.spec.model import Spec
from synllm.validate.locate import find_invalid_utf8
from synllm.validate.table_text import (
    BATCH_ROWS,
    TEXT_CELLS,
    TableText,
    checked_columns,
    encode_texts,
)
from synllm.validate.typed_table import text_of_boolean

Cells = dict[str, str | None]


class _BrokenLineError(Exception):
    def __init__(self, finding: Diagnostic) -> None:
        super().__init__(finding.headline)
        self.finding = finding


def open_json_lines(path: Path, spec: Spec) -> tuple[TableText | None, list[Diagnostic]]:
    """Return the file as text batches; its header is every field of its first rows.

    A field that a row lacks is an absent cell, like null.
    """
    rows = _read_rows(path, spec)
    try:
        opening = [list(islice(rows, BATCH_ROWS))]
    except _BrokenLineError as broken:
        return None, [broken.finding]
    header = tuple(dict.fromkeys(name for row in opening[0] for name in row))
    wanted = checked_columns(header, spec)
    table = TableText(path.name, header, iter(()))

    def locate(numbers: Collection[int]) -> dict[int, int]:
        return {row: line for row, line in _row_lines(path) if row in set(numbers)}

    def stream() -> Iterator[pa.RecordBatch]:
        # Popped, so that the first rows don't stay in memory as long as the stream.
        block = opening.pop()
        while block:
            yield pa.record_batch(
                [encode_texts(row.get(name) for row in block) for name in wanted],
                schema=pa.schema([(name, TEXT_CELLS) for name in wanted]),
            )
            try:
                block = list(islice(rows, BATCH_ROWS))
            except _BrokenLineError as broken:
                table.problems.append(broken.finding)
                return

    table.locate = locate
    table.batches = stream()
    return table, []


def _row_lines(path: Path) -> Iterator[tuple[int, int]]:
    row = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                row += 1
                yield row, number


def _read_rows(path: Path, spec: Spec) -> Iterator[Cells]:
    def pairs(fields: list[tuple[str, object]]) -> Cells:
        row = {name: _text(name, value, spec) for name, value in fields}
        if len(row) < len(fields):
            raise ValueError("a field occurs twice")
        return row

    with path.open(encoding="utf-8-sig") as file:
        number = 0
        while True:
            number += 1
            try:
                line = file.readline()
            except UnicodeDecodeError:
                raise _BrokenLineError(find_invalid_utf8(path)) from None
            if not line:
                return
            if not line.strip():
                continue
            try:
                row = json.loads(
                    line.strip(),
                    object_pairs_hook=pairs,
                    parse_float=str,
                    parse_int=str,
                    parse_constant=str,
                )
            except (ValueError, RecursionError) as error:
                raise _BrokenLineError(_broken_line(path, number, _why(error))) from None
            if not isinstance(row, dict):
                raise _BrokenLineError(_broken_line(path, number, "it is not an object"))
            yield row


def _text(name: str, value: object, spec: Spec) -> str | None:
    match value:
        case None | str():
            return value
        case bool():
            return text_of_boolean(spec.by_name.get(name), value)
        case _:
            return json.dumps(value)


def _why(error: Exception) -> str:
    match error:
        case json.JSONDecodeError():
            return f"{error.msg.lower()} at character {error.pos + 1}"
        case RecursionError():
            return "it is nested too deeply"
        case _:
            return str(error)


def _broken_line(path: Path, number: int, why: str) -> Diagnostic:
    return report(
        "broken-json-line",
        f"line {number} of {path.name} is not a row: {why}",
        fix='write each row as one object on one line, like {"age": 61, "stroke": 1}',
    )
