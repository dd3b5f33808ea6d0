"""What a syntax error most likely is, in the reader's words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from synllm.diagnostics.diagnostic import Diagnostic, report
from synllm.diagnostics.source import Source, Span
from synllm.diagnostics.suggest import suggest

_SYMBOLS = {
    "LBRACE": "{",
    "RBRACE": "}",
    "LPAR": "(",
    "RPAR": ")",
    "COLON": ":",
    "COMMA": ",",
    "SEMICOLON": ";",
    "EQUAL": "=",
    "SLASH": "/",
    "STAR": "*",
    "PLUS": "+",
    "MINUS": "-",
    "PERCENT": "%",
    "DOTS": "..",
    "NOT_EQUAL": "!=",
    "AT_MOST": "<=",
    "AT_LEAST": ">=",
    "LESS": "<",
    "MORE": ">",
}
_CLASSES = {
    "NAME": "a name",
    "NUMBER": "a number",
    "STRING": 'text in "double quotes"',
    "QUOTED_NAME": 'text in "double quotes"',
    "UNIT": "a unit in 'single quotes'",
    "$END": "the end of the file",
}
_STATEMENTS = (
    "use",
    "molar",
    "type",
    "table",
    "statistics",
    "rule",
    "usually",
    "derived",
    "example",
)
_LOGIC = {"&&": "and", "&": "and", "||": "or", "|": "or", "!": "not"}
_SIGNS = {
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "⩽": "<=",
    "⩾": ">=",
    "–": "-",
    "−": "-",
    "×": "*",
    "·": "*",
    "÷": "/",
    "…": "..",
}


def report_unclosed(source: Source, opening: int, found: Span) -> Diagnostic:
    """Return the finding for a `{` whose `}` is missing."""
    return report(
        "unclosed-brace",
        "a `{` is never closed",
        Span(source, opening, opening + 1),
        "opened here",
        also=[(found, "still open here")] if found.start < len(source.text) else [],
        fix="add `}` where the block ends",
    )


def explain_mistake(error: UnexpectedInput, source: Source, offset: int) -> Diagnostic:
    """Return the finding for a syntax error at an offset."""
    if isinstance(error, UnexpectedCharacters):
        return _explain_character(source, offset)
    token = getattr(error, "token", None)
    ends = not isinstance(error, UnexpectedToken) or token is None or token.type == "$END"
    at = Span(source, offset, offset if ends else offset + max(len(str(token)), 1))
    state = getattr(error, "interactive_parser", None)
    accepts: set[str] = set(state.accepts()) if state is not None else set()
    before = _words_before(source.text, offset)
    for guess in _GUESSES:
        finding = guess(at, before, accepts)
        if finding is not None:
            return finding
    found = "the file ends" if ends else f"found `{at.text}`"
    return report(
        "not-understood",
        f"this can't be read: {found} where {_expectation(accepts)} should stand",
        at,
        f"expected {_expectation(accepts)}",
        fix=_near_keyword(at.text, accepts),
    )


def _explain_character(source: Source, offset: int) -> Diagnostic:
    text = source.text
    char = text[offset]
    at = Span(source, offset, offset + 1)
    if char in "“”„‟«»‘’‚":
        return report(
            "curly-quotes",
            f"{char} is a typographic quote, which word processors put in",
            at,
            fix="use straight quotes: \"text\" for text and names, 'mg/dL' for units",
        )
    if char == '"':
        line_end = text.find("\n", offset)
        end = len(text) if line_end < 0 else line_end
        return report(
            "unclosed-text",
            "this text has no closing quote on its line",
            Span(source, offset, end),
            fix='end it with `"` on the same line',
        )
    if char == "'":
        return report(
            "unclosed-text",
            "this unit has no closing quote on its line",
            at,
            fix="write units between single quotes, such as 'mg/dL'",
        )
    pair = text[offset : offset + 2]
    written = pair if pair in _LOGIC else char
    if written in _LOGIC:
        return report(
            "logic-in-words",
            f"`{written}` is not used here: conditions are joined in words",
            Span(source, offset, offset + len(written)),
            fix=f"write `{_LOGIC[written]}`",
        )
    if char in _SIGNS:
        return report(
            "typographic-sign",
            f"{char} can't be read here",
            at,
            fix=f"write `{_SIGNS[char]}`",
        )
    name = f"`{char}`" if char.isprintable() else f"the control character U+{ord(char):04X}"
    return report(
        "unexpected-character",
        f"{name} has no meaning in a spec",
        at,
        fix="remove it; words with such characters go in double quotes",
    )


def _words_before(text: str, offset: int) -> list[str]:
    """Return the last words and signs before an offset, nearest first, comments left out."""
    line_start = text.rfind("\n", 0, max(0, offset - 400)) + 1
    pieces = re.findall(
        r'"(?:[^"\\\n]|\\.)*"|#[^\n]*|\.\.|\w+(?:\.\d+)?|[^\w\s]', text[line_start:offset]
    )
    return [piece for piece in reversed(pieces) if not piece.startswith("#")]


def _double_equals(at: Span, before: list[str], accepts: set[str]) -> Diagnostic | None:
    if at.text != "=" or not before or before[0] not in ("=", "<", ">", "!"):
        return None
    if at.source.text[at.start - 1] not in "=<>!":
        return None
    return report(
        "double-equals",
        f"`{before[0]}=` is not a comparison here",
        Span(at.source, at.start - 1, at.end),
        fix="compare numbers with `=`, and categories with `is`",
    )


def _equals_label(at: Span, before: list[str], accepts: set[str]) -> Diagnostic | None:
    if at.text in ("=>", ">") and before and before[0] == "=":
        return report(
            "logic-in-words",
            "`=>` is not used here: rules are written in words",
            Span(at.source, at.start - 1, at.end),
            fix="write `when … then …`, or `>=` for `at least`",
        )
    return None


def _range_sign(at: Span, before: list[str], accepts: set[str]) -> Diagnostic | None:
    after_number = bool(before) and before[0][:1].isdigit()
    if after_number and at.text in ("-", "to", "and", ".") and "DOTS" in accepts:
        return report(
            "range-dots",
            "a range is written with two dots",
            at,
            fix=f"write `{before[0]}..` and the upper end, such as `18..90`",
        )
    return None


def _missing_percent(at: Span, before: list[str], accepts: set[str]) -> Diagnostic | None:
    if accepts == {"PERCENT"} and before and before[0][:1].isdigit():
        return report(
            "missing-percent",
            f"a share is written in percent, and {before[0]} has no `%`",
            at,
            fix=f"write `{before[0]}%`",
        )
    return None


def _missing_then(at: Span, before: list[str], accepts: set[str]) -> Diagnostic | None:
    if "THEN" in accepts:
        return report(
            "missing-then",
            "a `when` needs its `then`",
            at,
            "the condition ends here",
            fix="write `when CONDITION then WHAT MUST HOLD`",
        )
    return None


def _reserved(at: Span, before: list[str], accepts: set[str]) -> Diagnostic | None:
    word = at.text
    if word in ("accept", "allow") and "RULE" in accepts:
        return report(
            "reserved-feature",
            f"`{word}` is reserved for a later version of the language",
            at,
            fix="remove the statement for now",
        )
    if before and before[0] == "text" and ":" in before[1:2]:
        return report(
            "reserved-feature",
            "text columns are reserved for a later version of the language",
            at,
            fix="leave the column out: columns of a file that the spec doesn't name are ignored",
        )
    return None


def _single_quoted(at: Span, before: list[str], accepts: set[str]) -> Diagnostic | None:
    if at.text.startswith("'") and accepts & {"STRING", "QUOTED_NAME"}:
        return report(
            "single-quoted-text",
            "single quotes are for units, and a unit can't stand here",
            at,
            fix=f'text and names go in double quotes: "{at.text[1:-1]}"',
        )
    return None


def _stray_brace(at: Span, before: list[str], accepts: set[str]) -> Diagnostic | None:
    if at.text == "}" and "RULE" in accepts:
        return report("stray-brace", "this `}` closes nothing", at, fix="remove it")
    return None


def _unknown_statement(at: Span, before: list[str], accepts: set[str]) -> Diagnostic | None:
    if "RULE" in accepts and "TABLE" in accepts and re.fullmatch(r"\w+", at.text):
        closest = suggest(at.text, _STATEMENTS)
        return report(
            "unknown-statement",
            f"no statement starts with `{at.text}`",
            at,
            fix=f"did you mean `{closest}`?"
            if closest
            else "statements start with " + ", ".join(f"`{each}`" for each in _STATEMENTS),
        )
    return None


def _missing_comma(at: Span, before: list[str], accepts: set[str]) -> Diagnostic | None:
    starts_entry = re.match(r'[\w"]', at.text) is not None
    if starts_entry and "COMMA" in accepts and "RBRACE" in accepts and _inside_braces(at):
        return report(
            "missing-comma",
            f"entries of a list are separated by commas, and there is none before `{at.text}`",
            at,
            fix=f"write `, {at.text}`",
        )
    return None


def _inside_braces(at: Span) -> bool:
    depth = 0
    for char in reversed(at.source.text[max(0, at.start - 300) : at.start]):
        if char == "\n" and depth == 0:
            return False
        depth += {"}": 1, "{": -1}.get(char, 0)
        if depth < 0:
            return True
    return False


_GUESSES: tuple[Callable[[Span, list[str], set[str]], Diagnostic | None], ...] = (
    _double_equals,
    _equals_label,
    _stray_brace,
    _reserved,
    _unknown_statement,
    _missing_percent,
    _range_sign,
    _missing_then,
    _single_quoted,
    _missing_comma,
)


def _expectation(accepts: Iterable[str]) -> str:
    """Return what may stand at a place, most telling first, at most four things."""
    words: dict[str, None] = {}
    for name in sorted(accepts, key=lambda each: (each not in _CLASSES, each)):
        if name in _CLASSES:
            words.setdefault(_CLASSES[name])
    keywords = sorted(name for name in accepts if name not in _CLASSES)
    if len(keywords) <= 4 or not words:
        for name in keywords:
            words.setdefault(f"`{_SYMBOLS.get(name, name.lower())}`")
    shown = list(words)[:4]
    return " or ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def _near_keyword(found: str, accepts: Iterable[str]) -> str | None:
    if not re.fullmatch(r"[^\W\d]\w*", found):
        return None
    keywords = [name.lower() for name in accepts if name not in _CLASSES and name not in _SYMBOLS]
    closest = suggest(found, [word for word in keywords if not word.startswith("__")])
    return f"did you mean `{closest}`?" if closest and closest != found else None
