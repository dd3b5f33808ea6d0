"""Which declared ranges make a condition come out the same for every patient."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from synllm.diagnostics.source import Span
from synllm.proof.claims import range_claims
from synllm.proof.cores import irreducible_core
from synllm.proof.encode import encode_formula
from synllm.proof.inquiry import Inquiry
from synllm.proof.reasons import relax_ranges
from synllm.proof.session import Session, Unsatisfiable
from synllm.spec.core import Formula
from synllm.spec.expressions import Condition
from synllm.spec.passes.conditions import split
from synllm.spec.passes.formulas import any_of
from synllm.spec.passes.lower import lower
from synllm.spec.passes.terms import Scope


class NeededRanges:
    """Ranges as claims of their own, asked for by the findings that rest on nothing else."""

    def __init__(self, inquiry: Inquiry) -> None:
        self._inquiry = inquiry

    def for_condition(self, condition: Condition) -> list[tuple[Span, str]]:
        """Return the ranges because of which no patient meets a condition, none in vain."""
        scope = Scope(self._inquiry.spec, self._session.core.by_name)
        parts = split(condition, scope)
        met = any_of((parts.true, parts.undefined), self._session.core.by_name)
        return list(self._needed_against(met))

    def for_statement(self, index: int) -> list[tuple[Span, str]]:
        """Return the ranges because of which every patient obeys a statement, none in vain."""
        outcomes = self._session.core.statements[index].outcomes
        refused = any_of((outcomes.violated, outcomes.undefined), self._session.core.by_name)
        return list(self._needed_against(refused))

    @cached_property
    def _session(self) -> Session:
        spec = relax_ranges(self._inquiry.spec)
        session = Session(lower(spec), self._inquiry.budget)
        session.track(range_claims(self._inquiry.spec, self._inquiry.core, session))
        return session

    def _needed_against(self, formula: Formula) -> Iterator[tuple[Span, str]]:
        """Yield nothing where arithmetic without ranges is too hard to tell."""
        given = [encode_formula(formula, self._session.encoding)]
        everything: Sequence[int] = range(len(self._session.claims))
        if not isinstance(self._session.probe(everything, given), Unsatisfiable):
            return
        for number in irreducible_core(self._session, everything, given):
            claim = self._session.claims[number]
            yield claim.span, claim.words
