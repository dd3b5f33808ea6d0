"""duplicate-rule, shadowed-rule, implied-rule: rules without which the same rows are valid.

A hard rule is redundant: unsatisfiable exactly when a row breaks it and obeys the statements that
stay, though a row within the declared ranges breaks it. It is a duplicate where one of those and it
refuse the very same rows, shadowed where one of them refuses all that it refuses and more, implied
where it takes several.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from synllm.diagnostics.diagnostic import Diagnostic, report
from synllm.proof.claims import body_of, list_names
from synllm.proof.findings.told import Told
from synllm.proof.inquiry import Inquiry, RuleCase
from synllm.proof.on_row import is_true
from synllm.proof.session import Satisfiable


def find_redundant(inquiry: Inquiry, told: Told) -> Iterator[Diagnostic]:
    """Yield a finding for each rule of this file that can go; all of them can go together.

    Rules are let go one after the other, the last first, each only where those that stay still
    refuse everything it refuses: so whatever the order of dropping them, nothing changes.
    """
    candidates = [
        case
        for case in inquiry.rules
        if case.own
        and case.rule.hard
        and case.rule.name not in told.rules
        and inquiry.is_sound(inquiry.statement(case.index).columns)
    ]
    staying = set(inquiry.hard)
    going: list[RuleCase] = []
    for case in reversed(candidates):
        question = f"rule `{case.rule.name}` refuses anyone whom the other rules allow"
        others = staying - {case.index}
        if inquiry.possible(inquiry.refused(case.index), question, others) is False:
            staying = others
            going.append(case)
    # A rule that nobody can break needs no other to be superfluous: that is `always-true`.
    reasons = {
        case.index: blamed
        for case in reversed(going)
        if (blamed := inquiry.blame(inquiry.refused(case.index), staying))
    }
    for case in reversed(going):
        if case.index in reasons:
            told.rules.add(case.rule.name)
            alone = _find_single(case, inquiry, staying)
            yield _report(case, alone or reasons[case.index], inquiry, len(reasons))


def _find_single(case: RuleCase, inquiry: Inquiry, staying: Collection[int]) -> tuple[int] | None:
    """Return one statement that refuses all that the rule refuses, and if possible no more."""
    question = f"a single statement makes rule `{case.rule.name}` superfluous"
    refused = inquiry.refused(case.index)
    match inquiry.ask(refused, ()):
        case Satisfiable(cells=cells):
            singles = [
                other
                for other in sorted(staying)
                if is_true(inquiry.refused(other), cells)
                and inquiry.possible(refused, question, [other]) is False
            ]
        case _:
            return None
    return next(
        ((each,) for each in singles if _is_same(case, each, inquiry)),
        (singles[0],) if singles else None,
    )


def _is_same(case: RuleCase, other: int, inquiry: Inquiry) -> bool:
    question = f"rule `{case.rule.name}` repeats {inquiry.claim(other).name}"
    return inquiry.possible(inquiry.refused(other), question, [case.index]) is False


def _report(case: RuleCase, blamed: tuple[int, ...], inquiry: Inquiry, reported: int) -> Diagnostic:
    rule = case.rule
    claims = [inquiry.claim(index) for index in blamed]
    names = list_names([claim.name for claim in claims], "and")
    number = "both" if reported == 2 else f"all {reported}"
    together = (
        ""
        if reported == 1
        else f"; {number} rules reported as repeated or contained can go together"
    )
    if len(blamed) == 1 and _is_same(case, blamed[0], inquiry):
        finding, headline = "duplicate-rule", f"rule `{rule.name}` says the same as {names}"
    elif len(blamed) == 1:
        finding = "shadowed-rule"
        headline = (
            f"rule `{rule.name}` adds nothing: {names} already refuses every patient who breaks it"
        )
    else:
        finding = "implied-rule"
        headline = (
            f"rule `{rule.name}` adds nothing: {names} together already refuse every patient who "
            "breaks it"
        )
    return report(
        finding,
        headline,
        body_of(rule),
        "adds nothing",
        also=[(claim.span, claim.words) for claim in claims],
        fix=f"drop rule `{rule.name}`; the same patients stay allowed{together}",
    )
