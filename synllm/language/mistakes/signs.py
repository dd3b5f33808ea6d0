"""Guesses about numbers, ranges, comparisons and quotes."""

from __future__ import annotations

import re

from synllm.diagnostics.diagnostic import Diagnostic, report
from synllm.diagnostics.source import Span
from synllm.language.mistakes.stop import Stop, is_number


def guess_double_equals(stop: Stop) -> Diagnostic | None:
    """Recognise `==` and its relatives."""
    if stop.word != "=" or stop.previous() not in ("=", "<", ">", "!"):
        return None
    if stop.before[0].end != stop.at.start:
        return None
    return report(
        "double-equals",
        f"`{stop.previous()}=` is not a comparison here",
        stop.before[0].join(stop.at),
        fix="compare numbers with `=`, and categories with `is`",
    )


def guess_arrow(stop: Stop) -> Diagnostic | None:
    """Recognise `=>` and `->` between a condition and what follows from it."""
    if stop.word != ">" or stop.previous() not in ("=", "-"):
        return None
    return report(
        "logic-in-words",
        f"`{stop.previous()}>` is not used here: rules are written in words",
        stop.before[0].join(stop.at),
        fix="write `when … then …`, or `>=` for `at least`",
    )


def guess_range_sign(stop: Stop) -> Diagnostic | None:
    """Recognise `18-90` and `18 to 90`."""
    if "DOTS" not in stop.accepts or not is_number(stop.previous()):
        return None
    if stop.word not in ("-", "to", "and", "."):
        return None
    return report(
        "range-dots",
        "a range is written with two dots",
        stop.at,
        fix=f"write `{stop.previous()}..` and the upper end, such as `18..90`",
    )


def guess_decimal_comma(stop: Stop) -> Diagnostic | None:
    """Recognise `10,5` and `1,000` where a list can't stand."""
    after = re.match(r"\d+", stop.source.text[stop.at.end : stop.at.end + 20])
    if stop.word != "," or "COMMA" in stop.accepts or not is_number(stop.previous()):
        return None
    if after is None or stop.before[0].end != stop.at.start:
        return None
    written, digits = stop.previous(), after.group()
    thousands = len(digits) == 3 and "." not in written
    return report(
        "decimal-comma",
        "numbers are written with a decimal point and without separators between thousands",
        Span(stop.source, stop.before[0].start, stop.at.end + len(digits)),
        "has a comma",
        fix=f"write `{written}{digits}`, or `{written}.{digits}`"
        if thousands
        else f"write `{written}.{digits}`",
    )


def guess_missing_percent(stop: Stop) -> Diagnostic | None:
    """Recognise a share without its percent sign."""
    if stop.accepts != {"PERCENT"} or not is_number(stop.previous()):
        return None
    return report(
        "missing-percent",
        f"a share is written in percent, and {stop.previous()} has no `%`",
        stop.before[0],
        fix=f"write `{stop.previous()}%`",
    )


def guess_single_quoted(stop: Stop) -> Diagnostic | None:
    """Recognise text between the quotes that units have."""
    if not stop.word.startswith("'") or not stop.accepts & {"STRING", "QUOTED_NAME"}:
        return None
    return report(
        "single-quoted-text",
        "single quotes are for units, and a unit can't stand here",
        stop.at,
        fix=f'text and names go in double quotes: "{stop.word[1:-1]}"',
    )


def guess_single_quoted_value(stop: Stop) -> Diagnostic | None:
    """Recognise a value of a list between the quotes that units have."""
    return guess_single_quoted(stop) if stop.previous() in ("{", ",", "<") else None


def guess_slashes(stop: Stop) -> Diagnostic | None:
    """Recognise a comment in the manner of programming languages."""
    following = stop.source.text[stop.at.end : stop.at.end + 1]
    if stop.word == "/" and following in ("/", "*"):
        return report(
            "comment-sign",
            f"a comment starts with `#`, not with `/{following}`",
            Span(stop.source, stop.at.start, stop.at.end + 1),
            fix="write `# …`; a comment ends with its line",
        )
    return None
