"""rule-forbids-its-condition: unsatisfiable exactly when the rule's condition and its conclusion
are both surely true on a row within the declared ranges, though a row within them breaks the rule.
"""

from __future__ import annotations

from collections.abc import Iterator

from synllm.diagnostics.diagnostic import Diagnostic, report
from synllm.proof.findings.told import Told
from synllm.proof.inquiry import Inquiry


def find_forbids_condition(inquiry: Inquiry, told: Told) -> Iterator[Diagnostic]:
    """Yield a finding for each rule of this file whose conclusion its own condition excludes.

    The patient shown meets the condition, so the rule refuses them; no other does if that can be.
    """
    for case in inquiry.rules:
        rule = case.rule
        if rule.when is None or not case.own or rule.name in told.rules:
            continue
        question = f"rule `{rule.name}` can be met where it applies"
        holds = inquiry.statement(case.index).outcomes.holds
        if inquiry.possible(holds, question, ()) is not False:
            continue
        refused = inquiry.refused(case.index)
        others = inquiry.hard - {case.index}
        patient = inquiry.example(refused, others) or inquiry.example(refused, ())
        if patient is None:
            continue
        told.rules.add(rule.name)
        spared = inquiry.all_of(case.when.true, inquiry.opposite(refused))
        effect = {
            False: "refuses every patient whom it is about",
            True: "can only be met by leaving a value out",
            None: "never holds",
        }[inquiry.possible(spared, question, ())]
        finding = report(
            "rule-forbids-its-condition",
            f"rule `{rule.name}` {effect}: where its condition is met, its conclusion never is",
            rule.then.span,
            "never true",
            also=[(rule.when.span, "wherever this is met")],
            fix="correct one of the two; to exclude these patients, say `never` and the condition",
            witness=inquiry.patient(patient),
        )
        yield told.tell(finding, [case.index])
