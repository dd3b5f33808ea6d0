"""Rows on demand: valid ones, ones on boundaries, and ones that break exactly one rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from synllm.proof.cores import irreducible_core
from synllm.proof.encode import encode_formula
from synllm.proof.inquiry import Inquiry, RuleCase
from synllm.proof.on_row import is_true
from synllm.proof.session import Cells, Claim, Satisfiable, Undecided, Unsatisfiable
from synllm.proof.witness import WitnessMismatchError, decode_row, replay
from synllm.proof.witnesses.occurrences import (
    Occurrence,
    list_boundaries,
    list_occurrences,
    no_cell_missing,
)
from synllm.proof.witnesses.spread import Constraint, Spread
from synllm.spec.core import Formula
from synllm.spec.evaluate import broken_statements, cell_belongs, evaluate_rule
from synllm.spec.passes.formulas import TRUE
from synllm.spec.values import Value, Verdict

_TRIES = 5


@dataclass(frozen=True, slots=True)
class WitnessRow:
    """A row, replayed, and the boundary that it is on or the rule that it breaks, in words."""

    row: dict[str, Value]
    shows: str


@dataclass(frozen=True, slots=True)
class Witnesses:
    """The rows found, how many of the things they could show they do, and what none can.

    `breaks_soft` tells that the rows also break soft rules, because no others exist.
    """

    rows: tuple[WitnessRow, ...]
    shown: int
    listed: int
    impossible: tuple[str, ...]
    undecided: tuple[str, ...]
    breaks_soft: bool = False


@dataclass(frozen=True, slots=True)
class NoRow:
    """There is no such row: these statements rule it out, none of which could be left out."""

    claims: tuple[Claim, ...]


def find_valid(
    inquiry: Inquiry, count: int, seed: int, given: Formula = TRUE
) -> Witnesses | NoRow | Undecided:
    """Return valid rows that differ much: labels, range ends, absences and outcomes of rules occur.

    Cells are filled in as far as the given formula and what a row is to show allow. Soft rules hold
    on the rows too, as far as rows exist on which they do.
    """
    return _gather(inquiry, count, seed, given, inquiry.hard, list_occurrences(inquiry))


def find_boundary(
    inquiry: Inquiry, count: int | None, seed: int, given: Formula = TRUE
) -> Witnesses | NoRow | Undecided:
    """Return valid rows on the ends of ranges and beside thresholds: each says which.

    Without a count, one for each that a valid row can be on; otherwise in turn.
    """
    return _gather(
        inquiry, count, seed, given, inquiry.hard, list_boundaries(inquiry), in_turn=True
    )


def find_violating(
    inquiry: Inquiry, case: RuleCase, count: int, seed: int, given: Formula = TRUE
) -> Witnesses | NoRow | Undecided:
    """Return rows that break one rule and obey every other statement, varied like valid ones.

    Where no such row obeys the soft rules, rows that break some are returned.
    """
    violated = inquiry.all_of(given, inquiry.statement(case.index).outcomes.violated)
    others = inquiry.hard - {case.index}
    return _gather(inquiry, count, seed, violated, others, list_occurrences(inquiry), breaking=case)


def _gather(
    inquiry: Inquiry,
    count: int | None,
    seed: int,
    formula: Formula,
    hard: frozenset[int],
    occurrences: Sequence[Occurrence],
    *,
    in_turn: bool = False,
    breaking: RuleCase | None = None,
) -> Witnesses | NoRow | Undecided:
    """Return rows that meet a formula and obey the hard statements given, and soft ones if any."""
    soft = frozenset(range(len(inquiry.core.statements))) - inquiry.hard
    if breaking is not None:
        soft -= {breaking.index}
    for obeying in dict.fromkeys((hard | soft, hard)):
        match _find_any(inquiry, formula, obeying):
            case Undecided() as undecided:
                return undecided
            case Unsatisfiable():
                continue
            case Satisfiable():
                constraint = Constraint(formula, obeying)
                search = _Search(inquiry, constraint, occurrences, count, seed, breaking)
                search.run(in_turn=in_turn)
                return search.result(breaks_soft=obeying == hard and bool(soft))
    return NoRow(_blame(inquiry, formula, hard))


def explain_no_row(inquiry: Inquiry, formula: Formula) -> NoRow | Undecided:
    """Return what rules out every valid row that meets a formula, of which none is known."""
    match _find_any(inquiry, formula, inquiry.hard):
        case Unsatisfiable():
            return NoRow(_blame(inquiry, formula, inquiry.hard))
        case Undecided() as undecided:
            return undecided
        case Satisfiable():
            # Its cells can't be written: in the file they would read as other ones.
            return NoRow(())


def _find_any(
    inquiry: Inquiry, formula: Formula, obeying: frozenset[int]
) -> Satisfiable | Unsatisfiable | Undecided:
    """Return a row that meets the formula and obeys all these statements, tied to it or not."""
    given = [encode_formula(formula, inquiry.session.encoding)]
    return inquiry.session.ask(sorted(obeying), given)


def _blame(inquiry: Inquiry, formula: Formula, obeying: frozenset[int]) -> tuple[Claim, ...]:
    session = inquiry.session
    given = [encode_formula(formula, session.encoding)]
    match session.probe(sorted(obeying), given):
        case Unsatisfiable(core=core):
            blamed = irreducible_core(session, core, given, smallest=False)
            return tuple(session.claims[number] for number in blamed)
        case _:
            raise ValueError("the formula is not ruled out")


class _Search:
    """The rows found so far, and what is left to show."""

    def __init__(
        self,
        inquiry: Inquiry,
        constraint: Constraint,
        occurrences: Sequence[Occurrence],
        count: int | None,
        seed: int,
        breaking: RuleCase | None,
    ) -> None:
        self._inquiry = inquiry
        self._constraint = constraint
        self._count = len(occurrences) if count is None else count
        self._all = count is None
        self._breaking = breaking
        # Rows that break different rules differ in more than that.
        salt = "" if breaking is None else f" {breaking.index}"
        self._spread = Spread(inquiry, self._count, f"{seed}{salt}")
        self._filled = no_cell_missing(inquiry)
        self._occurrences = occurrences
        self._left = list(occurrences)
        self._impossible: list[str] = []
        self._undecided: list[str] = []
        self._starts: list[tuple[Cells, Occurrence]] = []
        self._rows: list[WitnessRow] = []
        self._last: Cells = {}
        self._distinct: set[tuple[tuple[str, Value], ...]] = set()

    def run(self, *, in_turn: bool) -> None:
        """Find the rows: one for each thing left to show, then starting from those found again.

        Where they need not come in turn, a row also counts for all that it shows by chance.
        """
        while len(self._rows) < self._count and self._left:
            wanted = self._left.pop(0)
            start = self._start(wanted)
            if start is None:
                continue
            self._starts.append((start, wanted))
            self._add(start, wanted, named=in_turn)
            if not in_turn:
                self._left = [each for each in self._left if not is_true(each.formula, self._last)]
        if self._all and self._rows:
            return
        if not self._starts:
            anything = Occurrence("", TRUE)
            start = self._start(anything)
            assert start is not None, "a row was there before"
            self._starts.append((start, anything))
        while len(self._rows) < self._count:
            start, wanted = self._starts[len(self._rows) % len(self._starts)]
            self._add(start, wanted if in_turn else Occurrence("", TRUE), named=in_turn)

    def result(self, *, breaks_soft: bool) -> Witnesses:
        """Return what was found."""
        shown = len(self._occurrences) - len(self._left)
        shown -= len(self._impossible) + len(self._undecided)
        return Witnesses(
            tuple(self._rows),
            shown,
            len(self._occurrences),
            tuple(self._impossible),
            tuple(self._undecided),
            breaks_soft,
        )

    def _start(self, wanted: Occurrence) -> Cells | None:
        """Return a row that shows something, best and filled in; None, noted, if there is none."""
        ask, formula = self._inquiry.ask, self._constraint.formula
        best = wanted.formula if wanted.better is None else wanted.better
        wishes = [(best, self._filled), (best, TRUE), (wanted.formula, TRUE)]
        outcome: object = None
        for wish in dict.fromkeys(wishes):
            outcome = ask(self._inquiry.all_of(formula, *wish), self._constraint.obeying)
            if isinstance(outcome, Satisfiable):
                return outcome.cells
        noted = self._undecided if isinstance(outcome, Undecided) else self._impossible
        noted.append(wanted.words)
        return None

    def _add(self, start: Cells, wanted: Occurrence, *, named: bool) -> None:
        best = wanted.formula if wanted.better is None else wanted.better
        kept = best if is_true(best, start) else wanted.formula
        for _ in range(_TRIES):
            cells = self._spread.vary(start, self._constraint, kept)
            row = self._replay(cells)
            key = tuple(row.items())
            if key not in self._distinct:
                break
        self._distinct.add(key)
        self._last = cells
        shows = wanted.words if named else ""
        if self._breaking is not None:
            shows = f"breaks rule `{self._breaking.rule.name}`"
        self._rows.append(WitnessRow(row, shows))

    def _replay(self, cells: Cells) -> dict[str, Value]:
        inquiry, case = self._inquiry, self._breaking
        if case is None:
            return replay(cells, inquiry.core, inquiry.spec)
        row = decode_row(cells, inquiry.core)
        broken = list(broken_statements(row, inquiry.spec))
        expected = [case.rule.name] if case.rule.hard else []
        verdict = evaluate_rule(case.rule, row, inquiry.spec)
        belongs = all(cell_belongs(inquiry.spec.by_name[name], cell) for name, cell in row.items())
        if broken != expected or verdict is not Verdict.VIOLATED or not belongs:
            raise WitnessMismatchError(
                f"the row {row} was found to break only {case.rule.name}, but breaks {broken}"
            )
        return row
