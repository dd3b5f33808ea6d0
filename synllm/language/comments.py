"""Comments: found in a source, given to the piece of the file that they stand by, written back."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, TypeAlias

_COMMENT = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|(?P<comment>#[^\n]*)')
_BLANK_LINE = re.compile(r"\n[ \t\r\f]*\n")

BlankLine: TypeAlias = Literal["one", "kept", "none"]
"""Whether a blank line comes before a piece: always, where one was written, or never."""


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment without its line end; `own_line` where nothing else stands before it."""

    text: str
    start: int
    end: int
    own_line: bool


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a file that comments stand by, with the canonical lines that take its place.

    `start` and `end` are offsets into the source that was read. `indent` is that of comments above
    it; `loose` keeps a blank line written between them and the piece.
    """

    start: int
    end: int
    lines: tuple[str, ...]
    before: BlankLine
    indent: int = 0
    loose: bool = True


def find_comments(text: str) -> tuple[Comment, ...]:
    """Return every comment of a text without syntax errors, in order."""
    return tuple(
        Comment(
            match.group().rstrip(),
            match.start(),
            match.end(),
            not text[text.rfind("\n", 0, match.start()) + 1 : match.start()].strip(),
        )
        for match in _COMMENT.finditer(text)
        if match.lastgroup == "comment"
    )


def hide_comments(text: str, comments: Sequence[Comment]) -> str:
    """Return the text with spaces in the place of comments: every offset stays the same."""
    parts: list[str] = []
    end = 0
    for comment in comments:
        parts += [text[end : comment.start], " " * (comment.end - comment.start)]
        end = comment.end
    return "".join([*parts, text[end:]])


def has_blank_line(text: str) -> bool:
    """Return whether the text between two pieces holds an empty line."""
    return _BLANK_LINE.search(text) is not None


def divide(comments: Sequence[Comment], pieces: Sequence[Piece]) -> bool:
    """Return whether a comment stands between two of the pieces, so that they can't be joined."""
    start, end = pieces[0].end, pieces[-1].end
    return any(start <= comment.start < end for comment in comments)


def weave(text: str, pieces: Sequence[Piece], comments: Sequence[Comment]) -> str:
    """Return the pieces' lines with the comments above and behind them, in the source's order.

    A comment inside a piece goes above it. Comments after the last piece end the file.
    """
    end_of_file = Piece(len(text), len(text) + 1, (), "one", loose=False)
    lines: list[str] = []
    written = 0
    waiting = deque(comments)
    for piece, following in pairwise((*pieces, end_of_file, end_of_file)):
        before: BlankLine = piece.before
        while waiting and waiting[0].start < piece.end:
            comment = waiting.popleft()
            if lines and _wants_blank(before, text[written : min(comment.start, piece.start)]):
                lines.append("")
            lines.append(" " * piece.indent + comment.text)
            written = comment.end
            before = "kept"
        if piece is end_of_file:
            break
        if not (piece.loose or piece.before == "one"):
            before = "none"
        if lines and _wants_blank(before, text[written : piece.start]):
            lines.append("")
        lines.extend(piece.lines)
        written = piece.end
        if waiting and not waiting[0].own_line and waiting[0].start < following.start:
            comment = waiting.popleft()
            lines[-1] += f"  {comment.text}"
            written = comment.end
    return "".join(f"{line}\n" for line in lines)


def _wants_blank(before: BlankLine, gap: str) -> bool:
    return before == "one" or (before == "kept" and has_blank_line(gap))
