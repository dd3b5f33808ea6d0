"""What valid rows can show of a spec: each value, range end and absence, and what rules come to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from synllm.proof.claims import write_number, write_value
from synllm.proof.inquiry import Inquiry
from synllm.proof.reachable import is_listed
from synllm.proof.sureness import holds_cell
from synllm.spec.boundaries import Boundary, range_ends, rule_boundaries
from synllm.spec.core import AnyOf, CoreColumn, Formula, Membership
from synllm.spec.expressions import ColumnValue, Compare, Number
from synllm.spec.model import Rule, Spec
from synllm.spec.passes.conditions import split
from synllm.spec.passes.formulas import FALSE
from synllm.spec.passes.terms import Scope
from synllm.spec.types import NumberType
from synllm.spec.values import MISSING, NOT_APPLICABLE


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Something that a row shows, in the reader's words, and the formula of the rows that do.

    `better` is true on those that show it best, if there are any.
    """

    words: str
    formula: Formula
    better: Formula | None = None


def list_occurrences(inquiry: Inquiry) -> list[Occurrence]:
    """Return what a varied set of rows shows: cells of every kind, and outcomes of every rule."""
    found = [each for column in inquiry.core.columns for each in _cells(column, inquiry.spec)]
    for case in inquiry.rules:
        outcomes = inquiry.statement(case.index).outcomes
        name = f"rule `{case.rule.name}`"
        found.append(Occurrence(f"{name} holds", outcomes.holds))
        found.append(Occurrence(f"{name} is not triggered", outcomes.not_triggered))
        for part in (case.when.true, case.then.true):
            if isinstance(part, AnyOf):
                for operand in part.operands:
                    way = inquiry.all_of(operand, outcomes.holds)
                    found.append(Occurrence(f"{name} holds in another way", way))
    return [each for each in found if each.formula != FALSE]


def list_boundaries(inquiry: Inquiry) -> list[Occurrence]:
    """Return the ends of ranges, and the values on both sides of the rules' thresholds, each once.

    Beside a threshold a row is best where the rule holds: there the threshold matters.
    """
    found = [each for column in inquiry.core.columns for each in _ends(column, inquiry)]
    for case in inquiry.rules:
        holds = inquiry.statement(case.index).outcomes.holds
        for boundary in rule_boundaries(case.rule, inquiry.spec):
            found.extend(_beside(boundary, case.rule, holds, inquiry))
    return list({each.words: each for each in found}.values())


def _cells(column: CoreColumn, spec: Spec) -> Iterator[Occurrence]:
    name = column.name
    if is_listed(column, spec):
        for value in column.values:
            words = f"`{name}` is {write_value(column, value)}"
            yield Occurrence(words, holds_cell(name, value))
    elif column.values:
        low, high = column.values.intervals[0][0], column.values.intervals[-1][1]
        for end in (low, high):
            if end is not None:
                words = f"`{name}` is {write_value(column, end)}"
                yield Occurrence(words, holds_cell(name, end))
    if column.may_be_missing:
        yield Occurrence(f"`{name}` is missing", holds_cell(name, MISSING))
    if column.may_not_apply:
        yield Occurrence(f"`{name}` is not applicable", holds_cell(name, NOT_APPLICABLE))


def _ends(column: CoreColumn, inquiry: Inquiry) -> Iterator[Occurrence]:
    kind = inquiry.spec.by_name[column.name].type
    if not isinstance(kind, NumberType):
        return
    for end, which in zip(range_ends(kind), ("least", "greatest"), strict=True):
        if end is not None:
            words = f"`{column.name}` is {write_number(end)}, its {which} value"
            cell = int(end * 10**column.decimals)
            yield Occurrence(words, holds_cell(column.name, cell))


def _beside(
    boundary: Boundary, rule: Rule, holds: Formula, inquiry: Inquiry
) -> Iterator[Occurrence]:
    written = " ".join(boundary.span.text.split())
    where = f"beside `{written}` of " if written else "beside a threshold of "
    for each in boundary.edge:
        equal = Compare("=", ColumnValue(boundary.column), Number(each.value))
        formula = split(equal, Scope(inquiry.spec, inquiry.core.by_name)).true
        words = f"`{boundary.column}` is {write_number(each.value)}, {where}rule `{rule.name}`"
        yield Occurrence(words, formula, inquiry.all_of(formula, holds))


def no_cell_missing(inquiry: Inquiry) -> Formula:
    """Return the formula that no cell is missing; some may be not applicable."""
    return inquiry.all_of(
        *(
            Membership(name, column.values, not_applicable=True)
            for name, column in inquiry.core.by_name.items()
            if column.may_be_missing
        )
    )
