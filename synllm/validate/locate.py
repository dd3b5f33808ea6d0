"""Find the place in a text table that a message has to point at, in a second, slower pass."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from synllm.diagnostics.diagnostic import Diagnostic, report

_SHOWN_RAGGED_ROWS = 3
_LONGEST_CELL_LINES = 50


def locate_rows(path: Path, delimiter: str, rows: Collection[int]) -> dict[int, int]:
    """Return the 1-based line on which each 1-based data row of a delimited file ends."""
    wanted = set(rows)
    lines: dict[int, int] = {}
    if not wanted:
        return lines
    last = max(wanted)
    for record in _records(path, delimiter):
        if record.row in wanted:
            lines[record.row] = record.line
        if record.row >= last:
            break
    return lines


def explain_broken_text(path: Path, delimiter: str, width: int, reason: str) -> Diagnostic:
    """Return why a delimited file can't be read: its text, a ragged row or an endless cell.

    `width` is the number of cells in the header, `reason` the reader's own words, shown only where
    none of these is the cause.
    """
    if "UTF8" in reason:
        return find_invalid_utf8(path)
    try:
        ragged = _find_ragged(path, delimiter, width)
    except UnicodeDecodeError:
        return find_invalid_utf8(path)
    except csv.Error:
        return _endless_cell(path)
    if ragged and _swallows_rows(ragged[0], width):
        return _endless_cell(path, ragged[0].line - ragged[0].lines + 1)
    if ragged:
        return _ragged_row(path, width, ragged)
    if "straddl" in reason or "still open" in reason:
        return _endless_cell(path)
    return report(
        "table-unreadable",
        f"{path.name} can't be read as a table: {reason}",
        fix="open it in a text editor and look for damaged lines, or export it again",
    )


def find_invalid_utf8(path: Path) -> Diagnostic:
    """Return a finding with the first line that isn't UTF-8 and what it reads like otherwise."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                around = line[max(0, error.start - 12) : error.start + 12].decode(
                    "cp1252", "replace"
                )
                return report(
                    "table-not-utf8",
                    f"{path.name} is not in UTF-8: line {number} is no UTF-8 text",
                    fix=f"save it as UTF-8; as Western text the place reads `{around.strip()}`",
                )
    return report("table-not-utf8", f"{path.name} is not in UTF-8", fix="save the file as UTF-8")


@dataclass(frozen=True, slots=True)
class _Record:
    """A data row: its number, its last line, how many lines it takes, how many cells it has."""

    row: int
    line: int
    lines: int
    cells: int


def _find_ragged(path: Path, delimiter: str, width: int) -> list[_Record]:
    """Return the first rows whose count of cells differs from the header's."""
    ragged = (each for each in _records(path, delimiter) if each.cells != width)
    return list(islice(ragged, _SHOWN_RAGGED_ROWS))


def _records(path: Path, delimiter: str) -> Iterator[_Record]:
    """Yield the data rows; empty lines are no rows."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, delimiter=delimiter)
        header = next(reader, [])
        row, before = 0, reader.line_num
        for cells in reader:
            if cells or len(header) == 1:
                row += 1
                yield _Record(row, reader.line_num, reader.line_num - before, max(1, len(cells)))
            before = reader.line_num


def _swallows_rows(record: _Record, width: int) -> bool:
    """Return whether a row more likely holds an open quote than too few or too many cells."""
    return record.lines > _LONGEST_CELL_LINES or (record.lines > 1 and record.cells < width)


def _ragged_row(path: Path, width: int, ragged: list[_Record]) -> Diagnostic:
    first, *rest = ragged
    others = "".join(f"; row {e.row} (line {e.line}) has {e.cells}" for e in rest)
    cells = "1 cell" if first.cells == 1 else f"{first.cells} cells"
    return report(
        "ragged-row",
        f"row {first.row} of {path.name} (line {first.line}) has {cells} "
        f"where the header has {width}{others}",
        fix="put a cell that contains the separator in double quotes, and complete short rows",
    )


def _endless_cell(path: Path, line: int | None = None) -> Diagnostic:
    where = "" if line is None else f" in line {line}"
    return report(
        "quote-not-closed",
        f"a cell{where} of {path.name} has no end: it swallows the rows after it",
        fix='look for a double quote (") that is opened and not closed; write a quote inside '
        'a quoted cell twice ("")',
    )
