"""Tell what kind of table a file is from its first bytes."""

from __future__ import annotations

import csv
from collections.abc import Collection
from enum import Enum
from pathlib import Path

from synllm.diagnostics.diagnostic import Diagnostic, report
from synllm.diagnostics.suggest import suggest

HEAD_BYTES = 1 << 20
"""How much of a file is looked at before it is read; a header line must fit."""

DELIMITERS = (",", ";", "\t", "|")
_BINARY_STARTS = {
    b"PK\x03\x04": "an Excel workbook or a zip archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"\x1f\x8b": "a gzip archive",
    b"%PDF": "a PDF document",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
}
_TEXT_CONTROLS = frozenset(b"\t\n\r\f\x1b\x08")


class TableKind(Enum):
    """The kinds of table file that can be read."""

    DELIMITED = "delimited"
    JSON_LINES = "json lines"
    PARQUET = "parquet"


def sniff_kind(path: Path) -> tuple[TableKind | None, list[Diagnostic]]:
    """Return a file's kind, or why it can't be a table."""
    if not path.exists():
        return None, [_not_found(path)]
    if path.is_dir():
        return None, [
            report(
                "table-is-folder",
                f"{path} is a folder, not a table",
                fix="name the file inside it: a CSV, JSONL or Parquet file",
            )
        ]
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError as error:
        return None, [
            report(
                "table-unreadable",
                f"{path} can't be opened: {error.strerror}",
                fix="check that you may read the file and that its drive is connected",
            )
        ]
    if head.startswith(b"PAR1") or path.suffix.lower() == ".parquet":
        return TableKind.PARQUET, []
    findings = _check_text(path, head)
    if findings:
        return None, findings
    if path.suffix.lower() in {".jsonl", ".ndjson"} or _without_mark(head).lstrip()[:1] == b"{":
        return TableKind.JSON_LINES, []
    return TableKind.DELIMITED, []


def sniff_delimiter(header_line: str, known: Collection[str]) -> str:
    """Return the delimiter under which a header names the most known columns, else the most cells.

    A comma is returned where none of the delimiters occurs.
    """

    def fitness(delimiter: str) -> tuple[int, int]:
        try:
            cells = next(csv.reader([header_line], delimiter=delimiter), [])
        except csv.Error:  # A line break that only another delimiter puts inside quotes.
            return 0, 0
        return sum(cell in known for cell in cells), len(cells)

    return max(DELIMITERS, key=fitness)


def _not_found(path: Path) -> Diagnostic:
    folder = path.parent
    if not folder.is_dir():
        fix = f"there is no folder {folder} either: check the path"
    else:
        closest = suggest(path.name, (each.name for each in folder.iterdir()))
        fix = "check the path" if closest is None else f"did you mean {folder / closest}?"
    return report("table-not-found", f"there is no file {path}", fix=fix)


def _check_text(path: Path, head: bytes) -> list[Diagnostic]:
    if not _without_mark(head).strip():
        return [
            report(
                "table-empty",
                f"{path} is empty",
                fix="a table needs a line with the column names and at least one row",
            )
        ]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return [_not_utf8(path, "is in UTF-16 (Excel calls it Unicode text)")]
    for start, kind in _BINARY_STARTS.items():
        if head.startswith(start):
            return [_not_text(path, f"is {kind}, not a text file")]
    controls = sum(head[:65_536].count(byte) for byte in range(32) if byte not in _TEXT_CONTROLS)
    if b"\x00" in head or controls > len(head[:65_536]) // 100:
        return [_not_text(path, "is not a text file: it holds bytes that no text has")]
    if b"\n" not in head and b"\r" not in head and len(head) == HEAD_BYTES:
        return [
            _not_text(path, "is not a table: its first line is longer than a million characters")
        ]
    return []


def _not_text(path: Path, what: str) -> Diagnostic:
    return report(
        "table-not-text", f"{path} {what}", fix="save or export the table as CSV, JSONL or Parquet"
    )


def _not_utf8(path: Path, what: str) -> Diagnostic:
    return report("table-not-utf8", f"{path} {what}, not in UTF-8", fix="save it as CSV UTF-8")


def _without_mark(head: bytes) -> bytes:
    return head.removeprefix(b"\xef\xbb\xbf")
