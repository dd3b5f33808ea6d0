"""Guesses about the lines of a table and the entries of a list."""

from __future__ import annotations

import re

from synllm.diagnostics.diagnostic import Diagnostic, report
from synllm.diagnostics.suggest import suggest
from synllm.language.mistakes.stop import TYPES, Stop, is_number, is_word

_MODIFIERS = ("in", "of", "may", "applies", "coded")
_CLOSE_NUMBER_TYPE = ("integer", "decimal")


def guess_missing_in(stop: Stop) -> Diagnostic | None:
    """Recognise a range or list that follows its type without `in`."""
    follows_type = stop.previous() in ("integer", ")") or stop.previous(1) == ":"
    if "IN" not in stop.accepts or not follows_type:
        return None
    if not (is_number(stop.word) or stop.word in ("-", "{")):
        return None
    return report(
        "missing-in",
        f"a range or list follows its type after `in`, and there is none before `{stop.word}`",
        stop.at,
        fix="write `in` before it, as in `integer in 0..120`",
    )


def guess_missing_comma(stop: Stop) -> Diagnostic | None:
    """Recognise two entries of a list without a comma between them, or a list left open."""
    if not re.match(r'[\w"]', stop.word) or not {"COMMA", "RBRACE"} <= stop.accepts:
        return None
    opening = _opening_brace(stop)
    if opening is None:
        return None
    following = stop.rest_of_line().lstrip()
    if stop.word.startswith('"') and not following.startswith((",", "}")):
        return report(
            "unclosed-brace",
            f"the list is not closed before {stop.word}",
            stop.before[opening],
            "the list starts here",
            also=[(stop.at, "already its description")],
            fix=f"add `}}` before {stop.word}",
        )
    fix = f"write `{stop.previous()}, {stop.word}`"
    if is_word(stop.previous()) and is_word(stop.word):
        fix += f', or `"{stop.previous()} {stop.word}"` if it is one value'
    return report(
        "missing-comma",
        f"entries of a list are separated by commas, and there is none before `{stop.word}`",
        stop.at,
        fix=fix,
    )


def guess_comma_at_line_end(stop: Stop) -> Diagnostic | None:
    """Recognise a table whose lines end with commas."""
    if stop.word not in (":", "}") or stop.accepts - {"ARE", "COMMA"} - _names(stop):
        return None
    comma = next((each for each in stop.before[:2] if each.text == ","), None)
    if comma is None or "\n" not in stop.source.text[comma.end : stop.at.start]:
        return None
    return report(
        "comma-at-line-end",
        "the lines of a table have no comma between them",
        comma,
        fix="remove the commas at the ends of lines",
    )


def guess_named_type_with_unit(stop: Stop) -> Diagnostic | None:
    """Recognise a unit behind a type that brings its own, or behind a mistyped one."""
    line_start = stop.source.text.rfind("\n", 0, stop.at.start) + 1
    word = re.search(r":\s*([^\W\d]\w*)", stop.source.text[line_start : stop.at.start])
    if not stop.word.startswith("'") or word is None or word.group(1) in TYPES:
        return None
    span = next((each for each in stop.before if each.text == word.group(1)), stop.at)
    closest = suggest(word.group(1), _CLOSE_NUMBER_TYPE)
    if closest is not None:
        return report(
            "unknown-type",
            f"there is no type `{word.group(1)}`",
            span,
            "not a type",
            fix=f"did you mean `{closest}`?",
        )
    return report(
        "unit-on-named-type",
        f"`{word.group(1)}` is a named type, which brings its own unit",
        stop.at,
        "a second unit",
        fix="remove the unit here, or declare the column `integer` or `decimal(N)`",
    )


def guess_missing_colon(stop: Stop) -> Diagnostic | None:
    """Recognise a word in a table that was read as the name of a column."""
    if not stop.between_items or not stop.before or not stop.word:
        return None
    name = stop.before[0]
    if not (is_word(name.text) or name.text.startswith('"')):
        return None
    if stop.word == "coded" and name.text == "missing":
        return report(
            "missing-colon",
            "`missing` is read as the name of a column, and no `:` follows it",
            name,
            fix="write `may be missing coded …`",
        )
    together = f'"{name.text} {stop.word}"'
    same_line = name.line == stop.at.line
    if same_line and is_word(stop.word) and stop.rest_of_line().lstrip().startswith(":"):
        return report(
            "name-needs-quotes",
            f"{together} is several words, and only a quoted name can be that",
            name.join(stop.at),
            fix=f"write `{together} : …`",
        )
    if stop.word in ("integer", "decimal", "yes", "one", "ordered", "identifier"):
        fix = f"write `{name.text} : {stop.word} …`"
    elif is_number(stop.word):
        fix = f"write `in {stop.word}…` for the range of the column before it"
    elif (closest := suggest(name.text, _MODIFIERS)) is not None and closest != name.text:
        fix = f"did you mean `{closest}`?"
    else:
        fix = f'a description goes in double quotes: "{name.text} …"'
    return report(
        "missing-colon",
        f"`{name.text}` is read as the name of a column, and no `:` follows it",
        name,
        fix=fix,
    )


def guess_unbraced_list(stop: Stop) -> Diagnostic | None:
    """Recognise a list or table that starts without its brace."""
    if stop.accepts != {"LBRACE"} or not stop.word:
        return None
    what = f"`{stop.previous()}`" if is_word(stop.previous()) else stop.previous()
    return report(
        "missing-brace",
        f"a `{{` is needed after {what}, and there is none",
        stop.at,
        "the list or block should be open here",
        fix="write the list or the block between `{` and `}`",
    )


def _names(stop: Stop) -> frozenset[str]:
    """Return everything that fits where a name does, if one does."""
    return stop.accepts if "NAME" in stop.accepts and "RBRACE" not in stop.accepts else frozenset()


def _opening_brace(stop: Stop) -> int | None:
    """Return which word before the place opens the list that it stands in, on its own line."""
    depth = 0
    line = stop.at.line
    for index, span in enumerate(stop.before):
        depth += {"}": 1, "{": -1}.get(span.text, 0)
        if depth < 0:
            return index
        if span.line < line and depth == 0:
            return None
    return None
