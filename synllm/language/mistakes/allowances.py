"""Guesses about `allow FINDING because "…"`."""

from __future__ import annotations

from collections.abc import Sequence

from synllm.diagnostics.diagnostic import Diagnostic, report
from synllm.diagnostics.source import Span
from synllm.language.mistakes.stop import Stop, is_word

_FORM = 'write `allow FINDING because "…"`, with a name that `synllm explain` lists'


def guess_misplaced_allow(stop: Stop) -> Diagnostic | None:
    """Recognise an exception that stands between statements, in none of them."""
    if not stop.word.split()[1:] or not stop.word.startswith("allow"):
        return None
    if not stop.between_statements:
        return None
    return report(
        "misplaced-allow",
        "this `allow` belongs to no rule, no column and not to the file",
        stop.at,
        fix="for the whole file, write it below `synspec 1`, before the first statement; "
        "for one rule or column, at its end",
    )


def guess_allow_without_finding(stop: Stop) -> Diagnostic | None:
    """Recognise `allow` without the name of a finding; in a table it reads as a column's name."""
    if stop.word == "allow" and stop.between_statements:
        at = stop.at
    elif stop.previous() == "allow" and stop.between_items and stop.before[0].line == stop.at.line:
        at = stop.before[0]
    else:
        return None
    return report("incomplete-allow", "`allow` needs the name of a finding", at, fix=_FORM)


def guess_allow_without_reason(stop: Stop) -> Diagnostic | None:
    """Recognise an exception without `because`, or with nothing behind it."""
    if stop.accepts == {"BECAUSE"}:
        at = _allow_before(stop.before)
    elif stop.previous() == "because" and stop.accepts == {"STRING", "QUOTED_NAME"}:
        at = _allow_before(stop.before[1:])
    else:
        return None
    if at is None:
        return None
    name = at.text.split()[-1]
    return report(
        "incomplete-allow",
        f"`{name}` is allowed without a reason",
        at,
        fix=f'say in double quotes why it is fine here: allow {name} because "…"',
    )


def _allow_before(before: Sequence[Span]) -> Span | None:
    """Return the place of `allow FINDING` where these words, nearest first, are just that."""
    for span in before:
        if span.text == "allow":
            return span.join(before[0])
        if span.text != "-" and not is_word(span.text) and not span.text.isdigit():
            return None
    return None
