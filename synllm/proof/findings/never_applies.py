"""never-applies: unsatisfiable exactly when the rule's condition is met (or undefined) by a row
within the declared ranges, all other rules left aside.
"""

from __future__ import annotations

from collections.abc import Iterator

from synllm.diagnostics.diagnostic import Diagnostic, report
from synllm.proof.findings.needed_ranges import ranges_against_condition
from synllm.proof.findings.told import Told
from synllm.proof.inquiry import Inquiry


def find_never_applies(inquiry: Inquiry, told: Told) -> Iterator[Diagnostic]:
    """Yield a finding for each rule of this file whose `when` no patient can meet."""
    for case in inquiry.rules:
        rule = case.rule
        if rule.when is None or not case.own or rule.name in told.rules:
            continue
        met = inquiry.any_of(case.when.true, case.when.undefined)
        if inquiry.possible(met, f"rule `{rule.name}` ever applies", ()) is False:
            told.rules.add(rule.name)
            yield report(
                "never-applies",
                f"rule `{rule.name}` never applies: no patient in the declared ranges can meet "
                "its condition",
                rule.when.span,
                "no patient meets this",
                also=ranges_against_condition(inquiry, rule.when),
                fix="correct the condition, or drop the rule",
            )
