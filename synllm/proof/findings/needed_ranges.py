"""Which declared ranges make a condition come out the same for every patient."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from synllm.diagnostics.source import Span
from synllm.proof.claims import range_claims
from synllm.proof.cores import irreducible_core
from synllm.proof.encode import encode_formula
from synllm.proof.inquiry import Inquiry
from synllm.proof.reasons import relax_ranges
from synllm.proof.session import Session, Unsatisfiable
from synllm.spec.core import Formula, StatementKind
from synllm.spec.expressions import Condition
from synllm.spec.model import Rule
from synllm.spec.passes.conditions import split
from synllm.spec.passes.formulas import any_of
from synllm.spec.passes.lower import lower
from synllm.spec.passes.terms import Scope


def ranges_against_condition(inquiry: Inquiry, condition: Condition) -> list[tuple[Span, str]]:
    """Return the ranges because of which no patient meets a condition, none in vain."""
    session = _relaxed(inquiry, ())
    parts = split(condition, Scope(relax_ranges(inquiry.spec), session.core.by_name))
    return list(
        _needed_against(any_of((parts.true, parts.undefined), session.core.by_name), session)
    )


def ranges_behind_rule(inquiry: Inquiry, rule: Rule) -> list[tuple[Span, str]]:
    """Return the ranges because of which every patient obeys a rule, none in vain."""
    session = _relaxed(inquiry, (rule,))
    statement = next(each for each in session.core.statements if each.kind is StatementKind.RULE)
    refused = (statement.outcomes.violated, statement.outcomes.undefined)
    return list(_needed_against(any_of(refused, session.core.by_name), session))


def _relaxed(inquiry: Inquiry, rules: tuple[Rule, ...]) -> Session:
    """Return a session with the ranges as claims of their own, and only the given rules."""
    spec = replace(relax_ranges(inquiry.spec), rules=rules, groups=())
    session = Session(lower(spec), inquiry.budget)
    session.track(range_claims(inquiry.spec, inquiry.core, session))
    return session


def _needed_against(formula: Formula, session: Session) -> Iterator[tuple[Span, str]]:
    """Yield nothing where arithmetic without ranges is too hard to tell."""
    given = [encode_formula(formula, session.encoding)]
    everything: Sequence[int] = range(len(session.claims))
    if not isinstance(session.probe(everything, given), Unsatisfiable):
        return
    for number in irreducible_core(session, everything, given):
        claim = session.claims[number]
        yield claim.span, claim.words
