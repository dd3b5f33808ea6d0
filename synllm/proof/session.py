"""Questions about which rows can exist, asked within a budget and answered three ways."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import z3

from synllm.diagnostics.source import Span
from synllm.proof.encode import (
    ABSENT,
    INAPPLICABLE,
    PRESENT,
    Encoding,
    encode_columns,
    encode_values,
)
from synllm.spec.core import CoreColumn, CoreSpec
from synllm.spec.values import MISSING, NOT_APPLICABLE, Special

_STEPS = "rlimit count"
_PATIENCE = 5
_HASTE = 10

Cells: TypeAlias = dict[str, int | Special]
"""A row in the integers of a CoreSpec: each column's integer, MISSING or NOT_APPLICABLE."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing that the spec says, in the words that a message uses for it.

    `name` goes into sentences (rule `adults`), `words` beside the place that says so.
    """

    name: str
    words: str
    span: Span
    expression: z3.BoolRef
    is_range: bool = False


@dataclass(frozen=True, slots=True)
class Satisfiable:
    """A row agrees with everything asked for: this one."""

    cells: Cells


@dataclass(frozen=True, slots=True)
class Unsatisfiable:
    """No row agrees with all of these claims (and what was given), named by their numbers."""

    core: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Undecided:
    """The budget ran out, or the arithmetic is beyond what can be decided."""

    why: str


Outcome: TypeAlias = Satisfiable | Unsatisfiable | Undecided


class Session:
    """The rows of one CoreSpec in a context of their own, and the claims tracked so far.

    Every row has only the values and absences that its columns allow. `budget` is the number of
    elementary steps that each question may take; once questions that stayed open have used up a
    few times as many, each further one gets a fraction, so that hard ones don't delay the rest.
    """

    def __init__(self, core: CoreSpec, budget: int) -> None:
        self.core = core
        self._budget = budget
        self._in_vain = 0
        self.encoding: Encoding = encode_columns(core)
        self.claims: list[Claim] = []
        self._switches: list[z3.BoolRef] = []
        self._solver = z3.SimpleSolver(ctx=self.encoding.context)
        self._solver.set("rlimit", budget)
        for column in core.columns:
            allowed = [PRESENT]
            if column.may_be_missing:
                allowed.append(ABSENT)
            if column.may_not_apply:
                allowed.append(INAPPLICABLE)
            state = self.encoding.states[column.name]
            self._solver.add(z3.Or([state == each for each in allowed]))
            self._solver.add(self.in_range(column))

    def track(self, claims: Iterable[Claim]) -> tuple[int, ...]:
        """Return the numbers under which the claims can be asked for from now on."""
        first = len(self.claims)
        for claim in claims:
            switch = z3.Bool(f"claim {len(self.claims)}", self.encoding.context)
            self._solver.add(z3.Implies(switch, claim.expression))
            self._switches.append(switch)
            self.claims.append(claim)
        return tuple(range(first, len(self.claims)))

    def ask(self, claims: Sequence[int], given: Sequence[z3.BoolRef] = ()) -> Outcome:
        """Return whether a row agrees with the numbered claims and all that is given: which one."""
        self._solver.push()
        try:
            outcome = self._check(claims, given)
            if outcome is None:
                return Satisfiable(read_cells(self.encoding, self._solver.model()))
            return outcome
        finally:
            self._solver.pop()

    def probe(
        self, claims: Sequence[int], given: Sequence[z3.BoolRef] = ()
    ) -> Unsatisfiable | Undecided | None:
        """Return what stands against such a row; None where one exists. Faster than `ask`."""
        self._solver.push()
        try:
            return self._check(claims, given)
        finally:
            self._solver.pop()

    def _check(
        self, claims: Sequence[int], given: Sequence[z3.BoolRef]
    ) -> Unsatisfiable | Undecided | None:
        self._solver.add(*given)
        before = self._steps()
        answer = self._solver.check(*(self._switches[number] for number in claims))
        if answer == z3.sat:
            return None
        if answer == z3.unsat:
            blamed = {switch.get_id() for switch in self._solver.unsat_core()}
            return Unsatisfiable(
                tuple(number for number in claims if self._switches[number].get_id() in blamed)
            )
        why = str(self._solver.reason_unknown())
        if "interrupted" in why:  # z3 catches Ctrl-C for itself while it works
            raise KeyboardInterrupt
        self._in_vain += self._steps() - before
        if self._in_vain > _PATIENCE * self._budget:
            self._solver.set("rlimit", max(1, self._budget // _HASTE))
        return Undecided(why)

    def _steps(self) -> int:
        """Return the elementary steps taken by all questions so far."""
        counts = self._solver.statistics()
        names = counts.keys()
        return int(counts.get_key_value(_STEPS)) if _STEPS in names else 0

    def in_range(self, column: CoreColumn) -> z3.BoolRef:
        """Return the expression that the column, where it has a value, has one of its own."""
        name = column.name
        member = encode_values(column.values, self.encoding.values[name], self.encoding)
        return z3.Implies(self.encoding.states[name] == PRESENT, member)

    def pin(self, column: str, value: int | Special) -> z3.BoolRef:
        """Return the expression that a column holds exactly this."""
        return pin_cell(self.encoding, column, value)

    def every_column_filled(self) -> list[z3.BoolRef]:
        """Return the expressions that no cell is missing."""
        return self.columns_filled()

    def columns_filled(self, exempt: Collection[str] = ()) -> list[z3.BoolRef]:
        """Return the expressions that no cell is missing but perhaps those of exempt columns."""
        return [
            state != ABSENT for name, state in self.encoding.states.items() if name not in exempt
        ]


def pin_cell(encoding: Encoding, column: str, value: int | Special) -> z3.BoolRef:
    """Return the expression that a column holds exactly this."""
    state = encoding.states[column]
    if value is MISSING:
        return state == ABSENT
    if value is NOT_APPLICABLE:
        return state == INAPPLICABLE
    return z3.And(state == PRESENT, encoding.values[column] == value)


def read_cells(
    encoding: Encoding, model: z3.ModelRef, known: Mapping[str, int | Special] | None = None
) -> Cells:
    """Return the row that a model describes; cells that are known anyway are not read from it."""
    cells: Cells = dict(known or {})
    for name, state in encoding.states.items():
        if name in cells:
            continue
        match model.eval(state, model_completion=True).as_long():
            case 0:
                value = model.eval(encoding.values[name], model_completion=True)
                cells[name] = value.as_long()
            case 1:
                cells[name] = MISSING
            case _:
                cells[name] = NOT_APPLICABLE
    return cells
