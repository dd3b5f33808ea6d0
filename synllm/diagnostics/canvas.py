"""One output line, drawn piece by piece in any order."""

from __future__ import annotations

from typing import TypeAlias

Styled: TypeAlias = list[tuple[str, str]]
"""One output line as (text, style) pieces; styles: plain strong gutter primary secondary."""


class Canvas:
    """A line of characters with styles; what is written later covers what was there."""

    def __init__(self) -> None:
        self._cells: dict[int, tuple[str, str]] = {}

    def write(self, column: int, text: str, style: str) -> None:
        """Write a text from a column on."""
        for index, character in enumerate(text):
            self._cells[column + index] = (character, style)

    @property
    def end(self) -> int:
        """The column after the last one written."""
        return max(self._cells, default=-1) + 1

    def styled(self) -> Styled:
        """Return the line, neighbours of one style joined."""
        pieces: Styled = []
        for column in range(self.end):
            character, style = self._cells.get(column, (" ", "plain"))
            if pieces and pieces[-1][1] == style:
                pieces[-1] = (pieces[-1][0] + character, style)
            else:
                pieces.append((character, style))
        return pieces
