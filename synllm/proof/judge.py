"""The four outcome formulas of every statement, decided for one row after the other."""

from __future__ import annotations

import z3

from synllm.proof.encode import ABSENT, INAPPLICABLE, PRESENT, encode_columns, encode_formula
from synllm.proof.witness import encode_value
from synllm.spec.core import Constant, CoreSpec, Formula, Outcomes
from synllm.spec.values import MISSING, Row, Special, Verdict


class Judge:
    """A solver that knows every outcome of a CoreSpec by a flag.

    A row is given to it as pins, which each say that one column holds one value.
    """

    def __init__(self, core: CoreSpec) -> None:
        self._core = core
        self._encoding = encode_columns(core)
        self._solver = z3.SimpleSolver(ctx=self._encoding.context)
        self._pins: dict[tuple[str, int | Special], z3.BoolRef] = {}
        self._flags: list[list[tuple[Verdict, z3.BoolRef | None]]] = [
            [
                (verdict, self._flag(f"{number} {verdict}", formula))
                for verdict, formula in _by_verdict(statement.outcomes)
                if formula != Constant(False)
            ]
            for number, statement in enumerate(core.statements)
        ]

    def judge(self, row: Row) -> dict[str, Verdict]:
        """Return every statement's verdict on a row whose cells are in their columns' domains."""
        self._solver.push()
        try:
            for column in self._core.columns:
                self._solver.add(self._pin(column.name, encode_value(column, row[column.name])))
            answer = self._solver.check()
            if answer != z3.sat:
                raise AssertionError(f"a row with every cell known came out as {answer}")
            model = self._solver.model()
            return {
                statement.name: _verdict([v for v, flag in flags if _is_up(flag, model)])
                for statement, flags in zip(self._core.statements, self._flags, strict=True)
            }
        finally:
            self._solver.pop()

    def _flag(self, name: str, formula: Formula) -> z3.BoolRef | None:
        """Return a flag that is true exactly where the formula is; None for what always is."""
        if formula == Constant(True):
            return None
        flag = z3.Bool(name, self._encoding.context)
        self._solver.add(flag == encode_formula(formula, self._encoding))
        return flag

    def _pin(self, column: str, cell: int | Special) -> z3.BoolRef:
        pin = self._pins.get((column, cell))
        if pin is None:
            if isinstance(cell, Special):
                state, value = (ABSENT if cell is MISSING else INAPPLICABLE), 0
            else:
                state, value = PRESENT, cell
            # An absent cell's integer matters nowhere; fixing it leaves nothing to search for.
            pin = z3.And(
                self._encoding.states[column] == state, self._encoding.values[column] == value
            )
            self._pins[column, cell] = pin
        return pin


def _by_verdict(outcomes: Outcomes) -> tuple[tuple[Verdict, Formula], ...]:
    return (
        (Verdict.HOLDS, outcomes.holds),
        (Verdict.VIOLATED, outcomes.violated),
        (Verdict.NOT_TRIGGERED, outcomes.not_triggered),
        (Verdict.UNDEFINED, outcomes.undefined),
    )


def _is_up(flag: z3.BoolRef | None, model: z3.ModelRef) -> bool:
    if flag is None:
        return True
    value = model[flag]
    assert value is not None, f"{flag} was left open"
    return bool(z3.is_true(value))


def _verdict(true: list[Verdict]) -> Verdict:
    if len(true) > 1:
        raise AssertionError(f"a statement came out as {' and '.join(true)}")
    return true[0] if true else Verdict.UNDECIDED
