"""Can each rule's condition be met at all?"""

from __future__ import annotations

from synllm.diagnostics.diagnostic import Diagnostic, report
from synllm.proof.encode import any_of, encode_formula
from synllm.proof.session import Session, Unsatisfiable
from synllm.spec.core import CoreSpec
from synllm.spec.model import Spec
from synllm.spec.passes.conditions import split
from synllm.spec.passes.terms import Scope


def prove_rules_apply(spec: Spec, core: CoreSpec, budget: int) -> list[Diagnostic]:
    """Return a finding for each rule whose `when` no patient in the declared ranges can meet.

    Other rules are left aside: a condition that only another rule excludes is no finding here.
    """
    session = Session(core, budget)
    scope = Scope(spec, core.by_name)
    findings: list[Diagnostic] = []
    for rule in spec.rules:
        if rule.when is None:
            continue
        condition = split(rule.when, scope)
        applies = [
            encode_formula(each, session.encoding) for each in (condition.true, condition.undefined)
        ]
        met = any_of(applies, session.encoding)
        if isinstance(session.probe((), [met]), Unsatisfiable):
            findings.append(
                report(
                    "rule-never-applies",
                    f"rule `{rule.name}` never applies: no patient in the declared ranges can meet "
                    "its condition",
                    rule.when.span,
                    "no patient meets this",
                    fix="correct the condition, or drop the rule",
                )
            )
    return findings
