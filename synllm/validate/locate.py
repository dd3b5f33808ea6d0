"""Find the place in a text table that a message has to point at, in a second, slower pass."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator
from pathlib import Path

from synllm.diagnostics.diagnostic import Diagnostic, report

_SHOWN_RAGGED_ROWS = 3


def locate_rows(path: Path, delimiter: str, rows: Collection[int]) -> dict[int, int]:
    """Return the 1-based line on which each 1-based data row of a delimited file ends."""
    wanted = set(rows)
    lines: dict[int, int] = {}
    if not wanted:
        return lines
    last = max(wanted)
    for row, line, _ in _records(path, delimiter):
        if row in wanted:
            lines[row] = line
        if row >= last:
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
    if ragged:
        return _ragged_row(path, width, ragged)
    if "straddling" in reason or "block" in reason:
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


def _find_ragged(path: Path, delimiter: str, width: int) -> list[tuple[int, int, int]]:
    """Return row, line and number of cells of the first rows that differ from the header."""
    found = []
    for row, line, cells in _records(path, delimiter):
        if cells != width:
            found.append((row, line, cells))
            if len(found) == _SHOWN_RAGGED_ROWS:
                break
    return found


def _records(path: Path, delimiter: str) -> Iterator[tuple[int, int, int]]:
    """Yield number, last line and count of cells of each data row; empty lines are no rows."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, delimiter=delimiter)
        header = next(reader, [])
        row = 0
        for cells in reader:
            if cells or len(header) == 1:
                row += 1
                yield row, reader.line_num, max(1, len(cells))


def _ragged_row(path: Path, width: int, ragged: list[tuple[int, int, int]]) -> Diagnostic:
    row, line, cells = ragged[0]
    others = ", ".join(f"row {row} (line {line}) has {cells}" for row, line, cells in ragged[1:])
    return report(
        "ragged-row",
        f"row {row} of {path.name} (line {line}) has {_cells(cells)} where the header has {width}"
        + (f"; {others}" if others else ""),
        fix="put a cell that contains the separator in double quotes, and complete short rows",
    )


def _endless_cell(path: Path) -> Diagnostic:
    return report(
        "quote-not-closed",
        f"a cell of {path.name} runs on for more than a hundred thousand characters",
        fix='look for a double quote (") that is opened and not closed; write a quote inside '
        'a quoted cell twice ("")',
    )


def _cells(count: int) -> str:
    return "1 cell" if count == 1 else f"{count} cells"
