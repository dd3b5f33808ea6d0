"""duplicate-rule, shadowed-rule, implied-rule: rules without which the same rows are valid.

A hard rule is redundant: unsatisfiable exactly when a row breaks it and obeys the rules that stay.
It is a duplicate where one of those and it refuse the very same rows, shadowed where one of them
refuses all that it refuses and more, implied where it takes several.
"""

from __future__ import annotations

from collections.abc import Iterator

from synllm.diagnostics.diagnostic import Diagnostic, report
from synllm.proof.claims import body_of, list_names
from synllm.proof.findings.told import Told
from synllm.proof.inquiry import Inquiry, RuleCase


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
    for case in reversed(going):
        told.rules.add(case.rule.name)
        yield _report(case, inquiry.blame(inquiry.refused(case.index), staying), inquiry, going)


def _report(
    case: RuleCase, blamed: tuple[int, ...], inquiry: Inquiry, going: list[RuleCase]
) -> Diagnostic:
    rule = case.rule
    claims = [inquiry.claim(index) for index in blamed]
    names = list_names([claim.name for claim in claims], "and")
    number = "both" if len(going) == 2 else f"all {len(going)}"
    together = (
        ""
        if len(going) == 1
        else f"; {number} rules reported as repeated or contained can go together"
    )
    if len(blamed) == 1:
        (other,) = blamed
        difference = inquiry.possible(
            inquiry.refused(other), f"rule `{rule.name}` repeats {names}", [case.index]
        )
        if difference is False:
            finding, headline = "duplicate-rule", f"rule `{rule.name}` says the same as {names}"
        else:
            finding = "shadowed-rule"
            headline = (
                f"rule `{rule.name}` adds nothing: {names} already refuses every patient who "
                "breaks it"
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
