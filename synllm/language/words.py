"""Names, labels and prose as a spec writes them."""

from __future__ import annotations

import re
from functools import cache

from synllm.resources import grammar_text

_WORD = re.compile(r"[^\W\d]\w*")
_NEED_QUOTES = frozenset(
    {
        *("and", "applies", "coded", "if", "in", "is", "least", "may", "most", "not", "of", "one"),
        *("or", "where", "within", "missing", "present", "applicable"),
    }
)


def name_word(name: str) -> str:
    """Return a column's name or a label: bare where it is a word and no keyword, else quoted."""
    if _WORD.fullmatch(name) and name not in _keywords():
        return name
    return quoted(name)


def quoted(text: str) -> str:
    """Return a text in double quotes."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def write_example_word(text: str) -> str:
    """Return a name or label as an example writes it, in quotes only where it needs them."""
    if _WORD.fullmatch(text) and text not in _NEED_QUOTES:
        return text
    return quoted(text)


@cache
def _keywords() -> frozenset[str]:
    """Return every word that the grammar knows; all are quoted, though some could stand bare."""
    return frozenset(re.findall(r'"([a-z]+)"', grammar_text()))
