"""Source excerpts: the lines a message is about, with what is meant underlined and labelled."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from synllm.diagnostics.canvas import Canvas, Styled
from synllm.diagnostics.diagnostic import Label
from synllm.diagnostics.shown_line import ShownLine, show_line
from synllm.diagnostics.source import Source
from synllm.diagnostics.terminal_text import shorten_words, width_of, wrap

_MOST_LINES_WHOLE = 6
_NARROWEST_ROOM = 30
_NARROWEST_LABEL = 24


@dataclass(frozen=True, slots=True)
class _Mark:
    """A labelled span as 1-based lines and 0-based characters in them; `end` is exclusive.

    A mark over several lines has its bar in column `bar` of the margin.
    """

    first: int
    start: int
    last: int
    end: int
    text: str
    primary: bool
    leads: bool
    bar: int

    @property
    def sign(self) -> str:
        return "^" if self.primary else "-"

    @property
    def style(self) -> str:
        return "primary" if self.primary else "secondary"


@dataclass(frozen=True, slots=True)
class _Sheet:
    """What is drawn of one source; the code starts at column `margin` and has `room` columns."""

    source: Source
    marks: tuple[_Mark, ...]
    margin: int
    room: int

    @property
    def blocks(self) -> list[_Mark]:
        return [mark for mark in self.marks if mark.first != mark.last]

    def row(self, opened: Iterable[_Mark]) -> Canvas:
        """Return an empty line with the bars of the spans that are open on it."""
        canvas = Canvas()
        for mark in opened:
            canvas.write(mark.bar, "|", mark.style)
        return canvas


def draw_excerpt(
    source: Source, labels: Sequence[tuple[Label, bool]], gutter: int, width: int
) -> list[Styled]:
    """Return the lines of one source that carry labels, drawn within `width` columns.

    Each label comes with whether it is the message's primary one; `gutter` is the width of the
    line numbers.
    """
    sheet = _lay_out(source, labels, width - gutter - 3)
    rows: list[Styled] = [[(" " * gutter + " |", "gutter")]]
    previous: int | None = None
    for number in _shown_lines(sheet.marks):
        if previous is not None and number > previous + 1:
            skipped = sheet.row(mark for mark in sheet.blocks if mark.first < number <= mark.last)
            rows.append([("...".ljust(gutter + 3), "gutter"), *skipped.styled()])
        lines = _draw_line(sheet, number)
        rows.append([(f"{number:>{gutter}} | ", "gutter"), *next(lines).styled()])
        rows.extend([(" " * gutter + " | ", "gutter"), *line.styled()] for line in lines)
        previous = number
    return rows


def _lay_out(source: Source, labels: Sequence[tuple[Label, bool]], width: int) -> _Sheet:
    marks: list[_Mark] = []
    margin = 0
    for label, primary in labels:
        start = label.span.start
        end = start + len(source.text[start : label.span.end].rstrip())
        first, start_column = source.position(start)
        last, end_column = source.position(end)
        leads = not source.line(first)[: start_column - 1].strip()
        text = shorten_words(label.text)
        marks.append(
            _Mark(first, start_column - 1, last, end_column - 1, text, primary, leads, margin)
        )
        margin += 2 if first != last else 0
    return _Sheet(source, tuple(marks), margin, max(width - margin, _NARROWEST_ROOM))


def _shown_lines(marks: Iterable[_Mark]) -> list[int]:
    shown: set[int] = set()
    for mark in marks:
        if mark.last - mark.first < _MOST_LINES_WHOLE:
            shown.update(range(mark.first, mark.last + 1))
        else:
            shown.update((mark.first, mark.first + 1, mark.last - 1, mark.last))
    # A single line left out would take as much room as the dots that stand for it.
    shown.update([line - 1 for line in shown if line - 2 in shown])
    return sorted(shown)


def _draw_line(sheet: _Sheet, number: int) -> Iterator[Canvas]:
    """Yield the source line and, under it, the underlines and labels that belong there."""
    within = [mark for mark in sheet.marks if mark.first == mark.last == number]
    opening = [mark for mark in sheet.blocks if mark.first == number]
    closing = [mark for mark in sheet.blocks if mark.last == number]
    shown = show_line(
        sheet.source.line(number),
        [
            *((mark.start, mark.end) for mark in within),
            *((mark.start, mark.start + 1) for mark in opening),
            *((mark.end - 1, mark.end) for mark in closing),
        ],
        sheet.room,
    )
    opened = [mark for mark in sheet.blocks if mark.first < number <= mark.last]
    line = sheet.row(opened)
    for mark in opening:
        if mark.leads:
            line.write(mark.bar, "/", mark.style)
            opened.append(mark)
    line.write(sheet.margin, shown.text, "plain")
    yield line

    yield from _draw_labels(sheet, within, shown, opened)
    for mark in opening:
        if not mark.leads:
            column = sheet.margin + shown.columns(mark.start, mark.start + 1)[0]
            yield _draw_arm(sheet, mark, opened, column)
            opened.append(mark)
    for mark in closing:
        column = sheet.margin + shown.columns(mark.end - 1, mark.end)[0]
        arm = _draw_arm(sheet, mark, opened, column)
        opened.remove(mark)
        yield from _write_text(sheet, mark, arm, column + 2, opened, ())


def _draw_labels(
    sheet: _Sheet, within: Iterable[_Mark], shown: ShownLine, opened: Collection[_Mark]
) -> Iterator[Canvas]:
    """Yield the underlines of one line's spans, then their texts, the rightmost one first."""
    columns = {
        mark: tuple(sheet.margin + each for each in shown.columns(mark.start, mark.end))
        for mark in within
    }
    if not columns:
        return
    underline = sheet.row(opened)
    for mark, (start, end) in sorted(columns.items(), key=lambda item: item[0].primary):
        underline.write(start, mark.sign * (end - start), mark.style)
    waiting = sorted((mark for mark in columns if mark.text), key=lambda mark: columns[mark])
    beside = columns[waiting[-1]][1] + 1 if waiting else 0
    if waiting and underline.end < beside and _fits(sheet, waiting[-1], beside):
        mark = waiting.pop()
        bars = [(columns[other][0], other) for other in waiting]
        yield from _write_text(sheet, mark, underline, beside, opened, bars)
    else:
        yield underline
    if any(_fits(sheet, mark, columns[mark][0]) for mark in waiting):
        yield _write_bars(sheet.row(opened), [(columns[mark][0], mark) for mark in waiting])
    while waiting:
        mark = waiting.pop()
        bars = [(columns[other][0], other) for other in waiting]
        yield from _write_text(sheet, mark, None, columns[mark][0], opened, bars)


def _write_text(
    sheet: _Sheet,
    mark: _Mark,
    line: Canvas | None,
    column: int,
    opened: Collection[_Mark],
    bars: Collection[tuple[int, _Mark]],
) -> Iterator[Canvas]:
    """Yield the mark's text from a column on, its first line on the given one if it fits there."""
    if line is not None and (not mark.text or not _fits(sheet, mark, column)):
        yield line
        line = None
    if not mark.text:
        return
    if not _fits(sheet, mark, column):
        column = sheet.margin + max(sheet.room - width_of(mark.text), 0)
    left = [bar for bar in bars if bar[0] < column]
    for text in wrap(mark.text, max(sheet.margin + sheet.room - column, _NARROWEST_LABEL)):
        if line is None:
            line = _write_bars(sheet.row(opened), left)
        line.write(column, text, mark.style)
        yield line
        line = None


def _fits(sheet: _Sheet, mark: _Mark, column: int) -> bool:
    return sheet.margin + sheet.room - column >= min(_NARROWEST_LABEL, width_of(mark.text))


def _write_bars(line: Canvas, bars: Iterable[tuple[int, _Mark]]) -> Canvas:
    for column, mark in bars:
        line.write(column, "|", mark.style)
    return line


def _draw_arm(sheet: _Sheet, mark: _Mark, opened: Iterable[_Mark], column: int) -> Canvas:
    """Return the line that ties a span's bar in the margin to its first or last character."""
    line = Canvas()
    line.write(mark.bar + 1, "_" * (column - mark.bar - 1), mark.style)
    _write_bars(line, [(other.bar, other) for other in opened])
    line.write(column, mark.sign, mark.style)
    return line
