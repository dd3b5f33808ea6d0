"""Text made safe and measurable for a terminal.

A data file may hold anything; what reaches the reader's terminal is only what can be seen.
"""

from __future__ import annotations

import unicodedata

_LONGEST_WORD = 120
_SEPARATORS = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories whose characters act on a terminal, or can't be seen on it."""


def make_visible(text: str) -> str:
    """Return the text with every control or invisible character replaced by its visible sign."""
    return "".join(map(visible_character, text))


def shorten_words(text: str) -> str:
    """Return the text with the middle of extremely long words left out."""
    return " ".join(
        word if len(word) <= _LONGEST_WORD else f"{word[:60]}…{word[-20:]}"
        for word in text.split(" ")
    )


def width_of(text: str) -> int:
    """Return how many terminal columns a visible text fills."""
    return sum(map(_width_of_character, text))


def wrap(text: str, width: int) -> list[str]:
    """Return the visible lines, each at most `width` columns unless one word is wider."""
    lines: list[str] = []
    current = ""
    for word in make_visible(text).split(" "):
        longer = f"{current} {word}" if current else word
        if current and width_of(longer) > width:
            lines.append(current)
            current = word
        else:
            current = longer
    return [*lines, current]


def visible_character(character: str) -> str:
    """Return the character, or the sign that stands for one which can't be seen."""
    if character.isascii() and character.isprintable():
        return character
    if character < " ":
        return chr(0x2400 + ord(character))
    if character == "\x7f":
        return "␡"
    if unicodedata.category(character) in _SEPARATORS:
        return f"\\u{ord(character):04x}"
    return character


def _width_of_character(character: str) -> int:
    if character.isascii():
        return 1
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1
