"""Guesses about statements, rules and their conditions."""

from __future__ import annotations

import re

from synllm.diagnostics.diagnostic import Diagnostic, report
from synllm.diagnostics.suggest import suggest
from synllm.language.mistakes.stop import STATEMENTS, Stop, is_word

_FUNCTIONS = ("abs", "min", "max", "round")
_ELSEWHERE = {
    "else": "write a second rule for the other patients: `when not (…) then …`",
    "elif": "write a second rule for the other patients: `when … then …`",
    "between": "write a range: `age in 18..65`",
    "unless": "write `when not (…) then …`",
    "xor": "write `exactly one of (…, …)`",
    "implies": "write `when … then …`",
    "mod": "remainders can't be computed in a spec",
    "like": "list the values: `in {A, B}`",
    "coded": "codes belong to `yes/no`, to the values of a list, and to `may be missing`",
}
_MENTIONS_STATEMENT = re.compile(r"^\s*(?:synspec|table|rule|type|use)\s+\S", re.M)


def guess_reserved(stop: Stop) -> Diagnostic | None:
    """Recognise what a later version of the language will have."""
    if stop.word == "accept" and stop.between_statements:
        return report(
            "reserved-feature",
            "`accept` is reserved for a later version of the language",
            stop.at,
            fix="remove the statement for now",
        )
    if stop.previous() == "text" and stop.previous(1) == ":":
        return report(
            "reserved-feature",
            "text columns are reserved for a later version of the language",
            stop.at,
            fix="leave the column out: columns of a file that the spec doesn't name are ignored",
        )
    return None


def guess_stray_brace(stop: Stop) -> Diagnostic | None:
    """Recognise a brace that closes nothing."""
    if stop.word != "}" or not stop.between_statements:
        return None
    return report("stray-brace", "this `}` closes nothing", stop.at, fix="remove it")


def guess_borrowed_word(stop: Stop) -> Diagnostic | None:
    """Recognise a word that other languages have at this place."""
    if stop.word not in _ELSEWHERE or stop.between_items or not _line_before(stop):
        return None
    return report(
        "borrowed-word",
        f"`{stop.word}` can't stand here",
        stop.at,
        fix=_ELSEWHERE[stop.word],
    )


def guess_unknown_function(stop: Stop) -> Diagnostic | None:
    """Recognise a call of a function that the language doesn't have."""
    if stop.word != "(" or not stop.before or stop.before[0].end != stop.at.start:
        return None
    if not is_word(stop.previous()):
        return None
    closest = suggest(stop.previous(), _FUNCTIONS)
    return report(
        "unknown-function",
        f"nothing called `{stop.previous()}` can be computed in a spec",
        stop.before[0],
        "not a function",
        fix=f"did you mean `{closest}`?"
        if closest
        else "known here: `+ - * /` and " + ", ".join(f"`{each}`" for each in _FUNCTIONS),
    )


def guess_unfinished_statement(stop: Stop) -> Diagnostic | None:
    """Recognise a statement whose end is missing, so that the next one's keyword was read for it.

    The message points at the last word of the unfinished statement.
    """
    if not stop.between_statements or stop.previous() not in STATEMENTS or not stop.previous(1):
        return None
    keyword, last = stop.before[:2]
    if keyword.line == last.line:
        return None
    return report(
        "not-understood",
        f"something is missing after `{last.text}`",
        last,
        "the statement ends here",
        fix=f"complete it; the next statement starts with `{keyword.text}`",
    )


def guess_unknown_statement(stop: Stop) -> Diagnostic | None:
    """Recognise a statement whose first word is none that statements start with."""
    if not stop.between_statements or not re.fullmatch(r"\w+", stop.word):
        return None
    closest = suggest(stop.word, STATEMENTS)
    if stop.word == "synspec":
        fix = "`synspec 1` is the first line of a file"
    elif closest is not None:
        fix = f"did you mean `{closest}`?"
    elif not _MENTIONS_STATEMENT.search(stop.source.text):
        fix = (
            "this file doesn't look like a spec; `synllm new TABLE -o SPEC` writes one for a table"
        )
    else:
        fix = "statements start with " + ", ".join(f"`{each}`" for each in STATEMENTS)
    return report("unknown-statement", f"no statement starts with `{stop.word}`", stop.at, fix=fix)


def guess_missing_then(stop: Stop) -> Diagnostic | None:
    """Recognise a condition that nothing follows from."""
    if "THEN" not in stop.accepts or "NAME" in stop.accepts:
        return None
    return report(
        "missing-then",
        "a `when` needs its `then`",
        stop.at,
        "the condition ends before this",
        fix="write `when CONDITION then WHAT MUST HOLD`",
    )


def guess_rule_without_body(stop: Stop) -> Diagnostic | None:
    """Recognise a rule that starts its condition without saying on which patients it bears."""
    if not {"WHEN", "ALWAYS", "NEVER", "CASES"} <= stop.accepts or "NAME" in stop.accepts:
        return None
    if "STRING" not in stop.accepts and not stop.accepts <= {"WHEN", "ALWAYS", "NEVER", "CASES"}:
        return None
    if stop.word == "if":
        fix = "write `when` instead of `if`"
    else:
        fix = "write `when … then …` about some patients, `always …` or `never …` about all"
    return report(
        "rule-without-body",
        "what a rule demands starts with `when`, `always`, `never` or `cases`",
        stop.at,
        "none of these" if stop.word else "nothing stands here",
        fix=fix,
    )


def guess_unclosed_parenthesis(stop: Stop) -> Diagnostic | None:
    """Recognise a parenthesis that is still open where its rule ends."""
    if "RPAR" not in stop.accepts or stop.word not in ("", "}", "then", "coded", *STATEMENTS):
        return None
    depth = 0
    for span in stop.before:
        depth += {")": 1, "(": -1}.get(span.text, 0)
        if depth < 0:
            return report(
                "unclosed-parenthesis",
                "a `(` is never closed",
                span,
                "opened here",
                also=[(stop.at, "still open here")],
                fix="add `)` where the group ends",
            )
    return None


def guess_missing_value(stop: Stop) -> Diagnostic | None:
    """Recognise a name in an example row without its value."""
    if stop.word not in (",", "}") or stop.previous() != ":" or len(stop.before) < 2:
        return None
    name = stop.before[1]
    return report(
        "missing-value",
        f"no value follows `{name.text}:`",
        name.join(stop.before[0]),
        fix=f"write `{name.text}: VALUE`, or `{name.text}: missing` for an unrecorded one",
    )


def _line_before(stop: Stop) -> bool:
    """Return whether something stands before the place on its line."""
    return bool(stop.before) and stop.before[0].line == stop.at.line
