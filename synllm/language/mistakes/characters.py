"""Characters that mean nothing in a spec: typographic quotes and signs, open quotes, symbols."""

from __future__ import annotations

import unicodedata

from synllm.diagnostics.diagnostic import Diagnostic, report
from synllm.diagnostics.source import Source, Span

_LOGIC = {"&&": "and", "&": "and", "||": "or", "|": "or", "!": "not"}
_SIGNS = {
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "⩽": "<=",
    "⩾": ">=",
    "–": "-",
    "—": "-",
    "−": "-",
    "×": "*",
    "·": "*",
    "÷": "/",
    "…": "..",
}
_DASHES = "–—−"
_QUOTES = "“”„‟«»‘’‚"


def explain_character(source: Source, offset: int) -> Diagnostic:
    """Return the finding for a character at an offset that no part of a spec starts with."""
    text = source.text
    char = text[offset]
    at = Span(source, offset, offset + 1)
    if char in _QUOTES:
        return report(
            "curly-quotes",
            f"{char} is a typographic quote, which word processors put in",
            at,
            fix="use straight quotes: \"text\" for text and names, 'mg/dL' for units",
        )
    if char in "\"'":
        return _unclosed_quote(source, offset)
    pair = text[offset : offset + 2]
    written = pair if pair in _LOGIC else char
    if written in _LOGIC:
        return report(
            "logic-in-words",
            f"`{written}` is not used here: conditions are joined in words",
            Span(source, offset, offset + len(written)),
            fix=f"write `{_LOGIC[written]}`",
        )
    if char in _DASHES and text[:offset].rstrip()[-1:].isdigit():
        return report(
            "range-dots",
            "a range is written with two dots, and this is a dash",
            at,
            fix="write `..` between the two ends, such as `18..90`",
        )
    if char in _SIGNS:
        return report(
            "typographic-sign", f"{char} can't be read here", at, fix=f"write `{_SIGNS[char]}`"
        )
    if char in "[]":
        return report(
            "unexpected-character",
            f"{_name(char)} has no meaning in a spec outside a unit or a quoted name",
            at,
            fix="lists stand in braces: `{A, B}`",
        )
    return report(
        "unexpected-character",
        f"{_name(char)} has no meaning in a spec",
        at,
        fix="remove it; names and values with such characters go in double quotes"
        if char.isprintable()
        else "remove it: delete what stands around the mark and type it again",
    )


def _unclosed_quote(source: Source, offset: int) -> Diagnostic:
    if source.text[offset] == "'":
        return report(
            "unclosed-text",
            "this unit has no closing quote on its line",
            Span(source, offset, offset + 1),
            "starts here",
            fix="write units between single quotes, such as 'mg/dL'",
        )
    line_end = source.text.find("\n", offset)
    return report(
        "unclosed-text",
        "this text has no closing quote on its line",
        Span(source, offset, len(source.text) if line_end < 0 else line_end),
        "starts here",
        fix='end it with `"` on the same line',
    )


def _name(char: str) -> str:
    if char.isprintable():
        return f"`{char}`"
    known = unicodedata.name(char, "").lower()
    number = f"U+{ord(char):04X}"
    return f"an invisible character ({known}, {number})" if known else f"a control code ({number})"
