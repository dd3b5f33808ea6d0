"""Markdown tables that also read well as plain text."""

from __future__ import annotations

from collections.abc import Sequence


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a table, its columns padded to the same width."""
    escaped = [[_cell(cell) for cell in row] for row in [header, *rows]]
    widths = [max(3, *(len(row[place]) for row in escaped)) for place in range(len(header))]

    def line(cells: Sequence[str]) -> str:
        padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        return f"| {' | '.join(padded)} |"

    return [line(escaped[0]), line(["-" * width for width in widths]), *map(line, escaped[1:])]


def _cell(text: str) -> str:
    return " ".join(text.replace("|", r"\|").split())
