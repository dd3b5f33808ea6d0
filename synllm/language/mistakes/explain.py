"""What a syntax error most likely is: the first guess that recognises it, else what would fit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from synllm.diagnostics.diagnostic import Diagnostic, report
from synllm.diagnostics.source import Source, Span
from synllm.diagnostics.suggest import suggest
from synllm.language.comments import find_comments, hide_comments
from synllm.language.mistakes.allowances import (
    guess_allow_without_finding,
    guess_allow_without_reason,
    guess_misplaced_allow,
)
from synllm.language.mistakes.characters import explain_character
from synllm.language.mistakes.rules import (
    guess_borrowed_word,
    guess_missing_then,
    guess_missing_value,
    guess_reserved,
    guess_rule_without_body,
    guess_stray_brace,
    guess_unclosed_parenthesis,
    guess_unfinished_statement,
    guess_unknown_function,
    guess_unknown_statement,
)
from synllm.language.mistakes.signs import (
    guess_arrow,
    guess_decimal_comma,
    guess_double_equals,
    guess_missing_percent,
    guess_range_sign,
    guess_single_quoted,
    guess_single_quoted_value,
    guess_slashes,
)
from synllm.language.mistakes.stop import Stop, stop_at
from synllm.language.mistakes.tables import (
    guess_comma_at_line_end,
    guess_missing_colon,
    guess_missing_comma,
    guess_missing_in,
    guess_named_type_with_unit,
    guess_unbraced_list,
)

_GUESSES: tuple[Callable[[Stop], Diagnostic | None], ...] = (
    guess_double_equals,
    guess_arrow,
    guess_slashes,
    guess_decimal_comma,
    guess_comma_at_line_end,
    guess_stray_brace,
    guess_missing_value,
    guess_misplaced_allow,
    guess_allow_without_finding,
    guess_allow_without_reason,
    guess_reserved,
    guess_missing_in,
    guess_borrowed_word,
    guess_unknown_function,
    guess_unfinished_statement,
    guess_unknown_statement,
    guess_missing_percent,
    guess_range_sign,
    guess_unclosed_parenthesis,
    guess_missing_then,
    guess_rule_without_body,
    guess_single_quoted_value,
    guess_named_type_with_unit,
    guess_single_quoted,
    guess_missing_comma,
    guess_unbraced_list,
    guess_missing_colon,
)
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
}
_MOST_SHOWN = 4


def explain_mistake(error: UnexpectedInput, source: Source, offset: int) -> Diagnostic:
    """Return the finding for a syntax error at an offset."""
    if isinstance(error, UnexpectedCharacters):
        return explain_character(source, offset)
    token = getattr(error, "token", None)
    ends = not isinstance(error, UnexpectedToken) or token is None or token.type == "$END"
    at = Span(source, offset, offset if ends else offset + max(len(str(token)), 1))
    state = getattr(error, "interactive_parser", None)
    stop = stop_at(at, frozenset(state.accepts() if state is not None else ()))
    for guess in _GUESSES:
        finding = guess(stop)
        if finding is not None:
            return finding
    return _not_understood(at, stop.accepts)


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


def _not_understood(at: Span, accepts: frozenset[str]) -> Diagnostic:
    """Return the finding that says only what was found and, where it helps, what would fit."""
    if "$END" in accepts:
        return report(
            "not-understood",
            f"`{at.text}` can't stand here",
            at,
            "what stands before is already complete",
            fix="remove it, or write it the way docs/language.md shows",
        )
    expected = _expectation(accepts)
    return report(
        "not-understood",
        f"{_found(at)} where {expected} should",
        at,
        f"expected {expected}",
        fix=_near_keyword(at.text, accepts),
    )


def _found(at: Span) -> str:
    """Return what stands at a place; what was given up after it counts as a further statement."""
    if at.text:
        return f"`{at.text}` stands"
    rest = at.source.text[at.start :]
    more = hide_comments(rest, find_comments(rest)).strip()
    return "the statement ends" if more else "the file ends"


def _expectation(accepts: Iterable[str]) -> str:
    """Return what may stand at a place, most telling first, at most four things."""
    known = frozenset(accepts)
    words = list(dict.fromkeys(text for name, text in _CLASSES.items() if name in known))
    keywords = sorted(name for name in known if name not in _CLASSES)
    if len(keywords) <= _MOST_SHOWN or not words:
        words.extend(f"`{_SYMBOLS.get(name, name.lower())}`" for name in keywords)
    shown = words[:_MOST_SHOWN]
    return " or ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def _near_keyword(found: str, accepts: Iterable[str]) -> str | None:
    if not re.fullmatch(r"[^\W\d]\w*", found):
        return None
    keywords = [name.lower() for name in accepts if name not in _CLASSES and name not in _SYMBOLS]
    closest = suggest(found, [word for word in keywords if word.isalpha()])
    return f"did you mean `{closest}`?" if closest and closest != found else None
