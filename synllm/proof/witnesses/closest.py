"""The closest pair of rows on both sides of a rule: one passes, one breaks it, one cell differs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise, product

from synllm.proof.inquiry import Inquiry, RuleCase
from synllm.proof.session import Cells, Satisfiable
from synllm.proof.sureness import holds_cell
from synllm.proof.witness import WitnessMismatchError, decode_row, encode_value, replay
from synllm.proof.witnesses.neighbours import Assign, Move, Step, after, lands_inside, move_cells
from synllm.spec.boundaries import rule_boundaries
from synllm.spec.core import (
    NO_VALUE,
    CoreColumn,
    Formula,
    Membership,
    formula_columns,
)
from synllm.spec.evaluate import evaluate_rule
from synllm.spec.types import NumberType
from synllm.spec.values import MISSING, NOT_APPLICABLE, Special, Value, Verdict

_SHORT_LIST = 20


@dataclass(frozen=True, slots=True)
class ClosestPair:
    """A valid row, and the row that one move makes of it, which breaks the rule.

    `verdict` is the rule's on the valid row; `alone` tells whether the other row obeys every other
    hard statement.
    """

    passing: dict[str, Value]
    failing: dict[str, Value]
    column: str
    verdict: Verdict
    alone: bool


@dataclass(frozen=True, slots=True)
class _Way:
    """A move across the rule's boundary, from the rows on which `start` is true."""

    move: Move
    start: Formula


def find_closest(case: RuleCase, inquiry: Inquiry) -> ClosestPair | None:
    """Return the closest pair of a rule, or None where no single cell turns it, or none was found.

    Steps on the recording grid are preferred to other changes, columns of the conclusion to those
    of the condition, pairs on which the rule holds to pairs that it is not about, and rows that no
    other statement refuses to others.
    """
    outcomes = inquiry.statement(case.index).outcomes
    passing = tuple(product((outcomes.holds, outcomes.not_triggered), (True, False)))
    ways = (tuple(_steps(case, inquiry)), tuple(_changes(case, inquiry)))
    for tier, filled in product(ways, (True, False)):
        for (verdict, alone), way in product(passing, tier):
            question = _question(case, way, verdict, inquiry, alone=alone, filled=filled)
            match inquiry.ask(question):
                case Satisfiable(cells=cells):
                    cells = make_typical(case, question, cells, inquiry, last=way.move.column)
                    return _replayed(case, cells, way.move, inquiry, alone=alone)
                case _:
                    continue
    return None


def make_typical(
    case: RuleCase,
    question: Formula,
    cells: Cells,
    inquiry: Inquiry,
    obeying: frozenset[int] | None = None,
    last: str | None = None,
) -> Cells:
    """Return a row for the same question with typical cells in the rule's columns where it can be.

    Where a typical one can't, a value beside one of the rule's thresholds is preferred.
    """
    wishes: dict[str, list[int]] = {name: [] for name in _columns(case, inquiry)}
    for name, values in wishes.items():
        if name in inquiry.typical:
            values.append(inquiry.typical[name])
    for boundary in rule_boundaries(case.rule, inquiry.spec):
        column = inquiry.core.by_name.get(boundary.column)
        if column is not None:
            for each in boundary.edge:
                value = encode_value(column, each.value)
                assert not isinstance(value, Special)
                wishes[boundary.column].append(value)
    settled = question
    for name in sorted(wishes, key=lambda each: each == last):
        for value in dict.fromkeys(wishes[name]):
            wish = inquiry.all_of(settled, holds_cell(name, value))
            if cells[name] != value:
                match inquiry.ask(wish, obeying):
                    case Satisfiable(cells=better):
                        cells = better
                    case _:
                        continue
            settled = wish
            break
    return cells


def fill_columns(names: Iterable[str], inquiry: Inquiry) -> Formula:
    """Return the formula that none of the columns is missing."""
    columns = (inquiry.core.by_name[name] for name in names)
    return inquiry.all_of(
        *(Membership(each.name, each.values, not_applicable=True) for each in columns)
    )


def _question(
    case: RuleCase,
    way: _Way,
    verdict: Formula,
    inquiry: Inquiry,
    *,
    alone: bool,
    filled: bool,
) -> Formula:
    """Return the formula of the valid rows from which the move leads across the boundary."""
    demands = [verdict, way.start]
    demands.append(after(inquiry.statement(case.index).outcomes.violated, way.move))
    if filled:
        demands.append(fill_columns(_columns(case, inquiry), inquiry))
    if alone:
        for index in sorted(inquiry.hard - {case.index}):
            if way.move.column in inquiry.statement(index).columns:
                demands.append(after(inquiry.opposite(inquiry.refused(index)), way.move))
    return inquiry.all_of(*demands)


def _replayed(
    case: RuleCase, cells: Cells, move: Move, inquiry: Inquiry, *, alone: bool
) -> ClosestPair:
    passing = replay(cells, inquiry.core, inquiry.spec)
    failing = decode_row(move_cells(cells, move), inquiry.core)
    verdict = evaluate_rule(case.rule, passing, inquiry.spec)
    if evaluate_rule(case.rule, failing, inquiry.spec) is not Verdict.VIOLATED:
        raise WitnessMismatchError(f"the row {failing} was found to break {case.rule.name}")
    return ClosestPair(passing, failing, move.column, verdict, alone)


def _columns(case: RuleCase, inquiry: Inquiry) -> tuple[str, ...]:
    return inquiry.statement(case.index).columns


def _steps(case: RuleCase, inquiry: Inquiry) -> Iterator[_Way]:
    """Yield the steps from one recorded number, or one label of an ordered list, to the next."""
    concluded = formula_columns(case.then.false)
    columns = sorted(_columns(case, inquiry), key=lambda name: name not in concluded)
    for name in columns:
        column, kind = inquiry.core.by_name[name], inquiry.spec.by_name[name].type
        if isinstance(kind, NumberType) and kind.listed:
            yield from _listed_steps(case, column, inquiry)
        elif isinstance(kind, NumberType) or getattr(kind, "ordered", False):
            for by in (1, -1):
                step = Step(name, by)
                yield _Way(step, lands_inside(step, column))


def _listed_steps(case: RuleCase, column: CoreColumn, inquiry: Inquiry) -> Iterator[_Way]:
    """Yield the steps between neighbours of a list, across the rule's thresholds first."""
    pairs: dict[tuple[int | Special, int | Special], None] = {}
    for boundary in rule_boundaries(case.rule, inquiry.spec):
        if boundary.column == column.name:
            edge = (encode_value(column, each.value) for each in boundary.edge)
            pairs.update(dict.fromkeys(pairwise(edge)))
    if len(column.values) <= _SHORT_LIST:
        pairs.update(dict.fromkeys(pairwise(column.values)))
    for low, high in pairs:
        yield _Way(Assign(column.name, high), holds_cell(column.name, low))
        yield _Way(Assign(column.name, low), holds_cell(column.name, high))


def _changes(case: RuleCase, inquiry: Inquiry) -> Iterator[_Way]:
    """Yield the changes of one cell to another label, to an absence or from one."""
    concluded = formula_columns(case.then.false)
    for name in sorted(_columns(case, inquiry), key=lambda name: name not in concluded):
        column = inquiry.core.by_name[name]
        cells: list[int | Special] = list(column.values) if column.labels else []
        if not column.labels and name in inquiry.typical:
            cells.append(inquiry.typical[name])
        for cell in cells:
            elsewhere = Membership(
                name, column.values.minus(holds_cell(name, cell).values), True, True
            )
            start = elsewhere if column.labels else Membership(name, NO_VALUE, True, True)
            yield _Way(Assign(name, cell), start)
        if column.may_be_missing:
            yield _Way(Assign(name, MISSING), Membership(name, column.values, False, True))
        if column.may_not_apply:
            yield _Way(Assign(name, NOT_APPLICABLE), Membership(name, column.values, True))
