"""Is there a valid row on which weighted amounts come to less than nothing? Asked exactly."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import lcm

import z3

from synllm.proof.claims import statement_claims
from synllm.proof.encode import encode_formula, encode_term
from synllm.proof.session import Satisfiable, Session, Undecided
from synllm.proof.statistics.amounts import Amount, Ledger, combine
from synllm.proof.witness import replay
from synllm.spec.core import CoreSpec
from synllm.spec.expressions import Condition
from synllm.spec.model import Spec
from synllm.spec.passes.conditions import split
from synllm.spec.passes.linear import term_of
from synllm.spec.passes.terms import Scope, lower_column
from synllm.spec.types import NumberType
from synllm.spec.values import Value


class Pricing:
    """Questions about the valid rows of a spec, each within the budget of steps.

    `claims` are the numbers of the hard statements in `session`; `ledger` remembers what rows
    contribute.
    """

    def __init__(self, spec: Spec, core: CoreSpec, budget: int) -> None:
        self.session = Session(core, budget)
        self.claims = self.session.track(statement_claims(spec, self.session))
        self.ledger = Ledger(spec)
        self._spec = spec
        self._core = core
        self._scope = Scope(spec, core.by_name)
        self._events: dict[Condition, z3.BoolRef] = {}
        self._numbers: dict[str, z3.ArithRef] = {}

    def find_row(self, given: Sequence[z3.BoolRef]) -> dict[str, Value] | Undecided | None:
        """Return a valid row that agrees with what is given, replayed; None where there is none."""
        match self.session.ask(self.claims, given):
            case Satisfiable(cells=cells):
                return replay(cells, self._core, self._spec)
            case Undecided() as undecided:
                return undecided
            case _:
                return None

    def event(self, event: Condition) -> z3.BoolRef:
        """Return the expression that an event is surely true."""
        known = self._events.get(event)
        if known is None:
            formula = split(event, self._scope).true
            known = self._events[event] = encode_formula(formula, self.session.encoding)
        return known

    def at_most(self, amounts: Sequence[Amount], limit: Fraction, *, strict: bool) -> z3.BoolRef:
        """Return the expression that the amounts come to at most (or less than) the limit."""
        parts = combine([(Fraction(1), amounts)])
        scaled = [(each, each.factor / self._unit(each)) for each in parts]
        multiple = lcm(limit.denominator, *(factor.denominator for _, factor in scaled))
        nothing = z3.IntVal(0, self.session.encoding.context)
        terms = [nothing]
        for amount, factor in scaled:
            whole = z3.IntVal(int(factor * multiple), self.session.encoding.context)
            if amount.column is not None:
                number = self._number(amount.column)
                whole = whole * number if amount.power == 1 else whole * number * number
            given = amount.event
            terms.append(whole if given is None else z3.If(self.event(given), whole, nothing))
        total = z3.Sum(terms)
        right = int(limit * multiple)
        return total < right if strict else total <= right

    def _number(self, name: str) -> z3.ArithRef:
        known = self._numbers.get(name)
        if known is None:
            column = self._spec.by_name[name]
            assert isinstance(column.type, NumberType)
            form = lower_column(column, self._scope).numerator.times(10**column.type.decimals)
            known = self._numbers[name] = encode_term(term_of(form), self.session.encoding)
        return known

    def _unit(self, amount: Amount) -> Fraction:
        """Return how many of the encoded integers' units one unit of the amount has."""
        if amount.column is None:
            return Fraction(1)
        kind = self._spec.by_name[amount.column].type
        assert isinstance(kind, NumberType)
        return Fraction(10 ** (kind.decimals * amount.power))
