"""Long text → lines of at most 100 columns, broken where a reader would pause."""

from __future__ import annotations

import re
from collections.abc import Sequence

WIDTH = 100
"""The longest line the formatter writes by choice; a longer string or name is never broken."""

_SPACE = re.compile(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'|(?P<space> +)(?=[^ :])')
_PAUSE = re.compile(r"(?<=[,;]) | +(?:and(?! only if)|or|then|if and only if)\b")


def fold(chunks: Sequence[str], indent: int, gap: str = " ", hang: int = 4) -> tuple[str, ...]:
    """Return the chunks as indented lines, joined by `gap` where they fit and else moved to a
    line indented by `hang` more; a chunk too long for any line is broken inside.
    """
    hang += indent
    lines = _break_line(" " * indent + chunks[0], hang)
    for chunk in chunks[1:]:
        joined = f"{lines[-1]}{gap}{chunk}"
        if len(joined) <= WIDTH or hang + len(chunk) > WIDTH:
            lines[-1:] = _break_line(joined, hang)
        else:
            lines[-1:] = [lines[-1].rstrip(), " " * hang + chunk]
    return tuple(lines)


def _break_line(line: str, hang: int) -> list[str]:
    """Return a line broken at its last pause that fits, else at any space outside quotes."""
    lines: list[str] = []
    while len(line.rstrip()) > WIDTH:
        start = len(line) - len(line.lstrip())
        spaces = [each.start() for each in _SPACE.finditer(line, start) if each["space"]]
        fitting = [space for space in spaces if space <= WIDTH]
        pauses = [space for space in fitting if _PAUSE.match(line, space)]
        if not spaces:
            break
        at = (pauses or fitting or spaces[:1])[-1]
        lines.append(line[:at])
        line = " " * hang + line[at:].lstrip()
    return [*lines, line]
