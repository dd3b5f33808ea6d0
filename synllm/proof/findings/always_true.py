"""always-true: unsatisfiable exactly when a row within the declared ranges breaks the rule, all
other rules left aside.
"""

from __future__ import annotations

from collections.abc import Iterator

from synllm.diagnostics.diagnostic import Diagnostic, report
from synllm.proof.claims import body_of
from synllm.proof.findings.needed_ranges import ranges_behind_rule
from synllm.proof.findings.told import Told
from synllm.proof.inquiry import Inquiry


def find_always_true(inquiry: Inquiry, told: Told) -> Iterator[Diagnostic]:
    """Yield a finding for each rule of this file that no recordable patient can break."""
    for case in inquiry.rules:
        rule = case.rule
        if not case.own or rule.name in told.rules:
            continue
        refused = inquiry.refused(case.index)
        if inquiry.possible(refused, f"any patient can break rule `{rule.name}`", ()) is False:
            told.rules.add(rule.name)
            yield report(
                "always-true",
                f"rule `{rule.name}` says nothing: every patient in the declared ranges obeys it",
                body_of(rule),
                "always so",
                also=ranges_behind_rule(inquiry, rule),
                fix="tighten the rule if it should exclude someone, or drop it",
            )
