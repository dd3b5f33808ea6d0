"""never-applies-given-others: unsatisfiable exactly when the rule's condition is met by a row that
obeys every hard statement tied to its columns, though a row within the declared ranges meets it.

Statements are tied to a column by a chain of columns that they share. Where they can't all be
obeyed, nothing is told: that is `contradictory-rules`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from synllm.diagnostics.diagnostic import Diagnostic, report
from synllm.proof.claims import list_names
from synllm.proof.findings.told import Told
from synllm.proof.inquiry import Inquiry


def find_never_applies_given_others(inquiry: Inquiry, told: Told) -> Iterator[Diagnostic]:
    """Yield a finding for each rule of this file whose patients it and the others exclude.

    The patient shown meets the condition, so one of the named statements refuses them; no other
    does if that can be.
    """
    for case in inquiry.rules:
        rule = case.rule
        if rule.when is None or not case.own or rule.name in told.rules:
            continue
        if not inquiry.is_sound(inquiry.statement(case.index).columns):
            continue
        met = case.when.true
        question = f"rule `{rule.name}` applies to any patient whom the rules allow"
        if inquiry.possible(met, question) is not False:
            continue
        if inquiry.possible(met, question, ()) is not True:  # else that is `never-applies`
            continue
        blamed = inquiry.blame(met)
        if told.is_consequence(blamed):
            continue
        told.rules.add(rule.name)
        claims = [inquiry.claim(index) for index in blamed]
        names = list_names([claim.name for claim in claims], "and")
        others = inquiry.hard - set(blamed)
        patient = inquiry.example(met, others) or inquiry.example(met, ())
        finding = report(
            "never-applies-given-others",
            f"rule `{rule.name}` never applies: {names} {_verb(claims)} every patient whom it is "
            "about",
            rule.when.span,
            "no patient is left who meets this",
            also=[(claim.span, claim.words) for claim in claims],
            fix=f"drop rule `{rule.name}`, or relax what excludes its patients",
            witness=() if patient is None else inquiry.patient(patient),
        )
        yield told.tell(finding, [case.index, *blamed])


def _verb(claims: Sequence[object]) -> str:
    return "excludes" if len(claims) == 1 else "together exclude"
