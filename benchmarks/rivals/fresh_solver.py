"""What a straightforward encoding does: each question in a new solver with every statement."""

from __future__ import annotations

import z3

from synllm.proof.encode import encode_formula
from synllm.proof.inquiry import Inquiry
from synllm.proof.session import Session
from synllm.spec.core import Formula


def ask_afresh(formula: Formula, obeying: frozenset[int], inquiry: Inquiry) -> bool | None:
    """Return whether a row obeys the statements and makes the formula true; None if undecided."""
    session = Session(inquiry.core, inquiry.budget)
    solver = z3.Solver(ctx=session.encoding.context)
    for column in inquiry.core.columns:
        states = [
            0,
            *([1] if column.may_be_missing else []),
            *([2] if column.may_not_apply else []),
        ]
        solver.add(z3.Or([session.encoding.states[column.name] == each for each in states]))
        solver.add(session.in_range(column))
    for index in sorted(obeying):
        solver.add(z3.Not(encode_formula(inquiry.refused(index), session.encoding)))
    solver.add(encode_formula(formula, session.encoding))
    answer = solver.check()
    return None if answer == z3.unknown else answer == z3.sat
