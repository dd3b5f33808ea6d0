"""The place where reading stopped, as the guesses about its cause look at it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from synllm.diagnostics.source import Source, Span

STATEMENTS = (
    "use",
    "molar",
    "type",
    "table",
    "statistics",
    "rule",
    "usually",
    "derived",
    "example",
    "allow",
)
TYPES = ("integer", "decimal", "yes/no", "one of", "ordered", "identifier")

_PIECE = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|#[^\n]*|\.\.|\w+(?:\.\d+)?|[^\w\s]')
_FURTHEST = 400


@dataclass(frozen=True, slots=True)
class Stop:
    """What could not be read, the words before it (nearest first), and what would have fitted.

    `accepts` holds the grammar's own names; they never reach a message as they are.
    """

    at: Span
    before: tuple[Span, ...]
    accepts: frozenset[str]

    @property
    def word(self) -> str:
        """The word or sign that could not be read; empty at the end of the file."""
        return self.at.text

    @property
    def source(self) -> Source:
        """The spec being read."""
        return self.at.source

    @property
    def between_statements(self) -> bool:
        """Whether a new statement could start here."""
        return {"RULE", "TABLE"} <= self.accepts and "NAME" not in self.accepts

    @property
    def between_items(self) -> bool:
        """Whether a column has just been named, and its `:` is awaited."""
        return "COLON" in self.accepts and self.accepts <= {"COLON", "COMMA", "ARE"}

    def previous(self, index: int = 0) -> str:
        """Return a word before the place: 0 is the nearest one; empty where there is none."""
        return self.before[index].text if index < len(self.before) else ""

    def rest_of_line(self) -> str:
        """Return what follows the place on its line."""
        end = self.source.text.find("\n", self.at.end)
        return self.source.text[self.at.end : None if end < 0 else end]


def stop_at(at: Span, accepts: frozenset[str]) -> Stop:
    """Return the place with the words before it, comments left out."""
    text, offset = at.source.text, at.start
    start = max(text.rfind("\n", 0, max(0, offset - _FURTHEST)) + 1, offset - 4 * _FURTHEST)
    pieces = [
        Span(at.source, match.start(), match.end())
        for match in _PIECE.finditer(text, start, offset)
        if not match.group().startswith("#")
    ]
    return Stop(at, tuple(reversed(pieces)), accepts)


def is_word(text: str) -> bool:
    """Return whether a text can stand as a name without quotes."""
    return re.fullmatch(r"[^\W\d]\w*", text) is not None


def is_number(text: str) -> bool:
    """Return whether a text starts as a number does."""
    return text[:1].isdigit()
