"""Can these cells be completed to a row of these columns on which all formulas are true?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import z3

from synllm.proof.encode import encode_columns, encode_formula
from synllm.proof.session import (
    Outcome,
    Satisfiable,
    Undecided,
    Unsatisfiable,
    pin_cell,
    read_cells,
)
from synllm.spec.core import CoreColumn, CoreSpec, Formula
from synllm.spec.values import Special

DEFAULT_BUDGET = 300_000
"""Elementary steps that each question may take: about a tenth of a second where it stays open."""

_MOST_PINS = 20_000


class Completion:
    """The rows of some columns on which formulas are true, kept ready for many questions.

    The formulas say everything about the columns, also which cells they may hold at all.
    """

    def __init__(
        self, columns: Sequence[CoreColumn], formulas: Sequence[Formula], budget: int
    ) -> None:
        self.asked = 0
        self._pins: dict[tuple[str, int | Special], z3.BoolRef] = {}
        self._encoding = encode_columns(CoreSpec("", tuple(columns), ()))
        self._solver = z3.SimpleSolver(ctx=self._encoding.context)
        self._solver.set("rlimit", budget)
        self._solver.add(*(encode_formula(each, self._encoding) for each in formulas))

    def complete(
        self, cells: Mapping[str, int | Special], among: Sequence[Formula] = ()
    ) -> Outcome:
        """Return a whole row with these cells on which the further formulas are true too.

        Unsatisfiable names nothing; Undecided where the budget ran out.
        """
        self.asked += 1
        self._solver.push()
        try:
            self._solver.add(
                *(self._pin(name, cell) for name, cell in cells.items()),
                *(encode_formula(each, self._encoding) for each in among),
            )
            answer = self._solver.check()
            if answer == z3.sat:
                return Satisfiable(read_cells(self._encoding, self._solver.model(), cells))
            if answer == z3.unsat:
                return Unsatisfiable(())
            why = str(self._solver.reason_unknown())
            if "interrupted" in why:  # z3 catches Ctrl-C for itself while it works
                raise KeyboardInterrupt
            return Undecided(why)
        finally:
            self._solver.pop()

    def _pin(self, name: str, cell: int | Special) -> z3.BoolRef:
        key = name, cell
        if key not in self._pins:
            if len(self._pins) >= _MOST_PINS:
                self._pins.clear()
            self._pins[key] = pin_cell(self._encoding, name, cell)
        return self._pins[key]
