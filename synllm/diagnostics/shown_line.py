"""A source line as a terminal shows it: columns for characters, and the part that is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from synllm.diagnostics.terminal_text import visible_character, width_of

_TAB_STOP = 4


@dataclass(frozen=True, slots=True)
class ShownLine:
    """The drawn part of a line; `starts` holds the column of each character and of the line's end.

    Columns count from the drawn part's left edge, so those of characters left of it are negative.
    The first `skipped` characters of the line are not even measured.
    """

    text: str
    starts: tuple[int, ...]
    clipped: bool
    skipped: int = 0

    def columns(self, start: int, end: int) -> tuple[int, int]:
        """Return the drawn columns of characters `start` to `end` (exclusive), at least one."""
        rightmost = len(self.starts) - 1
        first = self.starts[min(max(start - self.skipped, 0), rightmost)]
        last = self.starts[min(max(end - self.skipped, 0), rightmost)]
        if self.clipped:
            edge = width_of(self.text)
            first = min(max(first, 0), edge - 1)
            last = min(last, edge)
        return first, max(last, first + 1)


def show_line(line: str, spans: Sequence[tuple[int, int]], room: int) -> ShownLine:
    """Return a line with tabs expanded and invisible characters made visible.

    A line wider than `room` columns is cut to the stretch around the spans, which are character
    ranges; an ellipsis stands where something was left out.
    """
    nearest = min((start for start, _ in spans), default=0)
    skipped = max(0, nearest - 2 * room) if len(line) > 8 * room else 0
    line = line[skipped : skipped + 8 * room]
    spans = [(max(start - skipped, 0), max(end - skipped, 0)) for start, end in spans]

    pieces: list[str] = []
    starts = [0]
    for character in line:
        if character == "\t":
            piece = " " * (_TAB_STOP - starts[-1] % _TAB_STOP)
        else:
            piece = visible_character(character)
        pieces.append(piece)
        starts.append(starts[-1] + width_of(piece))
    if starts[-1] <= room:
        return ShownLine("".join(pieces), tuple(starts), False)

    first = min((starts[min(start, len(line))] for start, _ in spans), default=0)
    last = max((starts[min(end, len(line))] for _, end in spans), default=0)
    if last < room and skipped == 0:
        return ShownLine(_cut(pieces, starts, 0, room - 1) + "…", tuple(starts), True)
    wished = max(0, min(first - room // 3, starts[-1] - room + 1))
    # Whole characters only: half of a wide one would shift everything after it.
    left = next(start for start in starts if start >= wished)
    right = left + room - 2
    text = "…" + _cut(pieces, starts, left, right) + ("…" if right < starts[-1] else "")
    return ShownLine(text, tuple(start - left + 1 for start in starts), True, skipped)


def _cut(pieces: Sequence[str], starts: Sequence[int], left: int, right: int) -> str:
    return "".join(
        piece
        for piece, start, end in zip(pieces, starts, starts[1:], strict=False)
        if left <= start and end <= right
    )
